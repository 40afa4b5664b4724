#include "binlog/row/value_text.hpp"

#include "tests/unit/row/json_builder.hpp"
#include "tests/unit/row/row_events.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::from_hex;

Column column(ColumnType type) {
  Column made;
  made.name = "c";
  made.type = type;
  return made;
}

Value integer(std::int64_t number) {
  Value value;
  value.kind = ValueKind::integer;
  value.i = number;
  return value;
}

Value uinteger(std::uint64_t number) {
  Value value;
  value.kind = ValueKind::uinteger;
  value.u = number;
  return value;
}

Value of_bytes(ValueKind kind, std::string_view bytes) {
  Value value;
  value.kind = kind;
  value.data = bytes_of(bytes).data();
  value.size = static_cast<std::uint32_t>(bytes.size());
  return value;
}

std::string text(const Column& of, const Value& value) {
  std::string out;
  const Status status = append_text(of, value, out);
  return status ? out : "error: " + status.error().message();
}

TEST(ValueText, UnsignedBeyondTheSignedRangeStaysPositive) {
  EXPECT_EQ(text(column(ColumnType::big_int), uinteger(18446744073709551615U)), "18446744073709551615");
  EXPECT_EQ(text(column(ColumnType::big_int), integer(INT64_MIN)), "-9223372036854775808");
  Column bit = column(ColumnType::bit);
  EXPECT_EQ(text(bit, uinteger(9223372036854775808U)), "9223372036854775808");
}

TEST(ValueText, ZerofillFillsUpToTheDisplayWidth) {
  Column filled = column(ColumnType::int_);
  filled.zerofill = 5;
  EXPECT_EQ(text(filled, uinteger(42)), "00042");
  EXPECT_EQ(text(filled, uinteger(99999)), "99999");
  EXPECT_EQ(text(filled, uinteger(123456)), "123456");
}

TEST(ValueText, EnumsPrintLabelsAndZeroIsTheEmptyError) {
  Column of = column(ColumnType::enum_);
  of.labels = {"a", "c,d", ""};
  EXPECT_EQ(text(of, uinteger(0)), "");
  EXPECT_EQ(text(of, uinteger(2)), "c,d");
  EXPECT_EQ(text(of, uinteger(4)), "4");
  of.labels[1] += kUnknownCharacter;
  EXPECT_EQ(text(of, uinteger(1)), "a");
  EXPECT_EQ(text(of, uinteger(2)), "2");
  of.labels.clear();
  EXPECT_EQ(text(of, uinteger(300)), "300");
}

TEST(ValueText, SetsPrintTheirMembersOrTheMask) {
  Column of = column(ColumnType::set_);
  of.labels = {"r", "w", "x"};
  EXPECT_EQ(text(of, uinteger(0)), "");
  EXPECT_EQ(text(of, uinteger(5)), "r,x");
  EXPECT_EQ(text(of, uinteger(8)), "8");
  of.labels[2] = kUnknownCharacter;
  EXPECT_EQ(text(of, uinteger(3)), "r,w");
  EXPECT_EQ(text(of, uinteger(5)), "5");
  of.labels.clear();
  EXPECT_EQ(text(of, uinteger(5)), "5");
  for (int i = 1; i <= 64; ++i) of.labels.push_back(std::to_string(i));
  EXPECT_EQ(text(of, uinteger(1ULL << 63 | 1)), "1,64");
}

TEST(ValueText, TextIsTranscodedAndAnErrorNamesTheColumn) {
  Column of = column(ColumnType::varchar);
  of.charset = charset_named("latin1");
  EXPECT_EQ(text(of, of_bytes(ValueKind::text, "gr\xF6\xDF")), "größ");
  of.charset = charset_named("utf8mb4");
  std::string out = "kept";
  const Status status = append_text(of, of_bytes(ValueKind::text, "gr\xF6\xDF"), out);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Errc::undecodable);
  EXPECT_EQ(status.error().where, "column c");
  EXPECT_EQ(out, "kept");
  of.charset = nullptr;
  EXPECT_TRUE(is_binary(of));
  EXPECT_EQ(text(of, of_bytes(ValueKind::text, "gr\xF6")), "gr\xF6");
}

TEST(ValueText, BinaryGetsBackTheZerosTheLogStrips) {
  Column of = column(ColumnType::binary);
  of.length = 6;
  EXPECT_EQ(text(of, of_bytes(ValueKind::binary, "\x01\x02\x03")), std::string("\x01\x02\x03\0\0\0", 6));
  EXPECT_EQ(text(column(ColumnType::blob), of_bytes(ValueKind::binary, "\x01")), "\x01");
}

