#include "applier/ddl.hpp"

namespace binferry {

namespace {

Result<std::string> free_hash_table(Database& database) {
  Result<std::optional<std::string>> number = database.query_text(
      "SELECT coalesce(max(CAST(substr(name, 15) AS INTEGER)), 0) + 1 FROM sqlite_schema"
      " WHERE type = 'table' AND name GLOB 'binferry_rows_[0-9]*'");
  if (!number) return propagate(number);
  return "binferry_rows_" + number->value_or("1");
}

Result<std::shared_ptr<const TableLayout>> create_table(Database& database, const TableRegistry& tables, LayoutOptions options,
                                                  const TableDefinition& definition) {
  options.name.clear();
  options.hash_table.clear();
  Result<TableLayout> layout = make_layout(definition, options);
  if (!layout) return propagate(layout);
  const std::string base = layout->name;
  for (int suffix = 2; tables.owner_of(layout->name) != nullptr; ++suffix) layout->name = base + "_" + std::to_string(suffix);
  if (layout->key_kind == KeyKind::none) {
    Result<std::string> hash_table = free_hash_table(database);
    if (!hash_table) return propagate(hash_table);
    layout->hash_table = *hash_table;
    if (Status made = database.execute("CREATE TABLE " + quote_identifier(layout->hash_table) +
                                       " (hash INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (hash, row)) STRICT, WITHOUT ROWID");
        !made) {
      return propagate(made);
    }
  }
  if (Status made = database.execute(layout->create_sql()); !made) return propagate(made);
  return std::make_shared<const TableLayout>(std::move(*layout));
}

}  // namespace

Status drop_replica_table(Database& database, const TableLayout& layout) {
  if (Status dropped = database.execute("DROP TABLE " + quote_identifier(layout.name)); !dropped) return dropped;
  if (layout.hash_table.empty()) return {};
  return database.execute("DROP TABLE " + quote_identifier(layout.hash_table));
}

Result<DdlOutcome> apply_table_change(Database& database, const TableRegistry& tables, const LayoutOptions& options,
                                      const TableChange& change, const DdlContext&, std::uint64_t) {
  DdlOutcome outcome;
  const ReplicaTable* const old = tables.find(change.old_name.schema, change.old_name.name);
  switch (change.kind) {
    case TableChangeKind::created: {
      Result<std::shared_ptr<const TableLayout>> layout = create_table(database, tables, options, *change.after);
      if (!layout) return propagate(layout);
      outcome.layout = std::move(*layout);
      return outcome;
    }
    case TableChangeKind::dropped:
      if (Status dropped = drop_replica_table(database, *old->layout); !dropped) return propagate(dropped);
      return outcome;
    case TableChangeKind::truncated: {
      if (Status emptied = database.execute("DELETE FROM " + quote_identifier(old->layout->name)); !emptied) return propagate(emptied);
      if (!old->layout->hash_table.empty()) {
        if (Status emptied = database.execute("DELETE FROM " + quote_identifier(old->layout->hash_table)); !emptied) {
          return propagate(emptied);
        }
      }
      outcome.layout = old->layout;
      outcome.wide_columns = old->wide_columns;
      return outcome;
    }
    default: break;
  }
  outcome.layout = old->layout;
  outcome.wide_columns = old->wide_columns;
  outcome.resync_reason = "this table statement is not carried out yet";
  return outcome;
}

Status rebuild_wide(Database& database, const TableDefinition& definition, TableLayout& layout, std::size_t column) {
  std::vector<std::size_t> wide;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (layout.columns[i].wide_unsigned || i == column) wide.push_back(i);
  }
  LayoutOptions options;
  options.name = layout.name;
  options.hash_table = layout.hash_table;
  Result<TableLayout> made = make_layout(definition, options, wide);
  if (!made) return propagate(made);
  const std::string old_name = quote_identifier(layout.name);
  TableLayout temporary = *made;
  temporary.name = "binferry_rebuild";
  std::string columns;
  for (const LayoutColumn& c : layout.columns) columns += (columns.empty() ? "" : ", ") + quote_identifier(c.name);
  if (layout.key_kind == KeyKind::none) columns += ", " + quote_identifier(layout.row_address);
  if (Status done = database.execute(temporary.create_sql() + "; INSERT INTO binferry_rebuild (" + columns + ") SELECT " + columns +
                                     " FROM " + old_name + "; DROP TABLE " + old_name +
                                     "; ALTER TABLE binferry_rebuild RENAME TO " + old_name);
      !done) {
    return done;
  }
  layout = std::move(*made);
  return {};
}

Result<std::string> default_value_sql(const TableDefinition& definition, std::size_t column, const LayoutOptions&) {
  if (column >= definition.columns.size()) return std::string("NULL");
  const ColumnDefault& value = definition.columns[column].default_value;
  if (value.kind == ColumnDefault::Kind::literal && value.literal == ColumnDefault::Literal::number) return value.text;
  if (value.kind == ColumnDefault::Kind::literal && value.literal == ColumnDefault::Literal::string) return quote_text(value.text);
  return std::string("NULL");
}

}  // namespace binferry
