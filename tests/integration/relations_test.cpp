// Random load on tables that foreign keys tie together, with XA transactions left in doubt, replayed into a replica
// while it goes on: what cascades did at the source stands in the replica, though no log tells it.
#include "applier/applier.hpp"
#include "applier/replay.hpp"
#include "binlog/source/multi_file_source.hpp"
#include "tests/integration/support/random.hpp"
#include "tests/integration/support/skip.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace binferry::test {
namespace {

constexpr std::array<std::string_view, 7> kTables = {"p", "c1", "c2", "loose", "comp", "leaf", "tree"};

// Of the keys that are texts; a seed takes one of them.
constexpr std::array<std::string_view, 9> kCollations = {
    "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci", "latin1_swedish_ci", "latin1_german2_ci",
    "utf8mb4_bin",        "utf8_general_ci",    "utf8mb4_german2_ci",     "ucs2_unicode_ci"};

// `{}`: the character set and collation.
constexpr const char* kSchema = R"(
CREATE DATABASE ties DEFAULT CHARACTER SET {} COLLATE {}; USE ties;
CREATE TABLE p (id BIGINT PRIMARY KEY, code VARCHAR(10) UNIQUE, n INT) ENGINE=InnoDB;
CREATE TABLE c1 (id INT PRIMARY KEY, pid BIGINT,
  FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE) ENGINE=InnoDB;
CREATE TABLE c2 (id INT PRIMARY KEY, code VARCHAR(10),
  FOREIGN KEY (code) REFERENCES p (code) ON DELETE SET NULL ON UPDATE CASCADE) ENGINE=InnoDB;
CREATE TABLE loose (a INT, b INT, note INT, KEY (b), FOREIGN KEY (a) REFERENCES c1 (id) ON DELETE CASCADE,
  FOREIGN KEY (b) REFERENCES c2 (id) ON DELETE SET NULL ON UPDATE CASCADE) ENGINE=InnoDB;
CREATE TABLE comp (pid BIGINT, k INT, PRIMARY KEY (k, pid), KEY (pid, k),
  FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE) ENGINE=InnoDB;
CREATE TABLE leaf (id INT PRIMARY KEY, pid BIGINT, k INT,
  FOREIGN KEY (pid, k) REFERENCES comp (pid, k) ON DELETE SET NULL ON UPDATE CASCADE) ENGINE=InnoDB;
CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE) ENGINE=InnoDB;
)";

// Keys that the collation finds equal, or nearly, whatever their bytes.
constexpr std::array<std::string_view, 25> kCodes = {
    "'a'",  "'A'",  "'a '", "'á'", "'b'",  "'B  '", "'ä'", "'ab'", "'ж'",  "'Ж'",  "'ж '", "'ł'", "NULL",
    "'ae'", "'AE'", "'ss'", "'ß'", "'s '", "'fi'",  "'ﬁ'", "'か'", "'カ'", "'😀'", "'😁'", "'y'"};

std::string statement(Random& random) {
  const auto number = [&](std::size_t most = 12) { return random.between(1, most); };
  const auto code = [&] { return random.pick(kCodes); };
  switch (random.below(16)) {
    case 0:
    case 1: return fmt::format("INSERT INTO p VALUES ({}, {}, 0)", number(), code());
    case 2:
    case 3: return fmt::format("INSERT INTO c1 VALUES ({}, {})", number(30), number());
    case 4:
    case 5: return fmt::format("INSERT INTO c2 VALUES ({}, {})", number(30), code());
    case 6: return fmt::format("INSERT INTO loose VALUES ({}, {}, {})", number(30), number(30), number(3));
    case 7: return fmt::format("INSERT INTO comp VALUES ({}, {})", number(), number(4));
    case 8: return fmt::format("INSERT INTO leaf VALUES ({}, {}, {})", number(40), number(), number(4));
    case 9:
      return fmt::format("INSERT INTO tree VALUES ({}, {})", number(20),
                         random.chance(20) ? "NULL" : std::to_string(number(20)));
    case 10: return fmt::format("DELETE FROM p WHERE id = {}", number());
    case 11: return fmt::format("UPDATE p SET id = {} WHERE id = {}", number(), number());
    case 12: return fmt::format("UPDATE p SET code = {}, n = n + 1 WHERE id = {}", code(), number());
    case 13: return fmt::format("UPDATE c2 SET id = id + 100 WHERE id = {}", number(30));
    case 14: return fmt::format("DELETE FROM tree WHERE id = {}", number(20));
    default:
      return fmt::format("SET foreign_key_checks=0; DELETE FROM {} WHERE id = {}; SET foreign_key_checks=1",
                         random.chance(50) ? "p" : "c1", number());
  }
}

