// Backoff: how long to wait before the next attempt at something that a network can break.
//
// Pauses double up to a longest one. Each is between half of that and all of it, so that many who lost the same peer do
// not come back in step. Pure: whoever asks does the waiting.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

namespace binferry {

class Backoff {
 public:
  // `random` gives any number. Requires: 0 < first_ms ≤ longest_ms.
  Backoff(std::uint32_t first_ms, std::uint32_t longest_ms, std::function<std::uint32_t()> random)
      : first_ms_(first_ms), longest_ms_(longest_ms), random_(std::move(random)) {}

  // An attempt got somewhere: the next pause is a short one.
  void reset() { failures_ = 0; }
  // Milliseconds until the next attempt.
  std::uint32_t next_ms() {
    const std::uint64_t grown = std::uint64_t{first_ms_} << std::min<std::uint32_t>(failures_++, 16);
    const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(grown, longest_ms_));
    return most / 2 + random_() % (most - most / 2 + 1);
  }
  // Attempts that failed since the last reset().
  [[nodiscard]] std::uint32_t failures() const { return failures_; }

 private:
  std::uint32_t first_ms_;
  std::uint32_t longest_ms_;
  std::function<std::uint32_t()> random_;
  std::uint32_t failures_ = 0;
};

}  // namespace binferry
