#include "binlog/coordinates/any_gtid_set.hpp"

#include <gtest/gtest.h>

#include <string>

namespace binferry {
namespace {

constexpr std::string_view kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

std::string with_uuid(std::string_view rest) {
  return std::string(kUuid) + std::string(rest);
}

AnyGtidSet set_of(std::string_view text) {
  auto set = AnyGtidSet::parse(text);
  EXPECT_TRUE(set) << text << ": " << set.error().what;
  return set.value_or(AnyGtidSet());
}

TEST(AnyGtidSet, TheKindShowsInTheText) {
  const AnyGtidSet mysql = set_of(" ," + with_uuid(":1-5"));
  EXPECT_NE(mysql.mysql(), nullptr);
  EXPECT_EQ(mysql.mariadb(), nullptr);
  EXPECT_EQ(mysql.text(), with_uuid(":1-5"));

  const AnyGtidSet mariadb = set_of(" 5-71-30,0-1-100");
  EXPECT_EQ(mariadb.mysql(), nullptr);
  EXPECT_NE(mariadb.mariadb(), nullptr);
  EXPECT_EQ(mariadb.text(), "0-1-100,5-71-30");

  // A UUID of digits only is still no MariaDB GTID.
  EXPECT_EQ(set_of("11111111-1111-1111-1111-111111111111:1").text(), "11111111-1111-1111-1111-111111111111:1");
  EXPECT_TRUE(set_of("11111111-1111-1111-1111-111111111111").empty());
}

TEST(AnyGtidSet, EmptyTextIsOfNeitherKind) {
  for (const std::string_view text : {"", " \n", ","}) {
    const AnyGtidSet set = set_of(text);
    EXPECT_TRUE(set.empty());
    EXPECT_EQ(set.mysql(), nullptr);
    EXPECT_EQ(set.mariadb(), nullptr);
    EXPECT_EQ(set.text(), "");
  }
}

TEST(AnyGtidSet, ErrorsAreThoseOfTheKindThatTheTextLooksLike) {
  EXPECT_NE(AnyGtidSet::parse("0-1-x").error().what.find("MariaDB GTID position, column 5"), std::string::npos);
  EXPECT_NE(AnyGtidSet::parse(with_uuid(":x-y")).error().what.find("GTID set, column 39"), std::string::npos);
  EXPECT_FALSE(AnyGtidSet::parse("nonsense"));
  EXPECT_FALSE(AnyGtidSet::parse(with_uuid(":1,0-1-100")));
  EXPECT_FALSE(AnyGtidSet::parse("0-1-100," + with_uuid(":1")));
}

TEST(AnyGtidSet, AddingTakesTheKindOfTheFirstGtid) {
  AnyGtidSet set;
  ASSERT_TRUE(set.add(AnyGtid{}));
  EXPECT_TRUE(set.empty());
  ASSERT_TRUE(set.add(MariadbGtid{0, 1, 100}));
  ASSERT_TRUE(set.add(MariadbGtid{0, 1, 101}));
  EXPECT_EQ(set.text(), "0-1-101");
  EXPECT_EQ(set.add(Gtid{*Uuid::parse(kUuid), {}, 1}).error().code, Errc::wrong_source);
  EXPECT_EQ(set.text(), "0-1-101");

  AnyGtidSet mysql;
  ASSERT_TRUE(mysql.add(Gtid{*Uuid::parse(kUuid), {}, 1}));
  EXPECT_EQ(mysql.add(MariadbGtid{0, 1, 1}).error().code, Errc::wrong_source);
  EXPECT_EQ(mysql.text(), with_uuid(":1"));
}

TEST(AnyGtidSet, AnEmptySetOfOneKindMayBecomeTheOther) {
  AnyGtidSet set{MariadbGtidSet()};
  ASSERT_TRUE(set.add(Gtid{*Uuid::parse(kUuid), {}, 1}));
  EXPECT_EQ(set.text(), with_uuid(":1"));
  AnyGtidSet other{GtidSet()};
  ASSERT_TRUE(other.unite(set_of("0-1-1")));
  EXPECT_EQ(other.text(), "0-1-1");
}

TEST(AnyGtidSet, EmptySetsOfAllKindsAreEqual) {
  EXPECT_EQ(AnyGtidSet(), AnyGtidSet{GtidSet()});
  EXPECT_EQ(AnyGtidSet{GtidSet()}, AnyGtidSet{MariadbGtidSet()});
  EXPECT_EQ(compare(AnyGtidSet{GtidSet()}, AnyGtidSet{MariadbGtidSet()}), GtidRelation::equal);
  EXPECT_NE(AnyGtidSet(), set_of("0-1-1"));
}

TEST(AnyGtidSet, OneHistoryIsEqualAheadBehindOrDiverged) {
  const auto relation = [](std::string_view left, std::string_view right) {
    return name_of(compare(set_of(left), set_of(right)));
  };
  EXPECT_EQ(relation(with_uuid(":1-5"), with_uuid(":1-3:4-5")), "equal");
  EXPECT_EQ(relation(with_uuid(":1-5"), with_uuid(":1-4")), "ahead");
  EXPECT_EQ(relation(with_uuid(":1-5"), with_uuid(":1-5:tag:1")), "behind");
  EXPECT_EQ(relation(with_uuid(":1-5"), with_uuid(":1-4:6")), "diverged");
  EXPECT_EQ(relation("0-1-5", "0-1-5"), "equal");
  EXPECT_EQ(relation("0-1-6,1-1-1", "0-2-5"), "ahead");
  EXPECT_EQ(relation("0-1-5", "0-1-6"), "behind");
  EXPECT_EQ(relation("0-1-5", "0-2-5"), "diverged");
  EXPECT_EQ(relation("0-1-5,1-1-1", "0-1-6"), "diverged");
  EXPECT_EQ(relation("", "0-1-6"), "behind");
  EXPECT_EQ(relation(with_uuid(":1"), ""), "ahead");
  EXPECT_EQ(relation(with_uuid(":1"), "0-1-6"), "diverged");
}

TEST(AnyGtidSet, OperationsWorkWithinAKindAndNeverAcross) {
  AnyGtidSet set = set_of(with_uuid(":1-5"));
  ASSERT_TRUE(set.unite(set_of(with_uuid(":9"))));
  ASSERT_TRUE(set.subtract(set_of(with_uuid(":2"))));
  ASSERT_TRUE(set.intersect(set_of(with_uuid(":1-4"))));
  EXPECT_EQ(set.text(), with_uuid(":1:3-4"));
  const AnyGtidSet mariadb = set_of("0-1-1");
  EXPECT_EQ(set.unite(mariadb).error().code, Errc::wrong_source);
  EXPECT_EQ(set.subtract(mariadb).error().code, Errc::wrong_source);
  EXPECT_EQ(set.intersect(mariadb).error().code, Errc::wrong_source);
  EXPECT_EQ(set.text(), with_uuid(":1:3-4"));
  ASSERT_TRUE(set.subtract(AnyGtidSet()));
  EXPECT_EQ(set.text(), with_uuid(":1:3-4"));
  ASSERT_TRUE(set.intersect(AnyGtidSet()));
  EXPECT_TRUE(set.empty());

  AnyGtidSet domains = set_of("0-1-5,1-1-3");
  ASSERT_TRUE(domains.unite(set_of("0-1-7")));
  ASSERT_TRUE(domains.subtract(set_of("1-1-3")));
  EXPECT_EQ(domains.text(), "0-1-7");
  ASSERT_TRUE(domains.intersect(set_of("0-1-6")));
  EXPECT_EQ(domains.text(), "0-1-6");
}

TEST(AnyGtidSet, ContainsOnlyGtidsOfItsKind) {
  const AnyGtidSet mysql = set_of(with_uuid(":1-5"));
  EXPECT_TRUE(mysql.contains(AnyGtid(Gtid{*Uuid::parse(kUuid), {}, 5})));
  EXPECT_FALSE(mysql.contains(AnyGtid(Gtid{*Uuid::parse(kUuid), {}, 6})));
  EXPECT_FALSE(mysql.contains(AnyGtid(MariadbGtid{0, 1, 1})));
  EXPECT_FALSE(mysql.contains(AnyGtid()));
  const AnyGtidSet mariadb = set_of("0-1-5");
  EXPECT_TRUE(mariadb.contains(AnyGtid(MariadbGtid{0, 1, 5})));
  EXPECT_FALSE(mariadb.contains(AnyGtid(Gtid{*Uuid::parse(kUuid), {}, 5})));
  EXPECT_FALSE(AnyGtidSet().contains(AnyGtid(MariadbGtid{0, 1, 5})));
}

TEST(AnyGtidSet, CountsSayByHowMuchOneIsAhead) {
  EXPECT_EQ(set_of(with_uuid(":1-5:tag:1")).count(), 6U);
  EXPECT_EQ(set_of(with_uuid(":1-5")).count_beyond(set_of(with_uuid(":2-3"))), 3U);
  EXPECT_EQ(set_of("0-1-5").count_beyond(set_of("0-1-3")), 2U);
  EXPECT_EQ(set_of("0-1-5").count_beyond(AnyGtidSet()), 5U);
  EXPECT_EQ(AnyGtidSet().count_beyond(set_of("0-1-3")), 0U);
}

}  // namespace
}  // namespace binferry
