// Text of a value, exactly as its server prints it (time zone UTC, character set UTF-8).
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/row/table.hpp"
#include "binlog/row/value.hpp"

#include <string>
#include <string_view>

namespace binferry {

// Stands in a label for a character that nobody tells (binlog/schema/unknown_text.hpp): U+10FFFF, which is none.
inline constexpr std::string_view kUnknownCharacter = "\xF4\x8F\xBF\xBF";
inline bool is_unknown_text(std::string_view text) {
  return text.find(kUnknownCharacter) != std::string_view::npos;
}

// True if append_text() gives bytes and not text: BINARY, VARBINARY, BLOB, GEOMETRY, VECTOR, and text columns whose
// character set nobody tells.
bool is_binary(const Column& column);
// True if append_text() gives a number that needs no quotes: integers, DECIMAL, FLOAT, DOUBLE, BIT, YEAR.
bool is_numeric(const Column& column);

// Appends the text of `value`, which must be present and not NULL (Errc::internal otherwise).
// ENUM and SET print labels, or the stored number where the labels are unknown or do not reach. BIT is an unsigned
// integer. BINARY is padded to its length. An integer whose sign nobody tells (Column::sign_known) prints signed.
// A json_diff prints as an SQL expression over the column's name (json_diff.hpp).
// Errc::undecodable, with the column's name in `where`, if the bytes are not valid; `out` is then as before.
Status append_text(const Column& column, const Value& value, std::string& out, const Limits& limits = {});

// As append_text(), but for an UPDATE's value after, which may be a diff over `before`: prints the whole document when
// `before` holds one.
Status append_text_after(const Column& column, const Value& before, const Value& after, std::string& out,
                         const Limits& limits = {});

}  // namespace binferry
