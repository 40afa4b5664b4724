// `binferry follow` beside real servers: random load, broken links, killed processes on both sides, semi-synchronous
// acknowledgement measured at the source, and every way in which a source can have become another one.
#include "binlog/source/log_directory.hpp"
#include "tests/integration/support/follower.hpp"
#include "tests/integration/support/skip.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace binferry::test {
namespace {

void purge_to_last(const ServerProcess& server, SqlClient& client) {
  // A log stays while the source thinks that somebody reads it.
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (server.binlog_files().size() > 1 && std::chrono::steady_clock::now() < until) {
    client.execute(fmt::format("PURGE BINARY LOGS TO '{}'", server.binlog_files().back().filename().string()));
    std::this_thread::sleep_for(20ms);
  }
}

class FollowLive : public testing::TestWithParam<std::tuple<Flavor, bool>> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(std::get<0>(GetParam())); }
  [[nodiscard]] static ServerOptions options() {
    ServerOptions options;
    options.flavor = std::get<0>(GetParam());
    options.gtid = std::get<1>(GetParam());
    if (options.gtid && options.flavor == Flavor::mysql56) {
      options.extra = {"--enforce-gtid-consistency", "--log-slave-updates"};
    }
    return options;
  }
  [[nodiscard]] static WorkloadOptions load(const ServerProcess& server, std::uint64_t seed) {
    WorkloadOptions load = load_of(server, seed);
    // What enforce_gtid_consistency refuses.
    if (options().gtid && options().flavor == Flavor::mysql56) load.temporary_tables = load.copies = false;
    return load;
  }
};

INSTANTIATE_TEST_SUITE_P(Each, FollowLive,
                         testing::Values(std::tuple{Flavor::mariadb, true}, std::tuple{Flavor::mysql56, false},
                                         std::tuple{Flavor::mysql56, true}),
                         [](const auto& which) {
                           return std::string(std::get<0>(which.param) == Flavor::mariadb ? "Mariadb" : "Mysql56") +
                                  (std::get<1>(which.param) ? "WithGtids" : "ByPosition");
                         });

TEST_P(FollowLive, HoldsWhatTheServerHoldsUnderConcurrentLoad) {
  const ServerProcess server(options());
  Follower follower(server, Follower::from_oldest());
  follower.start();
  const std::uint64_t seed = seed_or(7100);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  run_writers(load(server, seed), server.endpoint(), 4, 4s);
  follower.wait_until_streaming();
  EXPECT_EQ(follower.stop().exit_code, 0);
  const Ran rest = follower.run_to_current();
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  expect_equal(server, follower.replica());
}

// Ten seeds a server; BINFERRY_ROUNDS asks for more of them.
TEST_P(FollowLive, HoldsWhatTheServerHoldsAfterASnapshotInTheMiddleOfTheLoad) {
  const ServerProcess server(options());
  const std::uint64_t seed = seed_or(7300);
  const char* const asked = std::getenv("BINFERRY_ROUNDS");
  const int rounds = asked != nullptr ? std::stoi(asked) : options().flavor == Flavor::mariadb ? 10 : 5;
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed + static_cast<std::uint64_t>(round)));
    WorkloadOptions writing = load(server, seed + static_cast<std::uint64_t>(round));
    writing.schema = fmt::format("load{}", round);
    Follower follower(server);
    std::thread writers([&] { run_writers(writing, server.endpoint(), 4, 1500ms); });
    std::this_thread::sleep_for(500ms);
    follower.start();
    writers.join();
    follower.wait_until_streaming();
    const Ran stopped = follower.stop();
    EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
    const Ran rest = follower.run_to_current();
    EXPECT_EQ(rest.exit_code, 0) << rest.err;
    expect_equal(server, follower.replica());
    if (HasFailure()) return;
    server.connect().execute("DROP DATABASE " + writing.schema);
  }
}

TEST_P(FollowLive, MakesAReplicaAgainWhereItsLogsWerePurgedIfItMay) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  Follower follower(server, {"--on-purged=reseed"});
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  client.execute("INSERT INTO d.t VALUES (2); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (3)");
  purge_to_last(server, client);
  const Ran again = follower.run_to_current();
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("made again"), std::string::npos) << again.err;
  expect_equal(server, follower.replica());
}

