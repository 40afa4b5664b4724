#include "applier/ddl.hpp"

#include "applier/conversion.hpp"
#include "applier/indexes.hpp"
#include "applier/rebuild.hpp"
#include "binlog/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace binferry {
namespace {

using LayoutPtr = std::shared_ptr<const TableLayout>;

// The name a table gets: its own, or one with a suffix if an index, a view of somebody's or a name that differs only in
// case stands in the way. Two tables whose names are one to the letter (`a`.`b.c` and `a.b`.`c`) are refused.
Result<std::string> name_for(Database& database, const TableRegistry& tables, const LayoutOptions& options,
                             const TableName& table) {
  std::string wanted = sqlite_table_name(table.schema, table.name, options.qualified_names);
  if (const auto* owner = tables.owner_of(wanted)) {
    const auto& [schema, name] = owner->first;
    const bool itself = schema == table.schema && name == table.name;
    if (!itself && sqlite_table_name(schema, name, options.qualified_names) == wanted) {
      return fail(Errc::replica,
                  fmt::format("tables {}.{} and {}.{} would both be {}", schema, name, table.schema, table.name,
                              quote_identifier(wanted)),
                  "leave one of them out with --table, or keep them in two replicas");
    }
  }
  return free_sqlite_name(database, wanted);
}

Result<DdlOutcome> created(Database& database, const TableRegistry& tables, const LayoutOptions& options,
                           const TableChange& change) {
  DdlOutcome outcome;
  outcome.resync_reason = change.resync_reason;
  if (!change.after || !change.after->columns_known) {
    if (outcome.resync_reason.empty()) outcome.resync_reason = "its columns are not known";
    return outcome;
  }
  LayoutOptions named = options;
  Result<std::string> name = name_for(database, tables, options, change.new_name);
  if (!name) return propagate(name);
  named.name = std::move(*name);
  named.hash_table.clear();
  Result<TableLayout> layout = make_layout(*change.after, named);
  if (!layout) return propagate(layout);
  if (layout->key_kind == KeyKind::none) {
    if (Status made = create_hash_table(database, *layout); !made) return propagate(made);
  }
  if (Status made = database.execute(layout->create_sql()); !made) return propagate(made);
  outcome.layout = std::make_shared<const TableLayout>(std::move(*layout));
  return outcome;
}

Status truncated(Database& database, const TableLayout& layout) {
  if (Status emptied = database.execute("DELETE FROM " + quote_identifier(layout.name)); !emptied) return emptied;
  if (layout.hash_table.empty()) return {};
  return database.execute("DELETE FROM " + quote_identifier(layout.hash_table));
}

// `layout` gets the names of `to`. The indexes keep theirs.
Status rename_table(Database& database, const TableRegistry& tables, const LayoutOptions& options, const TableName& to,
                    TableLayout& layout) {
  layout.schema = to.schema;
  layout.table = to.name;
  // Out of its own way first: the new name may differ from the old one only in case.
  const std::string between = "binferry_rename";
  if (Status renamed = rename_sqlite_table(database, layout.name, between); !renamed) return renamed;
  Result<std::string> name = name_for(database, tables, options, to);
  if (!name) return propagate(name);
  if (Status renamed = rename_sqlite_table(database, between, *name); !renamed) return renamed;
  layout.name = std::move(*name);
  return {};
}

Result<Altered> altered(Database& database, const TableRegistry& tables, const LayoutOptions& options,
                        const TableChange& change, const DdlContext& context, std::uint64_t timestamp_us,
                        const TableLayout& old_layout) {
  LayoutOptions named = options;
  named.name = old_layout.name;
  named.hash_table = old_layout.hash_table;
  const ConversionSettings settings =
      ConversionSettings::of(context, options.decimal_real, timestamp_us + context.microseconds);
  Result<Altered> made = alter_table(
      database, {*change.before, *change.after, change.column_sources, old_layout, named, context, settings});
  if (!made || change.old_name == change.new_name) return made;
  if (Status renamed = rename_table(database, tables, options, change.new_name, made->layout); !renamed)
    return propagate(renamed);
  return made;
}

// The table with its rows and shape as they are, under its new name: frozen or not, it makes way for others.
Result<LayoutPtr> under_new_name(Database& database, const TableRegistry& tables, const LayoutOptions& options,
                                 const TableChange& change, const LayoutPtr& old) {
  if (change.old_name == change.new_name) return old;
  TableLayout layout = *old;
  if (Status renamed = rename_table(database, tables, options, change.new_name, layout); !renamed)
    return propagate(renamed);
  return std::make_shared<const TableLayout>(std::move(layout));
}

// Rows of a table that stays, but not under all circumstances: what is uncertain is undone.
//
// Unless pages of it are in the write-ahead log already: SQLite (3.40 among others) may leave frames that are written
// after such a ROLLBACK TO without checksums, and a crash then takes commits that were made, or mixes pages of two of
// them. A whole ROLLBACK is sound: the error asks for that.
Result<DdlOutcome> altered_or_frozen(Database& database, const TableRegistry& tables, const LayoutOptions& options,
                                     const TableChange& change, const DdlContext& context, std::uint64_t timestamp_us,
                                     const ReplicaTable& old) {
  if (Status marked = database.execute("SAVEPOINT binferry_ddl"); !marked) return propagate(marked);
  const std::int64_t spilled_before = database.spilled_pages();
  Result<Altered> made = altered(database, tables, options, change, context, timestamp_us, *old.layout);
  DdlOutcome outcome;
  if (made) {
    outcome.layout = std::make_shared<const TableLayout>(std::move(made->layout));
    outcome.wide_columns = std::move(made->wide_columns);
  } else {
    if (database.spilled_pages() != spilled_before) return propagate(made);
    // A full disk may already have rolled back everything, savepoint and all; the first error is the one to tell.
    const Status undone = database.execute("ROLLBACK TO binferry_ddl");
    if (made.error().code != Errc::unsupported || !undone) return propagate(made);
    Result<LayoutPtr> kept = under_new_name(database, tables, options, change, old.layout);
    if (!kept) return propagate(kept);
    outcome.layout = std::move(*kept);
    outcome.wide_columns = old.wide_columns;
    outcome.resync_reason = std::move(made.error().what);
  }
  if (Status released = database.execute("RELEASE binferry_ddl"); !released) return propagate(released);
  return outcome;
}

std::string sql_literal(const Cell& cell) {
  switch (cell.type) {
    case SqliteStatement::Type::null: return "NULL";
    case SqliteStatement::Type::integer: return std::to_string(cell.integer);
    case SqliteStatement::Type::real: return fmt::format("{:.17g}", cell.real);
    case SqliteStatement::Type::text:
      if (cell.bytes.find('\0') == std::string_view::npos) return quote_text(cell.bytes);
      return "CAST(X'" + to_hex(bytes_of(cell.bytes)) + "' AS TEXT)";
    case SqliteStatement::Type::blob: return "X'" + to_hex(bytes_of(cell.bytes)) + "'";
  }
  return "NULL";
}

}  // namespace

