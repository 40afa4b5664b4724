// `follow` where everything breaks: connections cut at random bytes, stalls, a network that goes away, logs that are
// rotated and purged, and the program killed at random. At the end source and replica are equal, and nothing was
// applied twice.
#include "tests/integration/support/chaos_proxy.hpp"
#include "tests/integration/support/follower.hpp"
#include "tests/integration/support/skip.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace binferry::test {
namespace {

enum class Way : std::uint8_t { position, gtid, logged };

class FollowChaos : public testing::TestWithParam<std::tuple<Flavor, Way>> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(flavor()); }
  static Flavor flavor() { return std::get<0>(GetParam()); }
  static bool has_gtids() { return std::get<1>(GetParam()) == Way::gtid; }
  static bool is_logged() { return std::get<1>(GetParam()) == Way::logged; }
  static ServerOptions options() {
    ServerOptions options;
    options.flavor = flavor();
    options.gtid = has_gtids();
    if (has_gtids() && flavor() == Flavor::mysql56)
      options.extra = {"--enforce-gtid-consistency", "--log-slave-updates"};
    return options;
  }
  static std::vector<std::string> ways() {
    if (!is_logged()) return {};
    return {"--semi-sync=preferred", "--ack=logged"};
  }
  static WorkloadOptions load(const ServerProcess& server, std::uint64_t seed) {
    WorkloadOptions load = load_of(server, seed);
    if (has_gtids() && flavor() == Flavor::mysql56) load.temporary_tables = load.copies = false;
    return load;
  }
};

std::string name_of_way(const testing::TestParamInfo<std::tuple<Flavor, Way>>& which) {
  std::string name = std::get<0>(which.param) == Flavor::mariadb ? "Mariadb" : "Mysql56";
  switch (std::get<1>(which.param)) {
    case Way::position: return name + "ByPosition";
    case Way::gtid: return name + "ByGtid";
    case Way::logged: break;
  }
  return name + "Logged";
}

INSTANTIATE_TEST_SUITE_P(Each, FollowChaos,
                         testing::Values(std::tuple{Flavor::mariadb, Way::gtid},
                                         std::tuple{Flavor::mariadb, Way::logged},
                                         std::tuple{Flavor::mysql56, Way::position},
                                         std::tuple{Flavor::mysql56, Way::gtid},
                                         std::tuple{Flavor::mysql56, Way::logged}),
                         name_of_way);

// The log in which the replica stands; empty while there is none.
std::string file_of(const std::string& replica) {
  Result<Database> database = Database::open(replica, OpenMode::read_only);
  if (!database) return {};
  const auto checkpoint = database->query_text("SELECT checkpoint FROM binferry_state");
  if (!checkpoint || !*checkpoint) return {};
  const Result<Checkpoint> parsed = parse_checkpoint(**checkpoint);
  return parsed ? parsed->position.file : std::string();
}

// A service that is started again whenever it ends, as systemd does it.
class Service {
 public:
  Service(const ServerProcess& server, std::uint16_t port, std::vector<std::string> options)
      : follower_(server, std::move(options)) {
    follower_.arguments()[1] = fmt::format("mysql://root@127.0.0.1:{}?ssl-mode=disabled", port);
    follower_.start();
  }
  Follower& follower() { return follower_; }
  void kill() {
    follower_.kill();
    follower_.start();
  }
  void look_after() {
    if (!follower_.has_ended()) return;
    last_ = follower_.wait();
    EXPECT_EQ(last_.exit_code, 4) << last_.err;  // the source could not be reached, and nothing else
    follower_.start();
  }

 private:
  Follower follower_;
  Ran last_;
};

