#include "applier/column_traits.hpp"
#include "applier/conversion.hpp"
#include "applier/moment.hpp"
#include "binlog/base/hex.hpp"
#include "binlog/schema/ddl_parts.hpp"
#include "binlog/schema/unknown_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace binferry {
namespace {

using Type = SqliteStatement::Type;

Cell text_cell(std::string_view text) {
  return {Type::text, true, 0, 0, text};
}

std::unexpected<Error> uncertain(const ColumnDefinition& column, std::string_view why) {
  return fail(Errc::unsupported, fmt::format("column {}: {}", column.name, why));
}

std::string fraction_of_zeros(std::uint8_t digits) {
  return digits == 0 ? "" : "." + std::string(digits, '0');
}

// A literal is a value of this column, which becomes one of the column's type as any other does.
ColumnDefinition literal_column(ColumnType type, std::string_view declared) {
  ColumnDefinition column;
  column.name = "DEFAULT";
  column.type = type;
  column.declared_type = declared;
  column.length = std::numeric_limits<std::uint32_t>::max();
  if (type == ColumnType::varchar) column.charset = charset_named("utf8mb4");
  column.is_unsigned = type == ColumnType::big_int;
  return column;
}

Result<Cell> converted(const ColumnDefinition& from, const Cell& value, const ColumnDefinition& column,
                       const ConversionSettings& settings, std::string& buffer) {
  std::string scratch;
  Result<Cell> cell = ColumnConversion(from, column, settings).convert(value, scratch);
  if (!cell) return cell;
  if (cell->type == Type::text || cell->type == Type::blob) {
    buffer = cell->bytes;
    cell->bytes = buffer;
  }
  return cell;
}

Result<Cell> number_default(const ColumnDefinition& column, const ConversionSettings& settings, std::string& buffer) {
  const std::string& text = column.default_value.text;
  switch (family_of(column.type)) {
    case TypeFamily::integer:
    case TypeFamily::bit:
    case TypeFamily::year:
    case TypeFamily::decimal:
    case TypeFamily::real: {
      // An integer, unlike the text of one, may be a year of two digits or the bits of a BIT.
      const bool whole = text.find_first_not_of("0123456789-") == std::string::npos;
      if (whole)
        return converted(literal_column(ColumnType::big_int, "number"), text_cell(text), column, settings, buffer);
      // DECIMAL held as REAL is not converted on, so that only integers are made of one.
      const bool to_integer = column.type != ColumnType::decimal && family_of(column.type) != TypeFamily::real;
      const ColumnType written = to_integer && !settings.decimal_real ? ColumnType::decimal : ColumnType::varchar;
      return converted(literal_column(written, "number"), text_cell(text), column, settings, buffer);
    }
    case TypeFamily::date:
    case TypeFamily::time:
    case TypeFamily::datetime:
    case TypeFamily::timestamp:
      if (text.find_first_not_of("0.") != std::string::npos) return uncertain(column, "a number as its default");
      return implicit_default(column, settings, buffer);
    case TypeFamily::text:
    case TypeFamily::bytes:
      if (text.find_first_not_of("0123456789-") != std::string::npos)
        return uncertain(column, "a number as its default");
      return converted(literal_column(ColumnType::varchar, "number"), text_cell(text), column, settings, buffer);
    case TypeFamily::enum_:
    case TypeFamily::set_:
    case TypeFamily::other: break;
  }
  return uncertain(column, "a number as its default");
}

// x'…' and b'…' are bytes to texts and numbers to numbers.
Result<Cell> bits_default(const ColumnDefinition& column, const ConversionSettings& settings, std::string& buffer) {
  const ColumnDefault& value = column.default_value;
  const bool hex = value.literal == ColumnDefault::Literal::hex;
  const TypeFamily family = family_of(column.type);
  if (family == TypeFamily::integer || family == TypeFamily::bit || family == TypeFamily::decimal ||
      family == TypeFamily::real) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(value.text.data(), value.text.data() + value.text.size(), number, hex ? 16 : 2);
    if (parsed.ptr != value.text.data() + value.text.size() || parsed.ec != std::errc()) {
      return uncertain(column, "a default beyond 64 bits");
    }
    const std::string text = std::to_string(number);
    return converted(literal_column(ColumnType::big_int, "number"), text_cell(text), column, settings, buffer);
  }
  const std::optional<std::string> bytes = hex ? from_hex(value.text) : std::nullopt;
  if (!bytes) return uncertain(column, "bits as its default");
  const Cell cell{Type::blob, true, 0, 0, *bytes};
  return converted(literal_column(ColumnType::varbinary, "bytes"), cell, column, settings, buffer);
}

