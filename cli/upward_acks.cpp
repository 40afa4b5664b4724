#include "cli/upward_acks.hpp"

#include <optional>
#include <utility>

namespace binferry::cli {

const BinlogPosition& position_of(const FollowerStatus& follower, ship::AckLevel level) {
  switch (level) {
    case ship::AckLevel::received: return follower.received;
    case ship::AckLevel::logged: return follower.logged;
    case ship::AckLevel::applied: break;
  }
  return follower.applied;
}

void UpwardAcks::connect(MysqlSource* source) {
  const std::lock_guard guard(mutex_);
  source_ = source;
  tracker_.forget_asked();
}

void UpwardAcks::ask(BinlogPosition position) {
  const std::lock_guard guard(mutex_);
  tracker_.ask(std::move(position), steady_us_());
}

void UpwardAcks::settle(const BinlogPosition& own, const std::vector<BinlogPosition>& followers) {
  const std::lock_guard guard(mutex_);
  const bool was_degraded = tracker_.is_degraded();
  std::optional<BinlogPosition> met = tracker_.settle(own, followers, steady_us_());
  if (tracker_.is_degraded() != was_degraded) {
    note_(was_degraded ? "enough followers have caught up: commits wait for them again"
                       : "followers were too slow (--ack-timeout): the hub acknowledges by itself until enough have "
                         "caught up");
  }
  if (!met || source_ == nullptr) return;
  source_->acknowledge(std::move(*met));
  ++answered_;
}

UpwardAcks::State UpwardAcks::state() const {
  const std::lock_guard guard(mutex_);
  return {tracker_.is_degraded(), tracker_.times_degraded(), tracker_.waiting(), answered_, tracker_.met()};
}

}  // namespace binferry::cli
