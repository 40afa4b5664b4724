// How one MySQL table stands in the SQLite replica: names, storage classes, key, CREATE TABLE (DESIGN 5).
//
// A layout is made from a definition and from how the replica names tables; it is a value and never changes. Names:
// SQLite compares identifiers without case (ASCII), reserves `sqlite_…`, and `binferry_…` is ours; what clashes gets a
// suffix, and the catalogue table of the replica records both names.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/schema/definition.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

enum class SqliteType : std::uint8_t { integer, real, text, blob, any };
std::string_view name_of(SqliteType type);  // as CREATE TABLE says it

// The columns stand as in a row image: those of the definition, then MariaDB's implicit `row_start` and `row_end`.
struct LayoutColumn {
  std::string name;  // in SQLite, unquoted
  SqliteType type = SqliteType::text;
  bool wide_unsigned = false;  // ANY: values above 2^63-1 are kept as 20-digit text
  std::size_t index = 0;       // of the column in the MySQL definition; at or beyond its end for the implicit ones
  bool operator==(const LayoutColumn&) const = default;
};

enum class KeyKind : std::uint8_t {
  rowid,          // single integer key: INTEGER PRIMARY KEY
  without_rowid,  // any other primary key
  none,           // no key: a side table maps the hash of a row to its rowids, so that a delete is no scan
};

struct TableLayout {
  std::string schema;  // MySQL names
  std::string table;
  std::string name;                   // SQLite table name, unquoted
  std::vector<LayoutColumn> columns;  // in MySQL order
  KeyKind key_kind = KeyKind::none;
  std::vector<std::size_t> key;  // columns of the key, in key order
  // KeyKind::none: `binferry_rows_<n>(hash, row, PRIMARY KEY(hash, row)) WITHOUT ROWID`. VACUUM may renumber rowids of
  // such tables, so a miss there is proved by a scan and the side table rebuilt; rows are always compared in full.
  std::string hash_table;
  // How a statement addresses a row: the key column (KeyKind::rowid), the first of `rowid`, `_rowid_` and `oid` that no
  // column shadows (KeyKind::none), empty for without_rowid.
  std::string row_address;
  bool hidden_row_column = false;  // all three are shadowed: `row_address` is a last column of ours, no MySQL one
  bool operator==(const TableLayout&) const = default;
  [[nodiscard]] std::string create_sql() const;  // CREATE TABLE … STRICT[, WITHOUT ROWID]
};

struct LayoutOptions {
  bool qualified_names = false;  // several schemas: `schema.table`
  bool decimal_real = false;     // --decimal=real
  // What the replica's catalogue recorded when the table was made; empty for a new one: then `name` is
  // sqlite_table_name(), and DDL (ddl.hpp) finds a free one and the hash table's.
  std::string name;
  std::string hash_table;
};

// The name a table gets if nothing clashes: `table`, or `schema.table`; with `_` in front of the prefixes `sqlite_` and
// `binferry_`.
std::string sqlite_table_name(std::string_view schema, std::string_view table, bool qualified);

// Implicit columns of a MariaDB table WITH SYSTEM VERSIONING that names none: 2, else 0.
std::size_t implicit_column_count(const TableDefinition& definition);

// `wide_columns`: indexes of columns already rebuilt as ANY. Errc::replica if no table can be made of the definition
// (its columns are not known, or there are none).
Result<TableLayout> make_layout(const TableDefinition& definition, const LayoutOptions& options,
                                const std::vector<std::size_t>& wide_columns = {});

}  // namespace binferry
