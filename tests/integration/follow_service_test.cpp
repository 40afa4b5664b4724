// `follow` and `tail` as services: how they log in, what they say of themselves, what they never say, and how they end.
#include "tests/integration/support/chaos_proxy.hpp"
#include "tests/integration/support/follower.hpp"
#include "tests/integration/support/skip.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace binferry::test {
namespace {

class FollowService : public testing::TestWithParam<Flavor> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(GetParam()); }
  static ServerOptions options() {
    ServerOptions options;
    options.flavor = GetParam();
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Each, FollowService, testing::Values(Flavor::mariadb, Flavor::mysql56),
                         [](const auto& which) { return which.param == Flavor::mariadb ? "Mariadb" : "Mysql56"; });

// systemd's side of Type=notify.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~NotifySocket() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(fd_);
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  [[nodiscard]] std::string next() const {
    std::string text(256, '\0');
    const ssize_t size = ::recv(fd_, text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

 private:
  int fd_;
};

TEST_P(FollowService, IsReadyAfterTheSnapshotTellsItsStatusAsJsonAndEndsAtASignal) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute(
      "CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1), (2)");
  const TempDir folder;
  const NotifySocket notified(folder / "notify");
  Follower follower(server, {"--status=json"});
  follower.start();
  EXPECT_EQ(notified.next(), "READY=1");
  EXPECT_TRUE(std::filesystem::exists(follower.replica()));
  follower.wait_for_rows("d.t", 2);
  client.execute("INSERT INTO d.t VALUES (3)");
  follower.wait_for_rows("d.t", 3);
  std::this_thread::sleep_for(1500ms);
  const Ran shown = run({"position", "show", follower.replica(), "--format=json"});
  EXPECT_NE(shown.out.find("\"state\":\"streaming\""), std::string::npos) << shown.out;
  const Ran stopped = follower.stop();
  EXPECT_EQ(notified.next(), "STOPPING=1");
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < stopped.out.size(); ++lines) {
    const std::size_t end = stopped.out.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const std::string line = stopped.out.substr(at, end - at);
    EXPECT_TRUE(line.starts_with("{\"status\":{") && line.ends_with("}")) << line;
    for (const char* const member : {"\"applied\":{", "\"lag_us\":", "\"received\":", "\"heartbeat_us\":"}) {
      EXPECT_NE(line.find(member), std::string::npos) << line;
    }
    at = end + 1;
  }
  EXPECT_GE(lines, 2U);
  expect_equal(server, follower.replica());
}

TEST_P(FollowService, NeverShowsItsPassword) {
  const ServerProcess server(options());
  const std::string password = "Qv7zzTopSecretWord";
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
  client.execute("CREATE USER repl@'127.0.0.1' IDENTIFIED BY '" + password + "'; GRANT ALL ON *.* TO repl@'127.0.0.1'");
  const TempDir folder;
  write_file(folder / "my.cnf", "[client]\npassword=wrong\n[binferry]\nuser=repl\npassword=" + password + "\n");
  Follower follower(server, {"--status=json", "--defaults-file", folder / "my.cnf"});
  follower.arguments()[1] = fmt::format("mysql://127.0.0.1:{}?ssl-mode=disabled", server.port());
  follower.start();
  follower.wait_until_streaming();
  const std::string process = fmt::format("/proc/{}/", follower.status().pid);
  EXPECT_EQ(read_file(process + "cmdline").find(password), std::string::npos);
  EXPECT_EQ(read_file(process + "environ").find(password), std::string::npos);
  EXPECT_EQ(read_file(follower.replica() + ".status").find(password), std::string::npos);
  client.execute("SET PASSWORD FOR repl@'127.0.0.1' = PASSWORD('another')");
  kill_dump_connections(server);
  const Ran refused = follower.wait();
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_NE(refused.err.find("check user and password"), std::string::npos) << refused.err;
  EXPECT_EQ(refused.err.find(password), std::string::npos);
  EXPECT_EQ(refused.out.find(password), std::string::npos);
  EXPECT_EQ(read_file(follower.replica()).find(password), std::string::npos);
}

