#include "position/ack_tracker.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;

BinlogPosition at(std::uint64_t offset) {
  return {"binlog.000001", offset};
}

std::optional<BinlogPosition> some(std::uint64_t offset) {
  return at(offset);
}

AckPolicy any(std::size_t count) {
  return {AckPolicy::Kind::any, count};
}

TEST(AckTracker, AnswersWhatIsAskedOnceThePolicyIsMetThere) {
  AckTracker acks(any(2), 0);
  acks.ask(at(100), 0);
  acks.ask(at(200), 1);
  EXPECT_EQ(acks.settle(at(200), {at(100)}, 2), std::nullopt);
  EXPECT_EQ(acks.settle(at(200), {at(150), at(99)}, 3), std::nullopt);
  EXPECT_EQ(acks.settle(at(200), {at(150), at(100)}, 4), some(100));
  EXPECT_EQ(acks.settle(at(200), {at(150), at(100)}, 5), std::nullopt) << "answered once";
  EXPECT_EQ(acks.waiting(), 1U);
  EXPECT_EQ(acks.settle(at(200), {at(300), at(200)}, 6), some(200));
  EXPECT_EQ(acks.waiting(), 0U);
}

TEST(AckTracker, AnswersNothingThatTheHubItselfHasNotLogged) {
  AckTracker acks(any(1), kSecond);
  acks.ask(at(200), 0);
  EXPECT_EQ(acks.settle(at(100), {at(200)}, 0), std::nullopt);
  EXPECT_EQ(acks.settle(at(100), {at(200)}, 5 * kSecond), std::nullopt) << "degraded, too";
  EXPECT_EQ(acks.settle(at(200), {at(200)}, 6 * kSecond), some(200));
}

TEST(AckTracker, WaitsForEverWithoutATimeout) {
  AckTracker acks(any(1), 0);
  acks.ask(at(100), 0);
  EXPECT_EQ(acks.settle(at(100), {}, 1'000'000 * kSecond), std::nullopt);
  EXPECT_FALSE(acks.is_degraded());
}

TEST(AckTracker, DegradesWhenTheOldestQuestionIsAsOldAsTheTimeoutAndAnswersByItsOwnLog) {
  AckTracker acks(any(2), 10 * kSecond);
  acks.ask(at(100), kSecond);
  acks.ask(at(200), 8 * kSecond);
  EXPECT_EQ(acks.settle(at(200), {at(200)}, 11 * kSecond - 1), std::nullopt);
  EXPECT_FALSE(acks.is_degraded());
  EXPECT_EQ(acks.settle(at(200), {at(200)}, 11 * kSecond), some(200));
  EXPECT_TRUE(acks.is_degraded());
  EXPECT_EQ(acks.times_degraded(), 1U);
  acks.ask(at(300), 12 * kSecond);
  EXPECT_EQ(acks.settle(at(300), {}, 12 * kSecond), some(300)) << "nobody is waited for any more";
  EXPECT_EQ(acks.times_degraded(), 1U);
}

TEST(AckTracker, IsRestoredWhenEnoughHaveCaughtUp) {
  AckTracker acks(any(2), 10 * kSecond);
  acks.ask(at(100), 0);
  ASSERT_TRUE(acks.settle(at(100), {at(100)}, 10 * kSecond));
  acks.ask(at(200), 20 * kSecond);
  ASSERT_TRUE(acks.settle(at(200), {at(200)}, 20 * kSecond));
  // It comes back long after: what was the newest when it was lost is reached, what is the newest now is not.
  (void)acks.settle(at(200), {at(200), at(150)}, 100 * kSecond);
  EXPECT_TRUE(acks.is_degraded());
  (void)acks.settle(at(200), {at(200), at(199)}, 101 * kSecond);
  EXPECT_TRUE(acks.is_degraded());
  (void)acks.settle(at(200), {at(200), at(200)}, 102 * kSecond);
  EXPECT_FALSE(acks.is_degraded());
  // From here on it waits again.
  acks.ask(at(300), 103 * kSecond);
  EXPECT_EQ(acks.settle(at(300), {at(300), at(200)}, 103 * kSecond), std::nullopt);
}

TEST(AckTracker, IsRestoredUnderLoadThoughSomethingNewerIsAlwaysAsked) {
  AckTracker acks(any(1), 10 * kSecond);
  acks.ask(at(100), 0);
  ASSERT_TRUE(acks.settle(at(100), {}, 10 * kSecond));
  std::uint64_t now = 50 * kSecond;
  for (std::uint64_t offset = 1000; acks.is_degraded(); offset += 100, now += kSecond) {
    ASSERT_LT(offset, 5000U);
    acks.ask(at(offset), now);
    (void)acks.settle(at(offset), {at(offset - 100)}, now);  // always one behind
  }
}

TEST(AckTracker, StaysDegradedWhileFollowersFallBehindFurther) {
  AckTracker acks(any(1), 2 * kSecond);
  acks.ask(at(100), 0);
  ASSERT_TRUE(acks.settle(at(100), {}, 2 * kSecond));
  std::uint64_t now = 3 * kSecond;
  for (std::uint64_t i = 1; i < 100; ++i, now += kSecond) {
    acks.ask(at(100 + 100 * i), now);
    (void)acks.settle(at(100 + 100 * i), {at(100 + 20 * i)}, now);
    EXPECT_TRUE(acks.is_degraded()) << i;
  }
}

TEST(AckTracker, ANewConnectionOfTheSourceForgetsWhatTheOldOneAsked) {
  AckTracker acks(any(1), 0);
  acks.ask(at(100), 0);
  acks.forget_asked();
  EXPECT_EQ(acks.settle(at(100), {at(100)}, 1), std::nullopt);
}

}  // namespace
}  // namespace binferry
