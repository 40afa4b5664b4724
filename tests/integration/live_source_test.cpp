// binferry as a client of real servers: logins, TLS, statements, streams, heartbeats, semi-synchronous ACKs.
#include "binlog/source/mysql_source.hpp"
#include "binlog/source/transaction_stream.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/skip.hpp"
#include "tests/integration/support/sql_client.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

class LiveSource : public testing::TestWithParam<Flavor> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(GetParam()); }
  [[nodiscard]] ServerOptions options(bool gtid = false) const {
    ServerOptions options;
    options.flavor = GetParam();
    options.gtid = gtid;
    if (gtid && GetParam() == Flavor::mysql56) options.extra = {"--enforce-gtid-consistency", "--log-slave-updates"};
    return options;
  }
};

std::string flavor_name(const testing::TestParamInfo<Flavor>& info) {
  return info.param == Flavor::mariadb ? "Mariadb" : "Mysql56";
}
INSTANTIATE_TEST_SUITE_P(Each, LiveSource, testing::Values(Flavor::mariadb, Flavor::mysql56), flavor_name);

mysql::Address address_of(const ServerProcess& server, const std::string& user = "root") {
  mysql::Address address;
  address.host = "127.0.0.1";
  address.port = server.port();
  address.credentials.user = user;
  return address;
}

MysqlSourceOptions replica(std::uint32_t server_id = 4711) {
  MysqlSourceOptions options;
  options.dump.server_id = server_id;
  options.dump.replica_uuid = Uuid::parse("f7885915-e70d-11f1-a897-02fc00004711").value();
  options.dump.heartbeat_ms = 300;
  options.read_deadline_ms = 20'000;
  return options;
}

// The next transaction of a live source, waiting for it; false when nothing came in 20 s.
bool next_transaction(TransactionStream& stream, MysqlSource& source) {
  for (int waited_ms = 0; waited_ms < 20'000;) {
    Result<TransactionStream::Item> item = stream.next();
    if (!item) {
      ADD_FAILURE() << item.error().message();
      return false;
    }
    if (*item == TransactionStream::Item::transaction) return true;
    if (*item == TransactionStream::Item::end) return false;
    if (*item != TransactionStream::Item::wait) continue;
    if (Status status = source.wait(50); !status) {
      ADD_FAILURE() << status.error().message();
      return false;
    }
    waited_ms += 50;
  }
  return false;
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_some(SqlClient& client) {
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY, v LONGBLOB) ENGINE=InnoDB");
  for (int i = 0; i < 20; ++i) client.execute("INSERT INTO d.t VALUES (" + std::to_string(i) + ", REPEAT('x', 1000))");
  client.execute("FLUSH LOGS; BEGIN; UPDATE d.t SET v = 'y'; DELETE FROM d.t WHERE id > 10; COMMIT; DROP TABLE d.t");
}

// Every event that claims a place in a file is, byte for byte, what the server wrote there.
void expect_bytes_of_files(const ServerProcess& server, const MysqlSourceOptions& options, std::uint64_t least_bytes) {
  std::map<std::string, std::string> files;
  const auto read_files = [&] {
    for (const auto& path : server.binlog_files()) files[path.filename()] = read_bytes(path);
  };
  read_files();
  Result<std::unique_ptr<MysqlSource>> source = MysqlSource::open(address_of(server), options);
  ASSERT_TRUE(source) << source.error().message();
  RawEvent event;
  std::uint64_t compared = 0;
  for (;;) {
    Result<SourceState> state = (*source)->next(event);
    ASSERT_TRUE(state) << state.error().message();
    if (*state == SourceState::end) break;
    if (*state == SourceState::wait) {
      ASSERT_TRUE((*source)->wait(100));
    }
    if (*state != SourceState::event || event.end == event.offset) continue;
    if (event.header.type == EventType::format_description) continue;  // its flag and creation time are rewritten
    ASSERT_TRUE(files.contains(std::string(event.file))) << event.place();
    // MariaDB writes BINLOG_CHECKPOINT in its own time.
    if (files[std::string(event.file)].size() < event.end) read_files();
    const std::string stored = files[std::string(event.file)].substr(event.offset, event.end - event.offset);
    ASSERT_TRUE(stored == text_of(event.bytes)) << event.place();
    compared += stored.size();
  }
  EXPECT_GT(compared, least_bytes);
}