// CURRENT_TIMESTAMP of the statement: cut, not rounded, to the digits asked for.
Result<Cell> time_default(const ColumnDefinition& column, std::uint8_t fsp, const ConversionSettings& settings,
                          std::string& buffer) {
  auto now_us = static_cast<std::int64_t>(settings.timestamp_us);
  if (column.type != ColumnType::timestamp) {
    if (!settings.zone_offset_s) return uncertain(column, "CURRENT_TIMESTAMP in a time zone not known here");
    now_us += *settings.zone_offset_s * std::int64_t{1'000'000};
  }
  Moment now = Moment::of_utc(now_us);
  now.fit_datetime(std::min(column.fsp, fsp), false);
  switch (column.type) {
    case ColumnType::timestamp:
    case ColumnType::datetime: buffer = now.datetime_text(column.fsp); break;
    case ColumnType::date: buffer = now.date_text(); break;
    case ColumnType::time: buffer = now.time_text(column.fsp); break;
    default: return uncertain(column, "CURRENT_TIMESTAMP as its default");
  }
  return text_cell(buffer);
}

// JSON whose print is certain without a parser of it: what has no members, words, and small integers.
Result<Cell> json_default(const ColumnDefinition& column, std::string_view text, std::string& buffer) {
  buffer.clear();
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') buffer += c;
  }
  const bool is_word = buffer == "null" || buffer == "true" || buffer == "false";
  const std::string_view digits = std::string_view(buffer).substr(buffer.starts_with('-') ? 1 : 0);
  const bool is_integer = !digits.empty() && digits.size() <= 18 &&
                          digits.find_first_not_of("0123456789") == std::string_view::npos &&
                          (!digits.starts_with('0') || buffer == "0");
  // A blank inside a word or a number is no JSON, and was refused.
  if (buffer == "{}" || buffer == "[]" || is_word || is_integer) return text_cell(buffer);
  return uncertain(column, "a document as its default, which the source prints in its own way");
}

bool at_empty_call(const SqlCursor& cursor) {
  return cursor.peek(1).is_symbol('(') && cursor.peek(2).is_symbol(')');
}

// DEFAULT (expression), where the statement alone tells what it gives to every row.
Result<Cell> expression_default(const ColumnDefinition& column, const ConversionSettings& settings,
                                std::string& buffer) {
  SqlCursor cursor(column.default_value.text, {settings.mariadb, SqlDialect{}.version, settings.sql_mode});
  const auto unknown = [&] { return uncertain(column, "its default is an expression"); };
  if (column.type == ColumnType::json) {
    const bool is_array = cursor.at("JSON_ARRAY");
    if ((!is_array && !cursor.at("JSON_OBJECT")) || !at_empty_call(cursor) || cursor.peek(3).kind != TokenKind::end) {
      return unknown();
    }
    buffer = is_array ? "[]" : "{}";
    return text_cell(buffer);
  }
  // Unlike DEFAULT CURRENT_TIMESTAMP, which is stored as it is, this is converted as any other value: between zones,
  // and rounded where the column has fewer digits.
  if (!settings.zone_offset_s) return unknown();
  const TypeFamily family = family_of(column.type);
  const bool is_date = cursor.at("CURRENT_DATE") || (cursor.at("CURDATE") && cursor.peek(1).is_symbol('('));
  if (is_date) {
    cursor.advance();
    if (cursor.accept_symbol('(')) cursor.expect_symbol(')');
    const bool holds_date = family == TypeFamily::date || family == TypeFamily::datetime;
    if (!holds_date || cursor.failed() || !cursor.at_end()) return unknown();
    ColumnDefinition day = column;
    day.type = ColumnType::date;
    Result<Cell> cell = time_default(day, 0, settings, buffer);
    if (!cell || family == TypeFamily::date) return cell;
    buffer += " 00:00:00" + fraction_of_zeros(column.fsp);
    return text_cell(buffer);
  }
  const std::optional<std::uint8_t> fsp = ddl::now_function(cursor);
  const bool holds_time =
      family == TypeFamily::datetime || family == TypeFamily::timestamp || (family == TypeFamily::date && fsp == 0);
  if (!fsp || !holds_time || cursor.failed() || !cursor.at_end() || (family != TypeFamily::date && *fsp > column.fsp)) {
    return unknown();
  }
  return time_default(column, *fsp, settings, buffer);
}

}  // namespace

