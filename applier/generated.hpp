// Generation expressions in SQLite's words: for a generated column that is added to a table with rows, or one whose
// default is an expression.
//
// Understood is what the two give alike to the last byte, over whole numbers, DECIMAL, texts and columns of these:
// `+ - *`, and `% MOD DIV` of integers; comparisons of numbers, IS NULL, BETWEEN, IN, AND, OR; IF, CASE, COALESCE,
// IFNULL, NULLIF, GREATEST, LEAST, ABS, MOD; CONCAT, CONCAT_WS, UPPER, LOWER, LEFT, RIGHT, SUBSTRING, TRIM, REPLACE and
// lengths; the parts of dates; of MySQL's JSON a member as text. All else is not translated, and the table needs a
// resync. A value on which the two might differ (UPPER of letters that are not ASCII, a number beyond 63 bits) makes
// SQLite's statement fail, or is one that no STRICT column takes.
#pragma once

#include "binlog/schema/definition.hpp"
#include "binlog/schema/dialect.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace binferry {

struct SqliteExpression {
  // integer: 64 bits, signed. decimal: its text, with `scale` digits. null: NULL and nothing else.
  enum class Kind : std::uint8_t { integer, decimal, text, null };
  std::string sql;
  Kind kind = Kind::integer;
  std::uint8_t scale = 0;
  // One of several decimals (IF, COALESCE, …) of other scales: the number is known, the zeros behind it are not, for
  // servers print either the common scale or the chosen one's.
  bool any_scale = false;
};

// The column of that name as it stands in the SQLite table that is read; nothing if its value may not be used.
struct ReadableColumn {
  const ColumnDefinition* definition = nullptr;
  std::string sqlite_name;
};
using ColumnResolver = std::function<std::optional<ReadableColumn>(std::string_view name)>;

std::optional<SqliteExpression> translate_generated(std::string_view expression, const SqlDialect& dialect,
                                                    const ColumnResolver& resolve);

}  // namespace binferry
