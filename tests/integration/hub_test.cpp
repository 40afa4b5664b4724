// A real server, one hub and its followers, each a process of its own: at the end every follower holds what the server
// answers to SELECT, whoever came, left, was killed, stopped or restarted meanwhile.
#include "tests/integration/support/hub_fixture.hpp"
#include "tests/integration/support/workload.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace binferry::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// The store is the server's log, byte for byte, but for the flag of the file that is still written.
void expect_same_logs(const ServerProcess& server, const fs::path& store) {
  for (const fs::path& log : server.binlog_files()) {
    std::string mine = read_file((store / log.filename()).string());
    std::string theirs = read_file(log.string());
    ASSERT_GT(mine.size(), 30U) << log;
    constexpr std::size_t kInUse = 4 + 17;
    mine[kInUse] = theirs[kInUse] = 0;
    EXPECT_TRUE(mine == theirs) << log << ": " << mine.size() << " bytes, not " << theirs.size();
  }
}

TEST_F(HubTest, FollowersAreEqualToTheServerWhoeverIsKilledMeanwhile) {
  const std::uint64_t seed = seed_or(7);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  begin({}, {});
  make_tables();
  std::map<std::string, std::unique_ptr<Process>> followers;
  followers["one"] = join("one");
  followers["two"] = join("two", {"--no-snapshot", "--sync"});
  followers["three"] = join("three", {"--ack=received"});
  followers["logged"] = join("logged", {"--ack=logged"});
  SqlClient client = server_->connect();
  const auto some = [&]() -> Process& {
    auto found = followers.begin();
    std::advance(found, random.below(followers.size()));
    return *found->second;
  };
  for (int round = 0; round < 10; ++round) {
    put_load(client, random, 12);
    if (round == 3) followers["late"] = join("late");
    if (round == 5) followers["empty"] = join("empty", {"--no-snapshot"});
    Process& victim = round % 3 == 2 ? *hub_ : some();
    const std::size_t how = random.below(3);
    if (how == 0) victim.kill_hard();
    if (how == 1) victim.stop();
    if (how == 2) victim.pause();
    put_load(client, random, 8);
    if (how == 2) {
      victim.go_on();
    } else {
      victim.start();
    }
    if (round == 6) {
      server_->restart();
      client.reconnect();
    }
  }
  put_load(client, random, 5);
  std::vector<std::string> names;
  for (const auto& [name, follower] : followers) names.push_back(name);
  expect_all_reach(names);
  ASSERT_TRUE(reaches(path("store/seed.db"), end_of_log())) << hub_->output();
  for (auto& [name, follower] : followers) follower->stop();
  hub_->stop();
  for (const std::string& name : names) expect_equal(replica(name));
  expect_equal(path("store/seed.db"));
  expect_same_logs(*server_, path("store"));
}

// A network of its own for this thread and the processes that it starts; the old one comes back with its end.
class OwnNetwork {
 public:
  OwnNetwork() : old_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    is_there_ = ::unshare(CLONE_NEWNET) == 0;
    if (is_there_) set_up(true);
  }
  ~OwnNetwork() {
    if (is_there_) (void)::setns(old_, CLONE_NEWNET);
    ::close(old_);
  }
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

  [[nodiscard]] bool is_there() const { return is_there_; }
  // Its only link, the loopback: while it is down every packet is lost, and nobody is told.
  static void set_up(bool is_up) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    if (is_up) request.ifr_flags = IFF_UP | IFF_RUNNING;
    EXPECT_EQ(::ioctl(fd, SIOCSIFFLAGS, &request), 0);
    ::close(fd);
  }

 private:
  int old_;
  bool is_there_ = false;
};

TEST_F(HubTest, EverybodyComesBackWhenTheNetworkWasCut) {
  const OwnNetwork network;
  if (!network.is_there()) GTEST_SKIP() << "this process may not make a network namespace";
  const std::uint64_t seed = seed_or(5);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  begin({}, {});
  make_tables();
  const auto one = join("one");
  const auto two = join("two", {"--no-snapshot", "--ack=logged"});
  SqlClient client = server_->connect();  // over a socket of the file system
  put_load(client, random, 10);
  expect_all_reach({"one", "two"});
  OwnNetwork::set_up(false);
  put_load(client, random, 10);
  // Longer than a follower waits for a sign of life.
  ASSERT_TRUE(happens([&] { return one->output().find("connecting again") != std::string::npos; })) << one->output();
  put_load(client, random, 5);
  EXPECT_FALSE(reaches_now(replica("two"), end_of_log())) << "it was not cut off";
  OwnNetwork::set_up(true);
  expect_all_reach({"one", "two"});
  one->stop();
  two->stop();
  hub_->stop();
  expect_equal(replica("one"));
  expect_equal(replica("two"));
}

