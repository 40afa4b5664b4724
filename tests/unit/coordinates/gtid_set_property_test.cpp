// Set algebra against std::set on small universes, where every overlap and touch happens often.
#include "binlog/coordinates/gtid_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <tuple>

namespace binferry {
namespace {

// BINFERRY_SEED repeats a run; every failure prints the seed.
std::uint64_t chosen_seed() {
  std::uint64_t seed = 0;
  if (const char* given = std::getenv("BINFERRY_SEED")) {
    const std::string_view text = given;
    if (std::from_chars(text.data(), text.data() + text.size(), seed).ec == std::errc()) return seed;
  }
  return std::random_device()();
}

// (origin, gno): what a set is, spelt out.
using Model = std::set<std::pair<int, std::int64_t>>;

constexpr int kOrigins = 5;
constexpr std::int64_t kLargest = 24;

GtidOrigin origin(int number) {
  static constexpr std::string_view kTags[] = {"", "", "a", "b_1", "a"};
  GtidOrigin result{{}, std::string(kTags[number])};
  result.uuid.bytes[0] = number < 2 ? static_cast<std::uint8_t>(number) : 1;
  if (number == 4) result.uuid.bytes[15] = 0xFF;
  return result;
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::int64_t number(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random_);
  }

  // The same random set in both forms, built from single GTIDs and intervals in any order.
  std::pair<GtidSet, Model> set() {
    GtidSet set;
    Model model;
    for (std::int64_t n = number(0, 12); n > 0; --n) {
      const int which = static_cast<int>(number(0, kOrigins - 1));
      const std::int64_t first = number(1, kLargest);
      const std::int64_t last = number(0, 1) == 0 ? first : number(first, std::min(first + 6, kLargest));
      const GtidOrigin from = origin(which);
      const Status added = first == last ? set.add(Gtid{from.uuid, from.tag, first}) : set.add(from, first, last);
      EXPECT_TRUE(added);
      for (std::int64_t gno = first; gno <= last; ++gno) model.emplace(which, gno);
    }
    return {std::move(set), std::move(model)};
  }

 private:
  std::mt19937_64 random_;
};

void expect_same(const GtidSet& set, const Model& model) {
  ASSERT_EQ(set.count(), model.size()) << set.text();
  EXPECT_EQ(set.empty(), model.empty());
  for (int which = 0; which < kOrigins; ++which) {
    const GtidOrigin from = origin(which);
    for (std::int64_t gno = 1; gno <= kLargest + 1; ++gno) {
      ASSERT_EQ(set.contains(Gtid{from.uuid, from.tag, gno}), model.contains({which, gno}))
          << which << ":" << gno << " in " << set.text();
    }
  }
  // Canonical: ascending, never touching, no origin empty.
  for (const auto& [from, intervals] : set.origins()) {
    ASSERT_FALSE(intervals.empty());
    std::int64_t free_from = 1;
    for (const GnoInterval& interval : intervals.view()) {
      ASSERT_GE(interval.start, free_from);
      ASSERT_LT(interval.start, interval.end);
      free_from = interval.end + 1;
    }
  }
}

template <class Algorithm>
Model combined(const Model& left, const Model& right, Algorithm algorithm) {
  Model out;
  algorithm(left, right, std::inserter(out, out.end()));
  return out;
}

TEST(GtidSetProperty, AlgebraAgreesWithPlainSets) {
  const std::uint64_t seed = chosen_seed();
  SCOPED_TRACE("BINFERRY_SEED=" + std::to_string(seed));
  RecordProperty("BINFERRY_SEED", std::to_string(seed));
  Generator generator(seed);
  for (int round = 0; round < 2000 && !HasFatalFailure(); ++round) {
    const auto [left, left_model] = generator.set();
    const auto [right, right_model] = generator.set();
    expect_same(left, left_model);

    GtidSet set = left;
    set.unite(right);
    expect_same(set, combined(left_model, right_model, std::ranges::set_union));
    EXPECT_TRUE(set.contains(left) && set.contains(right));

    set = left;
    set.subtract(right);
    expect_same(set, combined(left_model, right_model, std::ranges::set_difference));

    set = left;
    set.intersect(right);
    expect_same(set, combined(left_model, right_model, std::ranges::set_intersection));
    EXPECT_TRUE(left.contains(set) && right.contains(set));

    EXPECT_EQ(left.contains(right), std::ranges::includes(left_model, right_model));
    EXPECT_EQ(left == right, left_model == right_model);
  }
}

TEST(GtidSetProperty, TextAndBytesComeBackAsTheSameSet) {
  const std::uint64_t seed = chosen_seed();
  SCOPED_TRACE("BINFERRY_SEED=" + std::to_string(seed));
  RecordProperty("BINFERRY_SEED", std::to_string(seed));
  Generator generator(seed);
  for (int round = 0; round < 2000; ++round) {
    const GtidSet set = generator.set().first;
    ASSERT_EQ(GtidSet::parse(set.text()), set) << set.text();
    ASSERT_EQ(GtidSet::parse(set.text(",\n")), set) << set.text();
    const std::string encoded = set.encode();
    ASSERT_EQ(GtidSet::decode(bytes_of(encoded)), set) << set.text();
    ASSERT_EQ(encoded[7] != 0, set.has_tags());
  }
}

}  // namespace
}  // namespace binferry
