#include "binlog/coordinates/mariadb_gtid_set.hpp"

#include <gtest/gtest.h>

#include <string>

namespace binferry {
namespace {

MariadbGtidSet position(std::string_view text) {
  auto set = MariadbGtidSet::parse(text);
  EXPECT_TRUE(set) << text << ": " << set.error().what;
  return set.value_or(MariadbGtidSet());
}

TEST(MariadbGtidSet, TextIsOrderedByDomainNumber) {
  EXPECT_EQ(position("0-1-100").text(), "0-1-100");
  EXPECT_EQ(position(" 10-1-5 ,\n5-71-30,0-1-100 ").text(), "0-1-100,5-71-30,10-1-5");
  EXPECT_EQ(position("").text(), "");
  EXPECT_TRUE(position(" \n").empty());
}

TEST(MariadbGtidSet, MalformedTextsAreRefusedWithTheirColumn) {
  for (const std::string_view text : {",", "0-1-100,", "0-1-100;", "0-1", "x", "0-1-100 5-1-1", "0-1-100,,5-1-1"}) {
    const auto set = MariadbGtidSet::parse(text);
    ASSERT_FALSE(set) << text;
    EXPECT_EQ(set.error().code, Errc::usage);
  }
  EXPECT_EQ(MariadbGtidSet::parse("0-1-100;").error().what,
            "MariaDB GTID position, column 8: expected ',' or the end, found ';'");
  EXPECT_EQ(MariadbGtidSet::parse("0-1").error().what,
            "MariaDB GTID position, column 4: expected '-' (a MariaDB GTID is domain-server-sequence, like 0-1-100), "
            "found the end");
}

TEST(MariadbGtidSet, ADomainStandsOnce) {
  EXPECT_EQ(MariadbGtidSet::parse("0-1-100, 0-2-99").error().what,
            "MariaDB GTID position, column 10: expected another domain than 0, which has a GTID already, found '0'");
}

TEST(MariadbGtidSet, TheLastGtidOfADomainReplacesTheOneBefore) {
  MariadbGtidSet set;
  set.set({0, 1, 100});
  set.set({5, 71, 30});
  set.set({0, 2, 101});
  EXPECT_EQ(set.text(), "0-2-101,5-71-30");
  set.set({0, 1, 7});
  EXPECT_EQ(set.text(), "0-1-7,5-71-30") << "the log's order decides, not the number";
}

TEST(MariadbGtidSet, AGtidIsContainedWhereItsDomainHasReachedIt) {
  const auto set = position("0-2-100,5-71-30");
  EXPECT_TRUE(set.contains(MariadbGtid{0, 2, 100}));
  EXPECT_TRUE(set.contains(MariadbGtid{0, 1, 99}));
  EXPECT_FALSE(set.contains(MariadbGtid{0, 2, 101}));
  EXPECT_FALSE(set.contains(MariadbGtid{0, 1, 100})) << "the same number from another server is another transaction";
  EXPECT_FALSE(set.contains(MariadbGtid{1, 2, 1}));
}

TEST(MariadbGtidSet, APositionIsContainedWhereEveryDomainHasReachedIt) {
  EXPECT_TRUE(position("0-1-100,5-1-1").contains(position("0-1-99")));
  EXPECT_TRUE(position("0-1-100").contains(position("")));
  EXPECT_FALSE(position("0-1-100").contains(position("0-1-100,5-1-1")));
  EXPECT_FALSE(position("").contains(position("0-1-1")));
}

TEST(MariadbGtidSet, UnionIsTheNewerIntersectionTheOlderInEachDomain) {
  auto both = position("0-1-100,5-1-7,8-1-1");
  both.unite(position("0-2-90,5-2-9,9-1-4"));
  EXPECT_EQ(both.text(), "0-1-100,5-2-9,8-1-1,9-1-4");

  auto common = position("0-1-100,5-1-7,8-1-1");
  common.intersect(position("0-2-90,5-2-9,9-1-4"));
  EXPECT_EQ(common.text(), "0-2-90,5-1-7");
}

TEST(MariadbGtidSet, OfADivergedDomainNothingIsKnownToBeCommon) {
  auto common = position("0-1-100,5-1-7");
  common.intersect(position("0-2-100,5-1-7"));
  EXPECT_EQ(common.text(), "5-1-7");
}

TEST(MariadbGtidSet, SubtractingLeavesTheDomainsNotYetReached) {
  auto missing = position("0-1-100,5-1-7,8-1-1");
  missing.subtract(position("0-1-100,5-1-6"));
  EXPECT_EQ(missing.text(), "5-1-7,8-1-1");
  missing.subtract(MariadbGtidSet(missing));
  EXPECT_TRUE(missing.empty());
}

TEST(MariadbGtidSet, CountsAreSumsOfSequenceNumbersThatDoNotWrap) {
  EXPECT_EQ(position("").count(), 0U);
  EXPECT_EQ(position("0-1-100,5-1-7").count(), 107U);
  EXPECT_EQ(position("0-1-100,5-1-7").count_beyond(position("0-1-98,5-1-9,6-1-1")), 2U);
  EXPECT_EQ(position("0-1-18446744073709551615,1-1-1").count(), ~std::uint64_t{0});
}

}  // namespace
}  // namespace binferry
