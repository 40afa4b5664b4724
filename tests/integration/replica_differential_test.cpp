// Random load on a real server, replayed into SQLite: the replica holds what the server answers to SELECT. With foreign
// keys, XA, tables without a key, online schema changes and ALTERs that convert values. What the log does not tell may
// freeze a table, for a reason that this test knows; nothing may ever be found to have diverged.
#include "tests/integration/support/replica_check.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/skip.hpp"
#include "tests/integration/support/workload.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace binferry::test {
namespace {

struct Case {
  const char* name;
  Flavor flavor;
  std::uint64_t first_seed;
  const char* row_image = "FULL";
  const char* row_metadata = "";
  bool gtid = false;
  std::vector<std::string> extra{};
};

void PrintTo(const Case& which, std::ostream* out) {
  *out << which.name;
}

constexpr std::uint64_t kSeeds = 3;  // of each case, on one server; BINFERRY_SEEDS asks for more
constexpr std::size_t kRounds = 3;   // the replica is compared after each
constexpr std::size_t kSteps = 50;   // of a round

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = {
      {"MariadbDefaults", Flavor::mariadb, 1100},
      {"MariadbFullMetadata", Flavor::mariadb, 1200, "FULL", "FULL"},
      {"MariadbMinimalImages", Flavor::mariadb, 1300, "MINIMAL", "MINIMAL"},
      {"MariadbNoblobCompressed",
       Flavor::mariadb,
       1400,
       "NOBLOB",
       "NO_LOG",
       false,
       {"--log-bin-compress=ON", "--log-bin-compress-min-len=10"}},
      {"Mysql56Defaults", Flavor::mysql56, 2100},
      {"Mysql56WithGtids", Flavor::mysql56, 2200, "FULL", "", true},
      {"Mysql56MinimalImages", Flavor::mysql56, 2300, "MINIMAL"},
      {"Mysql56NoblobImages", Flavor::mysql56, 2400, "NOBLOB"},
  };
  return cases;
}

class ReplicaDifferential : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(GetParam().flavor); }
};

INSTANTIATE_TEST_SUITE_P(Each, ReplicaDifferential, testing::ValuesIn(all_cases()),
                         [](const auto& which) { return std::string(which.param.name); });

// What an ALTER made of a column's values, and the log does not tell; what cascades from such a table; row times.
// Reasons that begin with a place (`binlog.000002:1234: …`) are failures of rows to fit, and never legal, but for
// MINIMAL images without a computed value that overflows.
bool is_legal(std::string_view reason) {
  if (reason.contains("the log leaves out the computed column")) return true;
  constexpr std::array<std::string_view, 3> kLegal = {"column ", "foreign keys cascade into it from ",
                                                      "system versioning began or ended: "};
  return std::any_of(kLegal.begin(), kLegal.end(), [&](std::string_view start) { return reason.starts_with(start); });
}

struct Tally {
  std::size_t compared = 0;
  std::size_t frozen = 0;
};

// In several runs: the replica goes on from where the one before stopped, with another size of batch each time.
void bring_up_to_date(const ServerProcess& server, std::size_t first_log, const std::string& path, Random& random) {
  const std::vector<std::filesystem::path> logs = server.binlog_files();
  ReplicaJob job;
  for (std::size_t i = first_log; i < logs.size(); ++i) job.inputs.push_back(logs[i].string());
  job.into = path;
  for (int restarts = 0; restarts < 4; ++restarts) {
    job.batch_transactions = random.between(1, 20);
    job.most_transactions = random.between(1, 25);
    const Result<JobOutcome> part = bring_up(job);
    ASSERT_TRUE(part.has_value()) << part.error().message() << "\n" << part.error().hint;
  }
  job.most_transactions.reset();
  const Result<JobOutcome> rest = bring_up(job);
  ASSERT_TRUE(rest.has_value()) << rest.error().message() << "\n" << rest.error().hint;
}

