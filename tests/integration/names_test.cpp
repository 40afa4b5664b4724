// Settings of a source that its log does not tell. One that finds tables without case (lower_case_table_names=1) logs
// names as somebody typed them in statements, and in lower case before rows.
#include "applier/applier.hpp"
#include "applier/replay.hpp"
#include "tests/integration/support/replica_check.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/skip.hpp"

#include <string>

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

class Names : public testing::TestWithParam<Flavor> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(, Names, testing::Values(Flavor::mariadb, Flavor::mysql56), [](const auto& which) {
  return std::string(which.param == Flavor::mariadb ? "Mariadb" : "Mysql56");
});

TEST_P(Names, OfASourceWithoutCaseAreFoundHoweverTheyAreTyped) {
  ServerOptions options;
  options.flavor = GetParam();
  options.extra = {"--lower-case-table-names=1"};
  ServerProcess server(options);
  SqlClient client = server.connect();
  client.execute(R"(
    CREATE DATABASE Shop DEFAULT CHARACTER SET utf8mb4; USE SHOP;
    CREATE TABLE Customers (Id INT PRIMARY KEY, Name VARCHAR(20)) ENGINE=InnoDB;
    CREATE TABLE shop.ORDERS (id INT PRIMARY KEY, customer INT,
      FOREIGN KEY (customer) REFERENCES SHOP.customers (id) ON DELETE CASCADE) ENGINE=InnoDB;
    INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bo'), (3, 'Cy');
    INSERT INTO Orders VALUES (10, 1), (20, 2), (30, 2);
    ALTER TABLE CUSTOMERS ADD COLUMN City VARCHAR(20) NOT NULL DEFAULT 'Here';
    DELETE FROM Shop.Customers WHERE ID = 2;
    RENAME TABLE Customers TO People, ORDERS TO Orders_Old;
    UPDATE PEOPLE SET CITY = 'There' WHERE Id = 3;
    DELETE FROM people WHERE id = 1;
    CREATE TABLE Copy LIKE PeoPle; INSERT INTO copy SELECT * FROM People;
    CREATE TABLE Gone (a INT); DROP TABLE GONE;
    CREATE DATABASE Other; CREATE TABLE Other.T (a INT PRIMARY KEY); DROP DATABASE OTHER)");
  const std::string path = (server.folder() / "R.db").string();
  {
    ReplicaOptions made;
    made.qualified_names = true;
    made.lower_case_names = true;
    ASSERT_TRUE(Replica::open(path, made).has_value());
  }
  ReplicaJob job;
  job.inputs = {server.binlog_folder().string()};
  job.into = path;
  job.strict = true;
  job.most_transactions = 7;  // and again, as a new process that has only what the replica says
  for (int run = 0; run < 4; ++run) {
    const Result<JobOutcome> outcome = bring_up(job);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
  }
  const Result<ReplicaCheck> check = check_replica(path, select_everything(client));
  ASSERT_TRUE(check.has_value()) << check.error().message();
  EXPECT_EQ(check->differences, "");
  EXPECT_EQ(check->compared, 3U);
  EXPECT_EQ(integrity_of(path), "ok");
}

TEST_P(Names, OfASourceWithoutCaseAreToldWhereTheReplicaWasMadeWithCase) {
  ServerOptions options;
  options.flavor = GetParam();
  options.extra = {"--lower-case-table-names=1"};
  ServerProcess server(options);
  SqlClient client = server.connect();
  client.execute(
      "CREATE DATABASE shop; CREATE TABLE shop.Customers (id INT PRIMARY KEY);"
      "INSERT INTO shop.customers VALUES (1)");
  ReplicaJob job;
  job.inputs = {server.binlog_folder().string()};
  job.into = (server.folder() / "R.db").string();
  job.strict = true;
  const Result<JobOutcome> outcome = bring_up(job);
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Errc::schema_mismatch);
  EXPECT_NE(outcome.error().hint.find("--lower-case-table-names=1"), std::string::npos) << outcome.error().hint;
}

// Existing rows get the time of the source's own clock, and the statement says only that it is the system's.
TEST_P(Names, OfTheSystemsTimeZoneAreTimesWhereTheReplicaKnowsIt) {
  ServerOptions options;
  options.flavor = GetParam();
  ServerProcess server(options);
  SqlClient client = server.connect();
  const std::string zone = client.scalar("SELECT @@GLOBAL.system_time_zone");
  if (zone != "UTC") GTEST_SKIP() << "this machine's time zone is " << zone << ", which does not tell its offset";
  client.execute(
      "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY); INSERT INTO shop.t VALUES (1), (2);"
      "ALTER TABLE shop.t ADD COLUMN made DATETIME DEFAULT CURRENT_TIMESTAMP");
  for (const bool is_known : {true, false}) {
    const std::string path = (server.folder() / (is_known ? "known.db" : "unknown.db")).string();
    {
      ReplicaOptions made;
      made.qualified_names = true;
      if (is_known) made.system_time_zone = zone;
      ASSERT_TRUE(Replica::open(path, made).has_value());
    }
    ReplicaJob job;
    job.inputs = {server.binlog_folder().string()};
    job.into = path;
    ASSERT_TRUE(bring_up(job).has_value());
    const Result<ReplicaCheck> check = check_replica(path, select_everything(client));
    ASSERT_TRUE(check.has_value()) << check.error().message();
    EXPECT_EQ(check->differences, "");
    EXPECT_EQ(check->compared, is_known ? 1U : 0U);
    EXPECT_EQ(check->frozen.empty(), is_known);
  }
}

}  // namespace
}  // namespace binferry::test
