#include "binlog/row/table_map.hpp"

#include "tests/unit/row/row_events.hpp"

namespace binferry {
namespace {

using test::field;
using test::from_hex;
using test::map_body;
using test::MapColumn;
using test::table_of;

// PROTOCOL 9.2: d.u (int pk, uuid, inet6, inet4, binary(6), char(5) latin1) as MariaDB 10.11 wrote it.
constexpr std::string_view kTableU =
    "12 00 00 00 00 00 01 00 01 64 00 01 75 00 06 03 FE FE FE FE FE 0A FE 10 FE 10 FE 04 FE 06 FE 05 3E "
    "01 01 00 02 03 3F 04 08 04 0D 02 69 64 01 61 01 62 01 63 01 64 01 65 08 01 00";

Errc code_of(const Result<Table>& table) {
  return table ? Errc::cancelled : table.error().code;
}

Column only_column(MapColumn column, std::string_view metadata = {}, bool mariadb = false) {
  const Result<Table> table = table_of(map_body({column}, metadata), mariadb);
  if (!table) {
    ADD_FAILURE() << table.error().message();
    return {};
  }
  return table->columns.at(0);
}

TEST(TableMap, ReadsAMariaDbMapWithFullMetadata) {
  const std::string body = from_hex(kTableU);
  const Result<TableMap> map = TableMap::decode(bytes_of(body), 8, Limits());
  ASSERT_TRUE(map) << map.error().message();
  EXPECT_EQ(map->table_id, 0x12U);
  EXPECT_EQ(map->flags, 1);
  EXPECT_EQ(map->schema, "d");
  EXPECT_EQ(map->table, "u");
  EXPECT_FALSE(map->columns[0].nullable);
  EXPECT_TRUE(map->columns[1].nullable);

  const Result<Table> table = table_from_map(*map, true);
  ASSERT_TRUE(table) << table.error().message();
  ASSERT_EQ(table->columns.size(), 6U);
  EXPECT_TRUE(table->names_known);
  EXPECT_TRUE(table->key_known);
  EXPECT_EQ(table->key, std::vector<std::uint16_t>{0});
  EXPECT_EQ(table->columns[0].name, "id");
  EXPECT_EQ(table->columns[0].type, ColumnType::int_);
  EXPECT_TRUE(table->columns[0].sign_known);
  EXPECT_FALSE(table->columns[0].is_unsigned);
  EXPECT_EQ(table->columns[1].type, ColumnType::binary);  // a UUID, which only the schema tells
  EXPECT_EQ(table->columns[1].length, 16U);
  EXPECT_EQ(table->columns[4].type, ColumnType::binary);
  EXPECT_EQ(table->columns[5].type, ColumnType::char_);
  EXPECT_EQ(table->columns[5].collation, 8);
  EXPECT_EQ(table->columns[5].charset, charset_named("latin1"));
}

TEST(TableMap, EveryPrefixIsAnErrorOrTheMapWithoutItsLastFields) {
  const std::string body = from_hex(kTableU);
  const std::size_t fixed_part = body.find(from_hex("3E 01 01 00")) + 1;
  // The optional fields have no count, so a map cut between two of them is whole.
  const std::vector<std::size_t> ends = {fixed_part, fixed_part + 3, fixed_part + 8, fixed_part + 23};
  for (std::size_t size = 0; size < body.size(); ++size) {
    const test::ExactBlock block(std::string_view(body).substr(0, size));
    const Result<TableMap> map = TableMap::decode(block.view(), 8, Limits());
    const bool whole = std::find(ends.begin(), ends.end(), size) != ends.end();
    EXPECT_EQ(map.has_value(), whole) << size;
    if (!map) {
      EXPECT_EQ(map.error().code, Errc::truncated) << size;
    }
  }
}

TEST(TableMap, TableIdsOfFourBytesAreRead) {
  std::string body = map_body({{wire_type::kLong}});
  body.erase(4, 2);
  const Result<TableMap> map = TableMap::decode(bytes_of(body), 6, Limits());
  ASSERT_TRUE(map) << map.error().message();
  EXPECT_EQ(map->table_id, 1U);
  EXPECT_EQ(map->table, "t");
  EXPECT_EQ(table_id_of(bytes_of(body), 6), 1U);
  EXPECT_FALSE(TableMap::decode(bytes_of(body), 7, Limits()));
}

TEST(TableMap, WithoutMetadataNamesAreNumbersAndSignsUnknown) {
  const Result<Table> table = table_of(map_body({{wire_type::kLong},
                                                 {wire_type::kBlob, "\x02"},
                                                 {wire_type::kString, "\xFE\x0A"},
                                                 {wire_type::kYear},
                                                 {wire_type::kNewDecimal, "\x0A\x02"}}));
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_FALSE(table->names_known);
  EXPECT_FALSE(table->key_known);
  EXPECT_EQ(table->columns[4].name, "@5");
  EXPECT_FALSE(table->columns[0].sign_known);
  EXPECT_EQ(table->columns[1].type, ColumnType::blob);
  EXPECT_EQ(table->columns[2].type, ColumnType::char_);
  EXPECT_EQ(table->columns[2].charset, nullptr);
  EXPECT_TRUE(table->columns[3].is_unsigned);
  EXPECT_TRUE(table->columns[4].sign_known);
}

TEST(TableMap, SignednessCountsYearAndNotBitOrGeometry) {
  // PROTOCOL 9.2: geometry, int unsigned, tinyint, float unsigned, decimal unsigned, year, bit.
  const Result<Table> table = table_of(map_body({{wire_type::kGeometry, "\x04"},
                                                 {wire_type::kLong},
                                                 {wire_type::kTiny},
                                                 {wire_type::kFloat, "\x04"},
                                                 {wire_type::kNewDecimal, "\x0A\x02"},
                                                 {wire_type::kYear},
                                                 {wire_type::kBit, std::string("\x01\x00", 2)}},
                                                from_hex("01 01 B8")),
                                       true);
  ASSERT_TRUE(table) << table.error().message();
  const bool expected[] = {false, true, false, true, true, true, false};
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(table->columns[i].is_unsigned, expected[i]) << i;
}

TEST(TableMap, SignednessOfNineColumnsUsesTheSecondByte) {
  const std::vector<MapColumn> columns(9, MapColumn{wire_type::kLongLong});
  const Result<Table> table = table_of(map_body(columns, field(1, from_hex("01 80"))));
  ASSERT_TRUE(table);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(table->columns[i].is_unsigned, i >= 7) << i;
  EXPECT_EQ(code_of(table_of(map_body(columns, field(1, from_hex("01"))))), Errc::corrupt);
}

TEST(TableMap, LongCharHidesItsLengthInTheTypeByte) {
  // CHAR(255) utf8mb4: 1020 bytes = 0x3FC; bits 8 and 9 are XORed into bits 4 and 5 of 0xFE.
  const Column longest = only_column({wire_type::kString, "\xCE\xFC"});
  EXPECT_EQ(longest.length, 1020U);
  EXPECT_EQ(longest.storage, Storage::length_2);
  const Column middle = only_column({wire_type::kString, std::string("\xEE\x2C", 2)});  // 300 bytes
  EXPECT_EQ(middle.length, 300U);
  EXPECT_EQ(middle.storage, Storage::length_2);
  const Column at_limit = only_column({wire_type::kString, "\xFE\xFF"});
  EXPECT_EQ(at_limit.length, 255U);
  EXPECT_EQ(at_limit.storage, Storage::length_1);
}

TEST(TableMap, EnumAndSetStandInsideTheStringType) {
  EXPECT_EQ(only_column({wire_type::kString, "\xF7\x02"}).storage, Storage::fixed_2);
  EXPECT_EQ(only_column({wire_type::kString, "\xF7\x02"}).type, ColumnType::enum_);
  EXPECT_EQ(only_column({wire_type::kString, "\xF8\x08"}).storage, Storage::fixed_8);
  EXPECT_EQ(only_column({wire_type::kString, "\xF8\x03"}).storage, Storage::fixed_3);
  EXPECT_EQ(code_of(table_of(map_body({{wire_type::kString, "\xF7\x03"}}))), Errc::corrupt);
  EXPECT_EQ(code_of(table_of(map_body({{wire_type::kString, "\xF8\x05"}}))), Errc::corrupt);
  EXPECT_EQ(code_of(table_of(map_body({{wire_type::kString, "\x01\x05"}}))), Errc::corrupt);
}

TEST(TableMap, LabelsComeInUtf8WhateverTheirCharset) {
  const std::string labels = from_hex("02 01 E4 03 61 62 63");  // ä in latin1, abc
  const Result<Table> table =
      table_of(map_body({{wire_type::kString, "\xF7\x01"}, {wire_type::kString, "\xF8\x01"}},
                        field(5, from_hex("01 02 C3 A4")) + field(11, from_hex("08 2D")) + field(6, labels)));
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->columns[0].labels, (std::vector<std::string>{"\xC3\xA4", "abc"}));
  EXPECT_EQ(table->columns[1].labels, std::vector<std::string>{"\xC3\xA4"});
  EXPECT_EQ(table->columns[1].charset, charset_named("utf8mb4"));
}

TEST(TableMap, LabelsOfAnUnknownCharsetStayUnknown) {
  const Result<Table> table =
      table_of(map_body({{wire_type::kString, "\xF7\x01"}}, field(6, from_hex("02 01 61 01 E4"))));
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_TRUE(table->columns[0].labels.empty());
}

TEST(TableMap, LabelCountsAreProvedBeforeAnythingIsReserved) {
  const MapColumn an_enum{wire_type::kString, "\xF7\x02"};
  EXPECT_EQ(code_of(table_of(map_body({an_enum}, field(6, from_hex("FE FF FF FF FF FF FF FF FF"))))), Errc::corrupt);
  EXPECT_EQ(code_of(table_of(map_body({an_enum}, field(6, from_hex("02 01 61"))))), Errc::corrupt);
  EXPECT_EQ(code_of(table_of(map_body({an_enum}, field(6, from_hex("01 01 61 00"))))), Errc::corrupt);
  EXPECT_EQ(code_of(table_of(map_body({an_enum}, field(6, from_hex("01 FB"))))), Errc::corrupt);
}

TEST(TableMap, DefaultCharsetHasExceptionsByCharacterColumn) {
  // int, char, int, text, enum: character columns are the char (0) and the text (1).
  const Result<Table> table = table_of(map_body({{wire_type::kLong},
                                                 {wire_type::kString, "\xFE\x14"},
                                                 {wire_type::kLong},
                                                 {wire_type::kBlob, "\x02"},
                                                 {wire_type::kString, "\xF7\x01"}},
                                                field(2, from_hex("3F 01 FC FF 00"))));
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->columns[1].type, ColumnType::binary);
  EXPECT_EQ(table->columns[3].type, ColumnType::text);
  EXPECT_EQ(table->columns[3].collation, 255);
  EXPECT_EQ(table->columns[3].charset, charset_named("utf8mb4"));
  EXPECT_EQ(table->columns[4].collation, 0);
}

