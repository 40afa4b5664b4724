// `binferry follow` as a process beside a real server, and the comparison of what it holds with what the server holds.
#pragma once

#include "position/live_status.hpp"
#include "tests/cli/program.hpp"
#include "tests/integration/support/replica_check.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/workload.hpp"

#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace binferry::test {

using namespace std::chrono_literals;

inline constexpr auto kPatience = 60s;  // after it a thing that should happen counts as one that does not

// One `follow` at work; killed with its test.
class Follower {
 public:
  Follower(const ServerProcess& server, std::vector<std::string> options = {})
      : arguments_{"follow", address(server), "--into", replica()} {
    arguments_.insert(arguments_.end(), options.begin(), options.end());
  }
  ~Follower() { kill(); }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  static std::string address(const ServerProcess& server) {
    return fmt::format("mysql://root@127.0.0.1:{}?ssl-mode=disabled", server.port());
  }
  [[nodiscard]] std::string replica() const { return folder_ / "r.db"; }
  static std::vector<std::string> from_oldest() { return {"--no-snapshot"}; }

  void start() { pid_ = start_program(program_, arguments_, folder_); }
  // Another build of the program, by its path.
  void use_program(std::string path) { program_ = std::move(path); }
  void signal(int number) const { ::kill(pid_, number); }
  void kill() {
    if (pid_ < 0) return;
    signal(SIGKILL);
    (void)wait();
  }
  Ran stop() {
    signal(SIGTERM);
    return wait();
  }
  // One that does not end by itself is killed, and its exit code tells.
  Ran wait() {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    siginfo_t ended{};
    while (std::chrono::steady_clock::now() < until) {
      if (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT | WNOHANG) == 0 && ended.si_pid == pid_)
        break;
      std::this_thread::sleep_for(10ms);
    }
    if (ended.si_pid != pid_) ::kill(pid_, SIGKILL);
    return finish_program(std::exchange(pid_, -1), folder_);
  }
  [[nodiscard]] bool has_ended() const {
    siginfo_t ended{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT | WNOHANG) == 0 && ended.si_pid == pid_;
  }
  Ran run_to_current() {
    std::vector<std::string> arguments = arguments_;
    arguments.emplace_back("--stop-at-current");
    pid_ = start_program(program_, arguments, folder_);
    return wait();
  }
  [[nodiscard]] LiveStatus status() const {
    const Result<std::optional<LiveStatus>> status = read_live_status(replica());
    return status && *status ? **status : LiveStatus{};
  }
  void wait_until_streaming(std::uint64_t reconnects = 0) const {
    const auto streams = [&] {
      const LiveStatus now = status();
      return now.state == LiveState::streaming && now.reconnects >= reconnects;
    };
    wait_for(streams, "not streaming");
  }
  [[nodiscard]] bool has_said(const std::string& text) const {
    return read_file(folder_ / "err").find(text) != std::string::npos;
  }
  void wait_until_said(const std::string& text) const {
    wait_for([&] { return has_said(text); }, "never said: " + text);
  }
  void wait_for_rows(const std::string& table, int count) const {
    const auto has_them = [&] {
      Result<Database> database = Database::open(replica(), OpenMode::read_only);
      if (!database) return false;
      const auto rows = database->query_text("SELECT count(*) FROM " + quote_identifier(table));
      return rows && *rows == std::to_string(count);
    };
    wait_for(has_them, fmt::format("{} never had {} rows", table, count));
  }
  std::vector<std::string>& arguments() { return arguments_; }

 private:
  void wait_for(const std::function<bool()>& happened, const std::string& otherwise) const {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      if (happened()) return;
      std::this_thread::sleep_for(20ms);
    }
    FAIL() << otherwise << "\n" << read_file(folder_ / "err");
  }

  TempDir folder_;
  std::string program_ = BINFERRY_BINARY;
  std::vector<std::string> arguments_;
  pid_t pid_ = -1;
};

inline void expect_equal(const ServerProcess& server, const std::string& replica) {
  SqlClient client = server.connect();
  const Result<ReplicaCheck> check = check_replica(replica, select_everything(client));
  ASSERT_TRUE(check.has_value()) << check.error().message();
  EXPECT_EQ(check->differences, "");
  EXPECT_EQ(integrity_of(replica), "ok");
  EXPECT_GE(check->compared, 1U);
  for (const FrozenTable& table : check->frozen) ADD_FAILURE() << table.name << " is frozen: " << table.reason;
}

inline WorkloadOptions load_of(const ServerProcess& server, std::uint64_t seed) {
  WorkloadOptions load;
  load.flavor = server.options().flavor;
  load.seed = seed;
  load.tables = 4;
  load.batch_rows = 40;
  load.foreign_keys = true;
  load.non_transactional = false;  // with several writers their rows are logged in another order than they were made
  return load;
}

}  // namespace binferry::test