TEST(ValueText, AddressesAndUuidsPrintAsMariadbDoes) {
  const auto of = [](ColumnType type, std::string_view hex) {
    const std::string bytes = from_hex(hex);
    return text(column(type), of_bytes(ValueKind::binary, bytes));
  };
  EXPECT_EQ(of(ColumnType::uuid, "00112233445516778899AABBCCDDEE"), "00112233-4455-1677-8899-aabbccddee00");
  EXPECT_EQ(of(ColumnType::inet4, "010203"), "1.2.3.0");
  EXPECT_EQ(of(ColumnType::inet4, ""), "0.0.0.0");
  // As MariaDB 10.11 printed them.
  EXPECT_EQ(of(ColumnType::inet6, ""), "::");
  EXPECT_EQ(of(ColumnType::inet6, "00000000000000000000000000000001"), "::1");
  EXPECT_EQ(of(ColumnType::inet6, "0000000000000000000000000001"), "::0.1.0.0");
  EXPECT_EQ(of(ColumnType::inet6, "00000000000000000000000001020304"), "::1.2.3.4");
  EXPECT_EQ(of(ColumnType::inet6, "00000000000000000000FFFF01020304"), "::ffff:1.2.3.4");
  EXPECT_EQ(of(ColumnType::inet6, "00000000000000000000FFFF"), "::ffff:0.0.0.0");
  EXPECT_EQ(of(ColumnType::inet6, "0000000000000000FFFF000001020304"), "::ffff:0:102:304");
  EXPECT_EQ(of(ColumnType::inet6, "00000000000000000000FFFE01020304"), "::fffe:102:304");
  EXPECT_EQ(of(ColumnType::inet6, "00000000000000000000000100020003"), "::1:2:3");
  EXPECT_EQ(of(ColumnType::inet6, "0001"), "1::");
  EXPECT_EQ(of(ColumnType::inet6, "00010000000000020000000000000003"), "1:0:0:2::3");
  EXPECT_EQ(of(ColumnType::inet6, "00010000000000020000000000030004"), "1::2:0:0:3:4");
  EXPECT_EQ(of(ColumnType::inet6, "000000000001"), "0:0:1::");
  EXPECT_EQ(of(ColumnType::inet6, "00010000000200030004000500060007"), "1::2:3:4:5:6:7");
  EXPECT_EQ(of(ColumnType::inet6, "0001000200030004000500060007"), "1:2:3:4:5:6:7::");
  EXPECT_EQ(of(ColumnType::inet6, "FE8000000000000000000000000A000B"), "fe80::a:b");
  EXPECT_EQ(of(ColumnType::inet6, "0000000000000000000000000000000000").substr(0, 6), "error:");
}

TEST(ValueText, JsonDiffsPatchTheDocumentBeforeOrShowTheirSteps) {
  const Column of = column(ColumnType::json);
  const std::string document = test::json_object({{"a", test::json_int(1)}});
  const std::string steps = test::json_step(0, "$.a", test::json_int(2));
  const Value before = of_bytes(ValueKind::json, document);
  const Value after = of_bytes(ValueKind::json_diff, steps);
  std::string out;
  ASSERT_TRUE(append_text_after(of, before, after, out).has_value());
  EXPECT_EQ(out, "{\"a\": 2}");
  EXPECT_EQ(text(of, after), "JSON_REPLACE(c, '$.a', 2)");
  out.clear();
  ASSERT_TRUE(append_text_after(of, Value(), after, out).has_value());
  EXPECT_EQ(out, "JSON_REPLACE(c, '$.a', 2)");
  const std::string misfit = test::json_step(0, "$.b", test::json_int(2));
  const Status status = append_text_after(of, before, of_bytes(ValueKind::json_diff, misfit), out);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().where, "column c");
}

TEST(ValueText, WhatIsNoValueHasNoText) {
  Value null;
  null.kind = ValueKind::null;
  EXPECT_EQ(text(column(ColumnType::int_), null).substr(0, 6), "error:");
  EXPECT_EQ(text(column(ColumnType::int_), Value()).substr(0, 6), "error:");
}

TEST(ValueText, KindsOfColumns) {
  EXPECT_TRUE(is_numeric(column(ColumnType::decimal)));
  EXPECT_FALSE(is_numeric(column(ColumnType::enum_)));
  EXPECT_TRUE(is_binary(column(ColumnType::geometry)));
  EXPECT_FALSE(is_binary(column(ColumnType::uuid)));
  Column of = column(ColumnType::text);
  of.charset = charset_named("utf8mb4");
  EXPECT_FALSE(is_binary(of));
}

}  // namespace
}  // namespace binferry
