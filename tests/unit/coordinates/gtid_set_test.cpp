#include "binlog/coordinates/gtid_set.hpp"

#include "binlog/base/byte_writer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace binferry {
namespace {

using namespace std::string_literals;

constexpr std::string_view kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
constexpr std::string_view kOther = "00000000-0000-0000-0000-00000000000a";
const std::string kRaw = "\x3e\x11\xfa\x47\x71\xca\x11\xe1\x9e\x33\xc8\x0a\xa9\x42\x95\x62"s;
const std::string kOne = "\x01\0\0\0\0\0\0\0"s;
const std::string kSix = "\x06\0\0\0\0\0\0\0"s;

std::string with_uuid(std::string_view rest) {
  return std::string(kUuid) + std::string(rest);
}

GtidSet set_of(std::string_view text) {
  auto set = GtidSet::parse(text);
  EXPECT_TRUE(set) << text << ": " << set.error().what;
  return set.value_or(GtidSet());
}

std::string canonical(std::string_view text) {
  return set_of(text).text();
}

TEST(GtidSet, TextIsPutIntoCanonicalForm) {
  EXPECT_EQ(canonical(with_uuid(":1-5")), with_uuid(":1-5"));
  EXPECT_EQ(canonical(with_uuid(":7:1-3:4-5:5")), with_uuid(":1-5:7"));
  EXPECT_EQ(canonical(with_uuid(":10-20:15-30:1:2")), with_uuid(":1-2:10-30"));
  EXPECT_EQ(canonical("3E11FA47-71CA-11E1-9E33-C80AA9429562:1"), with_uuid(":1"));
  EXPECT_EQ(canonical(with_uuid(":9223372036854775806")), with_uuid(":9223372036854775806"));
  EXPECT_EQ(canonical(with_uuid(":1-9223372036854775806")), with_uuid(":1-9223372036854775806"));
}

TEST(GtidSet, RepeatedUuidsAreOneAndUuidsAreInTheOrderOfTheirBytes) {
  const std::string text = with_uuid(":1-2,") + std::string(kOther) + ":1," + with_uuid(":3");
  EXPECT_EQ(canonical(text), std::string(kOther) + ":1," + with_uuid(":1-3"));
}

TEST(GtidSet, AsManyLinesAsUuidsWhereTheServersFormIsAskedFor) {
  const auto set = set_of(with_uuid(":1,") + std::string(kOther) + ":tag:1");
  EXPECT_EQ(set.text(",\n"), std::string(kOther) + ":tag:1,\n" + with_uuid(":1"));
}

TEST(GtidSet, WhiteSpaceStandsBetweenAnyTwoWords) {
  EXPECT_EQ(canonical("\n " + with_uuid(" : 1 - 5 : 7\t:\ttag : 3 \r\n,\n ") + std::string(kOther) + ":1 \n"),
            std::string(kOther) + ":1," + with_uuid(":1-5:7:tag:3"));
}

TEST(GtidSet, EmptyTextsAndEmptyItemsAreEmpty) {
  for (const std::string_view text : {"", " ", "\n", ",", " , ,, "}) EXPECT_TRUE(set_of(text).empty()) << text;
  EXPECT_TRUE(set_of(kUuid).empty());
  EXPECT_TRUE(set_of(with_uuid(":tag")).empty());
  EXPECT_TRUE(set_of(with_uuid(":5-3")).empty()) << "the server takes a backward interval as empty";
  EXPECT_TRUE(set_of(with_uuid(":5-0")).empty());
  EXPECT_EQ(canonical("," + with_uuid(":1,,")), with_uuid(":1"));
  EXPECT_EQ(set_of(kUuid), GtidSet());
}

TEST(GtidSet, ATagAppliesToTheIntervalsThatFollowIt) {
  EXPECT_EQ(canonical(with_uuid(":1-5:7:tag_b:9:tag_a:1-3:5")), with_uuid(":1-5:7:tag_a:1-3:5:tag_b:9"));
  EXPECT_EQ(canonical(with_uuid(":tag_a:1,") + with_uuid(":2")), with_uuid(":2:tag_a:1")) << "until the next UUID";
  EXPECT_EQ(canonical(with_uuid(":TAG_A:1:tag_a:2")), with_uuid(":tag_a:1-2"));
  const std::string longest(32, 'z');
  EXPECT_EQ(canonical(with_uuid(":" + longest + ":1")), with_uuid(":" + longest + ":1"));
}

TEST(GtidSet, ErrorsSayTheColumnWhatWasExpectedAndWhatWasFound) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"nonsense", "column 1: expected a UUID like 3e11fa47-71ca-11e1-9e33-c80aa9429562, found 'n'"},
      {"0-1-100", "column 1: expected a UUID like 3e11fa47-71ca-11e1-9e33-c80aa9429562, found '0'"},
      {with_uuid(":"), "column 38: expected a transaction number up to 9223372036854775806, found the end"},
      {with_uuid(":0"), "column 38: expected a transaction number from 1, found '0'"},
      {with_uuid(":1-"), "column 40: expected a transaction number up to 9223372036854775806, found the end"},
      {with_uuid(":-1"), "column 38: expected a transaction number up to 9223372036854775806, found '-'"},
      {with_uuid(":9223372036854775807"),
       "column 38: expected a transaction number up to 9223372036854775806, found '9'"},
      {with_uuid(":1-99999999999999999999"),
       "column 40: expected a transaction number up to 9223372036854775806, found '9'"},
      {with_uuid(":010"), "column 38: expected a transaction number in decimal without leading zeros, found '0'"},
      {with_uuid(":0x1"), "column 38: expected a transaction number in decimal without leading zeros, found '0'"},
      {with_uuid(":1 2"), "column 40: expected ':', ',' or the end, found '2'"},
      {with_uuid(":1;"), "column 39: expected ':', ',' or the end, found ';'"},
      {with_uuid("0:1"), "column 37: expected ':', ',' or the end, found '0'"},
      {with_uuid(":1-2-3"), "column 41: expected ':', ',' or the end, found '-'"},
      {with_uuid(":1\xC3"), "column 39: expected ':', ',' or the end, found the byte 0xC3"},
      {with_uuid(":1\0"s), "column 39: expected ':', ',' or the end, found the byte 0x00"},
      {with_uuid(":tag-1"),
       "column 41: expected ':', ',' or the end after a tag (letters, digits and underscores), found '-'"},
      {with_uuid(":" + std::string(33, 'a') + ":1"), "column 38: expected a tag of at most 32 characters, found 'a'"},
      {with_uuid(":1,x"), "column 40: expected a UUID like 3e11fa47-71ca-11e1-9e33-c80aa9429562, found 'x'"},
  };
  for (const auto& [text, expected] : cases) {
    const auto set = GtidSet::parse(text);
    ASSERT_FALSE(set) << text;
    EXPECT_EQ(set.error().code, Errc::usage);
    EXPECT_EQ(set.error().what, "GTID set, " + expected) << text;
  }
}