TEST_P(LiveSource, LogsInByTcpAndSocketAndRunsStatements) {
  const ServerProcess server(options());
  SqlClient admin = server.connect();
  admin.execute("CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO repl@'127.0.0.1'");
  mysql::Address address = address_of(server, "repl");
  address.credentials.password = Secret(std::string("secret"));
  Result<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::open(address);
  ASSERT_TRUE(connection) << connection.error().message();
  EXPECT_EQ((*connection)->greeting().kind, GetParam() == Flavor::mariadb ? ServerKind::mariadb : ServerKind::mysql);
  EXPECT_EQ((*connection)->query_value("SELECT CURRENT_USER()").value(), "repl@127.0.0.1");
  EXPECT_EQ((*connection)->query_value("SELECT NULL").value(), std::nullopt);
  EXPECT_EQ((*connection)->query_value("SELECT nothing").error().code, Errc::refused);
  EXPECT_EQ((*connection)->refusal().code, 1054);
  int rows = 0;
  ASSERT_TRUE((*connection)->query("SELECT 1 UNION SELECT 2 UNION SELECT 3", [&](mysql::QueryRow) -> Status {
    ++rows;
    return {};
  }));
  EXPECT_EQ(rows, 3);

  address.credentials.password = Secret(std::string("wrong"));
  const auto refused = mysql::Connection::open(address);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_EQ(refused.error().message().find("wrong"), std::string::npos);

  mysql::Address local = address_of(server);
  local.socket = server.endpoint().socket;
  local.credentials.is_local = true;
  connection = mysql::Connection::open(local);
  ASSERT_TRUE(connection) << connection.error().message();
  EXPECT_EQ((*connection)->query_value("SELECT CURRENT_USER()").value(), "root@localhost");
}

TEST_P(LiveSource, AnAnswerBeyond16MibIsJoined) {
  ServerOptions large = options();
  large.extra = {"--max-allowed-packet=64M"};
  const ServerProcess server(large);
  Result<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::open(address_of(server));
  ASSERT_TRUE(connection) << connection.error().message();
  for (const std::size_t size : {(std::size_t{1} << 24) - 9, std::size_t{1} << 24, std::size_t{40} << 20}) {
    const auto value = (*connection)->query_value("SELECT REPEAT('z', " + std::to_string(size) + ")");
    ASSERT_TRUE(value) << value.error().message();
    EXPECT_TRUE(*value == std::string(size, 'z')) << size;
  }
  const std::string statement = "SELECT LENGTH('" + std::string(std::size_t{20} << 20, 'q') + "')";
  EXPECT_EQ((*connection)->query_value(statement).value(), std::to_string(std::size_t{20} << 20));
}

TEST_P(LiveSource, StreamsTheBytesOfTheFilesByOffset) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  write_some(client);
  MysqlSourceOptions from_start = replica();
  from_start.dump.stop_at_end = true;
  expect_bytes_of_files(server, from_start, 20'000);
  from_start.dump.position = {"binlog.000002", 4};
  expect_bytes_of_files(server, from_start, 1000);
}

