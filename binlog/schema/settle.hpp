// From what a statement says to what the server makes of it: inherited character sets, implied attributes, names that
// the server chooses. Used by the catalogue only.
#pragma once

#include "binlog/schema/catalogue.hpp"

#include <vector>

namespace binferry::schema_detail {

struct Collation {
  const Charset* charset = nullptr;
  std::uint16_t id = 0;
};

Collation collation_of(std::uint16_t id);
// What `spec` means where `inherited` is the default.
Collation settle_charset(const CharsetSpec& spec, Collation inherited, const DdlContext& context);
// TEXT, CHAR and VARCHAR in their new character set, as CONVERT TO widens them.
void convert_charset(ColumnDefinition& column, Collation to);

// Settles the columns that one statement defines, in its order: implicit TIMESTAMP attributes depend on it.
std::vector<ColumnDefinition> settle_columns(const std::vector<const ColumnSpec*>& specs, Collation table_default,
                                             const DdlContext& context);

// What columns and elements add beside themselves. Names are chosen as the server chooses them.
void add_index(TableDefinition& table, const IndexSpec& spec);
void add_column_keys(TableDefinition& table, const ColumnSpec& spec, const DdlContext& context);
void add_foreign_key(TableDefinition& table, const ForeignKeySpec& spec);
void add_check(TableDefinition& table, const CheckConstraint& check, const DdlContext& context);
// What follows from the whole: primary key first and its columns NOT NULL; nullable columns default to NULL; foreign
// keys have an index.
void finish(TableDefinition& table);
// `old_ibfk_1` becomes `new_ibfk_1` when the table is renamed, and checks likewise.
void rename_generated_constraints(TableDefinition& table, const std::string& old_name);

bool engine_has_foreign_keys(const TableDefinition& table);

}  // namespace binferry::schema_detail
