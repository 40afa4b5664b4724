#include "binlog/event/gtid_event.hpp"

#include "binlog/base/byte_writer.hpp"
#include "binlog/base/hex.hpp"
#include "tests/unit/event/every_prefix.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::for_every_prefix;

constexpr std::string_view kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

ByteWriter gtid_head(std::uint64_t gno) {
  ByteWriter out;
  out.u8(1).text(*from_hex("3E11FA4771CA11E19E33C80AA9429562")).u64(gno);
  return out;
}

TEST(GtidEvent, MySqlFiveSixHasNoClock) {
  const auto event = decode_gtid(bytes_of(gtid_head(23).str()), false);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->gtid.text(), std::string(kUuid) + ":23");
  EXPECT_TRUE(event->may_have_statements());
  EXPECT_FALSE(event->last_committed);
  EXPECT_FALSE(event->immediate_commit_us);
}

TEST(GtidEvent, MySqlFiveSevenEndsAfterTheClock) {
  const auto event = decode_gtid(bytes_of(gtid_head(23).u8(2).u64(4).u64(5).str()), false);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->last_committed, 4);
  EXPECT_EQ(event->sequence_number, 5);
  EXPECT_FALSE(event->immediate_commit_us);
  EXPECT_FALSE(event->transaction_bytes);
}

TEST(GtidEvent, MySqlEightSharesTimesAndVersionsUnlessTheyDiffer) {
  const auto same = decode_gtid(
      bytes_of(gtid_head(23).u8(2).u64(4).u64(5).little(1715862439123456, 7).pint(70000).u32(80040).str()), false);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->immediate_commit_us, 1715862439123456U);
  EXPECT_EQ(same->original_commit_us, 1715862439123456U);
  EXPECT_EQ(same->transaction_bytes, 70000U);
  EXPECT_EQ(same->immediate_server_version, 80040U);
  EXPECT_EQ(same->original_server_version, 80040U);

  ByteWriter out = gtid_head(23);
  out.u8(2).u64(4).u64(5).little(1715862439123456 | std::uint64_t{1} << 55, 7).little(1715862439000000, 7);
  out.pint(300).u32(80040U | 1U << 31).u32(80017).u64(99);
  const auto differ = decode_gtid(bytes_of(out.str()), false);
  ASSERT_TRUE(differ);
  EXPECT_EQ(differ->immediate_commit_us, 1715862439123456U);
  EXPECT_EQ(differ->original_commit_us, 1715862439000000U);
  EXPECT_EQ(differ->immediate_server_version, 80040U);
  EXPECT_EQ(differ->original_server_version, 80017U);
  EXPECT_EQ(differ->commit_group_ticket, 99U);
}

TEST(GtidEvent, OnlyThePrefixesThatAnOlderServerWouldWriteAreRead) {
  ByteWriter out = gtid_head(23);
  out.u8(2).u64(4).u64(5).little(1715862439123456 | std::uint64_t{1} << 55, 7).little(1715862439000000, 7);
  out.pint(300).u32(80040U | 1U << 31).u32(80017).u64(99);
  for_every_prefix(out.str(), [](Bytes body) {
    const auto event = decode_gtid(body, false);
    const bool ends_well =
        body.size() == 25 || body.size() == 42 || body.size() == 56 || body.size() == 59 || body.size() == 67;
    EXPECT_EQ(event.has_value(), ends_well) << body.size();
    if (!event) {
      EXPECT_EQ(event.error().code, Errc::truncated);
    }
  });
}

TEST(GtidEvent, TheNumberIsZeroForAnonymousOnesAndForNoOther) {
  EXPECT_TRUE(decode_gtid(bytes_of(gtid_head(0).str()), true)->is_anonymous());
  EXPECT_EQ(decode_gtid(bytes_of(gtid_head(1).str()), true).error().code, Errc::corrupt);
  EXPECT_EQ(decode_gtid(bytes_of(gtid_head(0).str()), false).error().code, Errc::corrupt);
  EXPECT_EQ(decode_gtid(bytes_of(gtid_head(~std::uint64_t{0}).str()), false).error().code, Errc::corrupt);
  EXPECT_EQ(decode_gtid(bytes_of(gtid_head(0x7FFFFFFFFFFFFFFF).str()), false).error().code, Errc::corrupt);
  EXPECT_TRUE(decode_gtid(bytes_of(gtid_head(0x7FFFFFFFFFFFFFFE).str()), false));
}

struct Tagged {
  ByteWriter fields;
  std::uint64_t last_required = 0;