void compare(ServerProcess& server, const std::string& path, Tally& tally) {
  SqlClient client = server.connect();
  const Result<ReplicaCheck> check = check_replica(path, select_everything(client));
  ASSERT_TRUE(check.has_value()) << check.error().message();
  EXPECT_EQ(check->differences, "");
  EXPECT_EQ(integrity_of(path), "ok");
  for (const FrozenTable& table : check->frozen) {
    EXPECT_TRUE(is_legal(table.reason)) << table.name << ": " << table.reason;
  }
  tally.compared += check->compared;
  tally.frozen += check->frozen.size();
}

// A group whose writer could not end it would hold its locks for ever. While the server still has the connection of its
// writer nobody else can end it, and it may be rolled back already, as the victim of a deadlock.
void end_prepared_groups(SqlClient& client) {
  for (int attempts = 0; attempts < 600; ++attempts) {
    const std::vector<SqlRow> groups = client.query("XA RECOVER").rows;
    if (groups.empty()) return;
    for (const SqlRow& group : groups) {
      const std::string data = group[3].value_or("");
      const std::size_t global = std::stoul(group[1].value_or("0"));
      (void)client.attempt(fmt::format("XA ROLLBACK {},{},{}", quote_text(data.substr(0, global)),
                                       quote_text(data.substr(global)), group[0].value_or("0")));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void run_seed(ServerProcess& server, std::uint64_t seed, Tally& tally) {
  const Case& which = testing::TestWithParam<Case>::GetParam();
  SqlClient client = server.connect();
  end_prepared_groups(client);
  for (const std::string& schema : schemas_of(client)) {
    // No writer is left, and yet MariaDB on a busy machine has waited in vain for a lock here: InnoDB's own threads.
    const std::string drop = "DROP DATABASE " + quote_name(schema);
    if (client.attempt(drop)) client.execute(drop);
  }
  client.execute("FLUSH BINARY LOGS");
  const std::size_t first_log = server.binlog_files().size() - 1;
  WorkloadOptions load;
  load.flavor = which.flavor;
  load.seed = seed;
  load.schema = fmt::format("load{}", seed);
  load.tables = 6;
  load.batch_rows = 60;
  load.xa = true;
  load.foreign_keys = true;
  load.converting_ddl = true;
  load.trace = server.folder() / fmt::format("load-{}.sql", seed);
  Workload workload(load, server.endpoint());
  workload.prepare();
  Random random(seed);
  const std::string path = (server.folder() / fmt::format("R-{}.db", seed)).string();
  for (std::size_t round = 0; round < kRounds; ++round) {
    workload.run(kSteps);
    if (round + 1 == kRounds) workload.finish();
    bring_up_to_date(server, first_log, path, random);
    if (testing::Test::HasFatalFailure()) return;
    compare(server, path, tally);
    if (testing::Test::HasFailure()) return;
  }
}

TEST_P(ReplicaDifferential, HoldsWhatTheServerHolds) {
  const Case& which = GetParam();
  ServerOptions options;
  options.flavor = which.flavor;
  options.row_image = which.row_image;
  options.row_metadata = which.row_metadata;
  options.gtid = which.gtid;
  options.extra = which.extra;
  ServerProcess server(options);
  Tally tally;
  const std::uint64_t first = seed_or(which.first_seed);
  const char* const asked = std::getenv("BINFERRY_SEEDS");
  const std::uint64_t given = std::getenv("BINFERRY_SEED") != nullptr ? 1 : kSeeds;
  const std::uint64_t seeds = asked != nullptr ? std::strtoull(asked, nullptr, 10) : given;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE(fmt::format("BINFERRY_SEED={} (statements in {}/load-{}.sql with BINFERRY_KEEP=1)", seed,
                             server.folder().string(), seed));
    run_seed(server, seed, tally);
    if (HasFatalFailure()) return;
  }
  EXPECT_GE(tally.compared, 10U * seeds);
  EXPECT_LT(tally.frozen * 4, tally.compared) << "too much is frozen for this to prove anything";
}

}  // namespace
}  // namespace binferry::test
