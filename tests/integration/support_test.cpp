// The harness itself: servers start, crash and come back; a table read back equals its text form.
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/skip.hpp"

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

class Servers : public testing::TestWithParam<Flavor> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(GetParam()); }
};

std::string flavor_name(const testing::TestParamInfo<Flavor>& info) {
  return info.param == Flavor::mariadb ? "Mariadb" : "Mysql56";
}

INSTANTIATE_TEST_SUITE_P(Each, Servers, testing::Values(Flavor::mariadb, Flavor::mysql56), flavor_name);

TEST_P(Servers, KeepCommittedRowsOverACrashAndListTheirLogs) {
  ServerOptions options;
  options.flavor = GetParam();
  options.durable = true;
  ServerProcess server(options);
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY, b BIT(9), f FLOAT, s VARCHAR(20), x BLOB)");
  client.execute("INSERT INTO d.t VALUES (2, 257, 1.1, 'a\\'ü', x'00FF'), (1, NULL, NULL, NULL, '')");
  server.kill_hard();
  EXPECT_FALSE(server.running());
  EXPECT_THROW(client.execute("SELECT 1"), SqlError);
  server.start();
  client.reconnect();
  const TableDump dump = select_all(client, "d", "t");
  EXPECT_EQ(to_jsonl(dump),
            "{\"db\":\"d\",\"table\":\"t\",\"columns\":[{\"name\":\"id\",\"type\":\"int\",\"pk\":true},"
            "{\"name\":\"b\",\"type\":\"bit\",\"pk\":false},{\"name\":\"f\",\"type\":\"float\",\"pk\":false},"
            "{\"name\":\"s\",\"type\":\"varchar\",\"pk\":false},{\"name\":\"x\",\"type\":\"blob\",\"pk\":false}]}\n"
            "[\"1\",null,null,null,{\"hex\":\"\"}]\n"
            "[\"2\",{\"hex\":\"0101\"},\"1.100000023841858\",\"a'ü\",{\"hex\":\"00FF\"}]\n");
  const Result<TableDump> again = from_jsonl(to_jsonl(dump));
  ASSERT_TRUE(again.has_value()) << again.error().message();
  EXPECT_EQ(difference(dump, *again), "");
  EXPECT_EQ(server.binlog_files().size(), 2U) << "a restart begins a new log";
  EXPECT_EQ(server.binlog_files().front().filename(), "binlog.000001");
}

TEST_P(Servers, RefuseAStatementWithoutLosingTheConnection) {
  ServerOptions options;
  options.flavor = GetParam();
  ServerProcess server(options);
  SqlClient client(server.tcp_endpoint());
  const std::optional<SqlError> refusal = client.attempt("SELECT * FROM nowhere.nothing; SELECT 2");
  ASSERT_TRUE(refusal.has_value());
  EXPECT_NE(refusal->code(), 0U);
  EXPECT_EQ(client.scalar("SELECT 3"), "3");
  EXPECT_EQ(client.scalar("SELECT @@binlog_format"), "ROW");
}

TEST(TableDump, ADifferenceNamesTheRowAndFloatsCompareAsNumbers) {
  TableDump expected{"s", "t", {{"id", "int", true}, {"f", "float", false}}, {}};
  expected.rows = {{{Cell::Kind::text, "1"}, {Cell::Kind::text, "1.100000023841858"}}};
  TableDump actual = expected;
  actual.rows[0][1].bytes = "1.1";
  EXPECT_EQ(difference(expected, actual), "");
  actual.rows[0][1].bytes = "1.2";
  EXPECT_NE(difference(expected, actual).find("missing ('1'"), std::string::npos);
  actual.rows.push_back(actual.rows[0]);
  EXPECT_NE(difference(expected, actual).find("1 rows expected, got 2"), std::string::npos);
}

TEST(TableDump, FileNamesArePercentEncoded) {
  EXPECT_EQ(dump_file_name("shop", "odd `name; x"), "shop.odd%20%60name%3B%20x.jsonl");
}

}  // namespace
}  // namespace binferry::test
