#include "binlog/base/byte_writer.hpp"
#include "binlog/event/control_events.hpp"
#include "binlog/event/group_replication_events.hpp"
#include "binlog/event/statement_events.hpp"
#include "tests/unit/event/every_prefix.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::for_every_prefix;

TEST(Rotate, PositionAndNameAreRead) {
  const std::string body = ByteWriter().u64(5'000'000'000).text("binlog.1000000").str();
  const auto rotate = decode_rotate(bytes_of(body));
  ASSERT_TRUE(rotate);
  EXPECT_EQ(rotate->position, 5'000'000'000U);
  EXPECT_EQ(rotate->file, "binlog.1000000");
  EXPECT_EQ(decode_rotate(bytes_of(body.substr(0, 8))).error().code, Errc::corrupt);
  EXPECT_EQ(decode_rotate(bytes_of(body.substr(0, 7))).error().code, Errc::truncated);
  EXPECT_FALSE(decode_rotate(bytes_of(body + std::string(1, '\0'))));
}

TEST(Heartbeat, ThePositionComesFromTheHeaderOrFromTheBody) {
  const std::string name = "mb.000001";
  const auto small = decode_heartbeat(bytes_of(name), 4711);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->position, 4711U);
  EXPECT_EQ(small->file, "mb.000001");
  const std::string far = ByteWriter().u64(5'000'000'000).text("mb.000001").str();
  const auto large = decode_heartbeat(bytes_of(far), 0);
  ASSERT_TRUE(large);
  EXPECT_EQ(large->position, 5'000'000'000U);
  EXPECT_EQ(large->file, "mb.000001");
}

TEST(Heartbeat, VersionTwoIsAListOfFields) {
  const std::string position = ByteWriter().pint(5'000'000'000).str();
  const std::string body =
      ByteWriter().pint(1).lenenc("binlog.000007").pint(9).lenenc("later").pint(2).lenenc(position).pint(0).str();
  const auto beat = decode_heartbeat_v2(bytes_of(body));
  ASSERT_TRUE(beat);
  EXPECT_EQ(beat->file, "binlog.000007");
  EXPECT_EQ(beat->position, 5'000'000'000U);
  for_every_prefix(body, [](Bytes prefix) { EXPECT_FALSE(decode_heartbeat_v2(prefix)) << prefix.size(); });
}

TEST(Incident, NumberAndMessageAreRead) {
  const std::string body = ByteWriter().u16(1).u8(11).text("lost events").str();
  const auto incident = decode_incident(bytes_of(body));
  ASSERT_TRUE(incident);
  EXPECT_EQ(incident->number, 1);
  EXPECT_EQ(incident->message, "lost events");
  for_every_prefix(body, [](Bytes prefix) { EXPECT_FALSE(decode_incident(prefix)); });
}

TEST(BinlogCheckpoint, TheNameHasALength) {
  const std::string body = ByteWriter().u32(9).text("mb.000001").str();
  EXPECT_EQ(decode_binlog_checkpoint(bytes_of(body))->file, "mb.000001");
  for_every_prefix(body, [](Bytes prefix) { EXPECT_FALSE(decode_binlog_checkpoint(prefix)); });
}

TEST(StartEncryption, OnlySchemeOneIsKnown) {
  const std::string body = ByteWriter().u8(1).u32(7).text("NONCE-nonce!").str();
  const auto start = decode_start_encryption(bytes_of(body));
  ASSERT_TRUE(start);
  EXPECT_EQ(start->key_version, 7U);
  EXPECT_EQ(text_of(start->nonce), "NONCE-nonce!");
  EXPECT_EQ(decode_start_encryption(bytes_of(ByteWriter().u8(2).u32(7).fill(12).str())).error().code,
            Errc::unsupported);
  for_every_prefix(body, [](Bytes prefix) { EXPECT_FALSE(decode_start_encryption(prefix)); });
}

TEST(StatementParts, IntvarAndRandHaveFixedSizes) {
  const std::string intvar = ByteWriter().u8(2).u64(44).str();
  EXPECT_EQ(decode_intvar(bytes_of(intvar))->kind, Intvar::Kind::insert_id);
  EXPECT_EQ(decode_intvar(bytes_of(intvar))->value, 44U);
  EXPECT_EQ(decode_intvar(bytes_of(ByteWriter().u8(3).u64(44).str())).error().code, Errc::corrupt);
  for_every_prefix(intvar, [](Bytes prefix) { EXPECT_FALSE(decode_intvar(prefix)); });
  const std::string rand = ByteWriter().u64(1).u64(2).str();
  EXPECT_EQ(decode_rand(bytes_of(rand))->seed2, 2U);
  for_every_prefix(rand, [](Bytes prefix) { EXPECT_FALSE(decode_rand(prefix)); });
}

TEST(StatementParts, UserVariablesOfAllKindsAreRead) {
  const std::string null = ByteWriter().u32(1).text("v").u8(1).str();
  EXPECT_TRUE(decode_user_var(bytes_of(null))->is_null);
  for_every_prefix(null, [](Bytes prefix) { EXPECT_FALSE(decode_user_var(prefix)); });

  const std::string number = ByteWriter().u32(1).text("v").u8(0).u8(2).u32(63).u32(8).u64(~0ULL).u8(1).str();
  const auto integer = decode_user_var(bytes_of(number));
  ASSERT_TRUE(integer);
  EXPECT_EQ(integer->kind, UserVar::Kind::integer);
  EXPECT_TRUE(integer->is_unsigned);
  const auto old = decode_user_var(bytes_of(std::string_view(number).substr(0, number.size() - 1)));
  ASSERT_TRUE(old);  // without the flags byte
  EXPECT_FALSE(old->is_unsigned);

  const std::string text = ByteWriter().u32(1).text("v").u8(0).u8(0).u32(255).u32(3).text("abc").u8(0).str();
  EXPECT_EQ(text_of(decode_user_var(bytes_of(text))->value), "abc");
  EXPECT_FALSE(decode_user_var(bytes_of(ByteWriter().u32(1).text("v").u8(0).u8(3).u32(255).u32(0).str())));
  EXPECT_FALSE(decode_user_var(bytes_of(ByteWriter().u32(1).text("v").u8(0).u8(1).u32(255).u32(4).fill(4).str())));
}

TEST(StatementParts, TheStatementTextOfRowsHasALengthByteOnlyInMySql) {
  const std::string body = "\x05INSERT INTO t VALUES (1)";
  EXPECT_EQ(decode_rows_query(bytes_of(body)), "INSERT INTO t VALUES (1)");
  EXPECT_FALSE(decode_rows_query({}));
  EXPECT_EQ(decode_annotate_rows(bytes_of(body)), body);
}

TEST(StatementParts, LoadDataBlocksCarryTheirFile) {
  const std::string body = ByteWriter().u32(3).text("1,2\n").str();
  EXPECT_EQ(decode_file_block(bytes_of(body))->file_id, 3U);
  EXPECT_EQ(text_of(decode_file_block(bytes_of(body))->data), "1,2\n");
  EXPECT_FALSE(decode_delete_file(bytes_of(body)));
  EXPECT_EQ(decode_delete_file(bytes_of(body.substr(0, 4)))->file_id, 3U);
}

TEST(GroupReplication, ATransactionContextListsItsSets) {
  ByteWriter out;
  out.u8(36).u32(7).u8(1).u32(8).u32(2).u32(1).text("3e11fa47-71ca-11e1-9e33-c80aa9429562").fill(8);
  out.u16(2).text("w1").u16(2).text("w2").u16(1).text("r");
  const auto context = decode_transaction_context(out.view());
  ASSERT_TRUE(context) << context.error().what;
  EXPECT_EQ(context->server_uuid, "3e11fa47-71ca-11e1-9e33-c80aa9429562");
  EXPECT_TRUE(context->gtid_specified);
  EXPECT_EQ(context->snapshot.size(), 8U);
  ASSERT_EQ(context->write_set.size(), 2U);
  EXPECT_EQ(context->write_set[1], "w2");
  EXPECT_EQ(context->read_set.at(0), "r");
  for_every_prefix(out.str(), [](Bytes prefix) { EXPECT_FALSE(decode_transaction_context(prefix)) << prefix.size(); });
}

TEST(GroupReplication, CountsThatCannotFitAreRefused) {
  const std::string body = ByteWriter().u8(0).u32(7).u8(1).u32(0).u32(0xFFFFFFFF).u32(0).fill(100).str();
  EXPECT_FALSE(decode_transaction_context(bytes_of(body)));
  EXPECT_FALSE(decode_view_change(bytes_of(ByteWriter().fill(40).u64(1).u32(0xFFFFFFFF).fill(100).str())));
}

TEST(GroupReplication, AViewChangeListsItsCertification) {
  ByteWriter out;
  out.text("15862439:1").fill(30).u64(9).u32(1).u16(3).text("key").u32(8).fill(8);
  const auto change = decode_view_change(out.view());
  ASSERT_TRUE(change) << change.error().what;
  EXPECT_EQ(change->view_id, "15862439:1");
  EXPECT_EQ(change->sequence_number, 9U);
  ASSERT_EQ(change->certification.size(), 1U);
  EXPECT_EQ(change->certification[0].first, "key");
  for_every_prefix(out.str(), [](Bytes prefix) { EXPECT_FALSE(decode_view_change(prefix)) << prefix.size(); });
}

}  // namespace
}  // namespace binferry
