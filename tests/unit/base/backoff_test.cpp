#include "binlog/base/backoff.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace binferry {
namespace {

TEST(Backoff, PausesDoubleUpToTheLongestAndBeginAnewAfterAReset) {
  std::uint32_t random = 0;
  Backoff backoff(100, 1000, [&] { return random; });
  std::vector<std::uint32_t> pauses;
  for (int i = 0; i < 6; ++i) pauses.push_back(backoff.next_ms());
  EXPECT_EQ(pauses, (std::vector<std::uint32_t>{50, 100, 200, 400, 500, 500}));
  backoff.reset();
  EXPECT_EQ(backoff.next_ms(), 50U);
}

TEST(Backoff, ATroubleIsNewsUntilItIsKnownAndAgainAfterAReset) {
  Backoff backoff(100, 1000, [] { return 0U; });
  EXPECT_TRUE(backoff.is_news("refused"));
  EXPECT_FALSE(backoff.is_news("refused"));
  EXPECT_TRUE(backoff.is_news("purged"));
  EXPECT_TRUE(backoff.is_news("refused")) << "it came back";
  backoff.reset();
  EXPECT_TRUE(backoff.is_news("refused"));
}

TEST(Backoff, JitterStaysBetweenHalfAndAllOfAPause) {
  std::uint32_t random = 0;
  Backoff backoff(100, 100, [&] { return random; });
  bool was_half = false;
  bool was_all = false;
  for (random = 0; random < 1000; ++random) {
    const std::uint32_t pause = backoff.next_ms();
    ASSERT_GE(pause, 50U);
    ASSERT_LE(pause, 100U);
    was_half |= pause == 50;
    was_all |= pause == 100;
  }
  EXPECT_TRUE(was_half && was_all);
}

TEST(Backoff, NeverOverflowsHoweverLongAPeerStaysAway) {
  Backoff backoff(1, 0xFFFFFFFF, [] { return 0xFFFFFFFFU; });
  for (int i = 0; i < 100; ++i) EXPECT_LE(backoff.next_ms(), 0x10000U);
}

}  // namespace
}  // namespace binferry