Result<Cell> implicit_default(const ColumnDefinition& column, const ConversionSettings& settings, std::string& buffer) {
  buffer.clear();
  switch (family_of(column.type)) {
    case TypeFamily::integer:
    case TypeFamily::bit:
    case TypeFamily::year: return Cell{Type::integer, true, 0, 0, {}};
    case TypeFamily::real: return Cell{Type::real, true, 0, 0, {}};
    case TypeFamily::decimal:
      if (settings.decimal_real) return Cell{Type::real, true, 0, 0, {}};
      buffer = "0" + fraction_of_zeros(column.scale);
      break;
    case TypeFamily::bytes:
      if (column.type == ColumnType::binary) buffer.assign(column.length, '\0');
      return Cell{Type::blob, true, 0, 0, buffer};
    case TypeFamily::text:
    case TypeFamily::set_: break;
    case TypeFamily::enum_:
      if (!column.labels.empty()) buffer = column.labels.front();
      break;
    case TypeFamily::date: buffer = "0000-00-00"; break;
    case TypeFamily::time: buffer = "00:00:00" + fraction_of_zeros(column.fsp); break;
    case TypeFamily::datetime:
    case TypeFamily::timestamp: buffer = "0000-00-00 00:00:00" + fraction_of_zeros(column.fsp); break;
    case TypeFamily::other:
      switch (column.type) {
        case ColumnType::json: buffer = "null"; break;
        case ColumnType::uuid: buffer = "00000000-0000-0000-0000-000000000000"; break;
        case ColumnType::inet4: buffer = "0.0.0.0"; break;
        case ColumnType::inet6: buffer = "::"; break;
        default: return uncertain(column, "NOT NULL without a default");
      }
  }
  return text_cell(buffer);
}

Result<Cell> default_for_existing_rows(const ColumnDefinition& column, const ConversionSettings& settings,
                                       std::string& buffer) {
  switch (column.default_value.kind) {
    case ColumnDefault::Kind::none:
    case ColumnDefault::Kind::null:
      if (column.nullable) return Cell{Type::null, true, 0, 0, {}};
      return implicit_default(column, settings, buffer);
    case ColumnDefault::Kind::current_timestamp:
      return time_default(column, column.default_value.fsp, settings, buffer);
    case ColumnDefault::Kind::expression: return expression_default(column, settings, buffer);
    case ColumnDefault::Kind::literal: break;
  }
  switch (column.default_value.literal) {
    case ColumnDefault::Literal::number: return number_default(column, settings, buffer);
    case ColumnDefault::Literal::hex:
    case ColumnDefault::Literal::bit: return bits_default(column, settings, buffer);
    case ColumnDefault::Literal::string: break;
  }
  // Bytes of a text are those of the session's character set; ASCII is the same in all that a session may have.
  const std::string& text = column.default_value.text;
  if (is_unknown_text(text)) {
    return uncertain(column, "a default with a character that the source's CREATE TABLE does not tell");
  }
  if (column.type == ColumnType::json) return json_default(column, text, buffer);
  const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii && family_of(column.type) == TypeFamily::bytes) return uncertain(column, "a text as the default of bytes");
  return converted(literal_column(ColumnType::varchar, "text"), text_cell(text), column, settings, buffer);
}

}  // namespace binferry
