#include "applier/foreign_keys.hpp"

#include "applier/sqlite.hpp"

#include <algorithm>
#include <cctype>

namespace binferry {

bool keeps_foreign_keys(const TableDefinition& table) {
  constexpr std::string_view kInnodb = "innodb";
  return table.engine.empty() || std::ranges::equal(table.engine, kInnodb, {},
                                                    [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

std::string sql_name(const ReplicaTable& table) {
  return quote_identifier(table.layout->name);
}

std::optional<std::size_t> layout_column(const ReplicaTable& table, std::string_view name) {
  const std::size_t index = table.definition->column_index(name);
  const auto& columns = table.layout->columns;
  const auto found = std::ranges::find(columns, index, &LayoutColumn::index);
  if (index == TableDefinition::kNoColumn || found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::string and_changed(std::span<const std::string> columns) {
  if (columns.empty()) return {};
  std::string sql;
  for (const std::string& column : columns) {
    sql += (sql.empty() ? " AND (OLD." : " OR OLD.") + column + " IS NOT NEW." + column;
  }
  return sql + ")";
}

}  // namespace binferry