// PROTOCOL 9.3.
TEST(GtidSet, TheUntaggedBinaryForm) {
  const std::string encoded = kOne + kRaw + kOne + kOne + kSix;
  EXPECT_EQ(to_hex(bytes_of(set_of(with_uuid(":1-5")).encode())), to_hex(bytes_of(encoded)));
  EXPECT_EQ(GtidSet::decode(bytes_of(encoded)), set_of(with_uuid(":1-5")));
  EXPECT_EQ(GtidSet().encode(), std::string(8, '\0'));
  EXPECT_EQ(GtidSet::decode(bytes_of(std::string(8, '\0'))), GtidSet());
}

// PROTOCOL 9.3.
TEST(GtidSet, TheTaggedBinaryForm) {
  const std::string encoded = "\1\1\0\0\0\0\0\1"s + kRaw + "\6abc" + kOne + kOne + kSix;
  EXPECT_EQ(to_hex(bytes_of(set_of(with_uuid(":abc:1-5")).encode())), to_hex(bytes_of(encoded)));
  EXPECT_EQ(GtidSet::decode(bytes_of(encoded)), set_of(with_uuid(":abc:1-5")));
}

TEST(GtidSet, TheTaggedFormRepeatsTheUuidOnceATag) {
  const auto set = set_of(with_uuid(":1:abc:1-5,") + std::string(kOther) + ":2");
  const std::string encoded = set.encode();
  EXPECT_EQ(encoded.substr(0, 8), "\1\3\0\0\0\0\0\1"s);
  EXPECT_EQ(GtidSet::decode(bytes_of(encoded)), set);
}

