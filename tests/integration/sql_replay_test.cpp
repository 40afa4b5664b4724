// What `inspect --format=sql` prints, run into a fresh server of the kind that wrote the log, gives its rows again.
#include "tests/cli/program.hpp"
#include "tests/integration/support/replay_log.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/skip.hpp"
#include "tests/support/source_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string>
#include <vector>

namespace binferry::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kClient = "/usr/bin/mariadb";

struct Case {
  Flavor flavor;
  std::string name;
  // Tables left out: what SQL cannot write. Periods of system versioning are the server's own.
  std::vector<std::string> without = {};
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << name_of(c.flavor) << '/' << c.name;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.flavor == Flavor::mariadb ? "Mariadb" : "Mysql56";
  bool upper = true;
  for (const char c : info.param.name) {
    if (c != '-') name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '-';
  }
  return name;
}

// The options the log's server ran with, which its statements may depend on.
std::vector<std::string> options_of(const fs::path& folder) {
  constexpr std::string_view kOption = "-- option: ";
  std::vector<std::string> options;
  std::ifstream file(folder / "source.sql");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kOption)) options.push_back(line.substr(kOption.size()));
  }
  return options;
}

// A prepared XA branch blocks its connection until it ends, so each goes on in a connection of its own.
std::vector<std::string> sessions_of(const std::string& sql) {
  std::vector<std::string> sessions(1);
  for (std::size_t at = 0; at < sql.size();) {
    const std::size_t end = std::min(sql.find('\n', at), sql.size() - 1) + 1;
    const std::string line = sql.substr(at, end - at);
    sessions.back() += line;
    if (line.starts_with("XA PREPARE ")) sessions.emplace_back();
    at = end;
  }
  return sessions;
}

class SqlReplay : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    BINFERRY_NEEDS_SERVER(GetParam().flavor);
    if (::access(kClient, X_OK) != 0) GTEST_SKIP() << "the client mariadb is not installed";
  }
};

INSTANTIATE_TEST_SUITE_P(Each, SqlReplay,
                         testing::Values(Case{Flavor::mariadb, "shop"}, Case{Flavor::mariadb, "ddl"},
                                         Case{Flavor::mariadb, "types"}, Case{Flavor::mariadb, "types-no-metadata"},
                                         Case{Flavor::mariadb, "minimal-image"},
                                         Case{Flavor::mariadb, "transactions", {"bank.hist", "bank.seq"}},
                                         Case{Flavor::mysql56, "shop"}, Case{Flavor::mysql56, "ddl"},
                                         Case{Flavor::mysql56, "types"}, Case{Flavor::mysql56, "gtid"},
                                         Case{Flavor::mysql56, "minimal-image"}, Case{Flavor::mysql56, "transactions"}),
                         case_name);

TEST_P(SqlReplay, GivesTheRowsThatTheServerHeld) {
  const Case& c = GetParam();
  const fs::path folder = fs::path(source_dir()) / "fixtures" / name_of(c.flavor) / c.name;
  std::vector<TableDump> expected = read_dumps(folder / "expected");
  std::erase_if(expected, [&](const TableDump& dump) {
    return std::ranges::find(c.without, dump.schema + "." + dump.table) != c.without.end();
  });
  ASSERT_FALSE(expected.empty());

  std::vector<std::string> arguments{"inspect", "--format=sql", folder.string()};
  if (!c.without.empty()) {
    for (const TableDump& dump : expected) arguments.push_back("--table=" + dump.schema + "." + dump.table);
    arguments.push_back("--database=" + expected.front().schema);
  }
  const Ran printed = run(arguments);
  ASSERT_EQ(printed.exit_code, 0) << printed.err;

  ServerOptions options;
  options.flavor = c.flavor;
  options.extra = options_of(folder);
  ServerProcess server(options);
  SqlClient client = server.connect();
  if (!c.without.empty()) client.execute("CREATE DATABASE IF NOT EXISTS " + quote_name(expected.front().schema));
  const TempDir scratch;
  for (const std::string& session : sessions_of(printed.out)) {
    write_file(scratch / "in.sql", session);
    const Ran ran = finish_program(start_program(kClient,
                                                 {"--no-defaults", "--socket=" + server.endpoint().socket,
                                                  "--user=root", "--binary-mode", "--default-character-set=utf8mb4"},
                                                 scratch, scratch / "in.sql"),
                                   scratch);
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
  }
  client.reconnect();
  std::vector<TableDump> held = select_everything(client);
  std::erase_if(held, [&](const TableDump& dump) {
    return std::ranges::find(c.without, dump.schema + "." + dump.table) != c.without.end();
  });
  ASSERT_EQ(held.size(), expected.size());
  const auto by_name = [](const TableDump& a, const TableDump& b) {
    return std::tie(a.schema, a.table) < std::tie(b.schema, b.table);
  };
  std::ranges::sort(held, by_name);
  std::ranges::sort(expected, by_name);
  for (std::size_t i = 0; i < held.size(); ++i) {
    EXPECT_EQ(held[i].schema + "." + held[i].table, expected[i].schema + "." + expected[i].table);
    EXPECT_EQ(difference(expected[i], held[i]), "") << expected[i].schema << '.' << expected[i].table;
  }
}

}  // namespace
}  // namespace binferry::test
