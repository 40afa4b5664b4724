#include "binlog/event/event_header.hpp"

#include "binlog/base/byte_writer.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

std::string header_of_length(std::uint32_t length) {
  return ByteWriter().u32(0x11223344).u8(30).u32(7).u32(length).u32(0xFFFFFFF0).u16(0x80).str();
}

TEST(EventHeader, TheFieldsStandWhereTheFormatSays) {
  const std::string bytes = header_of_length(40);
  const auto header = parse_header(bytes_of(bytes));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->timestamp, 0x11223344U);
  EXPECT_EQ(header->type, EventType::write_rows);
  EXPECT_EQ(header->server_id, 7U);
  EXPECT_EQ(header->length, 40U);
  EXPECT_EQ(header->log_pos, 0xFFFFFFF0U);
  EXPECT_EQ(header->flags, EventHeader::kIgnorable);
}

TEST(EventHeader, FewerThanNineteenBytesAreTruncated) {
  const std::string bytes = header_of_length(40);
  for (std::size_t size = 0; size < kEventHeaderSize; ++size) {
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const auto header = parse_header(exact);
    ASSERT_FALSE(header) << size;
    EXPECT_EQ(header.error().code, Errc::truncated);
  }
}

TEST(EventHeader, ALengthBelowTheHeaderIsCorrupt) {
  EXPECT_EQ(parse_header(bytes_of(header_of_length(18))).error().code, Errc::corrupt);
  EXPECT_EQ(parse_header(bytes_of(header_of_length(0))).error().code, Errc::corrupt);
  EXPECT_TRUE(parse_header(bytes_of(header_of_length(19))));
}

TEST(EventHeader, TheLengthIsTakenAtTheCapAndRefusedBeyondIt) {
  Limits limits;
  limits.event_bytes = 1000;
  EXPECT_EQ(event_length(bytes_of(header_of_length(1000)), limits), 1000U);
  const auto beyond = event_length(bytes_of(header_of_length(1001)), limits);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Errc::corrupt);
  EXPECT_NE(beyond.error().hint.find("event boundary"), std::string::npos);
}

TEST(EventType, NamesAreUpperCaseAndTellVersionsApart) {
  EXPECT_EQ(name_of(EventType::write_rows), "WRITE_ROWS");
  EXPECT_EQ(name_of(EventType::write_rows_v1), "WRITE_ROWS_V1");
  EXPECT_EQ(name_of(EventType::update_rows_compressed_v1), "UPDATE_ROWS_COMPRESSED_V1");
  EXPECT_EQ(name_of(EventType::mariadb_gtid), "MARIADB_GTID");
  EXPECT_EQ(name_of(static_cast<EventType>(43)), "UNKNOWN");
}

TEST(EventType, EveryTypeOfTheFormatHasADutyAndNoOtherHas) {
  for (unsigned code = 0; code < 256; ++code) {
    const bool known = (code >= 1 && code <= 42) || (code >= 160 && code <= 171);
    EXPECT_EQ(duty_of(static_cast<EventType>(code)) != EventDuty::unknown, known) << code;
    EXPECT_EQ(name_of(static_cast<EventType>(code)) != "UNKNOWN", known) << code;
  }
  EXPECT_EQ(duty_of(EventType::incident), EventDuty::stop);
  EXPECT_EQ(duty_of(EventType::write_rows_v0), EventDuty::stop);
  EXPECT_EQ(duty_of(EventType::transaction_payload), EventDuty::decode);
}

TEST(EventType, RowsEventsAreThoseWithRowImages) {
  int count = 0;
  for (unsigned code = 0; code < 256; ++code) count += is_rows_event(static_cast<EventType>(code)) ? 1 : 0;
  EXPECT_EQ(count, 3 * 3 + 1 + 6);
  EXPECT_TRUE(is_rows_event(EventType::partial_update_rows));
  EXPECT_FALSE(is_rows_event(EventType::table_map));
  EXPECT_FALSE(is_rows_event(EventType::rows_query));
}

TEST(RawEvent, ThePlaceNamesFileOffsetAndType) {
  RawEvent event;
  event.file = "binlog.000003";
  event.offset = 5'000'000'000;
  event.header.type = EventType::write_rows;
  EXPECT_EQ(event.place(), "binlog.000003:5000000000: WRITE_ROWS");
  event.header.type = static_cast<EventType>(77);
  EXPECT_EQ(event.place(), "binlog.000003:5000000000: UNKNOWN 77");
}

}  // namespace
}  // namespace binferry