// What cannot go on freezes a table; a copy brings it back, and the others do not wait for it.
TEST_P(FollowLive, CopiesAQuarantinedTableAnewByItselfWhileTheOthersGoOn) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute(
      "CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY, v INT) ENGINE=InnoDB; INSERT INTO d.t VALUES (1, 1);"
      "CREATE TABLE d.calm(id INT PRIMARY KEY) ENGINE=InnoDB");
  Follower follower(server, {"--auto-resync"});
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  {
    // Somebody else's hand: the row that the source is about to change is gone from the replica.
    Result<Database> database = Database::open(follower.replica(), OpenMode::read_write);
    ASSERT_TRUE(database) << database.error().message();
    ASSERT_TRUE(database->execute("DELETE FROM \"d.t\""));
  }
  follower.start();
  follower.wait_until_streaming();
  client.execute("UPDATE d.t SET v = 2");
  // Nobody can copy the table as long as it is locked; the stream goes on.
  client.execute("LOCK TABLES d.t WRITE, d.calm WRITE; INSERT INTO d.t VALUES (2, 2); INSERT INTO d.calm VALUES (1)");
  follower.wait_for_rows("d.calm", 1);
  EXPECT_FALSE(follower.has_said("was copied anew"));
  client.execute("INSERT INTO d.calm VALUES (2)");
  follower.wait_for_rows("d.calm", 2);
  client.execute("UNLOCK TABLES; INSERT INTO d.t VALUES (3, 3); DELETE FROM d.t WHERE id = 1");
  follower.wait_until_said("d.t was copied anew");
  client.execute("INSERT INTO d.t VALUES (4, 4)");
  follower.wait_for_rows("d.t", 3);
  EXPECT_EQ(follower.status().reconnects, 0U);
  const Ran stopped = follower.stop();
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  const Ran rest = follower.run_to_current();
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  expect_equal(server, follower.replica());
}

TEST_P(FollowLive, CopiesATableAnewWhenResyncAsksForIt) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute(
      "CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1), (2)");
  Follower follower(server);
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  {
    Result<Database> database = Database::open(follower.replica(), OpenMode::read_write);
    ASSERT_TRUE(database) << database.error().message();
    ASSERT_TRUE(database->execute("DELETE FROM \"d.t\" WHERE id = 2"));
  }
  follower.start();
  follower.wait_until_streaming();
  const Ran asked = run({"resync", follower.replica(), Follower::address(server), "--table", "d.t"});
  EXPECT_EQ(asked.exit_code, 0) << asked.err;
  follower.wait_until_said("d.t was copied anew");
  client.execute("INSERT INTO d.t VALUES (3)");
  follower.wait_for_rows("d.t", 3);
  EXPECT_EQ(follower.stop().exit_code, 0);
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  expect_equal(server, follower.replica());
}

TEST_P(FollowLive, CopiesATableAnewUnderLoadWithoutAnythingLostOrRepeated) {
  const ServerProcess server(options());
  const std::uint64_t seed = seed_or(7400);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  SqlClient client = server.connect();
  client.execute(
      "CREATE DATABASE d; CREATE TABLE d.p(id INT PRIMARY KEY, v INT) ENGINE=InnoDB; CREATE TABLE d.c(id "
      "INT PRIMARY KEY, p INT, big BIGINT UNSIGNED, FOREIGN KEY (p) REFERENCES d.p(id) ON DELETE CASCADE) "
      "ENGINE=InnoDB; CREATE TABLE d.k(a INT, b VARCHAR(20)) ENGINE=InnoDB");
  for (int i = 0; i < 200; ++i) {
    client.execute(
        fmt::format("INSERT INTO d.p VALUES ({0}, 0); INSERT INTO d.c VALUES ({0}, {0}, {1}); INSERT INTO d.k "
                    "VALUES ({0}, 'x'), ({0}, 'x')",
                    i, i == 77 ? "18446744073709551615" : "5"));
  }
  Follower follower(server, {"--auto-resync"});
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  {
    Result<Database> database = Database::open(follower.replica(), OpenMode::read_write);
    ASSERT_TRUE(database) << database.error().message();
    ASSERT_TRUE(database->execute("UPDATE binferry_tables SET state = 'quarantined', reason = 'a test'"));
  }
  follower.start();
  std::thread writers([&] { run_writers(load(server, seed), server.endpoint(), 2, 3s); });
  Random random(seed);
  for (int i = 0; i < 300; ++i) {
    const std::size_t id = random.between(0, 250);
    (void)client.attempt(fmt::format("DELETE FROM d.p WHERE id = {}", id));
    (void)client.attempt(fmt::format("INSERT INTO d.p VALUES ({}, 1)", random.between(0, 250)));
    (void)client.attempt(fmt::format("INSERT INTO d.c VALUES ({0}, {0}, 9)", random.between(0, 250)));
    (void)client.attempt(fmt::format("DELETE FROM d.k WHERE a = {} LIMIT 1", id));
  }
  writers.join();
  follower.wait_until_said("d.p was copied anew");
  const Ran stopped = follower.stop();
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  const Ran rest = follower.run_to_current();
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  expect_equal(server, follower.replica());
}

