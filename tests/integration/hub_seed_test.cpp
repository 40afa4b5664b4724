// New followers begin with the hub's snapshot, while source, hub and other followers go on.
#include "applier/sqlite.hpp"
#include "tests/integration/support/hub_fixture.hpp"
#include "tests/integration/support/replica_check.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

namespace binferry::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class HubSeedTest : public HubTest {
 protected:
  // A server that no longer has the log of how its tables came about, and a hub of it.
  void begin_late(const std::vector<std::string>& hub_options) {
    begin_server({});
    make_tables();
    SqlClient client = server_->connect();
    Random random(1);
    put_load(client, random, 40);
    client.execute("CREATE DATABASE blog; CREATE TABLE blog.posts (id INT PRIMARY KEY, body MEDIUMTEXT)");
    client.execute("INSERT INTO blog.posts VALUES (1, 'first'), (2, 'second')");
    client.execute("FLUSH BINARY LOGS");
    // MariaDB keeps a log until every transaction in it has been checkpointed, which it does when it likes.
    ASSERT_TRUE(happens([&] {
      client.execute(fmt::format("PURGE BINARY LOGS TO '{}'", server_->binlog_files().back().filename().string()));
      return server_->binlog_files().size() == 1;
    }));
    begin_hub(hub_options);
  }
};

TEST_F(HubSeedTest, AFollowerThatIsNewBeginsWithWhatIsOlderThanTheLog) {
  begin_late({});
  auto one = join("one");
  SqlClient client = server_->connect();
  Random random(2);
  put_load(client, random, 10);
  expect_all_reach({"one"});
  one->stop();
  expect_equal(replica("one"));
  EXPECT_FALSE(fs::exists(replica("one") + ".seed"));
  EXPECT_FALSE(fs::exists(replica("one") + ".snapshot"));
  // Without the hub's snapshot it would hold what is in the log only.
  auto bare = join("bare", {"--no-snapshot"});
  expect_all_reach({"bare"});
  bare->stop();
  Result<Database> database = Database::open(replica("bare"), OpenMode::read_only);
  ASSERT_TRUE(database);
  EXPECT_FALSE(database->query_text("SELECT 1 FROM \"blog.posts\"")) << "nobody has told it of that table";
}

