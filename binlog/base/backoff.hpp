// Backoff: how long to wait before the next attempt at something that a network can break.
//
// Pauses double up to a longest one. Each is between half of that and all of it, so that many who lost the same peer do
// not come back in step. rest_in_slices() waits for it, by a clock that the caller gives. What keeps failing for one
// reason is told once, and told again when the reason is another.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace binferry {

class Backoff {
 public:
  // `random` gives any number. Requires: 0 < first_ms ≤ longest_ms.
  Backoff(std::uint32_t first_ms, std::uint32_t longest_ms, std::function<std::uint32_t()> random)
      : first_ms_(first_ms), longest_ms_(longest_ms), random_(std::move(random)) {}

  // An attempt got somewhere: the next pause is a short one.
  void reset() {
    failures_ = 0;
    told_.clear();
  }
  // Whether `trouble` is another than the last one since the last reset().
  [[nodiscard]] bool is_news(std::string_view trouble) {
    if (trouble == told_) return false;
    told_ = trouble;
    return true;
  }
  // Milliseconds until the next attempt.
  std::uint32_t next_ms() {
    const std::uint64_t grown = std::uint64_t{first_ms_} << std::min<std::uint32_t>(failures_++, 16);
    const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(grown, longest_ms_));
    return most / 2 + random_() % (most - most / 2 + 1);
  }

 private:
  std::uint32_t first_ms_;
  std::uint32_t longest_ms_;
  std::function<std::uint32_t()> random_;
  std::uint32_t failures_ = 0;  // since the last reset()
  std::string told_;
};

// Of a pause: how long a wish to stop may go unseen.
inline constexpr std::uint32_t kPauseSliceMs = 100;

// Waits for `ms` by `pause(ms)`, a slice at a time, or until `should_stop()`.
template <class ShouldStop, class Pause>
void rest_in_slices(std::uint32_t ms, const ShouldStop& should_stop, const Pause& pause) {
  while (ms != 0 && !should_stop()) {
    const std::uint32_t slice = std::min(ms, kPauseSliceMs);
    pause(slice);
    ms -= slice;
  }
}

}  // namespace binferry
