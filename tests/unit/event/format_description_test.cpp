#include "binlog/event/format_description.hpp"

#include "binlog/base/byte_writer.hpp"
#include "binlog/base/hex.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

// The event that a MySQL 8.0.35 wrote and had not closed (PROTOCOL 9.1).
std::string mysql_8_0_35() {
  ByteWriter out;
  out.u32(1715862439).u8(0x0F).u32(1).u32(122).u32(126).u16(1);
  out.u16(4).text("8.0.35").fill(44).u32(0).u8(0x13);
  out.text(*from_hex("000D0008000000000400040000006200041A08000000080808020000000A0A0A2A2A001234000A2800"));
  out.u8(1).u32(0xB34A30CA);
  return std::move(out).str();
}

std::string description(std::string_view version, std::string_view lengths, bool checksum_field, std::uint8_t alg = 1) {
  ByteWriter body;
  body.u16(4).text(version).fill(50 - version.size()).u32(0).u8(19).text(lengths);
  if (checksum_field) body.u8(alg).u32(0);
  ByteWriter out;
  out.u32(0).u8(15).u32(1).u32(static_cast<std::uint32_t>(19 + body.size())).u32(0).u16(0).bytes(body.view());
  return std::move(out).str();
}

TEST(FormatDescription, MySqlEightIsReadWholly) {
  const auto format = decode_format_description(bytes_of(mysql_8_0_35()));
  ASSERT_TRUE(format) << format.error().what;
  EXPECT_EQ(format->server_version, "8.0.35");
  EXPECT_EQ(format->version, 80035U);
  EXPECT_EQ(format->kind, ServerKind::mysql);
  EXPECT_EQ(format->created, 0U);
  EXPECT_EQ(format->header_length, 19);
  EXPECT_EQ(format->event_types, 41);
  EXPECT_TRUE(format->has_checksum_field);
  EXPECT_EQ(format->checksum, ChecksumAlgorithm::crc32);
  EXPECT_EQ(format->post_header_length(EventType::query), 13);
  EXPECT_EQ(format->post_header_length(EventType::table_map), 8);
  EXPECT_EQ(format->post_header_length(EventType::write_rows), 10);
  EXPECT_EQ(format->post_header_length(EventType::gtid), 42);
  EXPECT_EQ(format->post_header_length(EventType::gtid_tagged), 0);
}

TEST(FormatDescription, EveryPrefixIsRefused) {
  const std::string whole = mysql_8_0_35();
  // Bytes of the table may be missing without a trace: then its last bytes stand for algorithm and checksum.
  for (std::size_t size = 0; size < 19 + 57 + 5; ++size) {
    const std::vector<std::uint8_t> exact(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto format = decode_format_description(exact);
    ASSERT_FALSE(format) << size;
    EXPECT_EQ(format.error().code, Errc::truncated) << size;
  }
}

TEST(FormatDescription, MariaDbIsKnownByItsVersionText) {
  const auto format = decode_format_description(
      bytes_of(description("10.11.19-MariaDB-0+deb12u1-log", std::string(171, '\x08'), true)));
  ASSERT_TRUE(format);
  EXPECT_EQ(format->kind, ServerKind::mariadb);
  EXPECT_EQ(format->version, 101119U);
  EXPECT_EQ(format->event_types, 171);
  EXPECT_EQ(format->post_header_length(EventType::delete_rows_compressed), 8);
}

TEST(FormatDescription, ServersOlderThanChecksumsHaveNoChecksumField) {
  for (const auto& [version, has_field] :
       {std::pair{"5.6.0", false}, std::pair{"5.6.1", true}, std::pair{"5.5.62-log", false}, std::pair{"5.0.96", false},
        std::pair{"5.2.14-MariaDB", false}, std::pair{"5.3.0-MariaDB", true}}) {
    const auto format = decode_format_description(bytes_of(description(version, std::string(27, '\x07'), has_field)));
    ASSERT_TRUE(format) << version;
    EXPECT_EQ(format->has_checksum_field, has_field) << version;
    EXPECT_EQ(format->event_types, 27) << version;
  }
}

TEST(FormatDescription, TestReleasesGiveTypesOtherCodes) {
  std::string lengths(22, '\0');
  for (std::size_t i = 0; i < lengths.size(); ++i) lengths[i] = static_cast<char>(i + 1);
  const auto format = decode_format_description(bytes_of(description("5.2.2-a_drop6p13-debug-log", lengths, false)));
  ASSERT_TRUE(format);
  EXPECT_TRUE(format->old_type_codes);
  EXPECT_EQ(format->type_code(2), 2);
  EXPECT_EQ(static_cast<EventType>(format->type_code(16)), EventType::table_map);
  EXPECT_EQ(static_cast<EventType>(format->type_code(17)), EventType::write_rows_v0);
  EXPECT_EQ(static_cast<EventType>(format->type_code(20)), EventType::xid);
  EXPECT_EQ(static_cast<EventType>(format->type_code(22)), EventType::execute_load_query);
  EXPECT_EQ(format->post_header_length(EventType::table_map), 16);
  EXPECT_EQ(format->post_header_length(EventType::xid), 20);
  EXPECT_FALSE(decode_format_description(bytes_of(mysql_8_0_35()))->old_type_codes);
}

TEST(FormatDescription, OnlyBinlogVersionFourIsRead) {
  std::string bytes = mysql_8_0_35();
  bytes[19] = 3;
  EXPECT_EQ(decode_format_description(bytes_of(bytes)).error().code, Errc::unsupported);
}

TEST(FormatDescription, AnUnknownChecksumAlgorithmIsRefusedAndUndefinedIsNone) {
  const auto with = [](std::uint8_t alg) {
    return decode_format_description(bytes_of(description("8.0.40", std::string(41, '\0'), true, alg)));
  };
  EXPECT_EQ(with(0)->checksum, ChecksumAlgorithm::off);
  EXPECT_EQ(with(1)->checksum, ChecksumAlgorithm::crc32);
  EXPECT_EQ(with(255)->checksum, ChecksumAlgorithm::off);
  EXPECT_EQ(with(2).error().code, Errc::unsupported);
}

TEST(FormatDescription, AHeaderShorterThanNineteenBytesIsCorrupt) {
  std::string bytes = mysql_8_0_35();
  bytes[19 + 56] = 18;
  EXPECT_EQ(decode_format_description(bytes_of(bytes)).error().code, Errc::corrupt);
}

TEST(ServerVersion, MissingAndOddPartsCountAsZero) {
  EXPECT_EQ(parse_server_version("8.0.35-log"), 80035U);
  EXPECT_EQ(parse_server_version("9.6"), 90600U);
  EXPECT_EQ(parse_server_version("5.5.x"), 50500U);
  EXPECT_EQ(parse_server_version(""), 0U);
  EXPECT_EQ(parse_server_version("Aurora"), 0U);
  EXPECT_EQ(parse_server_version("99999999999.1"), 0U);
}

}  // namespace
}  // namespace binferry
