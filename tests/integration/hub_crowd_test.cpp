// Two hundred followers of one hub: what it keeps for them is bounded, and those that take nothing cost the others
// nothing. Needs no server: the source is a folder of logs.
#include "tests/cli/program.hpp"
#include "tests/integration/support/light_follower.hpp"
#include "tests/integration/support/program_process.hpp"
#include "tests/unit/support/binlog_writer.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>

namespace binferry::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kFollowers = 200;
constexpr std::size_t kStalled = 20;

// Peak resident memory of a process, KiB.
long peak_kib(pid_t pid) {
  const std::string status = read_file(fmt::format("/proc/{}/status", pid));
  const std::size_t at = status.find("VmHWM:");
  return at == std::string::npos ? 0 : std::atol(status.c_str() + at + 6);
}

std::string log_of(std::size_t bytes) {
  BinlogWriter log;
  log.begin_file(false);
  for (std::uint32_t i = 1; log.str().size() < bytes; ++i) log.insert_transaction(i, 2000);
  return log.take();
}

class Crowd : public testing::Test {
 protected:
  // Megabytes a second of all together; the stalled ones are connected and never read.
  double run(std::size_t stalled) {
    std::vector<std::unique_ptr<LightFollower>> idle;
    for (std::size_t i = 0; i < stalled; ++i) {
      idle.push_back(std::make_unique<LightFollower>(port_, fmt::format("idle{}", i)));
    }
    std::vector<std::unique_ptr<LightFollower>> followers;
    std::vector<pollfd> polled;
    const auto began = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < kFollowers; ++i) {
      followers.push_back(std::make_unique<LightFollower>(port_, fmt::format("f{}", i)));
      polled.push_back({followers.back()->socket(), POLLIN, 0});
    }
    std::size_t done = 0;
    while (done < kFollowers) {
      if (::poll(polled.data(), polled.size(), 120'000) <= 0) break;
      for (std::size_t i = 0; i < kFollowers; ++i) {
        if (polled[i].revents == 0) continue;
        const bool goes_on = followers[i]->take();
        const bool has_all = followers[i]->bytes() >= log_bytes_;
        if (goes_on && !has_all) continue;
        done += has_all ? 1 : 0;
        polled[i].fd = -1;
        if (!has_all) ADD_FAILURE() << "the hub gave up follower " << i;
      }
    }
    EXPECT_EQ(done, kFollowers);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    return static_cast<double>(log_bytes_ * kFollowers) / 1e6 / took.count();
  }

  void SetUp() override {
    const char* const release = std::getenv("BINFERRY_RELEASE_BINARY");
    is_release_ = release != nullptr;
    const std::string log = log_of(is_release_ ? 8 << 20 : 1 << 20);
    log_bytes_ = log.size();
    write_file(folder_ / "binlog.000001", log);
    write_file(folder_ / "binlog.index", "./binlog.000001\n");
    port_ = free_port();
    hub_ = std::make_unique<Process>(
        std::vector<std::string>{is_release_ ? release : BINFERRY_BINARY, "serve", folder_.path(), "--store",
                                 folder_ / "store", "--seed=off", fmt::format("--listen=127.0.0.1:{}", port_)},
        folder_ / "hub.log");
    const std::string shipped = folder_ / "store/binlog.000001";
    for (int i = 0; i < 600 && read_file(shipped).size() < log_bytes_; ++i) std::this_thread::sleep_for(50ms);
    ASSERT_EQ(read_file(shipped).size(), log_bytes_) << hub_->output();
  }

  TempDir folder_;
  std::unique_ptr<Process> hub_;
  std::uint16_t port_ = 0;
  std::size_t log_bytes_ = 0;
  bool is_release_ = false;
};

TEST_F(Crowd, TwoHundredFollowersGetEverythingFromAHubWhoseMemoryIsBounded) {
  const long before = peak_kib(hub_->pid());
  const double alone = run(0);
  const long crowded = peak_kib(hub_->pid());
  const double beside = run(kStalled);
  const long after = peak_kib(hub_->pid());
  fmt::print(
      "{} followers: {:.0f} MB/s together, {:.2f} MB/s each; beside {} that read nothing: {:.0f} MB/s\n"
      "the hub's peak memory: {} KiB before, {} with them, {} with the stalled ones\n",
      kFollowers, alone, alone / kFollowers, kStalled, beside, before, crowded, after);
  // A message in hand for each, and what the sockets of Beast keep; far less than the log.
  if (is_release_) {
    EXPECT_LT(crowded - before, static_cast<long>(kFollowers) * 1024);
    EXPECT_LT(after - crowded, static_cast<long>(kStalled) * 1024);
  }
}

}  // namespace
}  // namespace binferry::test
