#include "binlog/row/row_reader.hpp"

#include "tests/unit/row/row_events.hpp"

#include <libdeflate.h>

namespace binferry {
namespace {

using test::field;
using test::from_hex;
using test::map_body;
using test::MapColumn;
using test::rows_body;
using test::shared_table;

std::string two(int low, int high) {
  return {static_cast<char>(low), static_cast<char>(high)};
}

// An event with everything its rows point to.
struct Decoded {
  std::string body;
  std::string inflated;
  Result<RowsEvent> event = fail(Errc::internal, "not decoded");
};

std::unique_ptr<Decoded> decode(EventType type, std::string body, std::size_t post_header_length = 10) {
  auto made = std::make_unique<Decoded>();
  made->body = std::move(body);
  made->event = RowsEvent::decode(type, bytes_of(made->body), post_header_length, made->inflated, Limits());
  return made;
}

// Reads one event to its end; rows are copied, their bytes stay in the event and the reader.
struct ReadRows {
  std::vector<std::vector<Value>> before;
  std::vector<std::vector<Value>> after;
  std::optional<Error> error;
};

ReadRows read_all(RowReader& reader, const std::shared_ptr<const Table>& table, const RowsEvent& event) {
  ReadRows rows;
  if (Status opened = reader.open(table, event); !opened) {
    rows.error = opened.error();
    return rows;
  }
  Row row;
  for (;;) {
    Result<bool> more = reader.next(row);
    if (!more) rows.error = more.error();
    if (!more || !*more) return rows;
    rows.before.emplace_back(row.before.begin(), row.before.end());
    rows.after.emplace_back(row.after.begin(), row.after.end());
  }
}

// The one row that a WRITE_ROWS of all columns of `columns` holds; `values` without the NULL bitmap.
std::vector<Value> write_one(const std::vector<MapColumn>& columns, std::string_view values,
                             std::string_view metadata = {}) {
  static std::string body;  // the values point into it
  static std::string inflated;
  static RowReader reader;
  const auto table = shared_table(map_body(columns, metadata), true);
  const std::string bitmap((columns.size() + 7) / 8, '\xFF');
  body = rows_body(columns.size(), bitmap, std::string((columns.size() + 7) / 8, '\0') + std::string(values));
  const Result<RowsEvent> event = RowsEvent::decode(EventType::write_rows, bytes_of(body), 10, inflated, Limits());
  if (table == nullptr || !event) {
    ADD_FAILURE() << "not decoded";
    return std::vector<Value>(columns.size());
  }
  ReadRows rows = read_all(reader, table, *event);
  if (rows.error || rows.after.size() != 1) {
    ADD_FAILURE() << (rows.error ? rows.error->message() : "not one row");
    return std::vector<Value>(columns.size());
  }
  return rows.after[0];
}

Value write_value(MapColumn column, std::string_view value, std::string_view metadata = {}) {
  return write_one({column}, value, metadata)[0];
}

std::string_view text(const Value& value) {
  return text_of(value.bytes());
}

constexpr std::string_view kTableU =
    "12 00 00 00 00 00 01 00 01 64 00 01 75 00 06 03 FE FE FE FE FE 0A FE 10 FE 10 FE 04 FE 06 FE 05 3E "
    "01 01 00 02 03 3F 04 08 04 0D 02 69 64 01 61 01 62 01 63 01 64 01 65 08 01 00";
constexpr std::string_view kRowsU =
    "12 00 00 00 00 00 01 00 06 3F C0 01 00 00 00 0F 00 11 22 33 44 55 16 77 88 99 AA BB CC DD EE "
    "10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 03 01 02 03 03 01 02 03 02 61 62";

TEST(RowReader, ReadsTheUuidAndInetRowOfMariaDb) {
  const auto table = shared_table(from_hex(kTableU), true);
  const auto decoded = decode(EventType::write_rows_v1, from_hex(kRowsU), 8);
  ASSERT_TRUE(decoded->event) << decoded->event.error().message();
  EXPECT_TRUE(decoded->event->ends_statement());
  EXPECT_EQ(decoded->event->table_id, 0x12U);
  RowReader reader;
  const ReadRows rows = read_all(reader, table, *decoded->event);
  ASSERT_FALSE(rows.error) << rows.error->message();
  ASSERT_EQ(rows.after.size(), 1U);
  EXPECT_TRUE(rows.before[0].empty());
  const std::vector<Value>& row = rows.after[0];
  EXPECT_EQ(row[0].i, 1);
  EXPECT_EQ(to_hex(row[1].bytes()), "00112233445516778899AABBCCDDEE");  // one trailing zero stripped
  EXPECT_EQ(row[1].kind, ValueKind::binary);
  EXPECT_EQ(row[2].size, 16U);
  EXPECT_EQ(to_hex(row[3].bytes()), "010203");
  EXPECT_EQ(to_hex(row[4].bytes()), "010203");
  EXPECT_EQ(text(row[5]), "ab");
  EXPECT_EQ(row[5].kind, ValueKind::text);
}

TEST(RowReader, EveryPrefixOfARowEventIsAnError) {
  const auto table = shared_table(from_hex(kTableU), true);
  const std::string body = from_hex(kRowsU);
  RowReader reader;
  for (std::size_t size = 0; size < body.size(); ++size) {
    const test::ExactBlock block(std::string_view(body).substr(0, size));
    std::string inflated;
    const Result<RowsEvent> event = RowsEvent::decode(EventType::write_rows_v1, block.view(), 8, inflated, Limits());
    if (!event) {
      EXPECT_EQ(event.error().code, Errc::truncated) << size;
      EXPECT_LT(size, 10U);
      continue;
    }
    const ReadRows rows = read_all(reader, table, *event);
    ASSERT_TRUE(rows.error) << size;
    EXPECT_EQ(rows.error->code, Errc::corrupt) << size;
    EXPECT_TRUE(rows.after.empty()) << size;
  }
  const auto longer = decode(EventType::write_rows_v1, body + '\0', 8);
  EXPECT_TRUE(read_all(reader, table, *longer->event).error);
}

TEST(RowReader, MinimalUpdateHasDifferentColumnsInItsImages) {
  // PROTOCOL 9.2: five integers, columns 1 and 3 changed, key 0; padding bits of all bitmaps set.
  const auto table = shared_table(map_body(std::vector<MapColumn>(5, MapColumn{wire_type::kLong})));
  const std::string row = from_hex("FE 01 00 00 00 FC 0B 00 00 00 0D 00 00 00");
  for (const char* bitmaps : {"01 0A", "E1 EA"}) {
    const auto decoded = decode(EventType::update_rows_v1, rows_body(5, from_hex(bitmaps), row + row, 1), 8);
    RowReader reader;
    const ReadRows rows = read_all(reader, table, *decoded->event);
    ASSERT_FALSE(rows.error) << rows.error->message();
    ASSERT_EQ(rows.after.size(), 2U);
    EXPECT_EQ(rows.before[1][0].i, 1);
    EXPECT_EQ(rows.before[1][1].kind, ValueKind::absent);
    EXPECT_EQ(rows.after[1][0].kind, ValueKind::absent);
    EXPECT_EQ(rows.after[1][1].i, 11);
    EXPECT_EQ(rows.after[1][2].kind, ValueKind::absent);
    EXPECT_EQ(rows.after[1][3].i, 13);
  }
}

TEST(RowReader, TheNullBitmapCountsPresentColumnsOnly) {
  // Columns 8 and 9 of ten are present; the second is NULL: bit 1, not bit 9.
  const auto table = shared_table(map_body(std::vector<MapColumn>(10, MapColumn{wire_type::kTiny})));
  const auto decoded = decode(EventType::delete_rows, rows_body(10, from_hex("00 03"), from_hex("02 07")));
  RowReader reader;
  const ReadRows rows = read_all(reader, table, *decoded->event);
  ASSERT_FALSE(rows.error) << rows.error->message();
  EXPECT_TRUE(rows.after[0].empty());
  EXPECT_EQ(rows.before[0][8].i, 7);
  EXPECT_EQ(rows.before[0][9].kind, ValueKind::null);
  EXPECT_EQ(rows.before[0][0].kind, ValueKind::absent);
}

TEST(RowReader, AWriteWithoutColumnsIsOneRowOfDefaults) {
  const auto table = shared_table(map_body(std::vector<MapColumn>(2, MapColumn{wire_type::kTiny})));
  RowReader reader;
  const auto decoded = decode(EventType::write_rows, rows_body(2, from_hex("FC"), ""));
  const ReadRows rows = read_all(reader, table, *decoded->event);
  ASSERT_FALSE(rows.error) << rows.error->message();
  ASSERT_EQ(rows.after.size(), 1U);
  EXPECT_EQ(rows.after[0][0].kind, ValueKind::absent);
  EXPECT_EQ(rows.after[0][1].kind, ValueKind::absent);
  const auto leftover = decode(EventType::write_rows, rows_body(2, from_hex("FC"), "x"));
  EXPECT_TRUE(read_all(reader, table, *leftover->event).error);
  const auto deletion = decode(EventType::delete_rows, rows_body(2, from_hex("FC"), ""));
  EXPECT_TRUE(read_all(reader, table, *deletion->event).error);
}

TEST(RowReader, IntegersOfEveryWidthKeepTheirSign) {
  const std::vector<MapColumn> columns = {
      {wire_type::kTiny}, {wire_type::kShort}, {wire_type::kInt24}, {wire_type::kLong}, {wire_type::kLongLong}};
  const std::string values = from_hex("FE FD FF FC FF FF FB FF FF FF FA FF FF FF FF FF FF FF");
  const std::vector<Value> with_sign = write_one(columns, values, field(1, from_hex("00")));
  const std::vector<Value> without = write_one(columns, values, field(1, from_hex("F8")));
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(with_sign[i].kind, ValueKind::integer);
    EXPECT_EQ(with_sign[i].i, -2 - static_cast<std::int64_t>(i));
    EXPECT_EQ(without[i].kind, ValueKind::uinteger);
  }
  EXPECT_EQ(without[0].u, 0xFEU);
  EXPECT_EQ(without[1].u, 0xFFFDU);
  EXPECT_EQ(without[2].u, 0xFFFFFCU);
  EXPECT_EQ(without[3].u, 0xFFFFFFFBU);
  EXPECT_EQ(without[4].u, 0xFFFFFFFFFFFFFFFAU);
}

TEST(RowReader, EnumOfTwoBytesSetOfEightAndBit) {
  EXPECT_EQ(write_value({wire_type::kString, "\xF7\x02"}, from_hex("01 02")).u, 0x0201U);
  EXPECT_EQ(write_value({wire_type::kString, "\xF8\x08"}, from_hex("01 00 00 00 00 00 00 80")).u, 0x8000000000000001U);
  EXPECT_EQ(write_value({wire_type::kString, "\xF8\x03"}, from_hex("01 00 80")).u, 0x800001U);
  const Value bit = write_value({wire_type::kBit, "\x02\x01"}, from_hex("02 01"));  // BIT(10) b'1000000001'
  EXPECT_EQ(bit.kind, ValueKind::uinteger);
  EXPECT_EQ(bit.u, 513U);
  EXPECT_EQ(write_value({wire_type::kBit, two(0, 8)}, from_hex("80 00 00 00 00 00 00 01")).u, 0x8000000000000001U);
}

TEST(RowReader, LongCharHasATwoByteLength) {
  const std::string value(300, 'x');
  const Value read =
      write_value({wire_type::kString, "\xCE\xFC"}, two(300 & 0xFF, 300 >> 8) + value, field(2, from_hex("FC FF 00")));
  EXPECT_EQ(text(read), value);
  EXPECT_EQ(read.kind, ValueKind::text);
}

TEST(RowReader, DecimalFloatsAndYear) {
  const std::vector<Value> row =
      write_one({{wire_type::kNewDecimal, "\x0E\x04"},
                 {wire_type::kFloat, "\x04"},
                 {wire_type::kDouble, "\x08"},
                 {wire_type::kYear},
                 {wire_type::kYear}},
                from_hex("7E F2 04 C7 2D FB 2D  CD CC 8C 3F  00 00 00 00 00 00 F8 BF  00  7C"));
  EXPECT_EQ(to_hex(row[0].bytes()), "7EF204C72DFB2D");
  EXPECT_EQ(row[0].kind, ValueKind::decimal);
  EXPECT_EQ(row[1].f, 1.1F);
  EXPECT_EQ(row[2].d, -1.5);
  EXPECT_EQ(row[3].u, 0U);
  EXPECT_EQ(row[4].u, 2024U);
}

std::int64_t packed_time(int hour, int minute, int second, int microsecond) {
  return static_cast<std::int64_t>(hour << 12 | minute << 6 | second) << 24 | microsecond;
}

TEST(RowReader, TimesArePackedWithTheirSign) {
  // PROTOCOL 4.3's vectors.
  EXPECT_EQ(write_value({wire_type::kTime2, "\x02"}, from_hex("7F FF FF FF")).i, -packed_time(0, 0, 0, 10000));
  EXPECT_EQ(write_value({wire_type::kTime2, "\x03"}, from_hex("7F EF 7C EE 30")).i, -packed_time(1, 2, 3, 456000));
  EXPECT_EQ(write_value({wire_type::kTime2, std::string(1, '\0')}, from_hex("7F EF 7D")).i, -packed_time(1, 2, 3, 0));
  EXPECT_EQ(write_value({wire_type::kTime2, "\x06"}, from_hex("80 10 83 00 00 01")).i, packed_time(1, 2, 3, 1));
  EXPECT_EQ(write_value({wire_type::kTime2, "\x06"}, from_hex("7F FF FF FF FF FF")).i, -1);
  EXPECT_EQ(write_value({wire_type::kTime2, "\x01"}, from_hex("80 00 01 32")).i, packed_time(0, 0, 1, 500000));
}

std::uint64_t packed_datetime(std::uint64_t year, std::uint64_t month, std::uint64_t day, std::uint64_t hour,
                              std::uint64_t minute, std::uint64_t second, std::uint64_t microsecond) {
  return ((year * 13 + month) << 22 | day << 17 | hour << 12 | minute << 6 | second) << 24 | microsecond;
}

TEST(RowReader, DatesAndTimestampsArePacked) {
  EXPECT_EQ(write_value({wire_type::kDatetime2, "\x06"}, from_hex("99 B3 4C 72 09 01 E2 40")).u,
            packed_datetime(2024, 5, 6, 7, 8, 9, 123456));
  EXPECT_EQ(write_value({wire_type::kDatetime2, std::string(1, '\0')}, from_hex("80 00 00 00 00")).u, 0U);
  EXPECT_EQ(write_value({wire_type::kTimestamp2, "\x04"}, from_hex("65 53 F1 00 04 D2")).u,
            std::uint64_t{1700000000} << 24 | 123400);
  EXPECT_EQ(write_value({wire_type::kDate}, from_hex("A6 D0 0F")).u, 2024U << 9 | 5 << 5 | 6);
  EXPECT_EQ(write_value({wire_type::kTimestamp}, from_hex("00 F1 53 65")).u, std::uint64_t{1700000000} << 24);
  EXPECT_EQ(write_value({wire_type::kTime}, from_hex("75 D8 FF")).i, -packed_time(1, 1, 23, 0));  // -10123
  const std::uint64_t digits = 20240506070809;
  EXPECT_EQ(write_value({wire_type::kDatetime}, std::move(ByteWriter().u64(digits)).str()).u,
            packed_datetime(2024, 5, 6, 7, 8, 9, 0));
}

TEST(RowReader, JsonGeometryAndVectorAreBytesBehindFourBytesOfLength) {
  EXPECT_EQ(write_value({wire_type::kJson, "\x04"}, from_hex("02 00 00 00 04 01")).kind, ValueKind::json);
  EXPECT_EQ(write_value({wire_type::kJson, "\x04"}, from_hex("00 00 00 00")).kind, ValueKind::json);
  const Value point = write_value({wire_type::kGeometry, "\x04"}, from_hex("05 00 00 00 00 00 00 00 01"));
  EXPECT_EQ(point.kind, ValueKind::binary);
  EXPECT_EQ(point.size, 5U);
  EXPECT_EQ(write_value({wire_type::kVector, "\x04"}, from_hex("04 00 00 00 00 00 80 3F")).size, 4U);
}

TEST(RowReader, CompressedColumnsAreInflated) {
  // PROTOCOL 9.2: 600 × 'a', 'short' and ''.
  const std::vector<Value> row = write_one(
      {{wire_type::kVarcharCompressed, "\xD1\x07"},
       {wire_type::kVarcharCompressed, two(0x65, 0)},
       {wire_type::kBlobCompressed, "\x02"}},
      from_hex("0C 00 8A 02 58 4B 4C 1C 05 A3 80 FA 00 00  06 00 73 68 6F 72 74  00 00"), field(2, from_hex("08")));
  EXPECT_EQ(text(row[0]), std::string(600, 'a'));
  EXPECT_EQ(row[0].kind, ValueKind::text);
  EXPECT_EQ(text(row[1]), "short");
  EXPECT_EQ(row[2].size, 0U);
  EXPECT_EQ(row[2].kind, ValueKind::text);
}

TEST(RowReader, SeveralCompressedValuesOfARowDoNotDisturbEachOther) {
  const std::string value = from_hex("0C 00 8A 02 58 4B 4C 1C 05 A3 80 FA 00 00");
  const std::vector<MapColumn> columns(5, MapColumn{wire_type::kVarcharCompressed, "\xD1\x07"});
  std::string values;
  for (int i = 0; i < 5; ++i) values += value;
  for (const Value& read : write_one(columns, values)) EXPECT_EQ(text(read), std::string(600, 'a'));
}

TEST(RowReader, DamagedAndHugeCompressedValuesAreErrors) {
  const auto table = shared_table(map_body({{wire_type::kBlobCompressed, "\x04"}}), true);
  Limits limits;
  limits.inflated_bytes = 599;
  RowReader reader(limits);
  const auto error_of = [&](const char* value) {
    const auto decoded = decode(EventType::write_rows, rows_body(1, "\x01", from_hex(value)));
    const ReadRows rows = read_all(reader, table, *decoded->event);
    return rows.error ? rows.error->code : Errc::cancelled;
  };
  EXPECT_EQ(error_of("00 0C 00 00 00 8A 02 58 4B 4C 1C 05 A3 80 FA 00 00"), Errc::limit);    // 600 bytes
  EXPECT_EQ(error_of("00 0C 00 00 00 8A 02 57 4B 4C 1C 05 A3 80 FA 00 00"), Errc::corrupt);  // says 599
  EXPECT_EQ(error_of("00 02 00 00 00 8A 02"), Errc::corrupt);
  EXPECT_EQ(error_of("00 05 00 00 00 9A 02 02 02 02"), Errc::unsupported);
}

TEST(RowReader, RowsCompressedByMariaDbAreInflatedFirst) {
  const std::string rows = from_hex("FE 01 00 00 00 FE 02 00 00 00");
  std::string packed(256, '\0');
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  packed.resize(libdeflate_zlib_compress(compressor, rows.data(), rows.size(), packed.data(), packed.size()));
  libdeflate_free_compressor(compressor);
  const std::string block = std::string("\x81\x0A") + packed;
  const auto table = shared_table(map_body({{wire_type::kLong}}));
  RowReader reader;
  for (const EventType type : {EventType::write_rows_compressed_v1, EventType::write_rows_compressed}) {
    const int version = type == EventType::write_rows_compressed ? 2 : 1;
    const auto decoded = decode(type, rows_body(1, "\xFF", block, version));
    ASSERT_TRUE(decoded->event) << decoded->event.error().message();
    const ReadRows read = read_all(reader, table, *decoded->event);
    ASSERT_FALSE(read.error) << read.error->message();
    ASSERT_EQ(read.after.size(), 2U);
    EXPECT_EQ(read.after[1][0].i, 2);
    const auto damaged = decode(type, rows_body(1, "\xFF", std::string("\x81\x0B") + packed, version));
    EXPECT_FALSE(damaged->event);
    EXPECT_FALSE(decode(type, rows_body(1, "\xFF", std::string("\x91\x0A") + packed, version))->event);
    EXPECT_FALSE(decode(type, rows_body(1, "\xFF", "", version))->event);
  }
}

TEST(RowReader, PartialUpdatesMarkTheirDiffs) {
  // Columns: int, json, json, json. After image holds the first and the third JSON; partial bits count all three.
  const auto table = shared_table(map_body(
      {{wire_type::kLong}, {wire_type::kJson, "\x04"}, {wire_type::kJson, "\x04"}, {wire_type::kJson, "\x04"}}));
  const std::string before = from_hex("00 01 00 00 00");
  const std::string diff = from_hex("01 FC  00  03 00 00 00 02 01 24  02 00 00 00 04 01");  // bit 2 clear, padding set
  const std::string swapped = from_hex("01 04  00  02 00 00 00 04 01  00 00 00 00");        // bit 2: the third
  const std::string plain = from_hex("00  00  02 00 00 00 04 01  02 00 00 00 04 01");
  const auto decoded = decode(EventType::partial_update_rows,
                              rows_body(4, from_hex("01 0A"), before + diff + before + swapped + before + plain));
  ASSERT_TRUE(decoded->event);
  EXPECT_TRUE(decoded->event->partial);
  RowReader reader;
  const ReadRows rows = read_all(reader, table, *decoded->event);
  ASSERT_FALSE(rows.error) << rows.error->message();
  ASSERT_EQ(rows.after.size(), 3U);
  EXPECT_EQ(rows.after[0][1].kind, ValueKind::json);  // bit 0 is clear: FC has bits 2…7
  EXPECT_EQ(rows.after[0][2].kind, ValueKind::absent);
  EXPECT_EQ(rows.after[0][3].kind, ValueKind::json_diff);
  EXPECT_EQ(rows.after[1][1].kind, ValueKind::json);
  EXPECT_EQ(rows.after[1][3].kind, ValueKind::json_diff);
  EXPECT_EQ(rows.after[1][3].size, 0U);
  EXPECT_EQ(rows.after[2][3].kind, ValueKind::json);

  const auto unknown = decode(EventType::partial_update_rows, rows_body(4, from_hex("01 0A"), before + from_hex("02")));
  const ReadRows refused = read_all(reader, table, *unknown->event);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code, Errc::unsupported);
}

