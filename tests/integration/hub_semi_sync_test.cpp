// Semi-synchronous replication from end to end: a client's commit returns when so many followers of the hub have it.
#include "applier/sqlite.hpp"
#include "tests/integration/support/hub_fixture.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace binferry::test {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> kThree = {"one", "two", "three"};

class HubSemiSyncTest : public HubTest {
 protected:
  // Three followers that count have caught up, and the source waits for the hub; `timeout_ms` is the source's own.
  void begin_waiting(std::vector<std::string> hub_options, const std::string& timeout_ms) {
    hub_options.insert(hub_options.end(), {"--semi-sync", "--ack=any:2", "--seed=off"});
    // Nobody acknowledges yet: the source must not wait for it.
    begin({"--rpl-semi-sync-master-enabled=1", "--rpl-semi-sync-master-timeout=1",
           "--rpl-semi-sync-master-wait-point=AFTER_SYNC"},
          std::move(hub_options));
    watch_.emplace(server_->connect());
    make_tables();
    for (const std::string& name : kThree) followers_.push_back(join(name, {"--sync", "--no-snapshot"}));
    expect_all_reach(kThree);
    ASSERT_TRUE(happens([&] { return status("status") == "ON"; })) << "the source waits again";
    watch_->execute("SET GLOBAL rpl_semi_sync_master_timeout=" + timeout_ms);
  }
  std::string status(const std::string& name) {
    return watch_->query("SHOW STATUS LIKE 'Rpl_semi_sync_master_" + name + "'").rows.at(0).at(1).value_or("");
  }
  void insert(const std::string& who) {
    SqlClient client = server_->connect();
    client.execute(fmt::format("INSERT INTO shop.orders (who, amount) VALUES ('{}', 1)", who));
  }
  bool holds(const std::string& name, const std::string& who) {
    Result<Database> database = Database::open(replica(name), OpenMode::read_only);
    if (!database) return false;
    const auto found = database->query_text("SELECT who FROM \"shop.orders\" WHERE who = " + quote_text(who));
    return found && found->has_value();
  }
  int holders(const std::string& who) {
    int count = 0;
    for (const std::string& name : kThree) count += holds(name, who) ? 1 : 0;
    return count;
  }
  void end() {
    expect_all_reach(kThree);
    for (auto& follower : followers_) follower->stop();
    for (const std::string& name : kThree) expect_equal(replica(name));
  }

  std::optional<SqlClient> watch_;
  std::vector<std::unique_ptr<Process>> followers_;
};

TEST_F(HubSemiSyncTest, CommitsWaitUntilTwoOfThreeFollowersHaveAppliedThem) {
  begin_waiting({}, "600000");
  const std::string unanswered = status("no_tx");
  for (int i = 0; i < 20; ++i) {
    // The commit has returned: two replicas must hold it already.
    insert(fmt::format("s{}", i));
    EXPECT_GE(holders(fmt::format("s{}", i)), 2) << i;
  }
  // With two of them stopped it waits; with one back it returns.
  followers_[0]->pause();
  followers_[1]->pause();
  std::atomic<bool> returned = false;
  std::thread waiting([&] {
    insert("waits");
    returned = true;
  });
  std::this_thread::sleep_for(2s);
  EXPECT_FALSE(returned);
  followers_[0]->go_on();
  waiting.join();
  EXPECT_EQ(status("no_tx"), unanswered);
  EXPECT_EQ(status("status"), "ON");
  followers_[1]->go_on();
  end();
}

TEST_F(HubSemiSyncTest, WithTwoStoppedTheSourceTimesOutAsItIsConfigured) {
  begin_waiting({}, "1500");
  followers_[0]->pause();
  followers_[2]->pause();
  const auto began = std::chrono::steady_clock::now();
  insert("alone");
  EXPECT_GE(std::chrono::steady_clock::now() - began, 1400ms) << "it waited for the followers";
  EXPECT_EQ(status("status"), "OFF") << "the source gave up waiting";
  followers_[0]->go_on();
  followers_[2]->go_on();
  expect_all_reach(kThree);
  ASSERT_TRUE(happens([&] { return status("status") == "ON"; })) << "and waits again when they have caught up";
  insert("together");
  EXPECT_GE(holders("together"), 2);
  end();
}

TEST_F(HubSemiSyncTest, WhatAClientSawCommittedOutlivesTheHubAndAFollower) {
  begin_waiting({}, "600000");
  for (int round = 0; round < 5; ++round) {
    const std::string who = fmt::format("survives{}", round);
    insert(who);
    hub_->kill_hard();
    const std::size_t victim = static_cast<std::size_t>(round) % 3;
    followers_[victim]->kill_hard();
    // Whichever it was, another has it.
    int left = 0;
    for (std::size_t i = 0; i < kThree.size(); ++i) left += i != victim && holds(kThree[i], who) ? 1 : 0;
    EXPECT_GE(left, 1) << who;
    hub_->start();
    followers_[victim]->start();
    ASSERT_TRUE(happens([&] { return status("status") == "ON" && status("clients") == "1"; })) << hub_->output();
    expect_all_reach(kThree);
  }
  end();
}

TEST_F(HubSemiSyncTest, TheHubStopsWaitingAfterItsTimeoutAndWaitsAgainWhenEnoughHaveCaughtUp) {
  begin_waiting({"--ack-timeout=1s"}, "600000");
  followers_[0]->pause();
  followers_[1]->pause();
  insert("degrades");
  EXPECT_EQ(status("status"), "ON") << "the hub answered in the followers' place";
  EXPECT_NE(hub_->output().find("the hub acknowledges by itself"), std::string::npos) << hub_->output();
  EXPECT_NE(get("/status.json").find("\"degraded\":true"), std::string::npos) << get("/status.json");
  insert("does not wait");
  followers_[0]->go_on();
  followers_[1]->go_on();
  ASSERT_TRUE(happens([&] { return get("/status.json").find("\"degraded\":false") != std::string::npos; }));
  EXPECT_NE(hub_->output().find("commits wait for them again"), std::string::npos) << hub_->output();
  insert("waits again");
  EXPECT_GE(holders("waits again"), 2);
  end();
}

}  // namespace
}  // namespace binferry::test
