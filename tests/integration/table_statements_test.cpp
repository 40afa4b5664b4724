// Columns of real servers change type, and a replica of their log follows: every value is then what the server holds,
// or the table is set aside because it needs a resync, never anything else.
#include "applier/applier.hpp"
#include "applier/replay.hpp"
#include "binlog/source/multi_file_source.hpp"
#include "tests/integration/support/random.hpp"
#include "tests/integration/support/skip.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::test {
namespace {

struct Source {
  std::string_view type;
  std::vector<std::string_view> values;
};

const std::vector<Source>& sources() {
  static const std::vector<Source> all = {
      {"TINYINT", {"-128", "127", "0"}},
      {"SMALLINT UNSIGNED", {"12", "69", "2024", "65535"}},
      {"INT", {"-2147483648", "70", "5", "1", "2", "3", "0", "20240229", "101112", "-5", "20240200"}},
      {"BIGINT", {"-9223372036854775808", "9223372036854775807", "1999", "20240229101112"}},
      {"BIGINT UNSIGNED", {"5", "18446744073709551615"}},
      {"INT(8) UNSIGNED ZEROFILL", {"42"}},
      {"DECIMAL(10,3)", {"1.005", "-2.5", "-0.0005", "1234567.891", "12"}},
      {"DECIMAL(20,0)", {"18446744073709551615", "7"}},
      {"FLOAT", {"1.1", "2.5", "-3.5", "16777216", "1e20"}},
      {"DOUBLE", {"0.1", "2.5", "3.5", "-0.5", "1e300", "123456789.125"}},
      {"BIT(8)", {"5", "65"}},
      {"YEAR", {"1999", "0"}},
      {"DATE", {"'2024-02-29'", "'0000-00-00'", "'2024-00-00'"}},
      {"DATETIME(3)", {"'2023-12-31 23:59:59.995'", "'2024-02-29 12:00:00'", "'0000-00-00 00:00:00'"}},
      {"DATETIME", {"'2024-02-29 12:00:01'", "'0000-00-00 00:00:00'", "'2024-00-00'"}},
      {"TIMESTAMP NULL", {"'2024-02-29 12:00:01'"}},
      {"TIME", {"'-838:59:59'", "'12:34:56'", "'-00:00:05'"}},
      {"TIMESTAMP(3) NULL", {"'2023-12-31 23:59:59.995'", "'2024-02-29 12:00:00'"}},
      {"TIME(3)", {"'-838:59:58.500'", "'12:34:56.789'", "'00:00:00'"}},
      {"CHAR(10)", {"'ab'", "'12'", "'p'"}},
      {"VARCHAR(20)",
       {"'ab  '", "' -12 '", "'1.255'", "'2024-02-29'", "'2024-02-29 12:00:00'", "'12:34:56'", "'äö'", "'日本'", "'p'",
        "'q,p'", "''", "'1e2'", "'12abc'", "'1999'", "'99'", "'0'", "'2.5'", "'P'"}},
      {"VARCHAR(30)", {"'3'", "'02'", "'7'", "'18446744073709551615'", "'2023-12-31 23:59:59.995'", "'23:59:59.995'"}},
      {"VARCHAR(20) CHARACTER SET latin1", {"'äöü'", "'€'", "'x'"}},
      {"TEXT", {"'text'", "'7'"}},
      {"VARBINARY(20)", {"x'6162'", "x'c3b6'", "x'f6'", "x'3132'", "x'610000'"}},
      {"BINARY(4)", {"x'61'", "x'31323334'"}},
      {"ENUM('p','q','12')", {"'p'", "'q'", "'12'", "''"}},
      {"SET('p','q','r')", {"'p,r'", "''", "'q'"}},
  };
  return all;
}

constexpr std::string_view kTargets[] = {"TINYINT",
                                         "TINYINT UNSIGNED",
                                         "INT",
                                         "BIGINT",
                                         "BIGINT UNSIGNED",
                                         "DECIMAL(6,2)",
                                         "DECIMAL(30,5)",
                                         "FLOAT",
                                         "DOUBLE",
                                         "BIT(8)",
                                         "BIT(64)",
                                         "YEAR",
                                         "DATE",
                                         "DATETIME",
                                         "DATETIME(1)",
                                         "TIMESTAMP NULL",
                                         "TIME",
                                         "TIME(1)",
                                         "CHAR(3)",
                                         "CHAR(30)",
                                         "VARCHAR(3)",
                                         "VARCHAR(40)",
                                         "VARCHAR(40) CHARACTER SET latin1",
                                         "VARCHAR(40) CHARACTER SET sjis",
                                         "TEXT",
                                         "TINYTEXT",
                                         "VARBINARY(30)",
                                         "BINARY(6)",
                                         "BLOB",
                                         "ENUM('q','p','1')",
                                         "SET('r','q','p')"};

// Of all combinations a run takes those that fall to its seed; as many seeds in a row take all of them.
constexpr std::size_t kOneOf = 24;

struct Change {
  std::string table;
  std::string description;
  bool is_float = false;
  bool is_double = false;
  std::optional<std::string> expected;
};

// Everything in the log, as a new process would.
void replay(const ServerProcess& server, const std::string& path) {
  Result<std::unique_ptr<Replica>> replica = Replica::open(path, {});
  ASSERT_TRUE(replica.has_value()) << replica.error().message();
  const std::vector<std::string> inputs = {server.binlog_folder().string()};
  Result<std::unique_ptr<SqliteApplier>> applier = SqliteApplier::make(std::move(*replica), {});
  ASSERT_TRUE(applier.has_value()) << applier.error().message();
  Result<std::unique_ptr<MultiFileSource>> source = MultiFileSource::open(inputs, {});
  ASSERT_TRUE(source.has_value()) << source.error().message();
  Replay replayed(**applier, **source, {});
  const Status done = replayed.run(nullptr, nullptr);
  ASSERT_TRUE(done.has_value()) << done.error().message();
}

std::string wide_as_number(std::string text, std::string_view type) {
  const bool wide = (type.starts_with("BIGINT UNSIGNED") || type.starts_with("BIT")) && text.size() == 20;
  if (wide) text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
  return text;
}

// The server's value after the ALTER, in the form of the replica.
std::string value_at_server(SqlClient& client, const std::string& table, std::string_view type) {
  std::string_view value = "c";
  if (type.starts_with("BIT")) value = "c + 0";
  if (type == "FLOAT") value = "c + 0e0";
  if (type == "YEAR") value = "c + 0";
  const ResultSet set = client.query(fmt::format("SELECT {} FROM {}", value, table));
  return set.rows.at(0).at(0).value_or("NULL");
}

struct Setting {
  const char* name;
  Flavor flavor;
  std::string_view sql_mode;
  std::uint64_t seed;
};

void PrintTo(const Setting& which, std::ostream* out) {
  *out << which.name;
}

class TypeChanges : public testing::TestWithParam<Setting> {};

TEST_P(TypeChanges, EveryValueIsTheServersOrItsTableNeedsAResync) {
  BINFERRY_NEEDS_SERVER(GetParam().flavor);
  const std::uint64_t seed = seed_or(GetParam().seed);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  ServerOptions options;
  options.flavor = GetParam().flavor;
  ServerProcess server(options);
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop; SET time_zone = '+02:00'");
  std::size_t combination = 0;

  std::vector<Change> changes;
  for (const Source& source : sources()) {
    for (const std::string_view value : source.values) {
      for (const std::string_view target : kTargets) {
        if (++combination % kOneOf != seed % kOneOf) continue;
        Change change;
        change.table = fmt::format("t{}", changes.size());
        change.description = fmt::format("{} {} to {}", source.type, value, target);
        change.is_float = target == "FLOAT";
        change.is_double = target == "DOUBLE";
        client.execute(
            fmt::format("SET sql_mode = ''; CREATE TABLE {} (id INT PRIMARY KEY, c {}); INSERT INTO {} VALUES (1, {});"
                        "SET sql_mode = '{}'",
                        change.table, source.type, change.table, value, GetParam().sql_mode));
        if (client.attempt(fmt::format("ALTER TABLE {} MODIFY c {}", change.table, target))) {
          client.execute("DROP TABLE " + change.table);
          continue;
        }
        client.execute("SET time_zone = '+00:00'");
        change.expected = value_at_server(client, change.table, target);
        client.execute("SET time_zone = '+02:00'");
        change.description += " = " + *change.expected;
        changes.push_back(std::move(change));
      }
    }
  }
  const std::string path = (server.folder() / "R.db").string();
  replay(server, path);
  if (HasFatalFailure()) return;
  Result<Database> database = Database::open(path, OpenMode::read_only);
  ASSERT_TRUE(database.has_value());
  std::size_t exact = 0;
  for (const Change& change : changes) {
    const auto reason = database->query_text("SELECT reason FROM binferry_tables WHERE state <> 'active' AND name = '" +
                                             change.table + "'");
    ASSERT_TRUE(reason.has_value());
    if (*reason) {
      if (std::getenv("BINFERRY_VERBOSE") != nullptr)
        std::fputs(fmt::format("{}: {}\n", change.description, **reason).c_str(), stderr);
      continue;
    }
    const auto value = database->query_text("SELECT c FROM " + change.table);
    ASSERT_TRUE(value.has_value());
    const std::string got = value->value_or("NULL");
    ++exact;
    if (change.is_float) {
      EXPECT_EQ(std::strtof(got.c_str(), nullptr), std::strtof(change.expected->c_str(), nullptr))
          << change.description;
    } else if (change.is_double) {
      const auto exactly = database->query_text("SELECT printf('%!.17g', c) FROM " + change.table);
      EXPECT_EQ(std::strtod((**exactly).c_str(), nullptr), std::strtod(change.expected->c_str(), nullptr))
          << change.description;
    } else {
      EXPECT_EQ(wide_as_number(got, change.description.substr(change.description.find(" to ") + 4)), *change.expected)
          << change.description;
    }
  }
  // Most of these changes are odd ones; still, what is set aside must not be the rule.
  EXPECT_GE(exact * 3, changes.size()) << exact << " of " << changes.size();
  EXPECT_EQ(**database->query_text("PRAGMA integrity_check"), "ok");
}

struct AddedColumn {
  std::string_view type;
  std::string_view expression;
};

// Of the table below: what tests/unit/applier/generated_test.cpp expects, and more.
constexpr AddedColumn kAdded[] = {
    {"INT", "n > 3"},
    {"INT", "n IS NULL OR u = 0"},
    {"INT", "n IS NOT NULL AND n <> 5"},
    {"INT", "n BETWEEN -7 AND u"},
    {"INT", "n NOT BETWEEN 0 AND 6"},
    {"INT", "(n IN (1, 5)) + 1"},
    {"INT", "n NOT IN (5, u)"},
    {"INT", "n = n IN (5, 100)"},
    {"INT", "1 = u BETWEEN 3 AND 200"},
    {"INT", "n > u IS NULL"},
    {"INT", "d >= 12.5"},
    {"INT", "d < n"},
    {"INT", "n <=> u"},
    {"INT", "n = 5 OR n = 100 AND u > 3"},
    {"VARCHAR(9)", "IF(n > 0, 'plus', 'minus')"},
    {"INT", "CASE WHEN n > 0 THEN 1 WHEN n < 0 THEN -1 END"},
    {"VARCHAR(30)", "CASE n WHEN 5 THEN s ELSE NULL END"},
    {"DECIMAL(12,3)", "IF(n > 0, d, u)"},
    {"VARCHAR(40)", "CONCAT(IF(n > 0, d, 0.25), '')"},
    {"VARCHAR(40)", "CONCAT(n > 3, '/', d * n, '/', e)"},
    {"INT", "NULLIF(n, 5)"},
    {"DECIMAL(10,2)", "COALESCE(d, n, 3)"},
    {"INT", "GREATEST(n, 0, u)"},
    {"DECIMAL(10,2)", "LEAST(n, d)"},
    {"INT", "ABS(n) + MOD(n, 4)"},
    {"DECIMAL(12,2)", "d * 2"},
    {"DECIMAL(12,2)", "d + n"},
    {"DECIMAL(14,4)", "d * 1.19"},
    {"DECIMAL(12,2)", "d * 1.19"},
    {"DECIMAL(12,1)", "-d - 0.25"},
    {"INT", "d * 3"},
    {"DECIMAL(30,6)", "e * d"},
    {"DECIMAL(12,0)", "d * d"},
    {"VARCHAR(40)", "UPPER(s)"},
    {"VARCHAR(40)", "LCASE(l)"},
    {"VARCHAR(40)", "LEFT(s, 2)"},
    {"VARCHAR(40)", "LEFT(s, 0)"},
    {"VARCHAR(40)", "RIGHT(a, 3)"},
    {"VARCHAR(40)", "RIGHT(a, 30)"},
    {"VARCHAR(40)", "SUBSTRING(a, 2, 2)"},
    {"VARCHAR(40)", "SUBSTR(a, 4)"},
    {"VARCHAR(40)", "CONCAT_WS(', ', s, n, 'z')"},
    {"VARCHAR(40)", "CONCAT_WS('', s, d)"},
    {"VARCHAR(40)", "TRIM(CONCAT('  ', a, ' '))"},
    {"VARCHAR(40)", "CONCAT('|', LTRIM(CONCAT('  ', s, ' ')), '|')"},
    {"VARCHAR(40)", "REPLACE(a, 'b', 'xx')"},
    {"VARCHAR(40)", "REPLACE(a, '', 'xx')"},
    {"INT", "CHAR_LENGTH(a) * 10 + LENGTH(a)"},
    {"INT", "YEAR(dt) * 10000 + MONTH(dt) * 100 + DAY(dt)"},
    {"DATE", "DATE(dt)"},
    {"VARCHAR(40)", "DATE(dt)"},
    {"INT", "YEAR(day) + DAYOFMONTH(day)"},
};

// MySQL 5.6 has no generated columns.
TEST(GeneratedColumns, ThatAreAddedHoldWhatTheServerComputed) {
  BINFERRY_NEEDS_SERVER(Flavor::mariadb);
  ServerOptions options;
  options.flavor = Flavor::mariadb;
  ServerProcess server(options);
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop; SET sql_mode = 'STRICT_TRANS_TABLES'");
  const auto table_of = [](std::size_t i) { return fmt::format("t{}", i); };
  for (std::size_t i = 0; i < std::size(kAdded); ++i) {
    client.execute(fmt::format(
        "CREATE TABLE {0} (id INT PRIMARY KEY, n INT, u INT UNSIGNED, d DECIMAL(10,2), e DECIMAL(18,4), s VARCHAR(20), "
        "l VARCHAR(20) CHARACTER SET latin1, a VARCHAR(20), dt DATETIME(3), day DATE);"
        "INSERT INTO {0} VALUES (1, 5, 7, 12.50, 1.0005, 'abc', 'x Y', 'aä日😀b', '2024-02-29 12:00:01', '2024-02-29'),"
        "(2, -7, 0, -0.05, -2.5, 'Ab c ', '', '', '2023-11-01', '0000-00-00'), (3, 100, 100, -1.25, 0.25, '', 'z', "
        "' b ', '1000-01-01 23:59:59.999', '9999-12-31'), (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
        table_of(i)));
    client.execute(
        fmt::format("ALTER TABLE {} ADD g {} AS ({}) STORED", table_of(i), kAdded[i].type, kAdded[i].expression));
  }
  const std::string path = (server.folder() / "R.db").string();
  replay(server, path);
  if (HasFatalFailure()) return;
  Result<Database> database = Database::open(path, OpenMode::read_only);
  ASSERT_TRUE(database.has_value());
  for (std::size_t i = 0; i < std::size(kAdded); ++i) {
    SCOPED_TRACE(kAdded[i].expression);
    EXPECT_EQ(
        database
            ->query_text("SELECT reason FROM binferry_tables WHERE state <> 'active' AND name = '" + table_of(i) + "'")
            .value(),
        std::nullopt);
    for (const auto& row : client.query("SELECT id, g FROM " + table_of(i)).rows) {
      const std::string select = "SELECT g FROM " + table_of(i) + " WHERE id = " + *row[0];
      EXPECT_EQ(database->query_text(select).value(), row[1]) << *row[0];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, TypeChanges,
                         testing::Values(Setting{"MariadbStrict", Flavor::mariadb, "STRICT_TRANS_TABLES", 401},
                                         Setting{"MariadbLenient", Flavor::mariadb, "", 402},
                                         Setting{"MariadbRounding", Flavor::mariadb, "TIME_ROUND_FRACTIONAL", 403},
                                         Setting{"Mysql56Strict", Flavor::mysql56, "STRICT_TRANS_TABLES", 404},
                                         Setting{"Mysql56Lenient", Flavor::mysql56, "", 405}),
                         [](const auto& which) { return std::string(which.param.name); });

}  // namespace
}  // namespace binferry::test