TEST_P(FollowLive, ChecksASourceAndNamesTheStatementThatMendsIt) {
  ServerOptions statement = options();
  statement.binlog_format = "STATEMENT";
  const ServerProcess server(statement);
  Follower follower(server, {"--check"});
  follower.start();
  const Ran checked = follower.wait();
  EXPECT_EQ(checked.exit_code, 4) << checked.err;
  EXPECT_NE(checked.out.find("problem: "), std::string::npos) << checked.out;
  EXPECT_NE(checked.out.find("binlog_format"), std::string::npos) << checked.out;
}

// The source crashes and comes back, its connections are cut, the follower is killed: nothing lost, nothing twice.
TEST_P(FollowLive, LosesNothingWhateverIsKilled) {
  ServerOptions durable = options();
  durable.durable = true;
  ServerProcess server(durable);
  Follower follower(server);
  follower.start();
  const std::uint64_t seed = seed_or(7200);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  Workload workload(load(server, seed), server.endpoint());
  workload.prepare();
  for (int round = 0; round < 6; ++round) {
    workload.run(15);
    switch (random.between(0, 2)) {
      case 0: kill_dump_connections(server); break;
      case 1:
        follower.kill();
        follower.start();
        break;
      default:
        server.kill_hard();
        server.start();
        workload.client().reconnect();
        break;
    }
  }
  workload.finish();
  follower.kill();
  const Ran rest = follower.run_to_current();
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  expect_equal(server, follower.replica());
}

TEST_P(FollowLive, NamesASourceThatWasResetAndLeavesTheReplicaAsItIs) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  Follower follower(server);
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  std::this_thread::sleep_for(1100ms);  // two logs begun in one second cannot be told apart by their heads
  client.execute("RESET MASTER; INSERT INTO d.t VALUES (2); INSERT INTO d.t VALUES (3)");
  const Ran refused = follower.run_to_current();
  EXPECT_EQ(refused.exit_code, 5) << refused.err;
  EXPECT_EQ(read_file(follower.replica()).empty(), false);
}

TEST_P(FollowLive, NamesPurgedLogs) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  Follower follower(server);
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  client.execute("INSERT INTO d.t VALUES (2); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (3)");
  purge_to_last(server, client);
  const Ran refused = follower.run_to_current();
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_NE(refused.err.find("hint:"), std::string::npos) << refused.err;
}

TEST_P(FollowLive, SaysAtOnceThatThePasswordIsWrong) {
  const ServerProcess server(options());
  server.connect().execute("CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'secret'");
  Follower follower(server);
  follower.arguments()[1] = fmt::format("mysql://repl@127.0.0.1:{}?ssl-mode=disabled", server.port());
  const Ran refused = follower.run_to_current();
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_NE(refused.err.find("check user and password"), std::string::npos) << refused.err;
}

TEST_P(FollowLive, LagGrowsWhileTheSourceIsSilentAndHeartbeatsEndIt) {
  const ServerProcess server(options());
  Follower follower(server);
  follower.start();
  follower.wait_until_streaming();
  server.connect().execute("CREATE DATABASE d");
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (follower.status().heard_us == 0 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(20ms);
  const LiveStatus before = follower.status();
  EXPECT_NE(before.heard_us, 0U);
  ::kill(server.pid(), SIGSTOP);
  std::this_thread::sleep_for(2500ms);
  const LiveStatus stalled = follower.status();
  ::kill(server.pid(), SIGCONT);
  EXPECT_LE(stalled.heard_us, before.heard_us + 1'500'000);
  EXPECT_GE(stalled.written_us, before.written_us + 500'000) << "the follower itself is at work";
  EXPECT_EQ(follower.stop().exit_code, 0);
}

// ---- semi-synchronous, on MariaDB, whose server has it built in

std::string status_of(SqlClient& client, const std::string& name) {
  return client.query("SHOW STATUS LIKE '" + name + "'").rows.at(0).at(1).value_or("");
}

class FollowSemiSync : public testing::Test {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(Flavor::mariadb); }
  static ServerOptions options(const std::string& timeout_ms) {
    ServerOptions options;
    options.durable = true;
    options.extra = {"--rpl-semi-sync-master-enabled=1", "--rpl-semi-sync-master-timeout=" + timeout_ms,
                     "--rpl-semi-sync-master-wait-point=AFTER_SYNC"};
    return options;
  }
  static void wait_for_clients(SqlClient& client, const std::string& count) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (status_of(client, "Rpl_semi_sync_master_clients") != count) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "the source never counted " << count << " clients";
      std::this_thread::sleep_for(20ms);
    }
  }
};

