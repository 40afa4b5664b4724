// `follow --ack=logged`: what was acknowledged is in the relay log, whatever becomes of the source and of binferry.
#include "tests/integration/support/follower.hpp"
#include "tests/integration/support/skip.hpp"

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace binferry::test {
namespace {

std::string status_of(SqlClient& client, const std::string& name) {
  return client.query("SHOW STATUS LIKE '" + name + "'").rows.at(0).at(1).value_or("");
}

std::vector<std::string> logged() {
  return {"--semi-sync", "--ack=logged"};
}

std::string held_by(const std::string& replica, const std::string& query) {
  Result<Database> database = Database::open(replica, OpenMode::read_only);
  if (!database) return database.error().message();
  Result<std::optional<std::string>> held = database->query_text(query);
  return held ? held->value_or("NULL") : held.error().message();
}

class FollowLogged : public testing::Test {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(Flavor::mariadb); }
  static ServerOptions options(std::vector<std::string> extra = {}) {
    ServerOptions options;
    options.durable = true;
    options.extra = {"--rpl-semi-sync-master-enabled=1", "--rpl-semi-sync-master-timeout=60000",
                     "--rpl-semi-sync-master-wait-point=AFTER_SYNC"};
    options.extra.insert(options.extra.end(), extra.begin(), extra.end());
    return options;
  }
};

// A source, and a follower whose acknowledgements it waits for.
struct Followed {
  ServerProcess server;
  Follower follower;
  SqlClient client;

  explicit Followed(const ServerOptions& options)
      : server(options), follower(server, logged()), client(server.connect()) {
    follower.start();
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (status_of(client, "Rpl_semi_sync_master_clients") != "1") {
      if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the source never counted a client");
      std::this_thread::sleep_for(20ms);
    }
  }
};

// Somebody holds the replica, so that nothing can be applied: only the relay log has what the source was promised.
TEST_F(FollowLogged, WhatWasAcknowledgedIsAppliedFromTheRelayLogWhenTheSourceIsGoneForEver) {
  Followed followed(options());
  auto& [server, follower, client] = followed;
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
  client.execute("INSERT INTO d.t VALUES (0)");
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (held_by(follower.replica(), "SELECT count(*) FROM \"d.t\"") != "1") {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
    std::this_thread::sleep_for(10ms);
  }
  {
    Result<Database> holder = Database::open(follower.replica(), OpenMode::read_write);
    ASSERT_TRUE(holder) << holder.error().message();
    ASSERT_TRUE(holder->execute("BEGIN IMMEDIATE"));
    const int before = std::stoi(status_of(client, "Rpl_semi_sync_master_yes_tx"));
    for (int i = 1; i <= 20; ++i) client.execute(fmt::format("INSERT INTO d.t VALUES ({})", i));
    EXPECT_EQ(std::stoi(status_of(client, "Rpl_semi_sync_master_yes_tx")), before + 20);
    EXPECT_EQ(status_of(client, "Rpl_semi_sync_master_no_tx"), "0");
    follower.kill();
    server.kill_hard();
    ASSERT_TRUE(holder->execute("ROLLBACK"));
  }
  EXPECT_EQ(held_by(follower.replica(), "SELECT count(*) FROM \"d.t\""), "1") << "nothing could be applied";
  follower.start();
  const Ran alone = follower.wait();
  EXPECT_EQ(alone.exit_code, 4) << alone.err;
  EXPECT_EQ(held_by(follower.replica(), "SELECT count(*) || ':' || max(id) FROM \"d.t\""), "21:20") << alone.err;
  // Nor does the way in which the next run acknowledges matter to what the last one promised.
  EXPECT_EQ(integrity_of(follower.replica()), "ok");
}

// Killed while it applies something large that it has acknowledged: the source's next commit is answered before that is
// applied.
TEST_F(FollowLogged, ASourcesCommitsDoNotWaitForTheBacklogOfARunThatWasKilled) {
  Followed followed(options());
  auto& [server, follower, client] = followed;
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; USE d");
  follower.wait_for_rows("d.t", 0);
  client.execute("INSERT INTO d.t SELECT seq FROM seq_1_to_300000");
  follower.kill();
  follower.start();
  client.execute("INSERT INTO d.t VALUES (0)");
  EXPECT_EQ(held_by(follower.replica(), "SELECT count(*) FROM \"d.t\""), "0") << "the commit has waited for the others";
  EXPECT_EQ(status_of(client, "Rpl_semi_sync_master_no_tx"), "0");
  follower.wait_for_rows("d.t", 300'001);
  EXPECT_EQ(follower.stop().exit_code, 0);
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  expect_equal(server, follower.replica());
}

TEST_F(FollowLogged, ARunThatAcknowledgesOtherwiseAppliesWhatTheLastOneLogged) {
  Followed followed(options());
  auto& [server, follower, client] = followed;
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  follower.signal(SIGSTOP);
  follower.kill();
  server.kill_hard();
  follower.arguments() = {"follow", Follower::address(server), "--into", follower.replica()};
  follower.start();
  EXPECT_EQ(follower.wait().exit_code, 4);
  EXPECT_EQ(held_by(follower.replica(), "SELECT count(*) FROM \"d.t\""), "1");
  EXPECT_FALSE(std::filesystem::exists(follower.replica() + ".relay"));
}

TEST_F(FollowLogged, WhatAClientSawCommittedSurvivesTheSourceAndTheFollower) {
  const std::uint64_t seed = seed_or(7500);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  for (int round = 0; round < 3; ++round) {
    Followed followed(options());
    auto& [server, follower, client] = followed;
    client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
    std::atomic<int> seen = -1;
    std::thread writer([&] {
      try {
        SqlClient other = server.connect();
        for (int i = 0;; ++i) {
          other.execute(fmt::format("INSERT INTO d.t VALUES ({})", i));
          seen = i;
        }
      } catch (const SqlError&) {  // the server is gone
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + random.between(0, 400)));
    if (random.between(0, 1) == 0) {
      follower.kill();
      std::this_thread::sleep_for(50ms);
      server.kill_hard();
    } else {
      server.kill_hard();
      follower.kill();
    }
    writer.join();
    ASSERT_GT(seen.load(), 0);
    follower.start();
    const Ran alone = follower.wait();
    EXPECT_EQ(alone.exit_code, 4) << alone.err;
    const int last = std::stoi(held_by(follower.replica(), "SELECT max(id) FROM \"d.t\""));
    EXPECT_GE(last, seen.load()) << "a commit that a client saw is not in the replica";
    EXPECT_EQ(held_by(follower.replica(), "SELECT count(*) FROM \"d.t\""), std::to_string(last + 1));
  }
}

// Under random load: killed at random, the source's log rotated, its connections cut. Equal at the end, and the relay
// log has not kept what is applied.
TEST_F(FollowLogged, LosesAndRepeatsNothingWhateverIsKilledAndKeepsOnlyWhatIsNotApplied) {
  ServerProcess server(options({"--rpl-semi-sync-master-timeout=1000"}));
  Follower follower(server, logged());
  follower.start();
  const std::uint64_t seed = seed_or(7600);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  Workload workload(load_of(server, seed), server.endpoint());
  workload.prepare();
  for (int round = 0; round < 8; ++round) {
    workload.run(15);
    switch (random.between(0, 3)) {
      case 0: kill_dump_connections(server); break;
      case 1:
        follower.kill();
        follower.start();
        break;
      case 2: server.connect().execute("FLUSH BINARY LOGS"); break;
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
  std::size_t logs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(follower.replica() + ".relay")) {
    logs += entry.path().filename().string().starts_with("binlog.0") ? 1U : 0U;
  }
  EXPECT_LE(logs, server.binlog_files().size());
}

TEST_F(FollowLogged, TrimsTheRelayLogBehindTheReplica) {
  Followed followed(options());
  auto& [server, follower, client] = followed;
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
  for (int i = 0; i < 5; ++i) client.execute(fmt::format("INSERT INTO d.t VALUES ({}); FLUSH BINARY LOGS", i));
  client.execute("INSERT INTO d.t VALUES (100)");
  const std::string newest = server.binlog_files().back().filename().string();
  const std::string index = follower.replica() + ".relay/binlog.index";
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (read_file(index) != newest + "\n" && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(20ms);
  EXPECT_EQ(read_file(index), newest + "\n");
  EXPECT_EQ(follower.stop().exit_code, 0);
  expect_equal(server, follower.replica());
}

TEST_F(FollowLogged, ResumesInTheMiddleOfAnEncryptedLog) {
  const TempDir keys;
  write_file(keys / "keys", "1;00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
  const ServerProcess server(
      options({"--plugin-load-add=file_key_management", "--file-key-management-filename=" + (keys / "keys"),
               "--encrypt-binlog=ON", "--rpl-semi-sync-master-timeout=10"}));
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  Follower follower(server, {"--no-snapshot", "--semi-sync", "--ack=logged"});
  for (int i = 2; i < 6; ++i) {
    const Ran again = follower.run_to_current();
    EXPECT_EQ(again.exit_code, 0) << again.err;
    client.execute(fmt::format("INSERT INTO d.t VALUES ({}); UPDATE d.t SET id = id + 1000 WHERE id = 1 + {}", i, i));
  }
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  expect_equal(server, follower.replica());
}

TEST_F(FollowLogged, TheRelayLogOfAReplicaThatIsGoneOrPutBackIsNeverAppliedToAnother) {
  const ServerProcess server(options({"--rpl-semi-sync-master-timeout=10"}));
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  Follower follower(server, logged());
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  const std::string early = follower.replica() + ".early";
  std::filesystem::copy_file(follower.replica(), early);
  client.execute("INSERT INTO d.t VALUES (2); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (3)");
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  client.execute("INSERT INTO d.t VALUES (4)");
  EXPECT_EQ(follower.run_to_current().exit_code, 0);

  std::filesystem::rename(early, follower.replica());
  const Ran put_back = follower.run_to_current();
  EXPECT_EQ(put_back.exit_code, 5) << put_back.err;
  EXPECT_NE(put_back.err.find("the relay log begins behind"), std::string::npos) << put_back.err;
  EXPECT_NE(put_back.err.find("hint:"), std::string::npos) << put_back.err;

  std::filesystem::remove(follower.replica());
  const Ran gone = follower.run_to_current();
  EXPECT_EQ(gone.exit_code, 5) << gone.err;
  std::filesystem::remove_all(follower.replica() + ".relay");
  EXPECT_EQ(follower.run_to_current().exit_code, 0);
  expect_equal(server, follower.replica());
}

// The heir's log is another one: by GTID, in the middle of it, and with everything logged before applied first.
TEST_F(FollowLogged, GoesOnWithAnotherSourceByGtid) {
  ServerProcess first(options({"--rpl-semi-sync-master-timeout=10"}));
  ServerOptions second_options = options({"--rpl-semi-sync-master-timeout=10", "--log-slave-updates"});
  second_options.server_id = 2;
  const ServerProcess second(second_options);
  SqlClient heir = second.connect();
  heir.execute("CREATE DATABASE its_own");
  heir.execute(
      fmt::format("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={}, MASTER_USER='root', "
                  "MASTER_USE_GTID=slave_pos; SET GLOBAL gtid_slave_pos=''; START SLAVE",
                  first.port()));
  SqlClient writer = first.connect();
  writer.execute("SET GLOBAL gtid_domain_id=7; CREATE DATABASE unused");
  SqlClient in_domain = first.connect();
  in_domain.execute(
      "CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  Follower follower(first, {"--semi-sync", "--ack=logged", "--schema", "d", "--source", Follower::address(second)});
  follower.start();
  follower.wait_until_streaming();
  in_domain.execute("INSERT INTO d.t VALUES (2)");
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (heir.scalar("SELECT count(*) FROM information_schema.tables WHERE table_schema='d'") != "1" ||
         heir.scalar("SELECT count(*) FROM d.t") != "2") {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
    std::this_thread::sleep_for(20ms);
  }
  first.kill_hard();
  heir.execute("STOP SLAVE; INSERT INTO d.t VALUES (3)");
  follower.wait_until_streaming(1);
  heir.execute("INSERT INTO d.t VALUES (4)");
  EXPECT_EQ(follower.stop().exit_code, 0);
  const Ran rest = follower.run_to_current();
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_EQ(held_by(follower.replica(), "SELECT group_concat(id) FROM (SELECT id FROM t ORDER BY id)"), "1,2,3,4");
}

}  // namespace
}  // namespace binferry::test