TEST(TableMap, OnlyMariaDbCountsGeometryAmongCharacterColumns) {
  const std::vector<MapColumn> columns = {{wire_type::kGeometry, "\x04"},
                                          {wire_type::kVarchar, std::string("\x10\x00", 2)}};
  const Result<Table> mariadb = table_of(map_body(columns, field(3, from_hex("3F 08"))), true);
  ASSERT_TRUE(mariadb) << mariadb.error().message();
  EXPECT_EQ(mariadb->columns[1].type, ColumnType::varchar);
  const Result<Table> mysql = table_of(map_body(columns, field(3, from_hex("08")) + field(7, from_hex("01"))), false);
  ASSERT_TRUE(mysql) << mysql.error().message();
  EXPECT_EQ(mysql->columns[1].collation, 8);
  EXPECT_EQ(mysql->columns[0].type, ColumnType::geometry);
  EXPECT_EQ(mysql->columns[0].geometry_type, 1);
  EXPECT_EQ(code_of(table_of(map_body(columns, field(3, from_hex("3F 08"))), false)), Errc::corrupt);
}

TEST(TableMap, FieldsComeInAnyOrderOnceAndUnknownOnesAreSkipped) {
  const std::string sign = field(1, from_hex("80"));
  const std::string names = field(4, from_hex("02 69 64"));
  const std::string future = field(99, "whatever");
  for (const std::string& metadata : {sign + names + future, future + names + sign}) {
    const Result<Table> table = table_of(map_body({{wire_type::kLong}}, metadata));
    ASSERT_TRUE(table) << table.error().message();
    EXPECT_EQ(table->columns[0].name, "id");
    EXPECT_TRUE(table->columns[0].is_unsigned);
  }
  EXPECT_EQ(code_of(table_of(map_body({{wire_type::kLong}}, sign + names + sign))), Errc::corrupt);
  EXPECT_EQ(code_of(table_of(map_body({{wire_type::kLong}}, field(8, from_hex("00")) + field(9, from_hex("00 00"))))),
            Errc::corrupt);
}