TEST_F(FollowSemiSync, EveryCommitIsAcknowledgedAndWaitsWhileTheFollowerStandsStill) {
  const ServerProcess server(options("60000"));
  Follower follower(server, {"--semi-sync"});
  follower.start();
  SqlClient client = server.connect();
  wait_for_clients(client, "1");
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
  for (int i = 0; i < 30; ++i) client.execute("INSERT INTO d.t VALUES (" + std::to_string(i) + ")");
  EXPECT_EQ(status_of(client, "Rpl_semi_sync_master_yes_tx"), "32");
  EXPECT_EQ(status_of(client, "Rpl_semi_sync_master_no_tx"), "0");

  follower.signal(SIGSTOP);
  std::atomic<bool> committed = false;
  std::thread writer([&] {
    SqlClient other = server.connect();
    other.execute("INSERT INTO d.t VALUES (1000)");
    committed = true;
  });
  std::this_thread::sleep_for(1500ms);
  EXPECT_FALSE(committed) << "acknowledged by a process that stands still";
  follower.signal(SIGCONT);
  writer.join();
  EXPECT_EQ(status_of(client, "Rpl_semi_sync_master_no_tx"), "0");
  EXPECT_EQ(follower.stop().exit_code, 0);
  expect_equal(server, follower.replica());
}

TEST_F(FollowSemiSync, TheSourceGoesOnWithoutTheFollowerAndWaitsForItAgainWhenItIsBack) {
  const ServerProcess server(options("300"));
  Follower follower(server, {"--semi-sync"});
  follower.start();
  SqlClient client = server.connect();
  wait_for_clients(client, "1");
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
  follower.kill();
  client.execute("INSERT INTO d.t VALUES (1); INSERT INTO d.t VALUES (2)");
  EXPECT_EQ(status_of(client, "Rpl_semi_sync_master_status"), "OFF");
  follower.start();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (status_of(client, "Rpl_semi_sync_master_status") != "ON" && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(20ms);
  }
  const int before = std::stoi(status_of(client, "Rpl_semi_sync_master_yes_tx"));
  client.execute("INSERT INTO d.t VALUES (3)");
  EXPECT_EQ(std::stoi(status_of(client, "Rpl_semi_sync_master_yes_tx")), before + 1);
  EXPECT_EQ(follower.stop().exit_code, 0);
  expect_equal(server, follower.replica());
}

// With the wait point AFTER_SYNC a client sees its commit only after the ACK: what any client saw is in the replica,
// whatever becomes of the source.
TEST_F(FollowSemiSync, WhatAClientSawCommittedSurvivesTheSource) {
  for (int round = 0; round < 3; ++round) {
    ServerProcess server(options("60000"));
    Follower follower(server, {"--semi-sync"});
    follower.start();
    SqlClient client = server.connect();
    wait_for_clients(client, "1");
    client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
    std::atomic<int> seen = -1;
    std::thread writer([&] {
      try {
        SqlClient other = server.connect();
        for (int i = 0;; ++i) {
          other.execute("INSERT INTO d.t VALUES (" + std::to_string(i) + ")");
          seen = i;
        }
      } catch (const SqlError&) {  // the server is gone
      }
    });
    std::this_thread::sleep_for(400ms + 150ms * round);
    server.kill_hard();
    writer.join();
    follower.kill();
    ASSERT_GT(seen.load(), 0);
    Result<Database> database = Database::open(follower.replica(), OpenMode::read_only);
    ASSERT_TRUE(database) << database.error().message();
    Result<std::optional<std::string>> held = database->query_text("SELECT max(id) || ':' || count(*) FROM \"d.t\"");
    ASSERT_TRUE(held) << held.error().message();
    const int last = std::stoi(held->value_or("-1"));
    EXPECT_GE(last, seen.load()) << "a commit that a client saw is not in the replica";
    EXPECT_EQ(**held, fmt::format("{}:{}", last, last + 1));
  }
}