TEST(RowReader, ExtraInformationIsSkippedAndPartitionsAreKept) {
  const auto event_with = [](EventType type, std::string_view extra) {
    ByteWriter body;
    body.u48(7).u16(0).u16(static_cast<std::uint16_t>(extra.size() + 2)).text(extra).pint(1);
    body.text(type == EventType::update_rows ? "\x01\x01" : "\x01").text(from_hex("00 05"));
    return decode(type, std::move(body).str());
  };
  const std::string ndb = from_hex("00 04 00 AA BB");  // length 4 counts itself and the format byte
  const auto written = event_with(EventType::write_rows, ndb + from_hex("01 02 03"));
  ASSERT_TRUE(written->event) << written->event.error().message();
  EXPECT_EQ(written->event->partition, 0x0302);
  EXPECT_FALSE(written->event->source_partition);
  EXPECT_EQ(written->event->rows.size(), 2U);
  const auto updated = event_with(EventType::update_rows, from_hex("01 02 00 09 00"));
  ASSERT_TRUE(updated->event);
  EXPECT_EQ(updated->event->partition, 2);
  EXPECT_EQ(updated->event->source_partition, 9);
  EXPECT_TRUE(event_with(EventType::write_rows, from_hex("63 FF FF FF"))->event);  // unknown: to the end
  EXPECT_FALSE(event_with(EventType::write_rows, from_hex("01 02"))->event);
  EXPECT_FALSE(event_with(EventType::write_rows, from_hex("00 01"))->event);
  EXPECT_FALSE(event_with(EventType::write_rows, from_hex("00 09 00"))->event);
}

