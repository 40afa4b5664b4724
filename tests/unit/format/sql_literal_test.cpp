#include "binlog/format/sql_literal.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

Value bytes_value(ValueKind kind, std::string_view bytes) {
  Value value;
  value.kind = kind;
  value.data = bytes_of(bytes).data();
  value.size = static_cast<std::uint32_t>(bytes.size());
  return value;
}

Column column_of(ColumnType type, const char* charset = nullptr) {
  Column column;
  column.name = "a`b";
  column.type = type;
  column.charset = charset != nullptr ? charset_named(charset) : nullptr;
  return column;
}

std::string sql(const Column& column, const Value& value) {
  std::string out;
  const Status done = append_sql_value(column, value, out);
  return done ? out : done.error().message();
}

std::string equals(const Column& column, const Value& value) {
  std::string out;
  const Status done = append_sql_equals_exactly(column, value, out);
  return done ? out : done.error().message();
}

TEST(SqlLiteral, TextDependsOnNoSqlMode) {
  const auto text = [](std::string_view input) {
    std::string out;
    append_sql_text(input, out);
    return out;
  };
  EXPECT_EQ(text("Größe"), "_utf8mb4'Größe'");
  EXPECT_EQ(text("it's \"so\""), "_utf8mb4'it''s \"so\"'");
  EXPECT_EQ(text("a\\"), "_utf8mb4 x'615C'");
  EXPECT_EQ(text("a\nb"), "_utf8mb4 x'610A62'");
  EXPECT_EQ(text(std::string_view("\0", 1)), "_utf8mb4 x'00'");
  EXPECT_EQ(text(""), "_utf8mb4''");
}

TEST(SqlLiteral, TextIsTranscodedAndBytesAreHex) {
  EXPECT_EQ(sql(column_of(ColumnType::varchar, "latin1"), bytes_value(ValueKind::text,
                                                                      "Gr\xF6\xDF"
                                                                      "e")),
            "_utf8mb4'Größe'");
  EXPECT_EQ(sql(column_of(ColumnType::blob), bytes_value(ValueKind::binary, "\x01'")), "x'0127'");
  Column binary = column_of(ColumnType::binary);
  binary.length = 3;
  EXPECT_EQ(sql(binary, bytes_value(ValueKind::binary, "\x01")), "x'010000'");
}

TEST(SqlLiteral, LabelsAreTextAndWhatHasNoneIsItsNumber) {
  Column column = column_of(ColumnType::enum_, "utf8mb4");
  column.labels = {"it's", "b"};
  Value value;
  value.kind = ValueKind::uinteger;
  value.u = 1;
  EXPECT_EQ(sql(column, value), "_utf8mb4'it''s'");
  value.u = 0;
  EXPECT_EQ(sql(column, value), "0");
  value.u = 300;
  EXPECT_EQ(sql(column, value), "300");
}

TEST(SqlLiteral, RowsWithoutAKeyAreFoundByTheirExactBytes) {
  EXPECT_EQ(equals(column_of(ColumnType::varchar, "latin1"), bytes_value(ValueKind::text, "\xF6")),
            "CAST(`a``b` AS BINARY) <=> x'F6'");
  Value value;
  value.kind = ValueKind::null;
  EXPECT_EQ(equals(column_of(ColumnType::int_), value), "`a``b` IS NULL");
  value.kind = ValueKind::float_;
  value.f = 1.1F;
  EXPECT_EQ(equals(column_of(ColumnType::float_), value), "`a``b` <=> 1.100000023841858e0");
}

}  // namespace
}  // namespace binferry
