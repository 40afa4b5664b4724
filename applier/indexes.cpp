#include "applier/indexes.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace binferry {
namespace {

// Columns of the layout and directions: what an index is to SQLite.
using Shape = std::vector<std::pair<std::string, bool>>;

struct WantedIndex {
  std::string name;
  Shape shape;
};

struct FoundIndex {
  std::string name;
  std::string sql;
  Shape shape;
};

std::vector<WantedIndex> indexes_of(const TableDefinition& definition) {
  std::vector<WantedIndex> wanted;
  for (const IndexDefinition& index : definition.indexes) {
    if (index.kind != IndexKind::plain && index.kind != IndexKind::unique) continue;
    Shape shape;
    for (const IndexPart& part : index.parts) {
      const ColumnDefinition* column = definition.find_column(part.column);
      if (column == nullptr) break;
      const auto same = [&](const auto& known) { return known.first == column->name; };
      if (std::ranges::none_of(shape, same)) shape.emplace_back(column->name, part.descending);
    }
    if (!shape.empty()) wanted.push_back({index.name, std::move(shape)});
  }
  return wanted;
}

Result<std::vector<FoundIndex>> found_indexes(Database& database, const TableLayout& layout) {
  std::vector<FoundIndex> found;
  Result<SqliteStatement> indexes = database.prepare(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?1 COLLATE NOCASE"
      " ORDER BY rowid",
      false);
  if (!indexes) return propagate(indexes);
  indexes->bind(1, std::string_view(layout.name));
  for (;;) {
    Result<bool> more = indexes->step();
    if (!more) return propagate(more);
    if (!*more) break;
    found.push_back({std::string(indexes->text(0)), std::string(indexes->text(1)), {}});
  }
  for (FoundIndex& index : found) {
    Result<SqliteStatement> parts =
        database.prepare("SELECT name, desc FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno", false);
    if (!parts) return propagate(parts);
    parts->bind(1, std::string_view(index.name));
    for (;;) {
      Result<bool> more = parts->step();
      if (!more) return propagate(more);
      if (!*more) break;
      index.shape.emplace_back(parts->text(0), parts->integer(1) != 0);
    }
  }
  return found;
}

// A frozen table's layout is of its definition when the replica was opened anew.
Result<std::set<std::string>> found_columns(Database& database, const TableLayout& layout) {
  Result<SqliteStatement> rows = database.prepare("SELECT name FROM pragma_table_xinfo(?1)", false);
  if (!rows) return propagate(rows);
  rows->bind(1, std::string_view(layout.name));
  std::set<std::string> columns;
  for (;;) {
    Result<bool> more = rows->step();
    if (!more) return propagate(more);
    if (!*more) return columns;
    columns.emplace(rows->text(0));
  }
}

Status create_index(Database& database, const TableLayout& layout, const WantedIndex& index) {
  Result<std::string> name = free_sqlite_name(database, layout.name + "." + index.name);
  if (!name) return propagate(name);
  std::string sql = "CREATE INDEX " + quote_identifier(*name) + " ON " + quote_identifier(layout.name) + " (";
  for (const auto& [column, descending] : index.shape) {
    if (sql.back() != '(') sql += ", ";
    sql += quote_identifier(column);
    if (descending) sql += " DESC";
  }
  return database.execute(sql + ")");
}

// Takes one index of that shape out; false if there is none.
template <class Index>
bool take_shape(std::vector<Index>& indexes, const Shape& shape) {
  const auto found = std::ranges::find_if(indexes, [&](const Index& index) { return index.shape == shape; });
  if (found == indexes.end()) return false;
  indexes.erase(found);
  return true;
}

}  // namespace

Result<std::string> free_sqlite_name(Database& database, const std::string& wanted) {
  Result<SqliteStatement> find =
      database.prepare("SELECT 1 FROM sqlite_schema WHERE type <> 'trigger' AND name = ?1 COLLATE NOCASE", false);
  if (!find) return propagate(find);
  std::string name = wanted;
  for (std::size_t suffix = 2;; ++suffix) {
    find->bind(1, std::string_view(name));
    Result<bool> taken = find->step();
    if (!taken) return propagate(taken);
    find->reset();
    if (!*taken) return name;
    name = wanted + "_" + std::to_string(suffix);
  }
}

Status create_indexes(Database& database, const TableLayout& layout, const TableDefinition& definition) {
  Result<std::vector<FoundIndex>> found = found_indexes(database, layout);
  if (!found) return propagate(found);
  Result<std::set<std::string>> columns = found_columns(database, layout);
  if (!columns) return propagate(columns);
  const auto has_column = [&](const auto& part) { return columns->contains(part.first); };
  for (const WantedIndex& index : indexes_of(definition)) {
    if (take_shape(*found, index.shape) || !std::ranges::all_of(index.shape, has_column)) continue;
    if (Status made = create_index(database, layout, index); !made) return made;
  }
  return {};
}

Status change_indexes(Database& database, const TableLayout& layout, const TableDefinition& before,
                      const TableDefinition& after) {
  std::vector<WantedIndex> dropped = indexes_of(before);
  std::vector<WantedIndex> added;
  for (WantedIndex& index : indexes_of(after)) {
    if (!take_shape(dropped, index.shape)) added.push_back(std::move(index));
  }
  if (!dropped.empty()) {
    Result<std::vector<FoundIndex>> found = found_indexes(database, layout);
    if (!found) return propagate(found);
    for (const WantedIndex& index : dropped) {
      const auto same = [&](const FoundIndex& one) { return one.shape == index.shape; };
      const auto one = std::ranges::find_if(*found, same);
      if (one == found->end()) continue;
      if (Status gone = database.execute("DROP INDEX " + quote_identifier(one->name)); !gone) return gone;
      found->erase(one);
    }
  }
  for (const WantedIndex& index : added) {
    if (Status made = create_index(database, layout, index); !made) return made;
  }
  return {};
}

Result<std::vector<std::string>> foreign_objects(Database& database, const TableLayout& layout,
                                                 const TableDefinition& definition) {
  std::vector<WantedIndex> ours = indexes_of(definition);
  Result<std::vector<FoundIndex>> found = found_indexes(database, layout);
  if (!found) return propagate(found);
  std::vector<std::string> sql;
  for (FoundIndex& index : *found) {
    if (!take_shape(ours, index.shape)) sql.push_back(std::move(index.sql));
  }
  Result<SqliteStatement> triggers = database.prepare(
      "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE ORDER BY rowid", false);
  if (!triggers) return propagate(triggers);
  triggers->bind(1, std::string_view(layout.name));
  for (;;) {
    Result<bool> more = triggers->step();
    if (!more) return propagate(more);
    if (!*more) return sql;
    sql.emplace_back(triggers->text(0));
  }
}

void restore_objects(Database& database, const std::vector<std::string>& sql) {
  // Made by somebody else, for columns that may be gone: what fails is left out, as it would be in a new replica.
  for (const std::string& one : sql) {
    if (Status made = database.execute(one); !made) continue;
  }
}

}  // namespace binferry