TEST_P(FollowChaos, EndsEqualWhateverTheNetworkAndThePeopleDo) {
  const ServerProcess server(options());
  const std::uint64_t seed = seed_or(8100);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  ChaosProxy proxy(server.port(), seed);
  proxy.cut_within(1, 25'000);
  Workload workload(load(server, seed), server.endpoint());
  workload.prepare();
  workload.run(20);
  Service service(server, proxy.port(), ways());
  for (int round = 0; round < 14; ++round) {
    workload.run(12);
    switch (random.between(0, 5)) {
      case 0: service.kill(); break;
      case 1: {
        proxy.freeze(true);
        workload.run(4);
        std::this_thread::sleep_for(std::chrono::milliseconds(random.between(50, 700)));
        proxy.freeze(false);
        break;
      }
      case 2: proxy.delay_ms(static_cast<int>(random.between(0, 10))); break;
      case 3: {
        SqlClient admin = server.connect();
        admin.execute("FLUSH BINARY LOGS");
        const std::string held = file_of(service.follower().replica());
        if (!held.empty()) (void)admin.attempt("PURGE BINARY LOGS TO '" + held + "'");
        break;
      }
      case 4: proxy.cut_within(1, static_cast<std::uint32_t>(random.between(2'000, 60'000))); break;
      default: std::this_thread::sleep_for(std::chrono::milliseconds(random.between(10, 200))); break;
    }
    service.look_after();
  }
  workload.finish();
  // However the dice fell: one connection at least is cut while it streams.
  proxy.cut_within(1'500, 1'500);
  service.kill();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (; proxy.cuts() == 0 && std::chrono::steady_clock::now() < until; service.look_after()) {
    server.connect().execute("CREATE DATABASE IF NOT EXISTS more; DROP DATABASE more");
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_GT(proxy.cuts(), 0U);
  proxy.cut_within(0, 0);
  proxy.delay_ms(0);
  service.follower().kill();
  const Ran rest = service.follower().run_to_current();
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  expect_equal(server, service.follower().replica());
}

// Killed at any moment of a snapshot: there is a whole replica or none, and the next start makes a whole one.
TEST_P(FollowChaos, AHalfMadeSnapshotIsNeverTakenForAReplica) {
  const ServerProcess server(options());
  const std::uint64_t seed = seed_or(8200);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY AUTO_INCREMENT, v LONGBLOB) ENGINE=InnoDB");
  client.execute("INSERT INTO d.t(v) VALUES (REPEAT('x', 20000)), (REPEAT('y', 20000)), (REPEAT('z', 20000))");
  for (int i = 0; i < 6; ++i) client.execute("INSERT INTO d.t(v) SELECT v FROM d.t");
  ChaosProxy proxy(server.port(), seed);
  proxy.delay_ms(4);
  Follower follower(server, ways());
  follower.arguments()[1] = fmt::format("mysql://root@127.0.0.1:{}?ssl-mode=disabled", proxy.port());
  int half_made = 0;
  for (int round = 0; round < 5; ++round) {
    follower.start();
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!std::filesystem::exists(follower.replica() + ".snapshot") && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(5ms);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random.between(0, 250)));
    follower.kill();
    half_made += std::filesystem::exists(follower.replica()) ? 0 : 1;
    client.execute("UPDATE d.t SET v = CONCAT(v, 'u') WHERE id % 7 = 0");
  }
  EXPECT_GT(half_made, 0);
  proxy.delay_ms(0);
  const Ran rest = follower.run_to_current();
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_FALSE(std::filesystem::exists(follower.replica() + ".snapshot"));
  expect_equal(server, follower.replica());
}

bool set_loopback(bool up) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  bool done = ::ioctl(fd, SIOCGIFFLAGS, &request) == 0;
  request.ifr_flags = static_cast<short>(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  done = done && ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  ::close(fd);
  return done;
}

TEST_P(FollowChaos, ANetworkThatGoesAwayForSecondsLosesNothing) {
  // A network of this process's own: what is started from here on is in it, too.
  if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "no network namespace of one's own here: " << std::strerror(errno);
  if (!set_loopback(true)) GTEST_SKIP() << "the loopback device cannot be switched here: " << std::strerror(errno);
  const ServerProcess server(options());
  const std::uint64_t seed = seed_or(8300);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Workload workload(load(server, seed), server.endpoint());  // over the Unix socket, which stays
  workload.prepare();
  Service service(server, server.port(), ways());
  service.follower().wait_until_streaming();
  for (const auto away : {200ms, 1500ms, 3000ms}) {
    workload.run(10);
    ASSERT_TRUE(set_loopback(false));
    workload.run(10);
    std::this_thread::sleep_for(away);
    ASSERT_TRUE(set_loopback(true));
    workload.run(10);
    service.look_after();
  }
  workload.finish();
  service.follower().kill();
  const Ran rest = service.follower().run_to_current();
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  expect_equal(server, service.follower().replica());
}

}  // namespace
}  // namespace binferry::test
