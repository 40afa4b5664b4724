#include "position/ack_policy.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

BinlogPosition at(std::uint64_t offset) {
  return {"binlog.000009", offset};
}

TEST(AckPolicy, IsReadAsItIsWritten) {
  for (const char* text : {"async", "any:1", "any:12", "all"}) {
    const Result<AckPolicy> policy = AckPolicy::parse(text);
    ASSERT_TRUE(policy) << text;
    EXPECT_EQ(policy->text(), text);
  }
  for (const char* text : {"", "any", "any:", "any:0", "any:-1", "any:2x", "ALL", "any:99999999999999999999"}) {
    const Result<AckPolicy> policy = AckPolicy::parse(text);
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().code, Errc::usage);
  }
}

TEST(AckPolicy, AsyncIsMetByTheHubItself) {
  EXPECT_EQ(met_position({}, at(700), {}), at(700));
  EXPECT_EQ(met_position({}, at(700), {at(100)}), at(700));
}

TEST(AckPolicy, AnyIsMetWhereSoManyFollowersAre) {
  const AckPolicy any_two{AckPolicy::Kind::any, 2};
  EXPECT_EQ(met_position(any_two, at(900), {at(100), at(800), at(500)}), at(500));
  EXPECT_EQ(met_position(any_two, at(900), {at(100), BinlogPosition{}, at(500)}), at(100));
  EXPECT_EQ(met_position(any_two, at(900), {at(800)}), BinlogPosition{});
  EXPECT_EQ(met_position(any_two, at(900), {at(800), BinlogPosition{}}), BinlogPosition{});
  // binlog.1000000 comes after binlog.999999.
  EXPECT_EQ(met_position(any_two, {"binlog.1000000", 9}, {{"binlog.999999", 50}, {"binlog.1000000", 4}}),
            (BinlogPosition{"binlog.999999", 50}));
}

TEST(AckPolicy, AllIsMetByTheSlowestAndNeverByNobody) {
  const AckPolicy all{AckPolicy::Kind::all, 0};
  EXPECT_EQ(met_position(all, at(900), {at(300), at(800)}), at(300));
  EXPECT_EQ(met_position(all, at(900), {}), BinlogPosition{});
}

TEST(AckPolicy, IsNeverMetBeyondWhatTheHubHas) {
  EXPECT_EQ(met_position({AckPolicy::Kind::any, 1}, at(400), {at(900)}), at(400));
}

}  // namespace
}  // namespace binferry