TEST_F(HubSeedTest, AFollowerOfOneSchemaTakesThatOfTheSnapshotAndOfTheLog) {
  begin_late({});
  auto all = join("all");
  auto shop = join("shop", {"--schema=shop"});
  auto orders = join("orders", {"--schema=shop", "--table=orders"});
  SqlClient client = server_->connect();
  Random random(3);
  put_load(client, random, 20);
  const std::string body(100'000, 'x');
  for (int i = 10; i < 40; ++i) client.execute(fmt::format("INSERT INTO blog.posts VALUES ({}, '{}')", i, body));
  // A table that is renamed out of a filter is not wanted any more.
  client.execute("RENAME TABLE shop.orders TO shop.sold");
  client.execute("INSERT INTO shop.sold (who, amount) VALUES ('renamed', 5)");
  client.execute("INSERT INTO shop.notes VALUES ('after it', NOW(6))");
  expect_all_reach({"all", "shop", "orders"});
  for (Process* follower : {all.get(), shop.get(), orders.get()}) follower->stop();
  expect_equal(replica("all"));
  const auto rows = [&](const std::string& name, const std::string& sql) {
    Result<Database> database = Database::open(replica(name), OpenMode::read_only);
    const auto text = database ? database->query_text(sql) : std::unexpected(database.error());
    return text ? text->value_or("NULL") : text.error().message();
  };
  EXPECT_EQ(rows("shop", "SELECT count(*) || ' ' || sum(amount * 1000) || ' ' || group_concat(who) FROM sold"),
            rows("all", "SELECT count(*) || ' ' || sum(amount * 1000) || ' ' || group_concat(who) FROM \"shop.sold\""));
  EXPECT_EQ(rows("orders", "SELECT count(*) FROM sqlite_schema WHERE name IN ('orders', 'sold')"), "0");
  for (const char* name : {"shop", "orders"}) {
    EXPECT_EQ(rows(name, "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%posts%'"), "0");
  }
  EXPECT_EQ(rows("shop", "SELECT count(*) FROM notes"), rows("all", "SELECT count(*) FROM \"shop.notes\""));
  EXPECT_EQ(rows("orders", "SELECT count(*) FROM sqlite_schema WHERE name = 'notes'"), "0");
}

// The rows of a table that a follower leaves out are in the log, but what they cascade to in one that it has is not.
TEST_F(HubSeedTest, AFollowerSeesTheRowsThatCascadeIntoItsTables) {
  begin({}, {});
  SqlClient client = server_->connect();
  client.execute("CREATE DATABASE shop; USE shop");
  client.execute("CREATE TABLE old (id INT PRIMARY KEY); CREATE TABLE late (id INT PRIMARY KEY)");
  client.execute(
      "CREATE TABLE of_old (id INT PRIMARY KEY, old INT, FOREIGN KEY (old) REFERENCES old (id) ON DELETE CASCADE)");
  client.execute("CREATE TABLE of_late (id INT PRIMARY KEY, late INT)");
  client.execute("INSERT INTO old VALUES (1), (2); INSERT INTO late VALUES (1), (2)");
  client.execute("INSERT INTO of_old VALUES (1, 1), (2, 2); INSERT INTO of_late VALUES (1, 1), (2, 2)");
  ASSERT_TRUE(happens([&] { return reaches_now(path("store/seed.db"), {"", 0}); })) << hub_->output();
  auto seeded = join("seeded", {"--schema=shop", "--table=of_*"});
  auto bare = join("bare", {"--schema=shop", "--table=of_*", "--no-snapshot"});
  expect_all_reach({"seeded", "bare"});
  client.execute("ALTER TABLE of_late ADD FOREIGN KEY (late) REFERENCES late (id) ON DELETE CASCADE");
  client.execute("DELETE FROM late WHERE id = 1");
  expect_all_reach({"seeded", "bare"});
  const auto state = [&](const std::string& name, const std::string& table) {
    Result<Database> database = Database::open(replica(name), OpenMode::read_only);
    const auto text = database ? database->query_text("SELECT state FROM binferry_tables WHERE name = '" + table + "'")
                               : std::unexpected(database.error());
    return text ? text->value_or("NULL") : text.error().message();
  };
  for (const char* name : {"seeded", "bare"}) {
    EXPECT_EQ(state(name, "of_late"), "quarantined") << name << ": its row 1 is gone at the source";
    EXPECT_EQ(state(name, "of_old"), "active") << name;
  }
  client.execute("DELETE FROM old WHERE id = 1");
  expect_all_reach({"seeded", "bare"});
  for (const char* name : {"seeded", "bare"}) EXPECT_EQ(state(name, "of_old"), "quarantined") << name;
}

TEST_F(HubSeedTest, AFetchThatBreaksGoesOnWhereItBroke) {
  begin_late({});
  SqlClient client = server_->connect();
  Random random(4);
  client.execute("CREATE TABLE shop.blobs (id INT PRIMARY KEY, body LONGBLOB)");
  for (int i = 0; i < 40; ++i) {
    std::string body(1 << 18, '\0');
    for (char& c : body) c = static_cast<char>(random.next());
    client.execute(fmt::format("INSERT INTO shop.blobs VALUES ({}, {})", i, hex_literal(body)));
  }
  ASSERT_TRUE(reaches(path("store/seed.db"), end_of_log())) << hub_->output();
  const std::string part = replica("one") + ".seed";
  auto one = join("one");
  // Stopped in the middle, over and over.
  std::uintmax_t seen = 0;
  int went_on = 0;
  for (int i = 0; i < 50 && !fs::exists(replica("one")); ++i) {
    std::error_code gone;
    const std::uintmax_t before = fs::file_size(part, gone);
    if (!gone && seen > 64 && before >= seen) ++went_on;
    happens([&] {
      std::error_code error;
      const std::uintmax_t now = fs::file_size(part, error);
      return fs::exists(replica("one")) || (!error && now > std::max<std::uintmax_t>(before, 64));
    });
    one->kill_hard();
    seen = fs::file_size(part, gone);
    if (gone) seen = 0;
    one->start();
  }
  RecordProperty("went_on", went_on);
  expect_all_reach({"one"});
  one->stop();
  expect_equal(replica("one"));
}

TEST_F(HubSeedTest, AFollowerWhosePositionWasPurgedIsMadeAgain) {
  begin_late({"--keep=100KB"});
  auto one = join("one", {"--on-purged=reseed"});
  expect_all_reach({"one"});
  one->stop();
  const fs::path oldest = fs::path(path("store")) / server_->binlog_files().front().filename();
  fill_logs(8);
  // Nobody is connected; a snapshot that was just given out still keeps its place, so that the hub is started anew.
  ASSERT_TRUE(reaches(path("store/seed.db"), end_of_log())) << hub_->output();
  hub_->stop();
  hub_->start();
  ASSERT_TRUE(happens([&] { return !fs::exists(oldest); })) << hub_->output();
  one->start();
  expect_all_reach({"one"});
  one->stop();
  EXPECT_NE(one->output().find("the replica is made again"), std::string::npos) << one->output();
  expect_equal(replica("one"));
}

TEST_F(HubSeedTest, AQuarantinedTableIsMendedFromTheHubsSnapshot) {
  begin_late({});
  auto one = join("one", {"--auto-resync"});
  expect_all_reach({"one"});
  one->stop();
  {
    // A row that the log will change is not there any more.
    Result<Database> database = Database::open(replica("one"), OpenMode::read_write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("DELETE FROM \"blog.posts\" WHERE id = 1"));
  }
  SqlClient client = server_->connect();
  client.execute("UPDATE blog.posts SET body = 'changed' WHERE id = 1");
  one->start();
  ASSERT_TRUE(happens([&] { return one->output().find("a table is quarantined") != std::string::npos; }))
      << one->output();
  client.execute("INSERT INTO blog.posts VALUES (3, 'third')");
  expect_all_reach({"one"});
  one->stop();
  expect_equal(replica("one"));
}

TEST_F(HubSeedTest, AHubWithoutASeedSaysSo) {
  begin({}, {"--seed=off"});
  make_tables();
  auto one = join("one");
  EXPECT_EQ(one->wait(), 1) << one->output();
  EXPECT_NE(one->output().find("--no-snapshot"), std::string::npos) << one->output();
}

// While writers commit a follower joins: the longest that a commit took is printed; nothing but its end is a condition,
// for this machine may be busy with something else. bench/hub_join.cpp measures it.
TEST_F(HubSeedTest, WritersGoOnWhileAFollowerJoins) {
  begin_late({});
  ASSERT_TRUE(reaches(path("store/seed.db"), end_of_log())) << hub_->output();
  std::atomic<bool> done = false;
  std::atomic<std::int64_t> longest_us = 0;
  std::atomic<std::uint64_t> commits = 0;
  std::thread writer([&] {
    SqlClient client = server_->connect();
    for (int i = 0; !done; ++i) {
      const auto began = std::chrono::steady_clock::now();
      client.execute(fmt::format("INSERT INTO shop.orders (who, amount) VALUES ('w{}', 1)", i));
      const auto took = std::chrono::steady_clock::now() - began;
      longest_us =
          std::max<std::int64_t>(longest_us, std::chrono::duration_cast<std::chrono::microseconds>(took).count());
      ++commits;
    }
  });
  auto one = join("one");
  ASSERT_TRUE(happens([&] { return fs::exists(replica("one")); })) << one->output();
  const std::uint64_t then = commits;
  EXPECT_TRUE(happens([&] { return commits > then + 20; }));
  done = true;
  writer.join();
  RecordProperty("longest_commit_us", std::to_string(longest_us));
  fmt::print("{} commits while a follower joined, the longest took {} us\n", commits.load(), longest_us.load());
  expect_all_reach({"one"});
  one->stop();
  expect_equal(replica("one"));
}

}  // namespace
}  // namespace binferry::test