TEST_P(LiveSource, StreamsByGtidOverHoles) {
  const ServerProcess server(options(true));
  SqlClient client = server.connect();
  write_some(client);
  MysqlSourceOptions behind = replica();
  behind.dump.stop_at_end = true;
  behind.dump.gtids.emplace();
  expect_bytes_of_files(server, behind, 20'000);
  // Behind the fifth transaction: what comes before it is left out of the stream.
  behind.dump.gtids =
      AnyGtidSet::parse(GetParam() == Flavor::mariadb ? "0-1-5" : client.scalar("SELECT @@server_uuid") + ":1-5")
          .value();
  expect_bytes_of_files(server, behind, 15'000);
}

TEST_P(LiveSource, WaitsForChangesHearsHeartbeatsAndStops) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
  Result<std::unique_ptr<MysqlSource>> opened = MysqlSource::open(address_of(server), replica());
  ASSERT_TRUE(opened) << opened.error().message();
  MysqlSource& source = **opened;
  TransactionStream stream(source);
  int heartbeats = 0;
  stream.on_event = [&](const RawEvent& event) { heartbeats += event.header.type == EventType::heartbeat ? 1 : 0; };
  ASSERT_TRUE(next_transaction(stream, source));
  ASSERT_TRUE(next_transaction(stream, source));
  client.execute("INSERT INTO d.t VALUES (1)");
  ASSERT_TRUE(next_transaction(stream, source));
  EXPECT_FALSE(stream.transaction().standalone);
  while (heartbeats < 2) {
    Result<TransactionStream::Item> item = stream.next();
    ASSERT_TRUE(item) << item.error().message();
    ASSERT_TRUE(source.wait(100));
  }
  EXPECT_TRUE(stream.between_groups());
  std::thread stopper([&] { source.stop(); });
  ASSERT_TRUE(source.wait(60'000));  // ends at once, or the test's own time runs out
  stopper.join();
  Result<TransactionStream::Item> last = stream.next();
  for (; last && *last == TransactionStream::Item::wait; last = stream.next()) ASSERT_TRUE(source.wait(100));
  EXPECT_EQ(last.value(), TransactionStream::Item::end);
}

TEST_P(LiveSource, NamesPurgedLogsAndADeadServer) {
  ServerProcess server(options());
  SqlClient client = server.connect();
  write_some(client);
  client.execute("PURGE BINARY LOGS TO 'binlog.000002'");
  MysqlSourceOptions old = replica();
  old.dump.position = {"binlog.000001", 4};
  Result<std::unique_ptr<MysqlSource>> source = MysqlSource::open(address_of(server), old);
  ASSERT_TRUE(source) << source.error().message();
  const auto fail_of = [](MysqlSource& from) {
    RawEvent event;
    for (;;) {
      Result<SourceState> state = from.next(event);
      if (!state) return state.error().code;
      if (*state != SourceState::wait) continue;
      if (Status waited = from.wait(100); !waited) return waited.error().code;
    }
  };
  EXPECT_EQ(fail_of(**source), Errc::purged);
  source = MysqlSource::open(address_of(server), replica());
  ASSERT_TRUE(source) << source.error().message();
  server.kill_hard();
  EXPECT_EQ(fail_of(**source), Errc::connection);
  EXPECT_EQ(MysqlSource::open(address_of(server), replica()).error().code, Errc::connection);
}

TEST(LiveSemiSync, EveryCommitWaitsForItsAckAndGetsIt) {
  BINFERRY_NEEDS_SERVER(Flavor::mariadb);
  const ServerProcess server(ServerOptions{});
  SqlClient client = server.connect();
  client.execute("SET GLOBAL rpl_semi_sync_master_timeout=30000; SET GLOBAL rpl_semi_sync_master_enabled=1");
  MysqlSourceOptions options = replica();
  options.dump.semi_sync = mysql::SemiSync::required;
  Result<std::unique_ptr<MysqlSource>> opened = MysqlSource::open(address_of(server), options);
  ASSERT_TRUE(opened) << opened.error().message();
  MysqlSource& source = **opened;
  constexpr int kCommits = 20;
  std::thread reader([&] {
    RawEvent event;
    for (;;) {
      Result<SourceState> state = source.next(event);
      ASSERT_TRUE(state) << state.error().message();
      if (*state == SourceState::end) return;
      if (*state == SourceState::wait) {
        ASSERT_TRUE(source.wait(1000));
      }
      if (*state == SourceState::event && source.ack_requested()) {
        source.acknowledge({std::string(event.file), event.end});
      }
    }
  });
  // The master counts us once its dump thread runs.
  while (client.query("SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'").rows.at(0).at(1) != "1")
    std::this_thread::yield();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB");
  for (int i = 0; i < kCommits; ++i) client.execute("INSERT INTO d.t VALUES (" + std::to_string(i) + ")");
  EXPECT_EQ(client.query("SHOW STATUS LIKE 'Rpl_semi_sync_master_yes_tx'").rows.at(0).at(1),
            std::to_string(kCommits + 2));
  EXPECT_EQ(client.query("SHOW STATUS LIKE 'Rpl_semi_sync_master_no_tx'").rows.at(0).at(1), "0");
  source.stop();
  reader.join();
}

// Each login has random data of its own: many of them meet the odd ones.
TEST(LiveEd25519, LogsInWithPasswordsOfAnyLengthAndIsRefusedWithAWrongOne) {
  BINFERRY_NEEDS_SERVER(Flavor::mariadb);
  const ServerProcess server(ServerOptions{});
  SqlClient admin = server.connect();
  if (admin.attempt("INSTALL SONAME 'auth_ed25519'")) GTEST_SKIP() << "the server lacks the plugin auth_ed25519";
  const std::string long_password(90, 'p');
  for (const std::string& password : {std::string("secret"), long_password}) {
    admin.execute("CREATE OR REPLACE USER ed@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('" + password + "')");
    mysql::Address address = address_of(server, "ed");
    for (int i = 0; i < 60; ++i) {
      address.credentials.password = Secret(std::string(password));
      const auto connection = mysql::Connection::open(address);
      ASSERT_TRUE(connection) << connection.error().message();
    }
    address.credentials.password = Secret(password + "x");
    EXPECT_EQ(mysql::Connection::open(address).error().code, Errc::refused);
  }
}

TEST(LiveTls, VerifiesWhatSslModeAsksFor) {
  BINFERRY_NEEDS_SERVER(Flavor::mariadb);
  ServerProcess server(ServerOptions{});
  const std::string folder = server.folder().string();
  const std::string make =
      "cd " + folder + " && exec >/dev/null 2>&1 && " +
      "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=authority -days 2 && "
      "openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -subj /CN=other -days 2 && "
      "openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost && "
      "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2";
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "no openssl program";
  mysql::Address address = address_of(server);
  address.host = "localhost";
  address.credentials.ssl_mode = mysql::SslMode::required;
  EXPECT_EQ(mysql::Connection::open(address).error().code, Errc::refused) << "the server has no certificate yet";
  server.set_extra({"--ssl-ca=" + folder + "/ca.pem", "--ssl-cert=" + folder + "/server.pem",
                    "--ssl-key=" + folder + "/server.key"});
  server.restart();
  const auto open = [&](mysql::SslMode mode, const std::string& ca, const std::string& host) {
    address.credentials.ssl_mode = mode;
    address.ssl_ca = ca.empty() ? ca : folder + "/" + ca;
    address.host = host;
    return mysql::Connection::open(address);
  };
  using enum mysql::SslMode;
  for (const mysql::SslMode mode : {preferred, required}) {
    auto connection = open(mode, "", "localhost");
    ASSERT_TRUE(connection) << connection.error().message();
    EXPECT_TRUE((*connection)->is_encrypted());
    EXPECT_NE((*connection)
                  ->query_value("SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE "
                                "VARIABLE_NAME='SSL_CIPHER'")
                  .value(),
              "");
  }
  EXPECT_FALSE((*open(disabled, "", "localhost"))->is_encrypted());
  EXPECT_TRUE(open(verify_ca, "ca.pem", "127.0.0.1"));
  EXPECT_TRUE(open(verify_identity, "ca.pem", "localhost"));
  EXPECT_EQ(open(verify_identity, "ca.pem", "127.0.0.1").error().code, Errc::refused);
  EXPECT_EQ(open(verify_ca, "other.pem", "localhost").error().code, Errc::refused);
  EXPECT_EQ(open(verify_ca, "", "localhost").error().code, Errc::refused);
}

}  // namespace
}  // namespace binferry::test