TEST(TableMap, ThePrimaryKeyIsInKeyOrderWithItsPrefixes) {
  const std::vector<MapColumn> columns = {{wire_type::kLong}, {wire_type::kBlob, "\x02"}};
  const Result<Table> plain = table_of(map_body(columns, field(8, from_hex("01 00"))));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->key, (std::vector<std::uint16_t>{1, 0}));
  EXPECT_TRUE(plain->key_prefixes.empty());
  const Result<Table> prefixed = table_of(map_body(columns, field(9, from_hex("01 FC 2C 01 00 00"))));
  ASSERT_TRUE(prefixed);
  EXPECT_EQ(prefixed->key, (std::vector<std::uint16_t>{1, 0}));
  EXPECT_EQ(prefixed->key_prefixes, (std::vector<std::uint32_t>{300, 0}));
  EXPECT_EQ(code_of(table_of(map_body(columns, field(8, from_hex("02"))))), Errc::corrupt);
  EXPECT_EQ(code_of(table_of(map_body(columns, field(8, from_hex("01 01"))))), Errc::corrupt);
}

TEST(TableMap, NamesWithoutAKeyMeanThatThereIsNone) {
  const Result<Table> table = table_of(map_body({{wire_type::kLong}}, field(4, from_hex("01 61"))));
  ASSERT_TRUE(table);
  EXPECT_TRUE(table->key_known);
  EXPECT_TRUE(table->key.empty());
}

