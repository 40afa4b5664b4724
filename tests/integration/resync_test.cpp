// Tables copied anew from a live source into a replica that stands at an earlier place, and how they rejoin.
#include "applier/resync.hpp"

#include "applier/replay.hpp"
#include "binlog/source/multi_file_source.hpp"
#include "tests/integration/support/replica_check.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/skip.hpp"
#include "tests/integration/support/workload.hpp"

#include <memory>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace binferry::test {
namespace {

class Resync : public testing::TestWithParam<Flavor> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(GetParam()); }
  [[nodiscard]] static ServerOptions options(bool gtid = false) {
    ServerOptions options;
    options.flavor = GetParam();
    options.gtid = gtid;
    if (gtid && GetParam() == Flavor::mysql56) options.extra = {"--enforce-gtid-consistency", "--log-slave-updates"};
    return options;
  }
};

std::string flavor_name(const testing::TestParamInfo<Flavor>& info) {
  return info.param == Flavor::mariadb ? "Mariadb" : "Mysql56";
}
INSTANTIATE_TEST_SUITE_P(Each, Resync, testing::Values(Flavor::mariadb, Flavor::mysql56), flavor_name);

mysql::Address address_of(const ServerProcess& server) {
  mysql::Address address;
  address.host = "127.0.0.1";
  address.port = server.port();
  address.credentials.user = "root";
  return address;
}

std::string path_in(const ServerProcess& server) {
  return (server.folder() / "R.db").string();
}

// Applies the server's logs from where the replica stands; `most` transactions, or all.
void bring_up_to(const ServerProcess& server, std::optional<std::uint64_t> most = std::nullopt) {
  ReplicaJob job;
  for (const auto& log : server.binlog_files()) job.inputs.push_back(log.string());
  job.into = path_in(server);
  job.batch_transactions = 3;
  job.most_transactions = most;
  const Result<JobOutcome> outcome = bring_up(job);
  ASSERT_TRUE(outcome) << outcome.error().message();
}

Result<ResyncOutcome> copy(const ServerProcess& server, const std::vector<TableRegistry::Key>& tables) {
  Result<std::unique_ptr<Replica>> replica = open_replica(path_in(server));
  if (!replica) return propagate(replica);
  Result<std::unique_ptr<SqliteApplier>> applier = SqliteApplier::make(std::move(*replica), {});
  if (!applier) return propagate(applier);
  return copy_tables(address_of(server), **applier, tables, {});
}

std::string states_of(const ServerProcess& server) {
  Result<std::unique_ptr<Replica>> replica = open_replica(path_in(server));
  if (!replica) return replica.error().message();
  std::string text;
  for (const auto& [name, table] : (*replica)->tables.all()) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", name.second, name_of(table.state));
  }
  return text;
}

void quarantine(const ServerProcess& server, const std::string& table) {
  Result<Database> database = Database::open(path_in(server), OpenMode::read_write);
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("UPDATE binferry_tables SET state = 'quarantined', reason = 'a test' WHERE name = " +
                                quote_text(table)));
}

void expect_equal(const ServerProcess& server) {
  SqlClient client = server.connect();
  const Result<ReplicaCheck> check = check_replica(path_in(server), select_everything(client));
  ASSERT_TRUE(check) << check.error().message();
  EXPECT_EQ(check->differences, "");
  EXPECT_TRUE(check->frozen.empty()) << check->frozen.front().name << ": " << check->frozen.front().reason;
  EXPECT_EQ(integrity_of(path_in(server)), "ok");
}

TEST_P(Resync, ATableRejoinsBehindItsCopyWhateverHappenedBetween) {
  for (const bool gtid : {false, true}) {
    SCOPED_TRACE(gtid);
    const ServerProcess server(options(gtid));
    SqlClient client = server.connect();
    client.execute(
        "CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY, v INT) ENGINE=InnoDB; CREATE TABLE d.o(id INT PRIMARY "
        "KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1, 1), (2, 2), (3, 3); INSERT INTO d.o VALUES (1)");
    bring_up_to(server);
    quarantine(server, "t");
    // What the copy has and the replica does not: rows and statements that must not be applied again.
    client.execute(
        "INSERT INTO d.t VALUES (4, 4); INSERT INTO d.o VALUES (2); ALTER TABLE d.t ADD w INT DEFAULT 7; UPDATE d.t "
        "SET v = v + 100; DELETE FROM d.t WHERE id = 2; TRUNCATE TABLE d.t; INSERT INTO d.t VALUES (5, 5, 5); DROP "
        "TABLE d.t; CREATE TABLE d.t(id INT PRIMARY KEY, x VARCHAR(9)) ENGINE=InnoDB; INSERT INTO d.t VALUES (6, "
        "'six')");
    const Result<ResyncOutcome> copied = copy(server, {{"d", "t"}});
    ASSERT_TRUE(copied) << copied.error().message();
    EXPECT_EQ(copied->copied.size(), 1U);
    EXPECT_EQ(states_of(server), "o:active t:rejoining");
    // And what comes behind it.
    client.execute("INSERT INTO d.t VALUES (7, 'seven'); ALTER TABLE d.t ADD y INT; UPDATE d.t SET y = 1 WHERE id = 6");
    bring_up_to(server, 3);
    EXPECT_EQ(states_of(server), "o:active t:rejoining") << "kept over restarts";
    bring_up_to(server);
    EXPECT_EQ(states_of(server), "o:active t:active");
    expect_equal(server);
  }
}

