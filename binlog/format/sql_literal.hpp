// Names and values as SQL that every server reads the same, whatever its sql_mode says of quotes and backslashes.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/row/table.hpp"
#include "binlog/row/value.hpp"

#include <string>
#include <string_view>

namespace binferry {

// `name`, backticks doubled.
void append_sql_name(std::string_view name, std::string& out);

// UTF-8 text as _utf8mb4'…', or _utf8mb4 x'…' where a quoted form would depend on NO_BACKSLASH_ESCAPES, end a line
// or not be printable.
void append_sql_text(std::string_view text, std::string& out);

// The value to be stored in the column. Errc::undecodable as append_text().
Status append_sql_value(const Column& column, const Value& value, std::string& out);

// `column <=> value`, true for exactly the stored value: text is compared by its bytes, not by a collation, and FLOAT
// as the double it widens to.
Status append_sql_equals_exactly(const Column& column, const Value& value, std::string& out);

}  // namespace binferry