TEST(RowReader, AnExtraInfoLengthBelowItsOwnSizeIsCorrupt) {
  ByteWriter body;
  body.u48(1).u16(0).u16(1).pint(1).text("\x01").text(from_hex("00 05"));
  const auto decoded = decode(EventType::write_rows, body.str());
  ASSERT_FALSE(decoded->event);
  EXPECT_EQ(decoded->event.error().code, Errc::corrupt);
}

TEST(RowReader, ObsoleteRowEventsAreRefused) {
  const auto decoded = decode(EventType::write_rows_v0, rows_body(1, "\x01", "xx"));
  ASSERT_FALSE(decoded->event);
  EXPECT_EQ(decoded->event.error().code, Errc::unsupported);
}

TEST(RowReader, AnotherWidthThanTheTablesIsAMismatch) {
  const auto table = shared_table(map_body(std::vector<MapColumn>(2, MapColumn{wire_type::kTiny})));
  const auto decoded = decode(EventType::write_rows, rows_body(3, "\x07", from_hex("00 01 02 03")));
  RowReader reader;
  const ReadRows rows = read_all(reader, table, *decoded->event);
  ASSERT_TRUE(rows.error);
  EXPECT_EQ(rows.error->code, Errc::schema_mismatch);
}

TEST(RowReader, HiddenTypedArraysAreNeverInAnImage) {
  const auto table = shared_table(map_body({{wire_type::kTiny}, {wire_type::kTypedArray, "\x08"}}));
  RowReader reader;
  const auto without = decode(EventType::write_rows, rows_body(2, "\x01", from_hex("00 05")));
  const ReadRows rows = read_all(reader, table, *without->event);
  ASSERT_FALSE(rows.error) << rows.error->message();
  EXPECT_EQ(rows.after[0][0].i, 5);
  EXPECT_EQ(rows.after[0][1].kind, ValueKind::absent);
  const auto with = decode(EventType::write_rows, rows_body(2, "\x03", from_hex("00 05 06")));
  EXPECT_TRUE(read_all(reader, table, *with->event).error);
}

