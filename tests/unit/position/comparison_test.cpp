#include "position/comparison.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

constexpr const char* kServer = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

AnyGtidSet gtids(const std::string& text) {
  return *AnyGtidSet::parse(text);
}
AnyGtidSet mysql(const std::string& intervals) {
  return gtids(std::string(kServer) + ":" + intervals);
}

Standpoint at(const std::string& position, AnyGtidSet set = {}, std::uint32_t server_id = 80) {
  Standpoint point{.gtids = std::move(set)};
  if (!position.empty()) {
    point.source.server_id = server_id;
    point.source.version = "8.0.40";
    point.position = *BinlogPosition::parse(position);
  }
  return point;
}

TEST(Comparison, SaysByWhichTransactionsOneIsAhead) {
  const auto result = compare(at("b.000002:500", mysql("1-20")), at("b.000001:900", mysql("1-12:15")));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->relation, GtidRelation::ahead);
  EXPECT_EQ(result->by, Comparison::By::gtids);
  EXPECT_EQ(result->only_left, mysql("13-14:16-20"));
  EXPECT_EQ(result->transactions_left, 7U);
  EXPECT_TRUE(result->only_right.empty());
  EXPECT_EQ(result->transactions_right, 0U);
}

TEST(Comparison, HasDivergedWhereEachHasSomethingTheOtherLacks) {
  const auto result = compare(at("", mysql("1-5:9")), at("", mysql("1-6")));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->relation, GtidRelation::diverged);
  EXPECT_EQ(result->only_left, mysql("9"));
  EXPECT_EQ(result->only_right, mysql("6"));
}

TEST(Comparison, CountsMariadbDomains) {
  const auto result = compare(at("", gtids("0-1-100,5-2-7")), at("", gtids("0-1-130,5-2-7")));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->relation, GtidRelation::behind);
  EXPECT_EQ(result->only_right, gtids("0-1-130"));
  EXPECT_EQ(result->transactions_right, 30U);
}

TEST(Comparison, GoesByPositionWithoutGtids) {
  const auto same_file = compare(at("b.000002:500"), at("b.000002:900"));
  ASSERT_TRUE(same_file);
  EXPECT_EQ(same_file->relation, GtidRelation::behind);
  EXPECT_EQ(same_file->by, Comparison::By::position);
  EXPECT_EQ(same_file->bytes, 400U);
  const auto files = compare(at("b.1000000:4"), at("b.999999:900"));
  ASSERT_TRUE(files);
  EXPECT_EQ(files->relation, GtidRelation::ahead);
  EXPECT_FALSE(files->bytes);
}

TEST(Comparison, FindsNothingMissingBetweenTwoEndsOfOneLog) {
  Standpoint log = at("b.000001:900");
  log.until = {"b.000002", 157};
  for (const char* place : {"b.000001:900", "b.000002:4", "b.000002:157"}) {
    EXPECT_EQ(compare(at(place), log)->relation, GtidRelation::equal) << place;
    EXPECT_EQ(compare(log, at(place))->relation, GtidRelation::equal) << place;
  }
  EXPECT_EQ(compare(at("b.000001:899"), log)->relation, GtidRelation::behind);
  EXPECT_EQ(compare(log, at("b.000001:899"))->relation, GtidRelation::ahead);
  EXPECT_EQ(compare(at("b.000002:158"), log)->relation, GtidRelation::ahead);
}

TEST(Comparison, PutsANewReplicaBehindEverything) {
  EXPECT_EQ(compare(at(""), at("b.000001:900"))->relation, GtidRelation::behind);
  EXPECT_EQ(compare(at("b.000001:900"), at(""))->relation, GtidRelation::ahead);
  EXPECT_EQ(compare(at(""), at("b.000001:900", mysql("1-3")))->relation, GtidRelation::behind);
  EXPECT_EQ(compare(at(""), at(""))->relation, GtidRelation::equal);
}

TEST(Comparison, RefusesPositionsOfTwoServersAndPositionsBesideGtids) {
  EXPECT_EQ(compare(at("b.000001:4", {}, 80), at("b.000001:4", {}, 81)).error().code, Errc::wrong_source);
  EXPECT_EQ(compare(at("b.000001:4"), at("other.000001:4")).error().code, Errc::wrong_source);
  EXPECT_EQ(compare(at("b.000001:4"), at("", mysql("1-3"))).error().code, Errc::wrong_source);
}

TEST(Goal, IsReachedAtThePositionAndBeyond) {
  const Goal goal{.position = BinlogPosition{"b.000002", 500}, .gtids = {}};
  EXPECT_FALSE(*has_reached(at("b.000002:499"), goal));
  EXPECT_TRUE(*has_reached(at("b.000002:500"), goal));
  EXPECT_TRUE(*has_reached(at("b.000003:4"), goal));
  EXPECT_FALSE(*has_reached(at(""), goal));  // it has read nothing yet
  EXPECT_EQ(has_reached(at("other.000002:500"), goal).error().code, Errc::wrong_source);
}

TEST(Goal, NeedsAllOfItsGtids) {
  const Goal goal{.position = {}, .gtids = mysql("1-10")};
  EXPECT_FALSE(*has_reached(at("b.000002:499", mysql("1-9:11")), goal));
  EXPECT_TRUE(*has_reached(at("b.000002:499", mysql("1-11")), goal));
  EXPECT_FALSE(*has_reached(at(""), goal));
  EXPECT_EQ(has_reached(at("b.000002:499", gtids("0-1-5")), goal).error().code, Errc::wrong_source);
}

TEST(Lag, GrowsWhileNothingArrives) {
  EXPECT_EQ(lag_us(1'000, 0, 5'000), 4'000U);
  EXPECT_EQ(lag_us(1'000, 0, 9'000), 8'000U);
  EXPECT_EQ(lag_us(1'000, 8'500, 9'000), 500U);  // the source had nothing newer then
  EXPECT_EQ(lag_us(9'000, 0, 5'000), 0U);        // the source's clock is ahead
  EXPECT_FALSE(lag_us(0, 0, 5'000));
}

}  // namespace
}  // namespace binferry
