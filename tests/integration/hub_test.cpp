// A real server, one hub and its followers, each a process of its own: at the end every follower holds what the server
// answers to SELECT, whoever was killed meanwhile.
#include "applier/replica_reader.hpp"
#include "tests/integration/support/child_process.hpp"
#include "tests/integration/support/random.hpp"
#include "tests/integration/support/replica_check.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/skip.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace binferry::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string text_of_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A program that is ended with the object.
class Process {
 public:
  Process(std::vector<std::string> args, fs::path output) {
    command_.args = std::move(args);
    command_.output = std::move(output);
    start();
  }
  ~Process() { stop(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  void start() { pid_ = start_child(command_); }
  void stop() {
    if (pid_ > 0) stop_child(std::exchange(pid_, -1), 30s);
  }
  void kill_hard() { stop_child(std::exchange(pid_, -1), 0ms); }
  void pause() const { ::kill(pid_, SIGSTOP); }
  void go_on() const { ::kill(pid_, SIGCONT); }
  [[nodiscard]] std::string output() const { return text_of_file(command_.output); }

 private:
  ChildCommand command_;
  pid_t pid_ = -1;
};

class HubTest : public testing::Test {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(Flavor::mariadb); }

  void begin(std::vector<std::string> extra, std::vector<std::string> hub_options) {
    ServerOptions options;
    options.extra = std::move(extra);
    server_ = std::make_unique<ServerProcess>(options);
    port_ = free_port();
    std::vector<std::string> args{
        BINFERRY_BINARY, "serve",       fmt::format("mysql://root@127.0.0.1:{}", server_->port()),
        "--store",       path("store"), fmt::format("--listen=127.0.0.1:{}", port_)};
    args.insert(args.end(), hub_options.begin(), hub_options.end());
    hub_ = std::make_unique<Process>(std::move(args), server_->folder() / "hub.log");
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (server_->folder() / name).string(); }
  std::unique_ptr<Process> join(const std::string& name, const std::string& how) {
    return std::make_unique<Process>(
        std::vector<std::string>{BINFERRY_BINARY, "join", fmt::format("ws://127.0.0.1:{}", port_), "--into",
                                 path(name + ".db"), "--as", name, how},
        server_->folder() / (name + ".log"));
  }
  // Where the server's log ends now.
  BinlogPosition end_of_log() {
    SqlClient client = server_->connect();
    const ResultSet status = client.query("SHOW MASTER STATUS");
    return {*status.rows.at(0).at(0), std::stoull(*status.rows.at(0).at(1))};
  }
  // Until the replica stands there; false after a long time.
  static bool reaches(const std::string& replica, const BinlogPosition& goal) {
    for (int i = 0; i < 1200; ++i) {
      Result<ReplicaReader> reader = ReplicaReader::open(replica);
      if (reader) {
        Result<Checkpoint> checkpoint = reader->read_checkpoint();
        if (checkpoint && checkpoint->position >= goal) return true;
      }
      std::this_thread::sleep_for(50ms);
    }
    return false;
  }
  void expect_equal(const std::string& name) {
    SqlClient client = server_->connect();
    const Result<ReplicaCheck> check = check_replica(path(name + ".db"), select_everything(client));
    ASSERT_TRUE(check) << check.error().message();
    EXPECT_EQ(check->differences, "") << name;
    EXPECT_TRUE(check->frozen.empty()) << name << ": " << check->frozen.front().reason;
    EXPECT_GT(check->compared, 1U) << name;
    EXPECT_EQ(integrity_of(path(name + ".db")), "ok");
  }
  void make_tables() {
    SqlClient client = server_->connect();
    client.execute("CREATE DATABASE shop");
    client.execute(
        "CREATE TABLE shop.orders (id INT AUTO_INCREMENT PRIMARY KEY, who VARCHAR(40), amount DECIMAL(12,3))");
    client.execute("CREATE TABLE shop.notes (body TEXT, at DATETIME(6))");
  }
  static void put_load(SqlClient& client, Random& random, std::size_t transactions) {
    for (std::size_t i = 0; i < transactions; ++i) {
      client.execute("BEGIN");
      for (std::size_t row = random.between(1, 8); row-- > 0;) {
        client.execute(fmt::format("INSERT INTO shop.orders (who, amount) VALUES ('w{}', {}.125)", random.below(100),
                                   random.below(100'000)));
      }
      client.execute(fmt::format("UPDATE shop.orders SET amount = amount + 1 WHERE id % 7 = {}", random.below(7)));
      client.execute(fmt::format("DELETE FROM shop.orders WHERE id % 50 = {}", random.below(50)));
      client.execute(fmt::format("INSERT INTO shop.notes VALUES ('n{}', NOW(6))", random.next()));
      client.execute(random.chance(90) ? "COMMIT" : "ROLLBACK");
      if (random.chance(5)) client.execute("FLUSH BINARY LOGS");
    }
  }

  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Process> hub_;
  std::uint16_t port_ = 0;
};

TEST_F(HubTest, FollowersAreEqualToTheServerWhoeverIsKilledMeanwhile) {
  const std::uint64_t seed = seed_or(7);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  begin({}, {});
  make_tables();
  std::vector<std::unique_ptr<Process>> followers;
  for (const char* name : {"one", "two", "three"}) followers.push_back(join(name, "--async"));
  SqlClient client = server_->connect();
  for (int round = 0; round < 8; ++round) {
    put_load(client, random, 15);
    Process& victim = round % 3 == 2 ? *hub_ : *followers[random.below(3)];
    if (random.chance(70)) {
      victim.kill_hard();
    } else {
      victim.stop();
    }
    put_load(client, random, 10);
    victim.start();
  }
  followers[0]->pause();
  put_load(client, random, 10);
  followers[0]->go_on();
  server_->restart();
  client.reconnect();
  put_load(client, random, 5);
  const BinlogPosition goal = end_of_log();
  for (const char* name : {"one", "two", "three"}) {
    ASSERT_TRUE(reaches(path(std::string(name) + ".db"), goal))
        << name << " of " << goal.text() << "\n"
        << text_of_file(path(std::string(name) + ".log")) << hub_->output();
  }
  for (auto& follower : followers) follower->stop();
  hub_->stop();
  for (const char* name : {"one", "two", "three"}) expect_equal(name);
  // The store is the server's log, byte for byte, but for the flag of the file that is still written.
  for (const fs::path& log : server_->binlog_files()) {
    std::string mine = text_of_file(fs::path(path("store")) / log.filename());
    std::string theirs = text_of_file(log);
    ASSERT_GT(mine.size(), 30U);
    constexpr std::size_t kInUse = 4 + 17;
    mine[kInUse] = theirs[kInUse] = 0;
    EXPECT_TRUE(mine == theirs) << log << ": " << mine.size() << " bytes, not " << theirs.size();
  }
}

TEST_F(HubTest, CommitsWaitUntilTwoOfThreeFollowersHaveAppliedThem) {
  // Nobody acknowledges yet: the source must not wait for it.
  begin({"--rpl-semi-sync-master-enabled=1", "--rpl-semi-sync-master-timeout=1"}, {"--semi-sync", "--ack=any:2"});
  SqlClient watch = server_->connect();
  make_tables();
  std::vector<std::unique_ptr<Process>> followers;
  for (const char* name : {"one", "two", "three"}) followers.push_back(join(name, "--sync"));
  const BinlogPosition made = end_of_log();
  for (const char* name : {"one", "two", "three"}) {
    ASSERT_TRUE(reaches(path(std::string(name) + ".db"), made)) << hub_->output();
  }
  const auto status = [&](const std::string& name) {
    return watch.query("SHOW STATUS LIKE 'Rpl_semi_sync_master_" + name + "'").rows.at(0).at(1).value_or("");
  };
  for (int i = 0; i < 600 && status("status") != "ON"; ++i) std::this_thread::sleep_for(50ms);
  ASSERT_EQ(status("status"), "ON") << "the source waits again when its replica has caught up";
  watch.execute("SET GLOBAL rpl_semi_sync_master_timeout=600000");
  const std::string unanswered = status("no_tx");
  SqlClient writer = server_->connect();
  for (int i = 0; i < 20; ++i) {
    writer.execute(fmt::format("INSERT INTO shop.orders (who, amount) VALUES ('s{}', 1)", i));
    // The commit has returned: two replicas must hold it already.
    int holders = 0;
    const std::string id = fmt::format("s{}", i);
    for (const char* name : {"one", "two", "three"}) {
      Result<Database> replica = Database::open(path(std::string(name) + ".db"), OpenMode::read_only);
      ASSERT_TRUE(replica);
      const auto found = replica->query_text("SELECT who FROM \"shop.orders\" WHERE who = " + quote_text(id));
      ASSERT_TRUE(found) << found.error().message();
      holders += found->has_value() ? 1 : 0;
    }
    EXPECT_GE(holders, 2) << id;
  }
  // With two of them stopped the commit waits; with one back it returns.
  followers[0]->pause();
  followers[1]->pause();
  std::atomic<bool> returned = false;
  std::thread waiting([&] {
    SqlClient other = server_->connect();
    other.execute("INSERT INTO shop.orders (who, amount) VALUES ('waits', 1)");
    returned = true;
  });
  std::this_thread::sleep_for(2s);
  EXPECT_FALSE(returned);
  followers[0]->go_on();
  waiting.join();
  EXPECT_EQ(status("no_tx"), unanswered);
  followers[1]->go_on();
  const BinlogPosition goal = end_of_log();
  for (const char* name : {"one", "two", "three"}) ASSERT_TRUE(reaches(path(std::string(name) + ".db"), goal));
  for (auto& follower : followers) follower->stop();
  for (const char* name : {"one", "two", "three"}) expect_equal(name);
}

}  // namespace
}  // namespace binferry::test
