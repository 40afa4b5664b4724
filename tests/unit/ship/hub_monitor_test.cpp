#include "binlog/ship/hub_monitor.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

BinlogPosition at(std::uint64_t offset) {
  return {"binlog.000001", offset};
}

TEST(PublicationTimesTest, TellsWhenAPlaceWasThereAndWhenTheNextCame) {
  PublicationTimes times;
  times.add(at(100), 1000);
  times.add(at(200), 2000);
  times.add({"binlog.000002", 50}, 3000);
  EXPECT_EQ(times.of(at(100)), 1000U);
  EXPECT_EQ(times.of(at(150)), 2000U);
  EXPECT_EQ(times.of_next(at(100)), 2000U);
  EXPECT_EQ(times.of_next(at(200)), 3000U);
  EXPECT_EQ(times.of({"binlog.000002", 51}), std::nullopt);
  EXPECT_EQ(times.of_next({"binlog.000002", 50}), std::nullopt);
}

TEST(PublicationTimesTest, GetsCoarserAndNeverTooEarlyWhenThereIsMuch) {
  PublicationTimes times(64);
  for (std::uint64_t i = 1; i <= 100'000; ++i) times.add(at(i), i * 10);
  EXPECT_EQ(times.of(at(100'000)), 1'000'000U);
  for (const std::uint64_t place : {1U, 777U, 50'000U, 99'990U}) {
    EXPECT_GE(times.of(at(place)), place * 10) << place;
  }
}

TEST(HubMonitorTest, LagIsHowLongTheNextHasBeenThere) {
  std::uint64_t now = 1'000'000;
  HubMonitor monitor([&now] { return now; });
  EXPECT_EQ(monitor.lag_us({}), 0U);
  monitor.on_published(at(100));
  now += 5'000'000;
  monitor.on_published(at(200));
  now += 1'000'000;
  EXPECT_EQ(monitor.lag_us({}), 6'000'000U);
  EXPECT_EQ(monitor.lag_us(at(100)), 1'000'000U);
  EXPECT_EQ(monitor.lag_us(at(200)), 0U);
}

TEST(HubMonitorTest, CountsAcksByTheTimeTheyTook) {
  std::uint64_t now = 0;
  HubMonitor monitor([&now] { return now; });
  monitor.on_published(at(100));
  now = 3000;
  monitor.on_ack(ship::AckLevel::applied, at(100));
  now = 700'000;
  monitor.on_ack(ship::AckLevel::applied, at(50));
  monitor.on_ack(ship::AckLevel::applied, at(101));  // nobody knows when that came
  const LatencyHistogram applied = monitor.figures().acks[2];
  EXPECT_EQ(applied.count, 2U);
  EXPECT_EQ(applied.sum_us, 703'000U);
  EXPECT_EQ(applied.at_most[1], 0U);  // 2 ms
  EXPECT_EQ(applied.at_most[2], 1U);  // 5 ms
  EXPECT_EQ(applied.at_most.back(), 2U);
  EXPECT_EQ(monitor.figures().acks[0].count, 0U);
}

TEST(HubMonitorTest, KeepsABoundedHistoryOfEachFollower) {
  std::uint64_t now = 1;
  HubMonitor monitor([&now] { return now; });
  monitor.on_published(at(100));
  FollowerStatus one;
  one.name = "one";
  for (int i = 0; i < 1000; ++i) {
    now += HubMonitor::kSampleUs / 2;
    monitor.sample({one});
  }
  const std::vector<std::uint32_t> lags = monitor.history("one");
  ASSERT_EQ(lags.size(), HubMonitor::kHistory);
  EXPECT_EQ(lags.back() - lags.front(), (HubMonitor::kHistory - 1) * HubMonitor::kSampleUs / 1000);
  EXPECT_TRUE(monitor.history("two").empty());
}

}  // namespace
}  // namespace binferry