Status name_replica_table(Database& database, const TableRegistry& tables, const LayoutOptions& options,
                          TableLayout& layout) {
  return rename_table(database, tables, options, {layout.schema, layout.table}, layout);
}

Status drop_replica_table(Database& database, const TableLayout& layout) {
  if (Status dropped = database.execute("DROP TABLE " + quote_identifier(layout.name)); !dropped) return dropped;
  if (layout.hash_table.empty()) return {};
  return database.execute("DROP TABLE " + quote_identifier(layout.hash_table));
}

Result<DdlOutcome> apply_table_change(Database& database, const TableRegistry& tables, const LayoutOptions& options,
                                      const TableChange& change, const DdlContext& context,
                                      std::uint64_t timestamp_us) {
  if (change.kind == TableChangeKind::created) return created(database, tables, options, change);
  DdlOutcome outcome;
  const ReplicaTable* const old = tables.find(change.old_name.schema, change.old_name.name);
  if (old == nullptr || !old->layout) return outcome;
  outcome.layout = old->layout;
  outcome.wide_columns = old->wide_columns;
  switch (change.kind) {
    case TableChangeKind::created: break;
    case TableChangeKind::dropped:
      if (Status dropped = drop_replica_table(database, *old->layout); !dropped) return propagate(dropped);
      return DdlOutcome{};
    case TableChangeKind::truncated:
      if (old->state == TableState::quarantined) break;
      if (Status emptied = truncated(database, *old->layout); !emptied) return propagate(emptied);
      break;
    case TableChangeKind::renamed:
    case TableChangeKind::altered: {
      const bool goes_on = change.kind == TableChangeKind::altered && old->state != TableState::quarantined;
      if (goes_on && change.resync_reason.empty() && change.before && change.after) {
        return altered_or_frozen(database, tables, options, change, context, timestamp_us, *old);
      }
      if (goes_on)
        outcome.resync_reason = change.resync_reason.empty() ? "its definition is not known" : change.resync_reason;
      Result<LayoutPtr> layout = under_new_name(database, tables, options, change, old->layout);
      if (!layout) return propagate(layout);
      outcome.layout = std::move(*layout);
    }
  }
  return outcome;
}

