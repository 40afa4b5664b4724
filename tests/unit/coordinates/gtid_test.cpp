#include "binlog/coordinates/gtid.hpp"

#include <gtest/gtest.h>

#include <string>

namespace binferry {
namespace {

constexpr std::string_view kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

std::string with_uuid(std::string_view rest) {
  return std::string(kUuid) + std::string(rest);
}

TEST(Gtid, TextOfBothForms) {
  const Uuid uuid = *Uuid::parse(kUuid);
  EXPECT_EQ((Gtid{uuid, {}, 5}).text(), with_uuid(":5"));
  EXPECT_EQ((Gtid{uuid, "tag_a", kMaxGno}).text(), with_uuid(":tag_a:9223372036854775806"));
}

TEST(Gtid, ParsingTakesSpacesAndCaseAsTheServerDoes) {
  const Uuid uuid = *Uuid::parse(kUuid);
  EXPECT_EQ(Gtid::parse(with_uuid(":5")), (Gtid{uuid, {}, 5}));
  EXPECT_EQ(Gtid::parse("  3E11FA47-71CA-11E1-9E33-C80AA9429562 : TAG_a : 5\n"), (Gtid{uuid, "tag_a", 5}));
  EXPECT_EQ(Gtid::parse(with_uuid(":9223372036854775806")), (Gtid{uuid, {}, kMaxGno}));
}

TEST(Gtid, OneTransactionIsNamedNoMoreAndNoLess) {
  for (const std::string_view rest : {"", ":", ":0", ":1-2", ":1:2", ":tag", ":tag:", ":tag:tag:1", ":1,", ":1x", ":-1",
                                      ":9223372036854775807", ":99999999999999999999", ":010", ":0x10", ":+1"}) {
    const auto gtid = Gtid::parse(with_uuid(rest));
    ASSERT_FALSE(gtid) << rest;
    EXPECT_EQ(gtid.error().code, Errc::usage);
  }
  EXPECT_EQ(Gtid::parse(with_uuid(":1-2")).error().what, "GTID, column 39: expected the end, found '-'");
  EXPECT_EQ(Gtid::parse(with_uuid(":7:8")).error().what, "GTID, column 39: expected the end, found ':'");
  EXPECT_EQ(Gtid::parse(kUuid).error().what, "GTID, column 37: expected ':' and a transaction number, found the end");
}

TEST(Gtid, TagsAreIdentifiersOfAtMostThirtyTwoCharacters) {
  for (const std::string& tag : {std::string("a"), std::string("_"), std::string("a_9"), std::string(32, 'z')}) {
    EXPECT_TRUE(is_valid_tag(tag)) << tag;
  }
  for (const std::string& tag : {std::string(), std::string("9a"), std::string("A"), std::string("a-b"),
                                 std::string("\xE9"), std::string("a\0", 2), std::string(33, 'z')}) {
    EXPECT_FALSE(is_valid_tag(tag)) << tag;
  }
}

TEST(MariadbGtid, TextAndParsing) {
  const MariadbGtid gtid{5, 71, 30};
  EXPECT_EQ(gtid.text(), "5-71-30");
  EXPECT_EQ(MariadbGtid::parse("5-71-30"), gtid);
  EXPECT_EQ(MariadbGtid::parse(" 5 - 71 - 30 "), gtid);
  EXPECT_EQ(MariadbGtid::parse("4294967295-4294967295-18446744073709551615")->text(),
            "4294967295-4294967295-18446744073709551615");
}

TEST(MariadbGtid, NumbersBeyondTheirFieldsAreRefused) {
  for (const std::string_view text : {"", "1", "1-2", "1-2-", "1-2-3-4", "1--2-3", "-1-2-3", "4294967296-1-1",
                                      "1-4294967296-1", "1-1-18446744073709551616", "1-1-1,", "a-b-c"}) {
    const auto gtid = MariadbGtid::parse(text);
    ASSERT_FALSE(gtid) << text;
    EXPECT_EQ(gtid.error().code, Errc::usage);
  }
  EXPECT_EQ(MariadbGtid::parse("1-4294967296-1").error().what,
            "MariaDB GTID, column 3: expected a server id up to 4294967295, found '4'");
}

TEST(AnyGtid, TheKindShowsInTheText) {
  const auto mysql = parse_any_gtid(with_uuid(":tag:5"));
  ASSERT_TRUE(mysql);
  EXPECT_TRUE(std::holds_alternative<Gtid>(*mysql));
  EXPECT_EQ(text_of(*mysql), with_uuid(":tag:5"));

  const auto mariadb = parse_any_gtid("0-1-100");
  ASSERT_TRUE(mariadb);
  EXPECT_TRUE(std::holds_alternative<MariadbGtid>(*mariadb));
  EXPECT_EQ(text_of(*mariadb), "0-1-100");

  EXPECT_EQ(text_of(AnyGtid{}), "");
  EXPECT_FALSE(parse_any_gtid(""));
  EXPECT_FALSE(parse_any_gtid(":"));
}

}  // namespace
}  // namespace binferry