// A server that runs with tags writes so even when it has no GTIDs yet.
TEST(GtidSet, TheTaggedFormMayBeEmptyOrHaveNoTags) {
  EXPECT_EQ(GtidSet::decode(bytes_of("\1\0\0\0\0\0\0\1"s)), GtidSet());
  const std::string untagged = "\1\1\0\0\0\0\0\1"s + kRaw + "\0"s + kOne + kOne + kSix;
  EXPECT_EQ(GtidSet::decode(bytes_of(untagged)), set_of(with_uuid(":1-5")));
}

TEST(GtidSet, AUuidWithoutIntervalsAddsNothing) {
  EXPECT_EQ(GtidSet::decode(bytes_of(kOne + kRaw + std::string(8, '\0'))), GtidSet());
}

TEST(GtidSet, EveryPrefixIsTruncatedAndOneByteMoreIsCorrupt) {
  for (const std::string_view rest : {":1-5:9", ":1-5:abc:3"}) {
    const std::string encoded = set_of(with_uuid(rest)).encode();
    for (std::size_t size = 0; size < encoded.size(); ++size) {
      std::vector<std::uint8_t> block(encoded.begin(), encoded.begin() + static_cast<std::ptrdiff_t>(size));
      block.shrink_to_fit();
      const auto set = GtidSet::decode(block);
      ASSERT_FALSE(set) << size;
      EXPECT_EQ(set.error().code, Errc::truncated) << size;
    }
    EXPECT_EQ(GtidSet::decode(bytes_of(encoded + "x")).error().code, Errc::corrupt);
  }
}

TEST(GtidSet, IntervalsThatNoServerWritesAreCorrupt) {
  const auto decode = [](std::vector<std::pair<std::int64_t, std::int64_t>> intervals) {
    ByteWriter writer;
    writer.u64(1).text(kRaw).u64(intervals.size());
    for (const auto& [start, end] : intervals) {
      writer.u64(static_cast<std::uint64_t>(start)).u64(static_cast<std::uint64_t>(end));
    }
    return GtidSet::decode(writer.view());
  };
  EXPECT_EQ(decode({{1, 6}, {7, 8}})->text(), with_uuid(":1-5:7"));
  EXPECT_EQ(decode({{1, INT64_MAX}})->text(), with_uuid(":1-9223372036854775806"));
  for (const auto& bad : std::vector<std::vector<std::pair<std::int64_t, std::int64_t>>>{
           {{0, 6}}, {{-1, 6}}, {{6, 6}}, {{6, 5}}, {{5, 9}, {1, 3}}, {{1, 6}, {5, 9}}, {{1, INT64_MIN}}}) {
    const auto set = decode(bad);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, Errc::corrupt);
  }
}

TEST(GtidSet, AMalformedTagIsCorrupt) {
  for (const auto& tag : {"\2\x39"s, "\2A"s, "\2-"s, "\x42"s + std::string(33, 'a')}) {
    const std::string encoded = "\1\1\0\0\0\0\0\1"s + kRaw + tag + kOne + kOne + kSix;
    const auto set = GtidSet::decode(bytes_of(encoded));
    ASSERT_FALSE(set) << to_hex(bytes_of(tag));
    EXPECT_EQ(set.error().code, Errc::corrupt);
  }
}

TEST(GtidSet, AFormLaterThanTheTaggedOneIsUnsupported) {
  for (const auto& head : {"\2\0\0\0\0\0\0\2"s, "\0\0\0\0\0\0\0\1"s, "\0\0\0\0\0\0\0\xFF"s}) {
    EXPECT_EQ(GtidSet::decode(bytes_of(head)).error().code, Errc::unsupported);
  }
}

