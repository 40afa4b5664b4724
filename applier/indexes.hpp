// Secondary indexes of a replica's tables, and whatever somebody else has hung on such a table.
//
// Every index is a plain one, unique ones too (row events may collide in passing), and is named `table.index`, with a
// suffix where SQLite, whose index names are global, has that already. The name is the one of the index's birth: an
// index is found again by its columns, so that renames at the source cost nothing here. Prefix parts stand for the
// whole column; FULLTEXT, SPATIAL and VECTOR indexes have no counterpart, and a functional part ends an index.
#pragma once

#include "applier/layout.hpp"
#include "applier/sqlite.hpp"
#include "binlog/base/result.hpp"
#include "binlog/schema/definition.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace binferry {

// `wanted`, or with the first suffix `_2`, `_3`, … that no table, view or index has (SQLite folds ASCII case).
Result<std::string> free_sqlite_name(Database& database, const std::string& wanted);

// Those that the table has not yet. Of a frozen table, which its definition has left behind, those of columns it has.
Status create_indexes(Database& database, const TableLayout& layout, const TableDefinition& definition);

// After an ALTER that kept the table: `before` has its old indexes, with the columns named as in `layout` (their new
// names); only what differs is dropped and made.
Status change_indexes(Database& database, const TableLayout& layout, const TableDefinition& before,
                      const TableDefinition& after);

// SQL of indexes (but those of `definition`) and triggers on a table, to be run again when it was made anew; what then
// does not apply any more (a column is gone) is left out.
Result<std::vector<std::string>> foreign_objects(Database& database, const TableLayout& layout,
                                                 const TableDefinition& definition);
void restore_objects(Database& database, const std::vector<std::string>& sql);

}  // namespace binferry