  Tagged() {
    fields.vli(0).vli(1).vli(1);
    const std::string uuid = *from_hex("3E11FA4771CA11E19E33C80AA9429562");
    for (const char byte : uuid) fields.vli(static_cast<std::uint8_t>(byte));
    fields.vli(2).svli(7);
  }
  [[nodiscard]] std::string body(std::uint64_t version = 1) const {
    const std::size_t ids = ByteWriter().vli(version).vli(last_required).size();
    std::size_t total = ids + fields.size() + 1;
    if (ByteWriter().vli(total).size() == 2) ++total;
    return ByteWriter().vli(version).vli(total).vli(last_required).bytes(fields.view()).str();
  }
};

TEST(GtidTaggedEvent, AllFieldsAreRead) {
  Tagged message;
  message.fields.vli(3).vli(5).text("tag_a").vli(4).svli(-1).vli(5).svli(12);
  message.fields.vli(6).vli(1715862439123456).vli(7).vli(1715862439000000).vli(8).vli(1234);
  message.fields.vli(9).vli(80400).vli(10).vli(80300).vli(11).vli(3);
  const auto event = decode_gtid_tagged(bytes_of(message.body()));
  ASSERT_TRUE(event) << event.error().what;
  EXPECT_EQ(event->gtid.text(), std::string(kUuid) + ":tag_a:7");
  EXPECT_TRUE(event->may_have_statements());
  EXPECT_EQ(event->last_committed, -1);
  EXPECT_EQ(event->sequence_number, 12);
  EXPECT_EQ(event->immediate_commit_us, 1715862439123456U);
  EXPECT_EQ(event->original_commit_us, 1715862439000000U);
  EXPECT_EQ(event->transaction_bytes, 1234U);
  EXPECT_EQ(event->immediate_server_version, 80400U);
  EXPECT_EQ(event->original_server_version, 80300U);
  EXPECT_EQ(event->commit_group_ticket, 3U);
}

TEST(GtidTaggedEvent, AbsentFieldsHaveTheirDefaults) {
  Tagged message;
  message.fields.vli(6).vli(55).vli(9).vli(90000);
  const auto event = decode_gtid_tagged(bytes_of(message.body()));
  ASSERT_TRUE(event);
  EXPECT_TRUE(event->gtid.tag.empty());
  EXPECT_EQ(event->original_commit_us, 55U);
  EXPECT_EQ(event->original_server_version, 90000U);
  EXPECT_FALSE(event->commit_group_ticket);
}

TEST(GtidTaggedEvent, AnUnknownFieldIsPassedOverUnlessItIsRequired) {
  Tagged message;
  message.fields.vli(12).text("future");
  EXPECT_EQ(decode_gtid_tagged(bytes_of(message.body()))->gtid.gno, 7);
  message.last_required = 12;
  EXPECT_EQ(decode_gtid_tagged(bytes_of(message.body())).error().code, Errc::unsupported);
  EXPECT_EQ(decode_gtid_tagged(bytes_of(Tagged().body(2))).error().code, Errc::unsupported);
}

TEST(GtidTaggedEvent, WrongOrderWrongTagAndEveryPrefixAreRefused) {
  Tagged twice;
  twice.fields.vli(2).svli(8);
  EXPECT_EQ(decode_gtid_tagged(bytes_of(twice.body())).error().code, Errc::corrupt);
  Tagged upper;
  upper.fields.vli(3).vli(3).text("ABC");
  EXPECT_FALSE(decode_gtid_tagged(bytes_of(upper.body())));
  Tagged no_number;
  no_number.fields = ByteWriter();
  no_number.fields.vli(0).vli(0);
  EXPECT_EQ(decode_gtid_tagged(bytes_of(no_number.body())).error().code, Errc::corrupt);
  for_every_prefix(Tagged().body(), [](Bytes body) { EXPECT_FALSE(decode_gtid_tagged(body)) << body.size(); });
}

// Bodies that a MariaDB 10.11.19 wrote (PROTOCOL 9.2).
Result<MariadbGtidEvent> mariadb(std::string_view hex) {
  const std::string body = *from_hex(hex);
  return decode_mariadb_gtid(std::vector<std::uint8_t>(body.begin(), body.end()), 71);
}

TEST(MariadbGtidEvent, AnOrdinaryTransactionIsPadded) {
  const auto event = mariadb("1E00000000000000050000000C000000000000");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->gtid.text(), "5-71-30");
  EXPECT_EQ(event->flags, MariadbGtidEvent::kTransactional | MariadbGtidEvent::kAllowParallel);
  EXPECT_EQ(event->flags_extra, 0);
  EXPECT_FALSE(event->xid);
  EXPECT_FALSE(event->start_alter);
}