TEST(TableMap, InvisibleColumnsAndTheGeneratedKeyAreMarked) {
  const std::vector<MapColumn> columns(3, MapColumn{wire_type::kLong});
  const Result<Table> table = table_of(map_body(columns, field(12, from_hex("60")), TableMap::kGeneratedInvisibleKey));
  ASSERT_TRUE(table);
  EXPECT_TRUE(table->generated_invisible_key);
  EXPECT_FALSE(table->columns[0].visible);
  EXPECT_TRUE(table->columns[1].visible);
  EXPECT_TRUE(table->columns[2].visible);
}

TEST(TableMap, ColumnsBehindFunctionalIndexesAreHidden) {
  // A typed array of DECIMAL(10,2) between two integers: its metadata is as long as its element type says.
  const Result<Table> table = table_of(map_body(
      {{wire_type::kTiny}, {wire_type::kTypedArray, "\xF6\x0A\x02"}, {wire_type::kBlob, "\x02"}, {wire_type::kTiny}},
      field(4, from_hex("01 61 01 62 01 63 0C") + "!hidden!i!0!")));
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_TRUE(table->columns[1].hidden);
  EXPECT_EQ(table->columns[2].storage, Storage::length_2);
  EXPECT_FALSE(table->columns[2].hidden);
  EXPECT_TRUE(table->columns[3].hidden);
  EXPECT_FALSE(table->columns[3].visible);
  for (const char* meta : {"\x0F\x02\x01\x01", "\x13\x06", "\x12\x06", "\x08"}) {
    const Result<Table> other = table_of(map_body({{wire_type::kTypedArray, meta}, {wire_type::kBlob, "\x03"}}));
    ASSERT_TRUE(other) << other.error().message();
    EXPECT_EQ(other->columns[1].storage, Storage::length_3);
  }
}