// Every type, table statements, cascades, tables without keys: by several writers at once.
TEST_F(HubTest, FollowersOfARandomLoadAreEqualToTheServer) {
  const std::uint64_t seed = seed_or(11);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  begin({}, {});
  WorkloadOptions load;
  load.seed = seed;
  load.tables = 4;
  load.batch_rows = 40;
  load.foreign_keys = true;
  load.non_transactional = false;  // with several writers their rows are logged in another order than they were made
  Workload first(load, server_->endpoint());
  first.prepare();
  std::map<std::string, std::unique_ptr<Process>> followers;
  followers["one"] = join("one");
  followers["two"] = join("two", {"--no-snapshot"});
  load.seed = seed + 1;
  Workload second(load, server_->endpoint());
  std::thread other([&] {
    second.run(120);
    second.finish();
  });
  first.run(60);
  followers["late"] = join("late", {"--ack=logged"});
  followers["one"]->kill_hard();
  first.run(30);
  followers["one"]->start();
  hub_->kill_hard();
  first.run(30);
  first.finish();
  hub_->start();
  other.join();
  expect_all_reach({"one", "two", "late"});
  ASSERT_TRUE(reaches(path("store/seed.db"), end_of_log())) << hub_->output();
  for (auto& [name, follower] : followers) follower->stop();
  hub_->stop();
  for (const char* name : {"one", "two", "late"}) expect_equal(replica(name));
  expect_equal(path("store/seed.db"));
}

TEST_F(HubTest, AFollowerThatStandsStillHoldsNobodyUp) {
  const std::uint64_t seed = seed_or(3);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  begin({}, {"--seed=off"});
  make_tables();
  const auto paused = join("paused", {"--no-snapshot"});
  const auto other = join("other", {"--no-snapshot"});
  SqlClient client = server_->connect();
  put_load(client, random, 5);
  expect_all_reach({"paused", "other"});
  paused->pause();
  put_load(client, random, 100);
  expect_all_reach({"other"});
  paused->go_on();
  expect_all_reach({"paused"});
  paused->stop();
  other->stop();
  expect_equal(replica("paused"));
  expect_equal(replica("other"));
}

TEST_F(HubTest, KeepsOfTheStoreWhatTheRulesSayAndSaysWhomThatLeavesBehind) {
  Random random(1);
  begin({}, {"--seed=off", "--keep=100KB"});
  make_tables();
  auto follower = join("behind", {"--no-snapshot"});
  expect_all_reach({"behind"});
  follower->pause();
  fill_logs(8);
  ASSERT_TRUE(happens([&] { return hub_->output().find("are removed") != std::string::npos; })) << hub_->output();
  ASSERT_TRUE(happens([&] { return hub_->output().find("follower behind still needs") != std::string::npos; }))
      << hub_->output();
  const fs::path oldest = fs::path(path("store")) / server_->binlog_files().front().filename();
  EXPECT_TRUE(happens([&] { return !fs::exists(oldest); }));
  // Killed and started again it is behind what is kept, and told so.
  follower->kill_hard();
  follower->start();
  EXPECT_EQ(follower->wait(), 4) << follower->output();
  EXPECT_NE(follower->output().find("was purged at the hub"), std::string::npos) << follower->output();
}

TEST_F(HubTest, NeverPurgesWhatTheSlowestFollowerNeedsIfToldSo) {
  Random random(1);
  begin({}, {"--seed=off", "--keep=100KB,slowest-follower"});
  make_tables();
  auto follower = join("behind", {"--no-snapshot"});
  expect_all_reach({"behind"});
  follower->pause();
  fill_logs(8);
  const fs::path oldest = fs::path(path("store")) / server_->binlog_files().front().filename();
  std::this_thread::sleep_for(5s);  // some purging could have come
  EXPECT_TRUE(fs::exists(oldest));
  follower->go_on();
  expect_all_reach({"behind"});
  ASSERT_TRUE(happens([&] { return !fs::exists(oldest); })) << hub_->output();
  follower->stop();
  expect_equal(replica("behind"));
}