TEST_P(FollowService, FollowsOverAUnixSocket) {
  const ServerProcess server(options());
  server.connect().execute(
      "CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  Follower follower(server);
  follower.arguments()[1] = "mysql://root@localhost?socket=" + server.endpoint().socket;
  const Ran ran = follower.run_to_current();
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  expect_equal(server, follower.replica());
}

// A server that is cut off at random bytes, again and again: what is printed is what an undisturbed reader prints.
TEST_P(FollowService, TailPrintsEveryTransactionOnceOverConnectionsThatBreak) {
  const ServerProcess server(options());
  const std::uint64_t seed = seed_or(8500);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY, v VARCHAR(200)) ENGINE=InnoDB");
  ChaosProxy proxy(server.port(), seed);
  const TempDir folder;
  const auto address = [](std::uint16_t port) {
    return fmt::format("mysql://root@127.0.0.1:{}?ssl-mode=disabled", port);
  };
  const pid_t tail =
      start_program(BINFERRY_BINARY, {"tail", address(proxy.port()), "--from-start", "--format=json"}, folder);
  const auto printed = [&](const std::string& text) {
    return read_file(folder / "out").find(text) != std::string::npos;
  };
  const auto wait_for = [&](const std::string& text) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!printed(text)) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << read_file(folder / "err");
      std::this_thread::sleep_for(20ms);
    }
  };
  client.execute("INSERT INTO d.t VALUES (0, 'first')");
  wait_for("first");
  Random random(seed);
  // What is streaming now is never cut by the proxy: its own server ends it, and the next connections break.
  proxy.cut_within(1, 20'000);
  for (int i = 1; i < 250; ++i) {
    client.execute(
        fmt::format("INSERT INTO d.t VALUES ({0}, REPEAT('{0}-', 20)); UPDATE d.t SET v = 'u' WHERE id = {0}", i));
    if (i % 25 == 1) {
      kill_dump_connections(server);
    }
    if (random.between(0, 60) == 0) client.execute("FLUSH BINARY LOGS");
  }
  proxy.cut_within(0, 0);
  client.execute("INSERT INTO d.t VALUES (1000, 'the last')");
  wait_for("the last");
  ::kill(tail, SIGTERM);
  const Ran ran = finish_program(tail, folder);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.err.find("connecting again"), std::string::npos) << ran.err;
  const Ran whole = run({"tail", address(server.port()), "--from-start", "--stop-at-end", "--format=json"});
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_TRUE(ran.out == whole.out) << std::ranges::count(ran.out, '\n') << " lines instead of "
                                    << std::ranges::count(whole.out, '\n');
}

TEST_P(FollowService, TailDoesNotTakeALogThatWasResetForTheOneItRead) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)");
  ChaosProxy proxy(server.port(), 1);
  const TempDir folder;
  const pid_t tail = start_program(BINFERRY_BINARY,
                                   {"tail", fmt::format("mysql://root@127.0.0.1:{}?ssl-mode=disabled", proxy.port()),
                                    "--from-start", "--format=json"},
                                   folder);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (read_file(folder / "out").find("insert") == std::string::npos && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(20ms);
  }
  proxy.freeze(true);
  std::this_thread::sleep_for(1100ms);  // two logs begun in one second cannot be told apart by their heads
  client.execute("RESET MASTER");
  for (int i = 2; i < 60; ++i) client.execute(fmt::format("INSERT INTO d.t VALUES ({})", i));
  kill_dump_connections(server);
  proxy.freeze(false);
  const Ran ran = finish_program(tail, folder);
  EXPECT_NE(ran.exit_code, 0);
  EXPECT_EQ(ran.out.find("\"id\":59"), std::string::npos) << "nothing of the new log is printed";
}

