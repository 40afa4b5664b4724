// Random load on a real server: the rows built from its log equal what it answers to SELECT, and the number of row
// changes equals what the server's own mysqlbinlog shows.
#include "tests/integration/support/child_process.hpp"
#include "tests/integration/support/replay_log.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/skip.hpp"
#include "tests/integration/support/workload.hpp"
#include "tests/support/source_dir.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOtherReader = "/usr/bin/mariadb-binlog";

struct Case {
  const char* name;
  Flavor flavor;
  std::uint64_t seed;
  const char* row_image = "FULL";
  const char* row_metadata = "";
  const char* checksum = "CRC32";
  bool gtid = false;
  std::vector<std::string> extra{};
  // Non-transactional and temporary tables inside transactions: groups that end in ROLLBACK and savepoints rolled back
  // stand in the log, with changes that did not happen.
  bool mixed = false;
};

void PrintTo(const Case& which, std::ostream* out) {
  *out << which.name;
}

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = {
      {"MariadbDefaults", Flavor::mariadb, 101},
      {"MariadbFullMetadata", Flavor::mariadb, 102, "FULL", "FULL"},
      {"MariadbMinimalImages", Flavor::mariadb, 103, "MINIMAL", "MINIMAL"},
      {"MariadbNoblobImages", Flavor::mariadb, 104, "NOBLOB", "FULL", "NONE"},
      {"MariadbCompressed",
       Flavor::mariadb,
       105,
       "FULL",
       "NO_LOG",
       "CRC32",
       false,
       {"--log-bin-compress=ON", "--log-bin-compress-min-len=10"}},
      {"MariadbMixedEngines", Flavor::mariadb, 106, "FULL", "", "CRC32", false, {}, true},
      {"Mysql56Defaults", Flavor::mysql56, 201},
      {"Mysql56MinimalImages", Flavor::mysql56, 202, "MINIMAL"},
      {"Mysql56NoblobImages", Flavor::mysql56, 203, "NOBLOB", "", "NONE"},
      {"Mysql56RowEventsV1", Flavor::mysql56, 204, "FULL", "", "CRC32", false, {"--log-bin-use-v1-row-events=ON"}},
      {"Mysql56MixedEngines", Flavor::mysql56, 205, "FULL", "", "CRC32", false, {}, true},
      {"Mysql56WithGtids", Flavor::mysql56, 206, "FULL", "", "CRC32", true},
  };
  return cases;
}

// Row changes as the pseudo-SQL of `mysqlbinlog -v` shows them.
std::uint64_t rows_shown_by_other_reader(const std::vector<fs::path>& files) {
  std::vector<std::string> command = {kOtherReader, "--no-defaults", "-v", "--base64-output=decode-rows"};
  for (const fs::path& file : files) command.push_back(file.string());
  const std::string text = output_of(command);
  std::uint64_t rows = 0;
  for (const std::string_view verb : {"\n### INSERT INTO ", "\n### UPDATE ", "\n### DELETE FROM "}) {
    for (std::size_t at = text.find(verb); at != std::string::npos; at = text.find(verb, at + 1)) ++rows;
  }
  return rows;
}

class Differential : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(GetParam().flavor); }
};

INSTANTIATE_TEST_SUITE_P(Each, Differential, testing::ValuesIn(all_cases()),
                         [](const auto& which) { return std::string(which.param.name); });

void compare(const ServerProcess& server, const Case& which, const std::string& what) {
  Model model;
  const Status status = replay_log(server.binlog_files(), model);
  ASSERT_TRUE(status.has_value()) << what << "\n" << status.error().message() << "\n" << status.error().hint;
  SqlClient client = server.connect();
  EXPECT_EQ(model.difference(select_everything(client)), "") << what;
  for (const auto& [table, reason] : model.inexact()) {
    if (reason != Model::kComputed) ADD_FAILURE() << table << " was not compared: " << reason;
  }
  EXPECT_GT(model.counts().rows(), 100U) << what;
  if (fs::exists(kOtherReader)) {
    const std::uint64_t shown = rows_shown_by_other_reader(server.binlog_files());
    if (which.mixed) {
      EXPECT_LE(model.counts().logged, shown) << what;  // the other reader shows rows that did not happen too
    } else {
      EXPECT_EQ(model.counts().logged, shown) << what;
    }
  }
}

TEST_P(Differential, TheLogOfRandomLoadGivesWhatTheServerHolds) {
  const Case& which = GetParam();
  ServerOptions options;
  options.flavor = which.flavor;
  options.row_image = which.row_image;
  options.row_metadata = which.row_metadata;
  options.checksum = which.checksum;
  options.gtid = which.gtid;
  options.extra = which.extra;
  ServerProcess server(options);
  WorkloadOptions load;
  load.flavor = which.flavor;
  load.seed = seed_or(which.seed);
  load.xa = true;
  load.temporary_tables = which.mixed;
  load.non_transactional = which.mixed;
  load.trace = server.folder() / "load.sql";
  const std::string what =
      fmt::format("BINFERRY_SEED={} (statements in {} with BINFERRY_KEEP=1)", load.seed, load.trace.string());
  Workload workload(load, server.endpoint());
  workload.prepare();
  workload.run(300);
  workload.finish();
  compare(server, which, what);
}

// Logs of other makers, where the corpus lies beside the repository: as many row changes as the other reader shows. It
// gives up on what it does not know (MySQL 8's compressed transactions, partial JSON, tagged GTIDs); those are left
// out.
TEST(Corpus, HoldsAsManyRowChangesAsTheOtherReaderShows) {
  const fs::path corpus = fs::path(source_dir()) / "../shared/corpus";
  if (!fs::exists(corpus)) GTEST_SKIP() << "the corpus is not beside the repository";
  if (!fs::exists(kOtherReader)) GTEST_SKIP() << "mariadb-binlog is not installed (apt-get install mariadb-client)";
  std::size_t compared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(corpus)) {
    if (!entry.is_regular_file() || entry.path().string().find("/expected/") != std::string::npos) continue;
    const std::string extension = entry.path().extension().string();
    if (extension.find("00") != 1 && extension != ".binlog") continue;
    std::uint64_t shown = 0;
    try {
      shown = rows_shown_by_other_reader({entry.path()});
    } catch (const std::runtime_error&) {
      continue;
    }
    const Result<std::uint64_t> rows = count_rows(entry.path());
    if (!rows && rows.error().code == Errc::statement_based) continue;
    ASSERT_TRUE(rows.has_value()) << entry.path() << ": " << rows.error().message();
    EXPECT_EQ(*rows, shown) << entry.path();
    ++compared;
  }
  EXPECT_GT(compared, 10U);
}

}  // namespace
}  // namespace binferry::test