// Its machine was lost, and its source is away: what it does not have yet is no reason to give up.
TEST_F(HubTest, AFollowerWaitsForAHubThatHasNotHeardFromItsSourceYet) {
  begin({}, {"--seed=off"});
  make_tables();
  SqlClient client = server_->connect();
  Random random(1);
  put_load(client, random, 10);
  client.execute("FLUSH BINARY LOGS");
  auto one = join("one", {"--no-snapshot"});
  expect_all_reach({"one"});
  one->kill_hard();
  hub_->stop();
  server_->stop();
  fs::remove_all(path("store"));
  hub_->start();
  one->start();
  ASSERT_TRUE(happens([&] { return one->output().find("has not come to its source's end yet") != std::string::npos; }))
      << one->output();
  server_->start();
  client.reconnect();
  put_load(client, random, 10);
  expect_all_reach({"one"});
  one->stop();
  expect_equal(replica("one"));
}

TEST_F(HubTest, RefusesAFollowerThatHasMoreThanTheSource) {
  begin({}, {"--seed=off"});
  make_tables();
  SqlClient client = server_->connect();
  for (int i = 0; i < 5; ++i) client.execute("FLUSH BINARY LOGS");
  auto one = join("one", {"--no-snapshot"});
  expect_all_reach({"one"});
  one->stop();
  hub_->stop();
  fs::remove_all(path("store"));
  client.execute("RESET MASTER");
  hub_->start();
  one->start();
  EXPECT_EQ(one->wait(), 1) << one->output();
  EXPECT_NE(one->output().find("the hub does not have binlog.000006, its newest is binlog.000001"), std::string::npos)
      << one->output();
}

// Its log was reset, and has come to where it stood by transactions of the same length: neither files nor offsets nor
// GTIDs tell.
TEST_F(HubTest, RefusesASourceThatWasResetOrIsAnother) {
  begin({}, {"--seed=off"});
  SqlClient client = server_->connect();
  const auto fill_log = [&](int rows) {
    client.execute("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)");
    for (int i = 0; i < rows; ++i) client.execute(fmt::format("INSERT INTO d.t VALUES ({})", i));
  };
  fill_log(3);
  const fs::path log = fs::path(path("store")) / server_->binlog_files().front().filename();
  const auto is_stored = [&] {
    std::error_code error;
    return fs::file_size(log, error) == fs::file_size(server_->binlog_files().front());
  };
  ASSERT_TRUE(happens(is_stored)) << hub_->output();
  hub_->stop();
  const std::string before = read_file(log.string());
  client.execute("DROP DATABASE d");
  std::this_thread::sleep_for(1100ms);  // two logs begun in one second cannot be told apart by their heads
  client.execute("RESET MASTER");
  fill_log(4);
  hub_->start();
  EXPECT_EQ(hub_->wait(), 5) << hub_->output();
  EXPECT_NE(hub_->output().find("was begun at another time than the store's"), std::string::npos) << hub_->output();
  EXPECT_TRUE(read_file(log.string()) == before) << "the store took something of another log";
}

TEST_F(HubTest, RefusesAFollowerOfAnotherSource) {
  begin({}, {});
  make_tables();
  auto follower = join("one");
  expect_all_reach({"one"});
  follower->stop();
  hub_->stop();
  // Another server whose log has files of the same names.
  server_->connect().execute("RESET MASTER");
  SqlClient client = server_->connect();
  for (int i = 0; i < 5; ++i) client.execute("FLUSH BINARY LOGS");
  client.execute("INSERT INTO shop.notes VALUES ('other', NOW(6))");
  fs::remove_all(path("store"));
  hub_->start();
  const fs::path newest = fs::path(path("store")) / server_->binlog_files().back().filename();
  ASSERT_TRUE(happens([&] { return fs::exists(newest); })) << hub_->output();
  follower->start();
  EXPECT_EQ(follower->wait(), 5) << follower->output();
}

}  // namespace
}  // namespace binferry::test
