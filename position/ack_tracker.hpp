// AckTracker: what a hub may acknowledge to its source, and when it stops waiting for its followers.
//
// The source asks for single positions; each is answered when the policy is met there. One that waits longer than the
// timeout degrades the hub to async: it answers by its own log alone, until the followers have caught up again, which
// is when they come to the newest position asked in less than half the timeout. Pure: whoever asks brings the time, the
// positions, and a lock.
#pragma once

#include "binlog/coordinates/binlog_position.hpp"
#include "position/ack_policy.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace binferry {

class AckTracker {
 public:
  // `timeout_us` 0: wait for ever.
  AckTracker(AckPolicy policy, std::uint64_t timeout_us) : policy_(policy), timeout_us_(timeout_us) {}

  // The source waits for this position, which is behind those it asked for before.
  void ask(BinlogPosition position, std::uint64_t now_us);
  // A new connection to the source asks anew; what the followers were late with stays so.
  void forget_asked() { asked_.clear(); }
  // How far everybody is, as for met_position(). Gives the position to acknowledge to the source, if there is one:
  // everything that was asked up to it is then answered.
  std::optional<BinlogPosition> settle(const BinlogPosition& own, const std::vector<BinlogPosition>& followers,
                                       std::uint64_t now_us);

  [[nodiscard]] const AckPolicy& policy() const { return policy_; }
  [[nodiscard]] std::uint64_t timeout_us() const { return timeout_us_; }
  // The hub has stopped waiting for its followers.
  [[nodiscard]] bool is_degraded() const { return catch_up_.has_value(); }
  // How often it has.
  [[nodiscard]] std::uint64_t times_degraded() const { return times_degraded_; }
  // Positions that were asked and not answered yet.
  [[nodiscard]] std::size_t waiting() const { return asked_.size(); }
  // Up to where the policy was met when it was last looked at; an empty file name: nowhere.
  [[nodiscard]] const BinlogPosition& met() const { return met_; }

 private:
  struct Asked {
    BinlogPosition position;
    std::uint64_t at_us = 0;
  };

  void judge(std::uint64_t now_us);

  AckPolicy policy_;
  std::uint64_t timeout_us_;
  std::deque<Asked> asked_;        // oldest first
  std::optional<Asked> newest_;    // that was ever asked
  std::optional<Asked> catch_up_;  // degraded: what the followers have to reach, since when
  BinlogPosition met_;
  std::uint64_t times_degraded_ = 0;
};

}  // namespace binferry
