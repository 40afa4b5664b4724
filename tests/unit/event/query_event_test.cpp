#include "binlog/event/query_event.hpp"

#include "binlog/base/byte_writer.hpp"
#include "binlog/base/hex.hpp"
#include "binlog/base/limits.hpp"
#include "tests/unit/event/every_prefix.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::for_every_prefix;

std::string query_body(std::string_view status, std::string_view database, std::string_view text,
                       std::string_view extra_post_header = {}) {
  ByteWriter out;
  out.u32(12)
      .u32(3)
      .u8(static_cast<std::uint8_t>(database.size()))
      .u16(0)
      .u16(static_cast<std::uint16_t>(status.size()));
  out.text(extra_post_header).text(status).text(database).u8(0).text(text);
  return std::move(out).str();
}

TEST(QueryEvent, PartsAreFound) {
  const std::string body = query_body("", "shop", "BEGIN");
  const auto query = decode_query(bytes_of(body));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->thread_id, 12U);
  EXPECT_EQ(query->exec_time_s, 3U);
  EXPECT_EQ(query->error_code, 0);
  EXPECT_EQ(query->database, "shop");
  EXPECT_EQ(query->text, "BEGIN");
  EXPECT_FALSE(query->status.flags2);
}

TEST(QueryEvent, ALongerPostHeaderIsPassedOverAndAShorterOneIsRefused) {
  const std::string body = query_body("", "shop", "BEGIN", "xx");
  EXPECT_EQ(decode_query(bytes_of(body), 15)->text, "BEGIN");
  EXPECT_EQ(decode_query(bytes_of(body), 11).error().code, Errc::unsupported);
}

TEST(QueryEvent, EveryStatusVariableOfMySqlIsRead) {
  ByteWriter status;
  status.u8(0).u32(QueryStatus::kNoForeignKeyChecks).u8(1).u64(0x50000020).u8(2).u8(3).text("std").u8(0);
  status.u8(3).u16(2).u16(1).u8(4).u16(255).u16(46).u16(8).u8(5).u8(6).text("+02:00").u8(6).u8(3).text("std");
  status.u8(7).u16(5).u8(8).u16(33).u8(9).u64(1).u8(10).u32(1).u8(11).u8(4).text("user").u8(4).text("host");
  status.u8(12).u8(2).text("a").u8(0).text("b`b").u8(0).u8(13).u24(999999).u8(16).u8(1).u8(17).u64(4711);
  status.u8(18).u16(255).u8(19).u8(1).u8(20).u8(0);
  const std::string body = query_body(status.str(), "shop", "CREATE TABLE t (a INT)");
  const auto query = decode_query(bytes_of(body));
  ASSERT_TRUE(query) << query.error().what;
  const QueryStatus& read = query->status;
  EXPECT_EQ(read.flags2, QueryStatus::kNoForeignKeyChecks);
  EXPECT_EQ(read.sql_mode, 0x50000020U);
  EXPECT_EQ(read.catalog, "std");
  EXPECT_EQ(read.auto_increment_increment, 2);
  EXPECT_EQ(read.auto_increment_offset, 1);
  ASSERT_TRUE(read.charset);
  EXPECT_EQ(read.charset->client, 255);
  EXPECT_EQ(read.charset->connection, 46);
  EXPECT_EQ(read.charset->server, 8);
  EXPECT_EQ(read.time_zone, "+02:00");
  EXPECT_EQ(read.lc_time_names, 5);
  EXPECT_EQ(read.database_collation, 33);
  EXPECT_EQ(read.invoker_user, "user");
  EXPECT_EQ(read.invoker_host, "host");
  ASSERT_EQ(read.databases().size(), 2U);
  EXPECT_EQ(read.databases()[1], "b`b");
  EXPECT_EQ(read.microseconds, 999999U);
  EXPECT_EQ(read.explicit_defaults_for_timestamp, true);
  EXPECT_EQ(read.ddl_xid, 4711U);
  EXPECT_EQ(read.default_collation_for_utf8mb4, 255);
  EXPECT_EQ(read.sql_require_primary_key, true);
  EXPECT_EQ(read.default_table_encryption, false);
  EXPECT_FALSE(read.unknown_code);
  for_every_prefix(body, [&](Bytes prefix) {
    const auto part = decode_query(prefix);
    EXPECT_EQ(part.has_value(), prefix.size() >= body.size() - query->text.size()) << prefix.size();
  });
}

TEST(QueryEvent, MariaDbVariablesStandInItsOwnOrder) {
  // Of a COMMIT ALTER (PROTOCOL 9.2), and HRNOW and the character set collations besides.
  ByteWriter status;
  status.text(
      *from_hex("0000000000"
                "010000000000000000"
                "0603737464"
                "04210021000800"
                "813D00000000000000"
                "82042100000000000000"));
  status.u8(128).u24(123456).u8(131).u8(1).u16(33).u16(45);
  const std::string body = query_body(status.str(), "d", "alter table t add c int");
  const auto query = decode_query(bytes_of(body));
  ASSERT_TRUE(query) << query.error().what;
  EXPECT_EQ(query->status.ddl_xid, 0x3DU);
  EXPECT_EQ(query->status.mariadb_flags_extra, 4);
  EXPECT_EQ(query->status.mariadb_start_alter, 33U);
  EXPECT_EQ(query->status.microseconds, 123456U);
  EXPECT_EQ(query->status.charset->server, 8);
  EXPECT_EQ(query->status.mariadb_charset_collations.size(), 4U);
}

