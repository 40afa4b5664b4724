#include "binlog/coordinates/gno_intervals.hpp"

#include "binlog/coordinates/gtid.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace binferry {
namespace {

std::vector<GnoInterval> of(const GnoIntervals& set) {
  return {set.view().begin(), set.view().end()};
}

TEST(GnoIntervals, TheNextNumberExtendsTheLastInterval) {
  GnoIntervals set;
  for (std::int64_t gno = 1; gno <= 100'000; ++gno) set.add({gno, gno + 1});
  EXPECT_EQ(of(set), (std::vector<GnoInterval>{{1, 100'001}}));
}

TEST(GnoIntervals, AnIntervalThatFillsAGapJoinsItsNeighbours) {
  GnoIntervals set;
  set.add({1, 3});
  set.add({5, 7});
  set.add({9, 11});
  set.add({3, 5});
  EXPECT_EQ(of(set), (std::vector<GnoInterval>{{1, 7}, {9, 11}}));
  set.add({2, 20});
  EXPECT_EQ(of(set), (std::vector<GnoInterval>{{1, 20}}));
}

TEST(GnoIntervals, WhatIsThereAlreadyChangesNothing) {
  GnoIntervals set;
  set.add({5, 10});
  set.add({20, 30});
  for (const GnoInterval again : {GnoInterval{5, 10}, {6, 7}, {5, 6}, {9, 10}, {20, 21}, {29, 30}}) set.add(again);
  EXPECT_EQ(of(set), (std::vector<GnoInterval>{{5, 10}, {20, 30}}));
}

TEST(GnoIntervals, AnIntervalBeforeOrBetweenOthersStandsAlone) {
  GnoIntervals set;
  set.add({20, 21});
  set.add({1, 2});
  set.add({10, 11});
  EXPECT_EQ(of(set), (std::vector<GnoInterval>{{1, 2}, {10, 11}, {20, 21}}));
}

TEST(GnoIntervals, TheWholeRangeIsHeldAndCountedWithoutOverflow) {
  GnoIntervals set;
  set.add({kMaxGno, kMaxGno + 1});
  EXPECT_TRUE(set.contains(kMaxGno));
  EXPECT_FALSE(set.contains(kMaxGno - 1));
  set.add({1, kMaxGno});
  EXPECT_EQ(of(set), (std::vector<GnoInterval>{{1, kMaxGno + 1}}));
  EXPECT_EQ(set.count(), static_cast<std::uint64_t>(kMaxGno));

  GnoIntervals middle;
  middle.add({1000, 2000});
  set.subtract(middle);
  EXPECT_EQ(of(set), (std::vector<GnoInterval>{{1, 1000}, {2000, kMaxGno + 1}}));
}

TEST(GnoIntervals, OneHoleMayCutManyIntervalsAndManyHolesOne) {
  const auto many = GnoIntervals::from_unordered({{1, 5}, {10, 15}, {20, 25}});
  const auto one = GnoIntervals::from_unordered({{3, 22}});
  GnoIntervals left = many;
  left.subtract(one);
  EXPECT_EQ(of(left), (std::vector<GnoInterval>{{1, 3}, {22, 25}}));
  GnoIntervals right = one;
  right.subtract(many);
  EXPECT_EQ(of(right), (std::vector<GnoInterval>{{5, 10}, {15, 20}}));
}

// Built one by one from the back, as many intervals as a hostile set may hold would take minutes.
TEST(GnoIntervals, AnyOrderCostsNoMoreThanASort) {
  std::vector<GnoInterval> backwards;
  for (std::int64_t i = 300'000; i > 0; --i) backwards.push_back({2 * i, 2 * i + 1});
  const auto set = GnoIntervals::from_unordered(std::move(backwards));
  EXPECT_EQ(set.view().size(), 300'000U);
  EXPECT_EQ(set.view().front(), (GnoInterval{2, 3}));
}

}  // namespace
}  // namespace binferry