TEST(GtidSet, CountsThatCannotFitAreRefusedBeforeAnythingIsReserved) {
  const std::string many_uuids = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0"s + kRaw + kOne + kOne + kSix;
  EXPECT_EQ(GtidSet::decode(bytes_of(many_uuids)).error().code, Errc::truncated);
  const std::string many_intervals = kOne + kRaw + std::string(8, '\xFF') + kOne + kSix;
  EXPECT_EQ(GtidSet::decode(bytes_of(many_intervals)).error().code, Errc::truncated);
  const std::string long_tag = "\1\1\0\0\0\0\0\1"s + kRaw + std::string(9, '\xFF') + kOne + kOne + kSix;
  EXPECT_EQ(GtidSet::decode(bytes_of(long_tag)).error().code, Errc::truncated);
}

TEST(GtidSet, AddingTransactionsInOrderMakesOneInterval) {
  GtidSet set;
  const Uuid uuid = *Uuid::parse(kUuid);
  for (std::int64_t gno = 1; gno <= 100'000; ++gno) ASSERT_TRUE(set.add(Gtid{uuid, {}, gno}));
  ASSERT_TRUE(set.add(Gtid{uuid, "tag", 7}));
  EXPECT_EQ(set.text(), with_uuid(":1-100000:tag:7"));
  EXPECT_EQ(set.count(), 100'001U);
  EXPECT_EQ(set.origins().at(GtidOrigin{uuid, {}}).view().size(), 1U);
}

TEST(GtidSet, NumbersAndTagsThatNoServerGivesAreRefusedAndChangeNothing) {
  const Uuid uuid = *Uuid::parse(kUuid);
  GtidSet set = set_of(with_uuid(":1"));
  const GtidSet before = set;
  for (const std::int64_t gno : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(set.add(Gtid{uuid, {}, gno}).error().code, Errc::corrupt);
    EXPECT_EQ(set.add(Gtid{uuid, "new", gno}).error().code, Errc::corrupt);
  }
  EXPECT_EQ(set.add(Gtid{uuid, "Not A Tag", 1}).error().code, Errc::corrupt);
  EXPECT_EQ(set.add(GtidOrigin{uuid, {}}, 5, 4).error().code, Errc::corrupt);
  EXPECT_EQ(set, before);
  EXPECT_TRUE(set.add(GtidOrigin{uuid, {}}, 2, kMaxGno));
  EXPECT_EQ(set.text(), with_uuid(":1-9223372036854775806"));
}

TEST(GtidSet, OperationsKeepTagsApart) {
  GtidSet set = set_of(with_uuid(":1-10:abc:1-10"));
  set.subtract(set_of(with_uuid(":3-4:abc:1-9,") + std::string(kOther) + ":1"));
  EXPECT_EQ(set.text(), with_uuid(":1-2:5-10:abc:10"));
  set.intersect(set_of(with_uuid(":1-5")));
  EXPECT_EQ(set.text(), with_uuid(":1-2:5"));
  set.unite(set_of(with_uuid(":3-4:abc:2")));
  EXPECT_EQ(set.text(), with_uuid(":1-5:abc:2"));
  EXPECT_FALSE(set.contains(Gtid{*Uuid::parse(kUuid), {}, 6}));
  EXPECT_TRUE(set.contains(Gtid{*Uuid::parse(kUuid), "abc", 2}));
  EXPECT_FALSE(set.contains(Gtid{*Uuid::parse(kUuid), "abc", 1}));
  set.subtract(GtidSet(set));
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set, GtidSet());
}

TEST(GtidSet, CountStopsAtTheLargestInteger) {
  GtidSet set = set_of(with_uuid(":1-9223372036854775806:abc:1-9223372036854775806"));
  EXPECT_EQ(set.count(), ~std::uint64_t{0} - 3);
  set.unite(set_of(std::string(kOther) + ":1-9"));
  EXPECT_EQ(set.count(), ~std::uint64_t{0});
}

}  // namespace
}  // namespace binferry