TEST(RowReader, AnErrorNamesTableRowAndColumn) {
  const auto table = shared_table(
      map_body({{wire_type::kTiny}, {wire_type::kVarchar, two(10, 0)}}, field(4, from_hex("02 69 64 04") + "name")));
  const auto decoded =
      decode(EventType::write_rows, rows_body(2, "\x03", from_hex("00 01 01 61") + from_hex("00 02 05 61 62")));
  RowReader reader;
  const ReadRows rows = read_all(reader, table, *decoded->event);
  ASSERT_TRUE(rows.error);
  EXPECT_EQ(rows.after.size(), 1U);
  EXPECT_NE(rows.error->message().find("d.t: row 2: value of column name"), std::string::npos) << rows.error->message();
  // A length that fits the event but not the column.
  const auto too_long =
      decode(EventType::write_rows, rows_body(2, "\x03", from_hex("00 01 0B") + std::string(11, 'x')));
  EXPECT_TRUE(read_all(reader, table, *too_long->event).error);
}

TEST(RowReader, AReusedReaderForgetsTheFormerTableAndBitmap) {
  RowReader reader;
  const auto wide = shared_table(map_body(std::vector<MapColumn>(9, MapColumn{wire_type::kTiny})));
  const auto full =
      decode(EventType::write_rows, rows_body(9, "\xFF\x01", std::string(2, '\0') + std::string(9, '\x07')));
  ASSERT_EQ(read_all(reader, wide, *full->event).after.size(), 1U);
  const auto one = decode(EventType::write_rows, rows_body(9, two(0, 1), from_hex("00 05")));
  const ReadRows rows = read_all(reader, wide, *one->event);
  ASSERT_EQ(rows.after.size(), 1U);
  EXPECT_EQ(rows.after[0][0].kind, ValueKind::absent);
  EXPECT_EQ(rows.after[0][8].i, 5);
  const auto narrow = shared_table(map_body({}));
  const auto empty = decode(EventType::write_rows, rows_body(0, "", ""));
  const ReadRows none = read_all(reader, narrow, *empty->event);
  ASSERT_EQ(none.after.size(), 1U);
  EXPECT_TRUE(none.after[0].empty());
}