TEST_F(FollowSemiSync, ASourceWithoutItIsRefusedUnlessItIsOnlyPreferred) {
  const ServerProcess server(ServerOptions{});
  server.connect().execute("CREATE DATABASE d");
  Follower required(server, {"--semi-sync"});
  const Ran refused = required.run_to_current();
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_NE(refused.err.find("--semi-sync=preferred"), std::string::npos) << refused.err;
  Follower preferred(server, {"--semi-sync=preferred"});
  EXPECT_EQ(preferred.run_to_current().exit_code, 0);
}

// ---- other sources

TEST_F(FollowSemiSync, GoesOnWithTheNextSourceThatHasWhatTheReplicaNeeds) {
  ServerOptions first_options;
  ServerProcess first(first_options);
  ServerOptions second_options;
  second_options.server_id = 2;
  second_options.extra = {"--log-slave-updates"};
  const ServerProcess second(second_options);
  SqlClient writer = first.connect();
  SqlClient heir = second.connect();
  heir.execute(
      fmt::format("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={}, MASTER_USER='root', "
                  "MASTER_USE_GTID=slave_pos; START SLAVE",
                  first.port()));
  writer.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  Follower follower(first, {"--source", Follower::address(second)});
  follower.start();
  follower.wait_until_streaming();
  writer.execute("INSERT INTO d.t VALUES (2)");
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (heir.scalar("SELECT @@gtid_binlog_pos") != writer.scalar("SELECT @@gtid_binlog_pos") &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(20ms);
  }
  first.kill_hard();
  heir.execute("STOP SLAVE; INSERT INTO d.t VALUES (3)");
  follower.wait_until_streaming(1);
  EXPECT_EQ(follower.stop().exit_code, 0);
  const Ran rest = follower.run_to_current();
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  expect_equal(second, follower.replica());

  // What the second has alone is what the first lacks when it comes back.
  first.start();
  follower.arguments() = {"follow", Follower::address(first), "--into", follower.replica()};
  const Ran refused = follower.run_to_current();
  EXPECT_EQ(refused.exit_code, 5) << refused.err;
  EXPECT_NE(refused.err.find("lacks what the replica has"), std::string::npos) << refused.err;
}

TEST_F(FollowSemiSync, ResumesInTheMiddleOfAnEncryptedLog) {
  const TempDir keys;
  write_file(keys / "keys", "1;00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
  ServerOptions encrypted;
  encrypted.extra = {"--plugin-load-add=file_key_management", "--file-key-management-filename=" + (keys / "keys"),
                     "--encrypt-binlog=ON"};
  const ServerProcess server(encrypted);
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  Follower follower(server, Follower::from_oldest());
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  for (int i = 2; i < 5; ++i) {
    client.execute(fmt::format("INSERT INTO d.t VALUES ({}); UPDATE d.t SET id = id + 1000 WHERE id = 1 + {}", i, i));
    const Ran again = follower.run_to_current();
    EXPECT_EQ(again.exit_code, 0) << again.err;
  }
  expect_equal(server, follower.replica());
}

// ---- who is whose replica

TEST_F(FollowSemiSync, TwoFollowersWithOneServerIdAreToldApartInsteadOfThrowingEachOtherOutForEver) {
  const ServerProcess server(ServerOptions{});
  server.connect().execute("CREATE DATABASE d");
  Follower first(server, {"--server-id", "777"});
  Follower second(server, {"--server-id", "777"});
  EXPECT_EQ(second.run_to_current().exit_code, 0);
  first.start();
  first.wait_until_streaming();
  // A new one sees that the id is taken before it does anything.
  Follower third(server, {"--server-id", "777"});
  const Ran refused = third.run_to_current();
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_NE(refused.err.find("777"), std::string::npos) << refused.err;
  // One that has been here before takes the place of the first, which says so and does not come back.
  second.start();
  const Ran thrown_out = first.wait();
  EXPECT_EQ(thrown_out.exit_code, 4) << thrown_out.err;
  EXPECT_NE(thrown_out.err.find("server id"), std::string::npos) << thrown_out.err;
  second.wait_until_streaming();
  EXPECT_EQ(second.stop().exit_code, 0);
}

TEST(FollowOtherServer, IsRefusedByPositionAndTakenByGtidOnlyIfItHasEverything) {
  BINFERRY_NEEDS_SERVER(Flavor::mysql56);
  ServerOptions options;
  options.flavor = Flavor::mysql56;
  const ServerProcess server(options);
  server.connect().execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
  Follower follower(server);
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  options.server_id = 2;
  const ServerProcess other(options);
  other.connect().execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
  follower.arguments()[1] = Follower::address(other);
  const Ran refused = follower.run_to_current();
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_NE(refused.err.find("another server"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace binferry::test
