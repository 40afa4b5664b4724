// What a source waits for, and the followers' answers: the two meet here, each on a thread of its own.
#pragma once

#include "binlog/ship/hub_server.hpp"
#include "binlog/source/mysql_source.hpp"
#include "position/ack_tracker.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace binferry::cli {

// How far a follower is at that level.
const BinlogPosition& position_of(const FollowerStatus& follower, ship::AckLevel level);

class UpwardAcks {
 public:
  // `note` is told when the hub stops waiting for its followers, and when it waits again.
  UpwardAcks(const AckPolicy& policy, std::uint64_t timeout_us, std::function<std::uint64_t()> steady_us,
             std::function<void(const std::string&)> note)
      : tracker_(policy, timeout_us), steady_us_(std::move(steady_us)), note_(std::move(note)) {}

  // --- any thread ---

  // A new connection to the source, which asks anew; null: there is none.
  void connect(MysqlSource* source);
  void ask(BinlogPosition position);
  // How far the hub itself and the followers that count are: answers the source as far as the policy allows.
  void settle(const BinlogPosition& own, const std::vector<BinlogPosition>& followers);

  struct State {
    bool is_degraded = false;
    std::uint64_t times_degraded = 0;
    std::uint64_t waiting = 0;   // positions that the source asked for
    std::uint64_t answered = 0;  // acknowledgements sent to it
    BinlogPosition met;          // up to here the policy is met
  };
  [[nodiscard]] State state() const;

 private:
  mutable std::mutex mutex_;
  AckTracker tracker_;
  std::function<std::uint64_t()> steady_us_;
  std::function<void(const std::string&)> note_;
  MysqlSource* source_ = nullptr;
  std::uint64_t answered_ = 0;
};

}  // namespace binferry::cli
