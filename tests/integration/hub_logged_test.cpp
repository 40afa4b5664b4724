// `join --ack=logged`: what a follower acknowledged as logged is in its relay log, whatever becomes of source and hub.
#include "applier/sqlite.hpp"
#include "tests/integration/support/hub_fixture.hpp"
#include "tests/integration/support/replica_check.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace binferry::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const std::vector<std::string> kLogged = {"--sync", "--ack=logged", "--no-snapshot"};

class HubLoggedTest : public HubTest {
 protected:
  // The source's commits wait until the follower has logged them.
  void begin_waiting() {
    begin({"--rpl-semi-sync-master-enabled=1", "--rpl-semi-sync-master-timeout=1",
           "--rpl-semi-sync-master-wait-point=AFTER_SYNC"},
          {"--semi-sync", "--ack=any:1", "--ack-level=logged", "--seed=off"});
    client_.emplace(server_->connect());
    client_->execute("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY) ENGINE=InnoDB");
    client_->execute("CREATE TABLE d.u (id INT PRIMARY KEY) ENGINE=InnoDB");
    one_ = join("one", kLogged);
    expect_all_reach({"one"});
    ASSERT_TRUE(happens([&] { return status("status") == "ON"; })) << hub_->output();
    client_->execute("SET GLOBAL rpl_semi_sync_master_timeout=600000");
  }
  std::string status(const std::string& name) {
    return client_->query("SHOW STATUS LIKE 'Rpl_semi_sync_master_" + name + "'").rows.at(0).at(1).value_or("");
  }
  std::string held(const std::string& query) {
    Result<Database> database = Database::open(replica("one"), OpenMode::read_only);
    if (!database) return database.error().message();
    Result<std::optional<std::string>> held = database->query_text(query);
    return held ? held->value_or("NULL") : held.error().message();
  }
  std::string rows() { return held("SELECT count(*) FROM \"d.t\""); }
  // Somebody who holds the replica, so that nothing can be applied until they let go.
  Database hold() {
    Result<Database> holder = Database::open(replica("one"), OpenMode::read_write);
    EXPECT_TRUE(holder) << holder.error().message();
    EXPECT_TRUE(holder->execute("BEGIN IMMEDIATE"));
    return std::move(*holder);
  }
  [[nodiscard]] std::string relay() const { return replica("one") + ".relay"; }

  std::optional<SqlClient> client_;
  std::unique_ptr<Process> one_;
};

// Only the relay log has what the source was promised.
TEST_F(HubLoggedTest, WhatWasAcknowledgedIsAppliedThoughSourceAndHubAreGoneForEver) {
  begin_waiting();
  const std::string unanswered = status("no_tx");
  {
    Database holder = hold();
    for (int i = 0; i < 20; ++i) client_->execute(fmt::format("INSERT INTO d.t VALUES ({})", i));
    EXPECT_EQ(status("no_tx"), unanswered);
    EXPECT_EQ(status("status"), "ON");
    one_->kill_hard();
    ASSERT_TRUE(holder.execute("ROLLBACK"));
  }
  hub_->kill_hard();
  server_->kill_hard();
  EXPECT_EQ(rows(), "0") << "nothing could be applied";
  one_->start();
  ASSERT_TRUE(happens([&] { return rows() == "20"; })) << one_->output();
  one_->stop();
  EXPECT_EQ(integrity_of(replica("one")), "ok");
  // A run that acknowledges otherwise has no use for the log.
  EXPECT_TRUE(fs::exists(relay()));
  one_ = join("one", {"--sync"});
  EXPECT_TRUE(happens([&] { return !fs::exists(relay()); })) << one_->output();
}

// Killed while it applies something large that it has acknowledged, it answers the next commit before that is applied.
TEST_F(HubLoggedTest, CommitsDoNotWaitForTheBacklogOfARunThatWasKilled) {
  begin_waiting();
  const std::string unanswered = status("no_tx");
  {
    Database holder = hold();
    client_->execute("INSERT INTO d.t SELECT seq FROM d.seq_1_to_200000");
    one_->kill_hard();
    ASSERT_TRUE(holder.execute("ROLLBACK"));
  }
  one_->start();
  client_->execute("INSERT INTO d.t VALUES (0)");
  EXPECT_EQ(rows(), "0") << "the commit has waited for the others";
  EXPECT_EQ(status("no_tx"), unanswered);
  expect_all_reach({"one"});
  EXPECT_TRUE(happens([&] { return get("/status.json").find("\"lag_ms\":0") != std::string::npos; }))
      << get("/status.json");
  one_->stop();
  expect_equal(replica("one"));
}

