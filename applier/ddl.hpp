// Table statements carried out in SQLite: one TableChange of the catalogue at a time, inside the caller's transaction.
//
// What the log tells for certain is done: tables are made, renamed, dropped, emptied and rebuilt, and existing rows get
// what the source gave them. What it does not tell (an expression default, the order in which rows were numbered, a
// value that does not fit) is never guessed: the table stays as it was, and the outcome says why it needs a resync.
// Views, triggers and indexes that somebody added to the replica are kept where they still apply.
//
// Functions of the database and what the registry says; the caller puts the outcome into the registry. No statement may
// be open on the tables concerned.
#pragma once

#include "applier/layout.hpp"
#include "applier/sqlite.hpp"
#include "applier/tables.hpp"
#include "binlog/base/result.hpp"
#include "binlog/schema/catalogue.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace binferry {

struct DdlOutcome {
  std::shared_ptr<const TableLayout> layout;  // as it stands now; null for a dropped table
  std::vector<std::size_t> wide_columns;      // of the new definition
  // Not empty: the log does not tell what the source's rows have become. SQLite is as it was; `layout` is the old one.
  std::string resync_reason;
};

// `tables` has the table as it was (entry of change.old_name) unless it is created; a quarantined one is only renamed
// and dropped. `options` are the replica's. `timestamp_us`: of the statement's event header, microseconds since 1970;
// the context has the fraction. A new table's secondary indexes are left to the caller (indexes.hpp): made of the rows
// of a whole table they cost a fraction. Errors: SQLite's, `replica` if two tables would have one name, and
// `unsupported` for what would be a resync_reason if it could be undone alone: the whole transaction must be.
Result<DdlOutcome> apply_table_change(Database& database, const TableRegistry& tables, const LayoutOptions& options,
                                      const TableChange& change, const DdlContext& context, std::uint64_t timestamp_us);

// Gives the table the name that `options` have for it; `layout` becomes the new one. The indexes keep theirs.
Status name_replica_table(Database& database, const TableRegistry& tables, const LayoutOptions& options,
                          TableLayout& layout);

// Drops the table with all that belongs to it.
Status drop_replica_table(Database& database, const TableLayout& layout);

// Makes `column` ANY, in a new table with the rows of the old one; `layout` becomes the new one.
Status rebuild_wide(Database& database, const TableDefinition& definition, TableLayout& layout, std::size_t column);

// SQL of the value that a row gets in a column that its INSERT does not name: the constant default, else NULL, else
// what the type has for NOT NULL columns without a default.
Result<std::string> default_value_sql(const TableDefinition& definition, std::size_t column,
                                      const LayoutOptions& options);

}  // namespace binferry