TEST_P(Resync, ACopyOfWhatTheReplicaHasReachedRejoinsAtOnce) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  bring_up_to(server);
  quarantine(server, "t");
  const Result<ResyncOutcome> copied = copy(server, {{"d", "t"}});
  ASSERT_TRUE(copied) << copied.error().message();
  EXPECT_EQ(states_of(server), "t:active");
  expect_equal(server);
  EXPECT_EQ(copy(server, {{"d", "nothing"}}).error().code, Errc::not_found);
}

TEST_P(Resync, ReachesWhatForeignKeysTieToTheTable) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute(
      "CREATE DATABASE d; CREATE TABLE d.p(id INT PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE d.c(id INT PRIMARY KEY, p "
      "INT, FOREIGN KEY (p) REFERENCES d.p(id) ON DELETE CASCADE) ENGINE=InnoDB; INSERT INTO d.p VALUES (1), (2), (3); "
      "INSERT INTO d.c VALUES (1, 1), (2, 2), (3, 3)");
  bring_up_to(server);
  quarantine(server, "p");
  quarantine(server, "c");
  client.execute("DELETE FROM d.p WHERE id = 1");
  // The child alone could not go on: its parent's cascades would be missing.
  const Result<ResyncOutcome> copied = copy(server, {{"d", "c"}});
  ASSERT_TRUE(copied) << copied.error().message();
  EXPECT_EQ(copied->copied.size(), 2U);
  client.execute("DELETE FROM d.p WHERE id = 2");
  bring_up_to(server);
  EXPECT_EQ(states_of(server), "c:active p:active");
  expect_equal(server);
}

TEST_P(Resync, ARenameBetweenLeavesNothingWrong) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute(
      "CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE d.n(id INT PRIMARY KEY, v "
      "INT) ENGINE=InnoDB; INSERT INTO d.t VALUES (1); INSERT INTO d.n VALUES (10, 10)");
  bring_up_to(server);
  quarantine(server, "t");
  client.execute(
      "RENAME TABLE d.t TO d.old, d.n TO d.t; INSERT INTO d.t VALUES (11, 11); INSERT INTO d.old VALUES (2)");
  const Result<ResyncOutcome> copied = copy(server, {{"d", "t"}});
  ASSERT_TRUE(copied) << copied.error().message();
  client.execute("INSERT INTO d.t VALUES (12, 12)");
  bring_up_to(server);
  EXPECT_EQ(states_of(server), "old:quarantined t:active") << "nobody holds the rows of what was renamed";
  ASSERT_TRUE(copy(server, {{"d", "old"}}));
  bring_up_to(server);
  expect_equal(server);
}

TEST_P(Resync, RandomTablesRejoinUnderLoad) {
  const std::uint64_t first = seed_or(3300);
  for (std::uint64_t seed = first; seed < first + 3; ++seed) {
    SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
    const ServerProcess server(options());
    SqlClient client = server.connect();
    WorkloadOptions load;
    load.flavor = GetParam();
    load.seed = seed;
    load.foreign_keys = true;
    Workload workload(load, server.endpoint());
    workload.prepare();
    workload.run(60);
    bring_up_to(server);
    workload.run(60);
    // Half of what the replica knows, while it stands in the past.
    std::vector<TableRegistry::Key> some;
    {
      Result<std::unique_ptr<Replica>> replica = open_replica(path_in(server));
      ASSERT_TRUE(replica);
      for (const auto& [name, table] : (*replica)->tables.all()) {
        if (some.size() * 2 < (*replica)->tables.all().size()) some.push_back(name);
      }
    }
    const Result<ResyncOutcome> copied = copy(server, some);
    ASSERT_TRUE(copied) << copied.error().message();
    workload.run(40);
    workload.finish();
    bring_up_to(server);
    // A rename may leave a table behind that nobody holds; it is copied in its turn.
    for (int round = 0; round < 3; ++round) {
      std::vector<TableRegistry::Key> frozen;
      {
        Result<std::unique_ptr<Replica>> replica = open_replica(path_in(server));
        ASSERT_TRUE(replica);
        for (const auto& [name, table] : (*replica)->tables.all()) {
          if (table.state == TableState::quarantined) frozen.push_back(name);
        }
      }
      if (frozen.empty()) break;
      const Result<ResyncOutcome> again = copy(server, frozen);
      ASSERT_TRUE(again) << again.error().message();
      bring_up_to(server);
    }
    // One more, for a copy whose position is the head of a new file.
    client.execute("CREATE DATABASE last");
    bring_up_to(server);
    expect_equal(server);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace binferry::test
