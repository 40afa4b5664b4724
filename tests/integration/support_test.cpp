// The harness itself: servers start, crash and come back; a table read back equals its text form.
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/skip.hpp"
#include "tests/integration/support/workload.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>

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

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

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

WorkloadOptions everything(Flavor flavor, std::uint64_t seed) {
  WorkloadOptions options;
  options.flavor = flavor;
  options.seed = seed;
  options.converting_ddl = true;
  options.xa = true;
  options.foreign_keys = true;
  return options;
}

TEST_P(Servers, TakeTheSameLoadFromTheSameSeedAndRefuseLittleOfIt) {
  const std::uint64_t seed = seed_or(7);
  SCOPED_TRACE("BINFERRY_SEED=" + std::to_string(seed));
  ServerOptions options;
  options.flavor = GetParam();
  ServerProcess server(options);
  std::vector<std::string> traces;
  for (const char* schema : {"one", "two"}) {
    WorkloadOptions load = everything(GetParam(), seed);
    load.schema = schema;
    load.trace = server.folder() / schema;
    Workload workload(load, server.endpoint());
    workload.prepare();
    workload.run(150);
    workload.finish();
    EXPECT_GT(workload.counts().executed, 2 * workload.counts().refused);
    EXPECT_GT(workload.counts().executed_by_verb.at("INSERT"), 20U);
    EXPECT_GT(workload.counts().executed_by_verb.at("ALTER"), 2U);
    const std::string quoted = quote_name(schema);
    std::string& trace = traces.emplace_back(read_text(load.trace));
    for (std::size_t at = 0; (at = trace.find(quoted, at)) != std::string::npos;) trace.replace(at, quoted.size(), "S");
  }
  EXPECT_EQ(traces[0], traces[1]);
}

TEST_P(Servers, TakeTheLoadOfSeveralWritersAtOnce) {
  const std::uint64_t seed = seed_or(8);
  SCOPED_TRACE("BINFERRY_SEED=" + std::to_string(seed));
  ServerOptions options;
  options.flavor = GetParam();
  ServerProcess server(options);
  const WorkloadCounts counts =
      run_writers(everything(GetParam(), seed), server.endpoint(), 3, std::chrono::milliseconds(1500));
  EXPECT_GT(counts.executed, 50U);
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
