#include "tests/integration/support/hub_fixture.hpp"

#include "applier/replica_reader.hpp"
#include "tests/integration/support/replica_check.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/skip.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace binferry::test {

using namespace std::chrono_literals;

void HubTest::SetUp() {
  BINFERRY_NEEDS_SERVER(Flavor::mariadb);
}

void HubTest::begin(std::vector<std::string> server_options, std::vector<std::string> hub_options) {
  begin_server(std::move(server_options));
  begin_hub(hub_options);
}

void HubTest::begin_server(std::vector<std::string> extra) {
  ServerOptions options;
  options.extra = std::move(extra);
  server_ = std::make_unique<ServerProcess>(options);
  port_ = free_port();
}

void HubTest::begin_hub(const std::vector<std::string>& options) {
  std::vector<std::string> args{
      BINFERRY_BINARY, "serve",       fmt::format("mysql://root@127.0.0.1:{}", server_->port()),
      "--store",       path("store"), fmt::format("--listen=127.0.0.1:{}", port_)};
  args.insert(args.end(), options.begin(), options.end());
  hub_ = std::make_unique<Process>(std::move(args), server_->folder() / "hub.log");
}

std::string HubTest::hub_url() const {
  return fmt::format("ws://127.0.0.1:{}", port_);
}

std::unique_ptr<Process> HubTest::join(const std::string& name, std::vector<std::string> options) {
  std::vector<std::string> args{BINFERRY_BINARY, "join", hub_url(), "--into", replica(name), "--as", name};
  args.insert(args.end(), options.begin(), options.end());
  return std::make_unique<Process>(std::move(args), server_->folder() / (name + ".log"));
}

std::string HubTest::get(const std::string& path) const {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    char chunk[4096];
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
      for (ssize_t size = 0; (size = ::recv(fd, chunk, sizeof chunk, 0)) > 0;)
        answer.append(chunk, static_cast<std::size_t>(size));
    }
  }
  ::close(fd);
  const std::size_t body = answer.find("\r\n\r\n");
  return body == std::string::npos ? "" : answer.substr(body + 4);
}

BinlogPosition HubTest::end_of_log() {
  SqlClient client = server_->connect();
  // A transaction at the end: nothing tells a replica that it is behind the head of a file without one.
  client.execute("CREATE DATABASE IF NOT EXISTS the_end");
  const ResultSet status = client.query("SHOW MASTER STATUS");
  return {*status.rows.at(0).at(0), std::stoull(*status.rows.at(0).at(1))};
}

bool HubTest::happens(const std::function<bool()>& what) {
  for (int i = 0; i < 2400; ++i) {
    if (what()) return true;
    std::this_thread::sleep_for(50ms);
  }
  return false;
}

bool HubTest::reaches_now(const std::string& replica, const BinlogPosition& goal) {
  Result<ReplicaReader> reader = ReplicaReader::open(replica);
  if (!reader) return false;
  const Result<Checkpoint> checkpoint = reader->read_checkpoint();
  return checkpoint && checkpoint->position >= goal;
}

bool HubTest::reaches(const std::string& replica, const BinlogPosition& goal) {
  return happens([&] { return reaches_now(replica, goal); });
}

void HubTest::expect_all_reach(const std::vector<std::string>& names) {
  const BinlogPosition goal = end_of_log();
  for (const std::string& name : names) {
    ASSERT_TRUE(reaches(replica(name), goal)) << name << " of " << goal.text() << "\n"
                                              << read_file(path(name + ".log")) << "\nthe hub:\n"
                                              << hub_->output();
  }
}

void HubTest::expect_equal(const std::string& replica) {
  SqlClient client = server_->connect();
  const Result<ReplicaCheck> check = check_replica(replica, select_everything(client));
  ASSERT_TRUE(check) << replica << ": " << check.error().message();
  EXPECT_EQ(check->differences, "") << replica;
  EXPECT_TRUE(check->frozen.empty()) << replica << ": " << check->frozen.front().reason;
  EXPECT_GT(check->compared, 1U) << replica;
  EXPECT_EQ(integrity_of(replica), "ok");
}

void HubTest::make_tables() {
  SqlClient client = server_->connect();
  client.execute("CREATE DATABASE shop");
  client.execute("CREATE TABLE shop.orders (id INT AUTO_INCREMENT PRIMARY KEY, who VARCHAR(40), amount DECIMAL(12,3))");
  client.execute("CREATE TABLE shop.notes (body TEXT, at DATETIME(6))");
}

void HubTest::put_load(SqlClient& client, Random& random, std::size_t transactions) {
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

void HubTest::fill_logs(int files) {
  SqlClient client = server_->connect();
  const std::string body(60'000, 'x');
  for (int i = 0; i < files; ++i) {
    client.execute(fmt::format("INSERT INTO shop.notes VALUES ('{}', NOW(6))", body));
    client.execute("FLUSH BINARY LOGS");
  }
}

}  // namespace binferry::test
