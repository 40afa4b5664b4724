#include "binlog/base/backoff.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

TEST(Backoff, GrowsToItsLimitAndNeverPassesIt) {
  const Backoff backoff{.first_ms = 100, .longest_ms = 10'000};
  for (const std::uint32_t random : {0U, 1U, 12'345U, 0xFFFF'FFFFU}) {
    std::uint32_t most = 100;
    for (std::uint32_t attempt = 0; attempt < 100; ++attempt) {
      const std::uint32_t pause = pause_ms(backoff, attempt, random);
      EXPECT_GE(pause, most / 2) << attempt;
      EXPECT_LE(pause, most) << attempt;
      most = std::min(most * 2, 10'000U);
    }
  }
  EXPECT_NE(pause_ms(backoff, 3, 1), pause_ms(backoff, 3, 2)) << "two that lost the same server keep apart";
}

}  // namespace
}  // namespace binferry