// Stopped in order while it applies something large, it has not applied what is kept behind that.
TEST_F(HubLoggedTest, WhatIsKeptWhenItIsStoppedIsAppliedLater) {
  begin_waiting();
  {
    Database holder = hold();
    client_->execute("INSERT INTO d.t SELECT seq FROM d.seq_1_to_100000");
    for (int i = 0; i < 20; ++i) client_->execute(fmt::format("INSERT INTO d.u VALUES ({})", i));
    ::kill(one_->pid(), SIGTERM);
    std::this_thread::sleep_for(500ms);
    ASSERT_TRUE(holder.execute("ROLLBACK"));
  }
  EXPECT_EQ(one_->wait(), 0) << one_->output();
  client_->execute("SET GLOBAL rpl_semi_sync_master_timeout=1");
  const BinlogPosition goal = end_of_log();
  EXPECT_FALSE(reaches_now(replica("one"), goal));
  EXPECT_LT(std::stoi(held("SELECT count(*) FROM \"d.u\"")), 20);
  one_->start();
  expect_all_reach({"one"});
  one_->stop();
  expect_equal(replica("one"));
}

// A source that crashed leaves a file without a last word, at whose end the follower stands: its relay log begins with
// what comes next.
TEST_F(HubLoggedTest, ALogThatBeginsAtTheEndOfAFileGoesOnInTheNextOne) {
  begin({}, {"--seed=off"});
  make_tables();
  one_ = join("one", kLogged);
  expect_all_reach({"one"});
  one_->stop();
  server_->kill_hard();
  server_->start();
  SqlClient client = server_->connect();
  client.execute("INSERT INTO shop.notes VALUES ('after the crash', NOW(6))");
  client.execute("FLUSH BINARY LOGS");
  client.execute("INSERT INTO shop.notes VALUES ('and later', NOW(6))");
  one_->start();
  expect_all_reach({"one"});
  EXPECT_TRUE(happens([&] { return std::distance(fs::directory_iterator(relay()), {}) == 4; }))
      << "what was applied is removed";
  one_->stop();
  expect_equal(replica("one"));
}

// Nothing of another source stays in the log, where it would be in the way of the right one.
TEST_F(HubLoggedTest, AHubOfAnotherSourceLeavesNothingBehind) {
  begin({}, {"--seed=off"});
  make_tables();
  one_ = join("one", kLogged);
  expect_all_reach({"one"});
  one_->stop();
  const std::string of_the_right_one = replica("one");
  const std::unique_ptr<ServerProcess> right = std::move(server_);
  std::this_thread::sleep_for(1100ms);  // two logs begun in one second cannot be told apart by their heads
  begin({}, {"--seed=off"});
  fs::copy_file(of_the_right_one, replica("one"));
  make_tables();
  (void)end_of_log();  // the same log so far, but begun by another server at another time
  server_->connect().execute("INSERT INTO shop.notes VALUES ('other', NOW(6))");
  one_ = join("one", kLogged);
  EXPECT_EQ(one_->wait(), 5) << one_->output();
  EXPECT_NE(one_->output().find("it was begun at another time"), std::string::npos) << one_->output();
  for (const fs::directory_entry& entry : fs::directory_iterator(relay())) {
    EXPECT_TRUE(entry.path().filename() == "from.json" || entry.path().filename() == "relay.lock") << entry.path();
  }
}

// An idle source's log ends behind a file's head: whoever has that has everything.
TEST_F(HubLoggedTest, WhereNoTransactionStandsBehindAFilesHeadTheFollowerStandsThere) {
  begin({}, {"--seed=off"});
  make_tables();
  one_ = join("one", kLogged);
  const auto two = join("two", {"--no-snapshot"});
  expect_all_reach({"one", "two"});
  SqlClient client = server_->connect();
  client.execute("FLUSH BINARY LOGS");
  const ResultSet end = client.query("SHOW MASTER STATUS");
  const BinlogPosition goal{*end.rows.at(0).at(0), std::stoull(*end.rows.at(0).at(1))};
  EXPECT_TRUE(reaches(replica("one"), goal)) << one_->output();
  EXPECT_TRUE(reaches(replica("two"), goal)) << two->output();
  two->stop();
  EXPECT_EQ(join("two", {"--stop-at-current"})->wait(), 0);
  one_->stop();
  EXPECT_EQ(join("one", {"--ack=logged", "--stop-at-current"})->wait(), 0);
  client.execute("INSERT INTO shop.notes VALUES ('later', NOW(6))");
  one_ = join("one", kLogged);
  two->start();
  expect_all_reach({"one", "two"});
  one_->stop();
  two->stop();
  expect_equal(replica("one"));
  expect_equal(replica("two"));
}

}  // namespace
}  // namespace binferry::test
