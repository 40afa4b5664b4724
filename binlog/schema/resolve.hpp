// Joins what a TABLE_MAP says about a table with what the catalogue says.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/row/table.hpp"
#include "binlog/schema/definition.hpp"

#include <memory>

namespace binferry {

// `from_map` is the table as its TABLE_MAP alone tells it; `definition` may be null. The types of the map are the
// truth: where the definition contradicts them (number of columns, type, length, precision, name) the result is
// Errc::schema_mismatch with one line a difference. Otherwise names, labels, character sets, signedness, key and the
// finer types (UUID, TEXT versus BLOB, ZEROFILL) come from the map's optional metadata first, then the definition.
// Hidden columns that only one side knows (generated invisible keys, functional indexes, MariaDB's row_start and
// row_end) are tolerated.
Result<std::shared_ptr<const Table>> resolve(Table from_map, const TableDefinition* definition);

// MariaDB writes TIME(n), DATETIME(n) and TIMESTAMP(n) of its old format (mysql56_temporal_format=OFF, or tables made
// before 10.1) into the map as if n were 0, though their values are longer (PROTOCOL 4.5). Gives such columns the n and
// the storage that the definition tells, before resolve(). Leaves a map that the definition does not fit as it is.
void settle_old_temporals(Table& from_map, const TableDefinition& definition);

// A definition out of FULL metadata, for a replica that starts in the middle of a log: columns, key, labels and
// character sets; no defaults, no secondary indexes, no foreign keys.
TableDefinition definition_from_table(const Table& table);

}  // namespace binferry