Status rebuild_wide(Database& database, const TableDefinition& definition, TableLayout& layout, std::size_t column) {
  if (column >= definition.columns.size()) return fail(Errc::internal, "a wide column beyond the table's end");
  TableLayout old = layout;
  TableLayout made = layout;
  made.columns[column].type = SqliteType::any;
  made.columns[column].wide_unsigned = true;
  if (made.key_kind == KeyKind::rowid && made.key.front() == column) {
    made.key_kind = KeyKind::without_rowid;
    made.row_address.clear();
  }
  Result<std::vector<std::string>> others = foreign_objects(database, old, definition);
  if (!others) return propagate(others);
  made.name = "binferry_rebuild";
  // Rows of a table without a key keep their rowids, by which its hash table knows them.
  std::string columns;
  for (const LayoutColumn& one : made.columns) columns += (columns.empty() ? "" : ", ") + quote_identifier(one.name);
  if (made.key_kind == KeyKind::none) columns += ", " + quote_identifier(made.row_address);
  if (Status copied = database.execute(made.create_sql() + "; INSERT INTO " + made.name + " (" + columns + ") SELECT " +
                                       columns + " FROM " + quote_identifier(old.name));
      !copied) {
    return copied;
  }
  old.hash_table.clear();
  if (Status placed = take_place(database, old, made); !placed) return placed;
  if (Status indexed = create_indexes(database, made, definition); !indexed) return indexed;
  restore_objects(database, *others);
  layout = std::move(made);
  return {};
}

Result<std::string> default_value_sql(const TableDefinition& definition, std::size_t column,
                                      const LayoutOptions& options) {
  if (column >= definition.columns.size()) return std::string("NULL");
  const ColumnDefinition& wanted = definition.columns[column];
  ConversionSettings settings;
  settings.decimal_real = options.decimal_real;
  std::string buffer;
  // An expression and CURRENT_TIMESTAMP are in the row image whenever they were used.
  const bool constant = wanted.default_value.kind != ColumnDefault::Kind::expression &&
                        wanted.default_value.kind != ColumnDefault::Kind::current_timestamp;
  if (!constant) return std::string("NULL");
  Result<Cell> cell = default_for_existing_rows(wanted, settings, buffer);
  if (!cell) return propagate(cell);
  return sql_literal(*cell);
}

}  // namespace binferry
