#include "applier/layout.hpp"

#include "applier/sqlite.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

// SQLite folds only ASCII.
bool same_ascii(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

bool has_prefix(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && same_ascii(name.substr(0, prefix.size()), prefix);
}

// DESIGN 5.
SqliteType type_of(ColumnType type, bool decimal_real) {
  switch (type) {
    case ColumnType::tiny_int:
    case ColumnType::small_int:
    case ColumnType::medium_int:
    case ColumnType::int_:
    case ColumnType::big_int:
    case ColumnType::bit:
    case ColumnType::year: return SqliteType::integer;
    case ColumnType::float_:
    case ColumnType::double_: return SqliteType::real;
    case ColumnType::decimal: return decimal_real ? SqliteType::real : SqliteType::text;
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::blob:
    case ColumnType::geometry:
    case ColumnType::vector: return SqliteType::blob;
    case ColumnType::date:
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::timestamp:
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text:
    case ColumnType::enum_:
    case ColumnType::set_:
    case ColumnType::json:
    case ColumnType::uuid:
    case ColumnType::inet4:
    case ColumnType::inet6: return SqliteType::text;
    case ColumnType::null_: return SqliteType::any;
  }
  return SqliteType::any;
}

void add_once(std::vector<std::size_t>& list, std::size_t column) {
  if (column != TableDefinition::kNoColumn && std::ranges::find(list, column) == list.end()) list.push_back(column);
}

// Whole columns: what is unique in a prefix is unique in whole. `period WITHOUT OVERLAPS` stands for the period's
// two columns, and the key of a versioned table includes the end of the row, for its history rows share the rest.
std::vector<std::size_t> key_columns(const TableDefinition& definition) {
  std::vector<std::size_t> key;
  const IndexDefinition* primary = definition.primary_key();
  if (primary == nullptr) return key;
  for (const IndexPart& part : primary->parts) {
    if (!part.without_overlaps) {
      add_once(key, definition.column_index(part.column));
      continue;
    }
    for (const PeriodDefinition& period : definition.periods) {
      if (!same_name(period.name, part.column)) continue;
      add_once(key, definition.column_index(period.end_column));
      add_once(key, definition.column_index(period.start_column));
    }
  }
  if (definition.system_versioned) {
    for (std::size_t i = 0; i < definition.columns.size(); ++i) {
      if (definition.columns[i].row_period == RowPeriod::end) add_once(key, i);
    }
    if (implicit_column_count(definition) != 0) key.push_back(definition.columns.size() + 1);
  }
  return key;
}

void choose_row_address(TableLayout& layout) {
  const auto taken = [&](std::string_view name) {
    return std::ranges::any_of(layout.columns, [&](const LayoutColumn& c) { return same_ascii(c.name, name); });
  };
  for (const std::string_view name : {"rowid", "_rowid_", "oid"}) {
    if (!taken(name)) {
      layout.row_address = name;
      return;
    }
  }
  layout.hidden_row_column = true;
  layout.row_address = "binferry_row";
  while (taken(layout.row_address)) layout.row_address += '_';
}

}  // namespace

std::string_view name_of(SqliteType type) {
  switch (type) {
    case SqliteType::integer: return "INTEGER";
    case SqliteType::real: return "REAL";
    case SqliteType::text: return "TEXT";
    case SqliteType::blob: return "BLOB";
    case SqliteType::any: return "ANY";
  }
  return "ANY";
}

std::string sqlite_table_name(std::string_view schema, std::string_view table, bool qualified) {
  std::string name = qualified ? std::string(schema) + "." + std::string(table) : std::string(table);
  if (has_prefix(name, "sqlite_") || has_prefix(name, "binferry_")) name.insert(name.begin(), '_');
  return name;
}

std::size_t implicit_column_count(const TableDefinition& definition) {
  if (!definition.system_versioned) return 0;
  const bool named =
      std::ranges::any_of(definition.columns, [](const ColumnDefinition& c) { return c.row_period != RowPeriod::no; });
  return named ? 0 : 2;
}

std::string TableLayout::create_sql() const {
  std::string sql = "CREATE TABLE " + quote_identifier(name) + " (";
  for (const LayoutColumn& column : columns) {
    if (&column != &columns.front()) sql += ", ";
    sql += quote_identifier(column.name);
    sql += ' ';
    sql += name_of(column.type);
    if (key_kind == KeyKind::rowid && &column == &columns[key.front()]) sql += " PRIMARY KEY";
  }
  if (hidden_row_column) sql += ", " + quote_identifier(row_address) + " INTEGER PRIMARY KEY";
  if (key_kind == KeyKind::without_rowid) {
    sql += ", PRIMARY KEY (";
    for (std::size_t i = 0; i < key.size(); ++i) {
      if (i != 0) sql += ", ";
      sql += quote_identifier(columns[key[i]].name);
    }
    sql += ')';
  }
  sql += ") STRICT";
  if (key_kind == KeyKind::without_rowid) sql += ", WITHOUT ROWID";
  return sql;
}

Result<TableLayout> make_layout(const TableDefinition& definition, const LayoutOptions& options,
                                const std::vector<std::size_t>& wide_columns) {
  const auto unusable = [&](std::string_view why) {
    return fail(Errc::replica, "table " + definition.schema + "." + definition.name + ": " + std::string(why),
                "give its definition with --schema-file, or leave the table out");
  };
  if (!definition.columns_known) return unusable("its columns are not known");
  if (definition.columns.empty()) return unusable("it has no columns");

  TableLayout layout;
  layout.schema = definition.schema;
  layout.table = definition.name;
  layout.name = options.name.empty() ? sqlite_table_name(definition.schema, definition.name, options.qualified_names)
                                     : options.name;
  layout.columns.reserve(definition.columns.size() + 2);
  for (std::size_t i = 0; i < definition.columns.size(); ++i) {
    const ColumnDefinition& column = definition.columns[i];
    layout.columns.push_back({column.name, type_of(column.type, options.decimal_real), false, i});
  }
  if (implicit_column_count(definition) != 0) {
    for (const std::string_view name : {"row_start", "row_end"}) {
      layout.columns.push_back({std::string(name), SqliteType::text, false, layout.columns.size()});
    }
  }
  for (const std::size_t wide : wide_columns) {
    if (wide >= layout.columns.size()) return fail(Errc::internal, "a wide column beyond the table's end");
    layout.columns[wide].type = SqliteType::any;
    layout.columns[wide].wide_unsigned = true;
  }

  layout.key = key_columns(definition);
  if (layout.key.empty()) {
    layout.key_kind = KeyKind::none;
    layout.hash_table = options.hash_table;
    choose_row_address(layout);
  } else if (layout.key.size() == 1 && layout.columns[layout.key.front()].type == SqliteType::integer) {
    layout.key_kind = KeyKind::rowid;
    layout.row_address = layout.columns[layout.key.front()].name;
  } else {
    layout.key_kind = KeyKind::without_rowid;
  }
  return layout;
}

}  // namespace binferry