// Everything in the folder that the replica does not have yet, as a new process would.
void replay(const ServerProcess& server, const std::string& path) {
  Result<std::unique_ptr<Replica>> replica = Replica::open(path, {});
  ASSERT_TRUE(replica.has_value()) << replica.error().message();
  const std::vector<std::string> inputs = {server.binlog_folder().string()};
  const Result<ReplayStart> start = plan_replay(inputs, (*replica)->checkpoint, std::nullopt);
  ASSERT_TRUE(start.has_value()) << start.error().message();
  ApplierOptions options;
  options.strict = true;
  options.batch_transactions = 7;
  Result<std::unique_ptr<SqliteApplier>> applier = SqliteApplier::make(std::move(*replica), std::move(options));
  ASSERT_TRUE(applier.has_value()) << applier.error().message();
  if (start->nothing_new) return;
  MultiFileOptions files;
  files.file.start = start->offset;
  files.start_file = start->file;
  Result<std::unique_ptr<MultiFileSource>> source = MultiFileSource::open(inputs, files);
  ASSERT_TRUE(source.has_value()) << source.error().message();
  ReplayOptions run;
  run.start = start->offset;
  Replay replayed(**applier, **source, std::move(run));
  const Status done = replayed.run(nullptr, nullptr);
  ASSERT_TRUE(done.has_value()) << done.error().message();
}

std::vector<std::string> rows_of_server(SqlClient& client, std::string_view table) {
  std::vector<std::string> rows;
  for (const SqlRow& row : client.query("SELECT * FROM ties." + std::string(table)).rows) {
    std::string line;
    for (const auto& value : row) line += (line.empty() ? "" : "|") + value.value_or("NULL");
    rows.push_back(std::move(line));
  }
  std::ranges::sort(rows);
  return rows;
}

std::vector<std::string> rows_of_replica(Database& database, std::string_view table) {
  std::vector<std::string> rows;
  auto name = database.query_text("SELECT sqlite_name FROM binferry_tables WHERE name = '" + std::string(table) + "'");
  Result<SqliteStatement> select = database.prepare("SELECT * FROM " + quote_identifier(name->value_or("")));
  if (!select) return {select.error().message()};
  while (*select->step()) {
    std::string line;
    for (int i = 0; i < select->column_count(); ++i) {
      line += (i == 0 ? "" : "|") + (select->is_null(i) ? "NULL" : std::string(select->text(i)));
    }
    rows.push_back(std::move(line));
  }
  std::ranges::sort(rows);
  return rows;
}

void expect_equal(SqlClient& client, const std::string& path) {
  Result<Database> database = Database::open(path, OpenMode::read_only);
  ASSERT_TRUE(database.has_value());
  for (const std::string_view table : kTables) {
    EXPECT_EQ(rows_of_replica(*database, table), rows_of_server(client, table)) << table;
  }
  EXPECT_EQ(**database->query_text("PRAGMA integrity_check"), "ok");
}

struct Case {
  const char* name;
  Flavor flavor;
  std::uint64_t seed;
  const char* row_image = "FULL";
};

void PrintTo(const Case& which, std::ostream* out) {
  *out << which.name;
}

class Relations : public testing::TestWithParam<Case> {};

TEST_P(Relations, TheReplicaHasWhatCascadesAndXaDidAtTheSource) {
  BINFERRY_NEEDS_SERVER(GetParam().flavor);
  const std::uint64_t seed = seed_or(GetParam().seed);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  ServerOptions options;
  options.flavor = GetParam().flavor;
  options.row_image = GetParam().row_image;
  ServerProcess server(options);
  SqlClient client = server.connect();
  SqlClient other = server.connect();
  const std::string_view collation = random.pick(kCollations);
  SCOPED_TRACE(collation);
  const std::string_view charset = collation.substr(0, collation.find('_'));
  client.execute(fmt::format(fmt::runtime(kSchema), charset, collation));
  client.execute("SET innodb_lock_wait_timeout = 1");
  const std::string path = (server.folder() / "R.db").string();
  const bool has_xa = options.flavor == Flavor::mariadb;  // MySQL before 5.7.7 logs no XA PREPARE
  for (int i = 1; i <= 600; ++i) {
    if (has_xa && random.chance(8)) {
      const std::string xid = fmt::format("'x{}','b',{}", i, random.between(1, 9));
      client.execute("XA START " + xid);
      for (std::size_t n = random.between(1, 4); n > 0; --n) (void)client.attempt(statement(random));
      client.execute("XA END " + xid + "; XA PREPARE " + xid);
      if (random.chance(30)) {
        other.execute("FLUSH BINARY LOGS");
        replay(server, path);  // with the transaction in doubt
      }
      client.execute((random.chance(70) ? "XA COMMIT " : "XA ROLLBACK ") + xid);
    } else if (random.chance(20)) {
      client.execute("BEGIN");
      for (std::size_t n = random.between(2, 6); n > 0; --n) (void)client.attempt(statement(random));
      client.execute(random.chance(80) ? "COMMIT" : "ROLLBACK");
    } else {
      (void)client.attempt(statement(random));
    }
    if (HasFatalFailure()) return;
    if (i % 150 != 0) continue;
    replay(server, path);
    if (HasFatalFailure()) return;
    expect_equal(client, path);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(, Relations,
                         testing::Values(Case{"Mariadb", Flavor::mariadb, 301},
                                         Case{"MariadbMinimalImages", Flavor::mariadb, 302, "MINIMAL"},
                                         Case{"Mysql56", Flavor::mysql56, 303},
                                         Case{"Mysql56MinimalImages", Flavor::mysql56, 304, "MINIMAL"}),
                         [](const auto& which) { return std::string(which.param.name); });

}  // namespace
}  // namespace binferry::test
