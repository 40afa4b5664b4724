#include "binlog/format/sql_literal.hpp"

#include "binlog/row/float_text.hpp"
#include "binlog/row/value_text.hpp"
#include "binlog/schema/sql_quote.hpp"

#include <algorithm>

namespace binferry {
namespace {

void append_hex_literal(std::string_view bytes, std::string& out) {
  out += "x'";
  out += to_hex(bytes_of(bytes));
  out += '\'';
}

bool must_be_hex(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\';
}

bool is_text_type(const Column& column) {
  return column.type == ColumnType::char_ || column.type == ColumnType::varchar || column.type == ColumnType::text;
}

}  // namespace

void append_sql_name(std::string_view name, std::string& out) {
  append_quoted_name(name, out);
}

void append_sql_text(std::string_view text, std::string& out) {
  out += "_utf8mb4";
  if (std::ranges::any_of(text, must_be_hex)) {
    out += ' ';
    append_hex_literal(text, out);
    return;
  }
  out += '\'';
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  out += '\'';
}

Status append_sql_value(const Column& column, const Value& value, std::string& out) {
  if (value.is_null()) {
    out += "NULL";
    return {};
  }
  const bool has_labels = column.type == ColumnType::enum_ || column.type == ColumnType::set_;
  if (has_labels && value.kind == ValueKind::uinteger) {
    // By number where there is no label: unknown ones, and ENUM's 0, which an invalid value became.
    const bool is_known = column.type == ColumnType::enum_ ? value.u != 0 && value.u <= column.labels.size()
                                                           : !column.labels.empty() || value.u == 0;
    if (!is_known) {
      out += std::to_string(value.u);
      return {};
    }
  }
  if (is_numeric(column)) return append_text(column, value, out);
  std::string text;
  if (Status done = append_text(column, value, text); !done) return done;
  if (is_binary(column)) {
    append_hex_literal(text, out);
  } else if (value.kind == ValueKind::json_diff) {
    out += text;
  } else {
    append_sql_text(text, out);
  }
  return {};
}

Status append_sql_equals_exactly(const Column& column, const Value& value, std::string& out) {
  std::string name;
  append_sql_name(column.name, name);
  if (value.is_null()) {
    out += name + " IS NULL";
    return {};
  }
  if (is_text_type(column) && !is_binary(column)) {
    out += "CAST(" + name + " AS BINARY) <=> ";
    append_hex_literal(text_of(value.bytes()), out);
    return {};
  }
  if (value.kind == ValueKind::json) {
    std::string text;
    if (Status done = append_text(column, value, text); !done) return done;
    out += name + " <=> CAST(";
    append_sql_text(text, out);
    out += " AS JSON)";
    return {};
  }
  out += name + " <=> ";
  if (value.kind == ValueKind::float_) {
    // The exponent makes it a double; without it the server would compare with a DECIMAL.
    std::string text;
    append_double(static_cast<double>(value.f), Column::kNoDecimals, text);
    out += text;
    if (text.find('e') == std::string::npos) out += "e0";
    return {};
  }
  return append_sql_value(column, value, out);
}

}  // namespace binferry