TEST(MariadbGtidEvent, AnXaStartCarriesItsName) {
  const auto event = mariadb("1A00000000000000050000004C0300000002027831623101FF");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->gtid.text(), "5-71-26");
  ASSERT_TRUE(event->xid);
  EXPECT_EQ(event->xid->text(), "X'7831',X'6231',3");
  EXPECT_EQ(event->flags & MariadbGtidEvent::kPreparedXa, MariadbGtidEvent::kPreparedXa);
  EXPECT_EQ(event->flags_extra, MariadbGtidEvent::kMultiEngine);
  EXPECT_EQ(event->extra_engines, 255);
}

TEST(MariadbGtidEvent, AnXaCommitCarriesTheSameName) {
  const auto event = mariadb("1B00000000000000050000008D03000000020278316231");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->xid->text(), "X'7831',X'6231',3");
  EXPECT_EQ(event->flags & MariadbGtidEvent::kCompletedXa, MariadbGtidEvent::kCompletedXa);
  EXPECT_EQ(event->flags & MariadbGtidEvent::kStandalone, MariadbGtidEvent::kStandalone);
}

TEST(MariadbGtidEvent, AnAlterHasAStartAndACommitThatNamesIt) {
  const auto start = mariadb(
      "210000000000000005000000290200000000"
      "00");
  ASSERT_TRUE(start);
  EXPECT_EQ(start->flags_extra, MariadbGtidEvent::kStartAlter);
  EXPECT_FALSE(start->start_alter);
  const auto commit = mariadb("22000000000000000500000029042100000000000000");
  ASSERT_TRUE(commit);
  EXPECT_EQ(commit->flags_extra, MariadbGtidEvent::kCommitAlter);
  EXPECT_EQ(commit->start_alter, 33U);
}

TEST(MariadbGtidEvent, CommitIdAndXaNameMayBothBeThere) {
  const std::string body = ByteWriter().u64(9).u32(0).u8(0x42).u64(77).u32(1).u8(1).u8(0).text("a").str();
  const auto event = decode_mariadb_gtid(bytes_of(body), 1);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->commit_id, 77U);
  EXPECT_EQ(event->xid->text(), "X'61',X'',1");
  for_every_prefix(body, [](Bytes prefix) { EXPECT_FALSE(decode_mariadb_gtid(prefix, 1)) << prefix.size(); });
  EXPECT_FALSE(
      decode_mariadb_gtid(bytes_of(ByteWriter().u64(9).u32(0).u8(0x40).u32(1).u8(65).u8(0).fill(65).str()), 1));
}

TEST(GtidList, EmptyAndFilledListsAreRead) {
  const auto empty = decode_gtid_list(bytes_of(std::string(6, '\0')));
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->gtids.empty());
  const std::string body = *from_hex("0100000005000000470000002800000000000000");
  const auto one = decode_gtid_list(bytes_of(body));
  ASSERT_TRUE(one);
  ASSERT_EQ(one->gtids.size(), 1U);
  EXPECT_EQ(one->gtids[0].text(), "5-71-40");
  for_every_prefix(body, [](Bytes prefix) { EXPECT_FALSE(decode_gtid_list(prefix)) << prefix.size(); });
}

TEST(GtidList, FlagsAreNotPartOfTheCountAndTheCountMustFit) {
  const auto until = decode_gtid_list(bytes_of(ByteWriter().u32(1U << 28 | 1).u32(0).u32(1).u64(2).str()));
  ASSERT_TRUE(until);
  EXPECT_EQ(until->flags, GtidList::kUntilReached);
  EXPECT_EQ(until->gtids.size(), 1U);
  EXPECT_EQ(decode_gtid_list(bytes_of(ByteWriter().u32(0x0FFFFFFF).fill(64).str())).error().code, Errc::truncated);
}

TEST(PreviousGtids, TheSetOfEarlierFilesIsRead) {
  const std::string body =
      ByteWriter().u64(1).text(*from_hex("3E11FA4771CA11E19E33C80AA9429562")).u64(1).u64(1).u64(6).str();
  EXPECT_EQ(decode_previous_gtids(bytes_of(body))->text(), std::string(kUuid) + ":1-5");
  for_every_prefix(body, [](Bytes prefix) { EXPECT_FALSE(decode_previous_gtids(prefix)) << prefix.size(); });
}

}  // namespace
}  // namespace binferry