TEST(FollowTls, FollowsOverTlsAndRefusesACertificateThatIsNotTheServers) {
  BINFERRY_NEEDS_SERVER(Flavor::mariadb);
  ServerProcess server(ServerOptions{});
  const std::string folder = server.folder().string();
  const std::string make =
      "cd " + folder +
      " && exec >/dev/null 2>&1 && "
      "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=authority -days 2 && "
      "openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost && "
      "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2";
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "no openssl program";
  server.set_extra({"--ssl-ca=" + folder + "/ca.pem", "--ssl-cert=" + folder + "/server.pem",
                    "--ssl-key=" + folder + "/server.key"});
  server.restart();
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY, v LONGBLOB) ENGINE=InnoDB");
  client.execute("CREATE USER repl@localhost IDENTIFIED BY 'secret' REQUIRE SSL; GRANT ALL ON *.* TO repl@localhost");
  client.execute(
      "CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'secret' REQUIRE SSL; GRANT ALL ON *.* TO repl@'127.0.0.1'");
  client.execute("SET GLOBAL max_allowed_packet = 64 << 20");
  server.connect().execute("INSERT INTO d.t VALUES (1, REPEAT('x', 20 << 20)), (2, 'y')");
  ::setenv("MYSQL_PWD", "secret", 1);
  Follower follower(server);
  const auto address = [&](const std::string& host, const std::string& options) {
    return fmt::format("mysql://repl@{}:{}?{}", host, server.port(), options);
  };
  const std::string verify = "ssl-mode=verify-identity&ssl-ca=" + folder + "/ca.pem";
  follower.arguments()[1] = address("127.0.0.1", verify);
  const Ran refused = follower.run_to_current();
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_NE(refused.err.find("certificate"), std::string::npos) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(follower.replica()));
  follower.arguments()[1] = address("127.0.0.1", "ssl-mode=disabled");
  EXPECT_EQ(follower.run_to_current().exit_code, 4) << "the account may not log in without TLS";
  follower.arguments()[1] = address("localhost", verify);
  const Ran first = follower.run_to_current();
  EXPECT_EQ(first.exit_code, 0) << first.err;
  server.connect().execute("UPDATE d.t SET v = REPEAT('z', 18 << 20) WHERE id = 1");
  const Ran second = follower.run_to_current();
  ::unsetenv("MYSQL_PWD");
  EXPECT_EQ(second.exit_code, 0) << second.err;
  expect_equal(server, follower.replica());
}

// A transaction many times larger than any memory that binferry may take; scripts/bench.sh live_memory streams 1 GiB.
TEST(FollowMemory, StaysFlatWhileALargeTransactionIsStreamed) {
  BINFERRY_NEEDS_SERVER(Flavor::mariadb);
  const char* const program = std::getenv("BINFERRY_RELEASE_BINARY");
  if (program == nullptr) GTEST_SKIP() << "BINFERRY_RELEASE_BINARY names no unsanitized build";
  ServerOptions options;
  options.extra = {"--innodb-log-file-size=256M", "--max-binlog-size=1G"};
  const ServerProcess server(options);
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY, v LONGBLOB) ENGINE=InnoDB; USE d");
  for (const bool logged : {false, true}) {
    client.execute("DELETE FROM d.t");
    std::vector<std::string> how;
    if (logged) how = {"--semi-sync=preferred", "--ack=logged"};
    Follower follower(server, how);
    follower.use_program(program);
    EXPECT_EQ(follower.run_to_current().exit_code, 0);
    client.execute("INSERT INTO d.t SELECT seq, REPEAT(CHAR(65 + seq % 26), 65536) FROM seq_1_to_4096");  // 256 MiB
    const Ran ran = follower.run_to_current();
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_LT(ran.peak_kib, 128 * 1024) << (logged ? "logged" : "applied");
    Result<Database> database = Database::open(follower.replica(), OpenMode::read_only);
    ASSERT_TRUE(database) << database.error().message();
    EXPECT_EQ(database->query_text("SELECT count(*) || ':' || sum(length(v)) FROM \"d.t\"").value(), "4096:268435456");
  }
}

}  // namespace
}  // namespace binferry::test
