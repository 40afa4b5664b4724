// MariaDB's temporal formats of before 10.1 (mysql56_temporal_format=OFF), whose fractions no TABLE_MAP tells: the rows
// that the log's changes build equal what the server holds.
#include "tests/integration/support/replay_log.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/skip.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace binferry::test {
namespace {

constexpr std::string_view kValues[][3] = {
    {"'-838:59:59.999999'", "'9999-12-31 23:59:59.999999'", "'2038-01-19 03:14:07.999999'"},
    {"'838:59:59.999999'", "'1000-01-01 00:00:00'", "'1970-01-01 00:00:01.000001'"},
    {"'-00:00:00.100001'", "'0000-00-00 00:00:00'", "'2023-11-14 22:13:20.123456'"},
    {"'00:00:00.5'", "'2024-02-29 12:34:56.500000'", "'2024-02-29 12:34:56.05'"},
    {"'-01:02:03.000001'", "'2024-00-00 00:00:00.900000'", "'2001-09-09 01:46:40'"},
    {"'00:00:00'", "NULL", "'2001-09-09 01:46:40.9'"},
    {"NULL", "'0000-00-00 00:00:00.123456'", "NULL"},
};

// A column of each type and each number of digits, with others between them that a wrong length would garble.
void fill(SqlClient& client, std::string_view table) {
  std::string columns = "id INT PRIMARY KEY";
  for (int digits = 0; digits <= 6; ++digits) {
    columns += fmt::format(", t{0} TIME({0}), d{0} DATETIME({0}), s{0} TIMESTAMP({0}) NULL, v{0} VARCHAR(9)", digits);
  }
  client.execute(fmt::format("CREATE TABLE {}({})", table, columns));
  int id = 0;
  for (const auto& [time, datetime, timestamp] : kValues) {
    std::string row = std::to_string(++id);
    for (int digits = 0; digits <= 6; ++digits) {
      row += fmt::format(", {}, {}, {}, 'v{}'", time, datetime, timestamp, digits);
    }
    client.execute(fmt::format("INSERT INTO {} VALUES ({})", table, row));
  }
}

TEST(OldTemporals, OfEveryPrecisionAreReadAsTheServerReadsThem) {
  BINFERRY_NEEDS_SERVER(Flavor::mariadb);
  ServerOptions options;
  options.extra = {"--mysql56-temporal-format=OFF"};
  ServerProcess server(options);
  SqlClient client = server.connect();
  client.execute("SET time_zone='+00:00'; SET sql_mode='ALLOW_INVALID_DATES'; CREATE DATABASE d; USE d");
  fill(client, "t");
  client.execute(
      "UPDATE t SET t3='-12:34:56.789', d6='2020-02-02 02:02:02.020202' WHERE id=1; DELETE FROM t WHERE id=2");
  client.execute("CREATE TABLE copied AS SELECT id, t1, d2, s3, t6 FROM t");
  client.execute("CREATE OR REPLACE TABLE copied AS SELECT id, t2, d5, s6 FROM t");
  client.execute("CREATE TABLE widened(id INT PRIMARY KEY, a TIME(2)); INSERT INTO widened VALUES (1,'-10:00:00.25')");
  client.execute("ALTER TABLE widened MODIFY a TIME(5); UPDATE widened SET a='10:00:00.00125'");
  // A table of the old format beside one that was rebuilt into the new one.
  client.execute(
      "CREATE TABLE rebuilt(id INT PRIMARY KEY, a DATETIME(3)); INSERT INTO rebuilt VALUES (1,'2020-01-01')");
  client.execute(
      "SET GLOBAL mysql56_temporal_format=ON; ALTER TABLE rebuilt FORCE; UPDATE rebuilt SET a=a-INTERVAL 1 HOUR");
  client.execute("UPDATE t SET t5='-00:00:01.5' WHERE id=3");
  server.stop();
  const auto logs = server.binlog_files();

  Model model;
  const Status status = replay_log(logs, model);
  ASSERT_TRUE(status.has_value()) << status.error().message() << "\n" << status.error().hint;
  server.start();
  client.reconnect();
  EXPECT_EQ(model.difference(select_everything(client)), "");
  EXPECT_GT(model.counts().rows(), 20U);
}

TEST(OldTemporals, OfASystemVersionedTableIncludeItsHiddenPeriod) {
  BINFERRY_NEEDS_SERVER(Flavor::mariadb);
  ServerOptions options;
  options.extra = {"--mysql56-temporal-format=OFF"};
  ServerProcess server(options);
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.h(id INT PRIMARY KEY, a TIME(1)) WITH SYSTEM VERSIONING");
  client.execute("INSERT INTO d.h VALUES (1,'01:02:03.4'),(2,'-00:00:00.1'); UPDATE d.h SET a='00:00:00.9' WHERE id=2");
  server.stop();
  Model model;
  const Status status = replay_log(server.binlog_files(), model);
  ASSERT_TRUE(status.has_value()) << status.error().message() << "\n" << status.error().hint;
  EXPECT_EQ(model.counts().rows(), 4U) << "two rows, one changed, one kept as history";
}

}  // namespace
}  // namespace binferry::test
