// How long to wait before something is tried again: twice as long each time, up to a limit, and never exactly as long
// as somebody else who lost the same server.
#pragma once

#include <algorithm>
#include <cstdint>

namespace binferry {

struct Backoff {
  std::uint32_t first_ms = 100;
  std::uint32_t longest_ms = 10'000;
};

// Milliseconds, between half of the pause and all of it. `attempt` counts from 0; `random` is any number.
inline std::uint32_t pause_ms(const Backoff& backoff, std::uint32_t attempt, std::uint32_t random) {
  const std::uint64_t grown = std::uint64_t{backoff.first_ms} << std::min<std::uint32_t>(attempt, 16);
  const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(grown, backoff.longest_ms));
  return most / 2 + random % (most / 2 + 1);
}

}  // namespace binferry
