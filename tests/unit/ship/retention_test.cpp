#include "binlog/ship/retention.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

constexpr std::uint64_t kNow = 1'000'000;

// Five files of 100 bytes; the oldest was written to 500 s ago, the newest 100 s ago.
const std::vector<StoredFile> kFiles = {{"binlog.999998", 100, kNow - 500},
                                        {"binlog.999999", 100, kNow - 400},
                                        {"binlog.1000000", 100, kNow - 300},
                                        {"binlog.1000001", 100, kNow - 200},
                                        {"binlog.1000002", 100, kNow - 100}};

std::size_t purged(const KeepPolicy& policy, const StoreNeeds& needs = {}) {
  return files_to_purge(policy, kFiles, needs, kNow);
}

KeepPolicy policy_of(std::string_view text) {
  const Result<KeepPolicy> policy = KeepPolicy::parse(text);
  EXPECT_TRUE(policy) << text;
  return policy.value_or(KeepPolicy{});
}

TEST(Retention, ReadsAPolicyOfTimesSizesAndNeed) {
  EXPECT_EQ(policy_of("1d,50GB,slowest-follower"), (KeepPolicy{86'400, 50'000'000'000, true}));
  EXPECT_EQ(policy_of("slowest-follower,2GiB"), (KeepPolicy{std::nullopt, std::uint64_t{2} << 30, true}));
  EXPECT_EQ(policy_of("90m"), (KeepPolicy{5400, std::nullopt, false}));
  for (const char* text : {"", "1", "d", "0d", "-1d", "1 d", "1d,", ",1d", "1d,2d", "1GB,1MB", "1dd", "all", "1d;1GB",
                           "slowest-follower,slowest-follower", "99999999999999999999s", "99999999999TB"}) {
    const Result<KeepPolicy> policy = KeepPolicy::parse(text);
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().code, Errc::usage) << text;
  }
}

TEST(Retention, KeepsEverythingWithoutAPolicy) {
  EXPECT_EQ(purged({}), 0U);
}

TEST(Retention, LetsFilesGoThatAreOlderThanTheAge) {
  EXPECT_EQ(purged({.age_s = 350}), 2U);
  EXPECT_EQ(purged({.age_s = 400}), 1U) << "as old as the age is not older";
  EXPECT_EQ(purged({.age_s = 1000}), 0U);
  EXPECT_EQ(purged({.age_s = 1}), 4U) << "never the newest";
}

TEST(Retention, LetsTheOldestGoWhileAllTogetherAreLarger) {
  EXPECT_EQ(purged({.bytes = 250}), 3U);
  EXPECT_EQ(purged({.bytes = 300}), 2U);
  EXPECT_EQ(purged({.bytes = 10'000}), 0U);
  EXPECT_EQ(purged({.bytes = 1}), 4U) << "never the newest";
  EXPECT_EQ(purged({.age_s = 350, .bytes = 250}), 3U) << "either of them is enough";
}

TEST(Retention, KeepsWhatTheSlowestFollowerNeedsInSpiteOfAgeAndSize) {
  const StoreNeeds needs{.followers = {"binlog.1000001", "binlog.999999"}};
  EXPECT_EQ(purged({.bytes = 250}, needs), 3U) << "it was not asked for";
  EXPECT_EQ(purged({.bytes = 250, .slowest_follower = true}, needs), 1U);
  EXPECT_EQ(purged({.age_s = 450, .slowest_follower = true}, needs), 1U);
}

TEST(Retention, LetsGoByNeedAloneWhatNoFollowerNeeds) {
  EXPECT_EQ(purged({.slowest_follower = true}, {.followers = {"binlog.1000001", "binlog.1000000"}}), 2U);
  EXPECT_EQ(purged({.slowest_follower = true}), 0U) << "nobody's need is known";
}

TEST(Retention, AlwaysKeepsWhatTheHubItselfNeeds) {
  EXPECT_EQ(purged({.bytes = 1}, {.own = {"binlog.1000000"}}), 2U);
  EXPECT_EQ(purged({.slowest_follower = true}, {.followers = {"binlog.1000002"}, .own = {"binlog.999998"}}), 0U);
}

}  // namespace
}  // namespace binferry
