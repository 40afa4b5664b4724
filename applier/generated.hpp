// Generation expressions in SQLite's words: for a generated column that is added to a table with rows, or one whose
// default is an expression.
//
// Understood are whole numbers, texts, columns, `+ - * % MOD DIV` on integers, CONCAT, COALESCE and IFNULL; there the
// two agree to the last byte (an overflow is an error in MySQL and a value no STRICT column takes in SQLite). All else
// is not translated, and the table needs a resync.
#pragma once

#include "binlog/schema/definition.hpp"
#include "binlog/schema/dialect.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace binferry {

struct SqliteExpression {
  std::string sql;
  bool is_text = false;  // else an integer
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
