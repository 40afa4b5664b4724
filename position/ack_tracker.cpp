#include "position/ack_tracker.hpp"

#include <utility>

namespace binferry {

void AckTracker::ask(BinlogPosition position, std::uint64_t now_us) {
  newest_ = Asked{position, now_us};
  asked_.push_back({std::move(position), now_us});
}

std::optional<BinlogPosition> AckTracker::settle(const BinlogPosition& own,
                                                 const std::vector<BinlogPosition>& followers, std::uint64_t now_us) {
  met_ = met_position(policy_, own, followers);
  judge(now_us);
  const BinlogPosition& safe = is_degraded() ? own : met_;
  std::optional<BinlogPosition> last;
  while (!asked_.empty() && asked_.front().position <= safe) {
    last = std::move(asked_.front().position);
    asked_.pop_front();
  }
  return last;
}

void AckTracker::judge(std::uint64_t now_us) {
  if (timeout_us_ == 0) return;
  if (!catch_up_) {
    const bool is_late = !asked_.empty() && asked_.front().position > met_ && now_us >= asked_.front().at_us &&
                         now_us - asked_.front().at_us >= timeout_us_;
    if (!is_late) return;
    catch_up_ = Asked{newest_->position, now_us};
    ++times_degraded_;
    return;
  }
  if (met_ < catch_up_->position) return;
  // Under load there is always something newer: it is enough to be quick.
  if (now_us - catch_up_->at_us < timeout_us_ / 2) {
    catch_up_.reset();
  } else {
    catch_up_ = Asked{newest_->position, now_us};
  }
}

}  // namespace binferry
