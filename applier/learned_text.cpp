#include "applier/learned_text.hpp"

#include "binlog/schema/unknown_text.hpp"
#include "binlog/source/mysql/consistent_read.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace binferry {
namespace {

void learn_label(ColumnDefinition& column, std::size_t index, std::string_view label) {
  if (index < column.labels.size() && is_unknown_text(column.labels[index])) column.labels[index] = label;
}

// `text` is the value of that number. A SET prints its members in the order of their bits, and no label has a comma.
void learn_labels(ColumnDefinition& column, std::uint64_t number, std::string_view text) {
  if (column.type == ColumnType::enum_) {
    if (number != 0) learn_label(column, number - 1, text);
    return;
  }
  for (std::size_t i = 0; number != 0; ++i, number >>= 1) {
    if ((number & 1) == 0) continue;
    const std::size_t comma = std::min(text.find(','), text.size());
    learn_label(column, i, text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
}

// `sql` gives numbers of the column and their text.
Status learn_labels(mysql::Connection& source, const std::string& sql, ColumnDefinition& column) {
  return source.query(sql, [&](mysql::QueryRow row) -> Status {
    if (row.size() < 2 || !row[0] || !row[1]) return {};
    std::uint64_t number = 0;
    std::from_chars(row[0]->data(), row[0]->data() + row[0]->size(), number);
    learn_labels(column, number, *row[1]);
    return {};
  });
}

}  // namespace

Status learn_text(mysql::Connection& source, TableDefinition& definition) {
  mark_unknown_text(definition);
  const std::string table = mysql::quote_mysql_name(definition.schema) + "." + mysql::quote_mysql_name(definition.name);
  const std::string all_rows = definition.system_versioned ? " FOR SYSTEM_TIME ALL" : "";
  for (ColumnDefinition& column : definition.columns) {
    const std::string name = mysql::quote_mysql_name(column.name);
    if (has_unknown_default(column)) {
      // DEFAULT() wants a row. That of an empty table is all NULLs, which hides the default of a NOT NULL column. No
      // alias: a table without transactions is locked under its own name alone.
      Result<std::optional<std::string>> text =
          source.query_value("SELECT CONVERT(DEFAULT(" + table + "." + name +
                             ") USING utf8mb4) FROM (SELECT 1) AS one " + "LEFT JOIN " + table + " ON 1 LIMIT 1");
      if (!text) return propagate(text);
      if (*text) column.default_value.text = **text;
    }
    if (!has_unknown_labels(column.labels)) continue;
    Status learned = learn_labels(
        source,
        "SELECT DISTINCT CAST(" + name + " AS UNSIGNED), CONVERT(" + name + " USING utf8mb4) FROM " + table + all_rows,
        column);
    if (!learned) return learned;
    column.declared_type = canonical_type(column);  // which names them
  }
  return {};
}

}  // namespace binferry