TEST(TableMap, CompressedColumnsOfMariaDb) {
  // PROTOCOL 9.2: (int, varchar(2000) COMPRESSED, text COMPRESSED, varchar(100) COMPRESSED, text COMPRESSED).
  const Result<Table> table = table_of(map_body({{wire_type::kLong},
                                                 {wire_type::kVarcharCompressed, "\xD1\x07"},
                                                 {wire_type::kBlobCompressed, "\x02"},
                                                 {wire_type::kVarcharCompressed, std::string("\x65\x00", 2)},
                                                 {wire_type::kBlobCompressed, "\x02"}},
                                                field(3, from_hex("08 08 08 3F"))),
                                       true);
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->columns[1].storage, Storage::compressed_2);
  EXPECT_EQ(table->columns[1].length, 2000U);
  EXPECT_EQ(table->columns[2].type, ColumnType::text);
  EXPECT_EQ(table->columns[3].storage, Storage::compressed_1);
  EXPECT_EQ(table->columns[3].length, 100U);
  EXPECT_EQ(table->columns[4].type, ColumnType::blob);
}

TEST(TableMap, VectorsHaveTheirDimensions) {
  const Column column = only_column({wire_type::kVector, "\x04"}, field(13, from_hex("03")) + field(2, from_hex("3F")));
  EXPECT_EQ(column.type, ColumnType::vector);
  EXPECT_EQ(column.length, 12U);
}

TEST(TableMap, ImpossibleMetadataIsCorrupt) {
  const MapColumn impossible[] = {{wire_type::kFloat, "\x08"},
                                  {wire_type::kDouble, "\x04"},
                                  {wire_type::kTime2, "\x07"},
                                  {wire_type::kNewDecimal, "\x42\x02"},
                                  {wire_type::kNewDecimal, "\x05\x06"},
                                  {wire_type::kBlob, "\x05"},
                                  {wire_type::kBit, std::string("\x00\x00", 2)},
                                  {wire_type::kBit, "\x01\x08"},
                                  {wire_type::kBit, std::string("\x08\x00", 2)},
                                  {wire_type::kVarcharCompressed, std::string("\x00\x00", 2)}};
  for (const MapColumn& column : impossible) {
    EXPECT_EQ(code_of(table_of(map_body({column}))), Errc::corrupt) << int{column.type};
  }
}

TEST(TableMap, TypesOfUnknowableLengthStop) {
  for (const std::uint8_t type : {std::uint8_t{0}, std::uint8_t{21}, std::uint8_t{244}, std::uint8_t{249}}) {
    EXPECT_EQ(code_of(table_of(map_body({{type}}))), Errc::unsupported) << int{type};
  }
}

TEST(TableMap, MetadataOfAnotherSizeThanTheTypesNeedIsCorrupt) {
  EXPECT_EQ(code_of(table_of(map_body({{wire_type::kLong, "\x01"}}))), Errc::corrupt);
  EXPECT_EQ(code_of(table_of(map_body({{wire_type::kBlob, ""}}))), Errc::corrupt);
}

TEST(TableMap, TheColumnCapIsKept) {
  Limits limits;
  limits.columns = 3;
  const std::string at_cap = map_body(std::vector<MapColumn>(3, MapColumn{wire_type::kTiny}));
  const std::string above = map_body(std::vector<MapColumn>(4, MapColumn{wire_type::kTiny}));
  EXPECT_TRUE(TableMap::decode(bytes_of(at_cap), 8, limits));
  const Result<TableMap> refused = TableMap::decode(bytes_of(above), 8, limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::limit);
}

TEST(TableMap, NamesThatAreNotUtf8AreCorrupt) {
  EXPECT_EQ(code_of(table_of(map_body({{wire_type::kLong}}, field(4, from_hex("01 FF"))))), Errc::corrupt);
}

}  // namespace
}  // namespace binferry