TEST(RowReader, EveryPrefixOfARowWithEveryTypeIsAnError) {
  const std::vector<MapColumn> columns = {{wire_type::kTiny},
                                          {wire_type::kShort},
                                          {wire_type::kInt24},
                                          {wire_type::kLong},
                                          {wire_type::kLongLong},
                                          {wire_type::kFloat, "\x04"},
                                          {wire_type::kDouble, "\x08"},
                                          {wire_type::kNewDecimal, "\x0E\x04"},
                                          {wire_type::kBit, "\x02\x01"},
                                          {wire_type::kDate},
                                          {wire_type::kYear},
                                          {wire_type::kTime2, "\x06"},
                                          {wire_type::kDatetime2, "\x03"},
                                          {wire_type::kTimestamp2, "\x01"},
                                          {wire_type::kTime},
                                          {wire_type::kDatetime},
                                          {wire_type::kTimestamp},
                                          {wire_type::kVarchar, two(10, 0)},
                                          {wire_type::kVarchar, two(0, 2)},
                                          {wire_type::kBlob, "\x03"},
                                          {wire_type::kJson, "\x04"},
                                          {wire_type::kString, "\xF7\x02"},
                                          {wire_type::kString, "\xF8\x08"},
                                          {wire_type::kVarcharCompressed, "\xD1\x07"}};
  const auto table = shared_table(map_body(columns), true);
  ByteWriter row;
  row.fill(3).u8(1).u16(2).u24(3).u32(4).u64(5).u32(0).u64(0).fill(7, '\x80').u16(1).u24(0).u8(1);
  row.fill(6, '\x80').fill(7, '\x80').fill(5).u24(10203).u64(20240101000000).u32(9);
  row.u8(1).text("v").u16(1).text("w").u24(1).text("b").u32(2).text(from_hex("04 01")).u16(1).u64(1);
  row.text(from_hex("0C 00 8A 02 58 4B 4C 1C 05 A3 80 FA 00 00"));
  RowReader reader;
  for (std::size_t size = 0; size <= row.size(); ++size) {
    const test::ExactBlock block(rows_body(24, "\xFF\xFF\xFF", std::string_view(row.str()).substr(0, size)));
    std::string inflated;
    const Result<RowsEvent> event = RowsEvent::decode(EventType::write_rows, block.view(), 10, inflated, Limits());
    ASSERT_TRUE(event);
    const ReadRows rows = read_all(reader, table, *event);
    EXPECT_EQ(rows.error.has_value(), size != row.size()) << size;
    EXPECT_EQ(rows.after.size(), size == row.size() ? 1U : 0U) << size;
  }
}

}  // namespace
}  // namespace binferry