TEST(QueryEvent, AnUnknownVariableEndsTheBlockAndNothingElse) {
  const std::string body = query_body(ByteWriter().u8(8).u16(33).u8(99).text("whatever").str(), "shop", "BEGIN");
  const auto query = decode_query(bytes_of(body));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->status.database_collation, 33);
  EXPECT_EQ(query->status.unknown_code, 99);
  EXPECT_EQ(query->text, "BEGIN");
}

TEST(QueryEvent, TooManyDatabasesAreNotListed) {
  const std::string body = query_body(ByteWriter().u8(12).u8(254).u8(8).u16(33).str(), "", "DROP DATABASE a");
  const auto query = decode_query(bytes_of(body));
  ASSERT_TRUE(query);
  EXPECT_TRUE(query->status.too_many_databases);
  EXPECT_TRUE(query->status.databases().empty());
  EXPECT_EQ(query->status.database_collation, 33);

  ByteWriter sixteen;
  sixteen.u8(12).u8(16);
  for (int i = 0; i < 16; ++i) sixteen.text("d").u8(0);
  const std::string full = query_body(sixteen.str(), "", "x");
  EXPECT_EQ(decode_query(bytes_of(full))->status.databases().size(), 16U);
}

TEST(QueryEvent, AVariableThatRunsOutOfTheBlockIsCorrupt) {
  for (const std::string& status : {ByteWriter().u8(5).u8(200).text("x").str(), ByteWriter().u8(1).u32(0).str(),
                                    ByteWriter().u8(12).u8(1).text("no end").str()}) {
    const auto query = decode_query(bytes_of(query_body(status, "shop", "BEGIN and more text than that")));
    ASSERT_FALSE(query);
    EXPECT_EQ(query.error().code, Errc::corrupt);
  }
}

TEST(QueryEvent, TheDatabaseNameEndsInNul) {
  std::string body = query_body("", "shop", "BEGIN");
  body[13 + 4] = 'x';
  EXPECT_EQ(decode_query(bytes_of(body)).error().code, Errc::corrupt);
}

// A statement of 60 bytes as MariaDB stores it with log_bin_compress: head, length, zlib stream.
std::string compressed_block() {
  return *from_hex(
      "813C"
      "789CF3F40B760D0A51F0F40BF15728510873F409750D56D0302406680200B8E10D3A");
}

TEST(QueryEvent, ACompressedTextIsInflatedIntoTheCallersBuffer) {
  const std::string body = query_body("", "shop", compressed_block());
  std::string buffer = "old";
  const auto query = decode_query_compressed(bytes_of(body), buffer, Limits{}.inflated_bytes);
  ASSERT_TRUE(query) << query.error().what;
  EXPECT_EQ(query->text, "INSERT INTO t VALUES (1111111111111111111111111111111111111)");
  EXPECT_EQ(query->text.data(), buffer.data());
  EXPECT_TRUE(decode_query_compressed(bytes_of(body), buffer, 60));
  EXPECT_EQ(decode_query_compressed(bytes_of(body), buffer, 59).error().code, Errc::limit);
  for_every_prefix(body,
                   [&](Bytes prefix) { EXPECT_FALSE(decode_query_compressed(prefix, buffer, 60)) << prefix.size(); });
}

TEST(QueryEvent, ACompressedTextThatLiesAboutItsSizeAllocatesNothing) {
  std::string buffer;
  const std::string body = query_body("", "shop", *from_hex("843FFFFFFF789C0300"));
  EXPECT_FALSE(decode_query_compressed(bytes_of(body), buffer, Limits{}.inflated_bytes));
  EXPECT_LT(buffer.capacity(), 1024U);
}

TEST(ExecuteLoadQuery, TheFileNameLiesInsideTheStatement) {
  const std::string text = "LOAD DATA INFILE 'x' INTO TABLE t";
  const auto body = [&](std::uint32_t begin, std::uint32_t end, std::uint8_t duplicates) {
    ByteWriter out;
    out.u32(12).u32(3).u8(4).u16(0).u16(0).u32(9).u32(begin).u32(end).u8(duplicates).text("shop").u8(0).text(text);
    return std::move(out).str();
  };
  const std::string good = body(10, 20, 2);
  const auto load = decode_execute_load_query(bytes_of(good));
  ASSERT_TRUE(load) << load.error().what;
  EXPECT_EQ(load->file_id, 9U);
  EXPECT_EQ(load->query.text.substr(load->name_start, load->name_end - load->name_start), "INFILE 'x'");
  EXPECT_EQ(load->query.database, "shop");
  EXPECT_EQ(decode_execute_load_query(bytes_of(body(20, 9, 0))).error().code, Errc::corrupt);
  EXPECT_EQ(decode_execute_load_query(bytes_of(body(0, 34, 0))).error().code, Errc::corrupt);
  EXPECT_EQ(decode_execute_load_query(bytes_of(body(0, 33, 3))).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace binferry
