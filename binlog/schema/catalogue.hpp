// What every table looked like at one position of a log: DDL statements are applied in log order, each telling what
// it changed.
//
// A Catalogue is a value: definitions are immutable and shared, so a copy costs one small map. One thread at a time.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/schema/ddl_statement.hpp"
#include "binlog/schema/dialect.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

using TablePtr = std::shared_ptr<const TableDefinition>;

// The settings a statement ran under (QUERY event header, database and status variables).
struct DdlContext {
  std::string default_database;  // UTF-8
  SqlDialect dialect;
  bool explicit_defaults_for_timestamp = true;  // status var 16; false before MySQL 8.0 and MariaDB 10.10
  std::uint16_t server_collation = 0;           // status var 4, third number: default of new databases; 0: unknown
  std::uint16_t database_collation = 0;         // status var 8: default of the default database; 0: unknown
  std::uint16_t utf8mb4_collation = 0;          // status var 18: what CHARACTER SET utf8mb4 means; 0: the usual one
  // What existing rows may get: CURRENT_TIMESTAMP is the event's timestamp with these microseconds, in this zone.
  std::string time_zone;                       // status var 5; empty: the statement did not depend on it
  std::uint32_t microseconds = 0;              // status var 13, MariaDB 128
  std::uint16_t auto_increment_increment = 1;  // status var 3
  std::uint16_t auto_increment_offset = 1;
  std::uint16_t error_code = 0;  // of the event: the statement failed after a part of it was done
};

inline constexpr std::size_t kNewColumn = std::numeric_limits<std::size_t>::max();

enum class TableChangeKind : std::uint8_t { created, altered, renamed, dropped, truncated };

// One table's part in a statement. Changes of one statement are to be carried out in the order given.
struct TableChange {
  TableChangeKind kind = TableChangeKind::altered;
  TableName old_name;  // schemas always given; for `created` both names are the new one, for `dropped` the old one
  TableName new_name;  // differs from old_name for `renamed`, and for an ALTER TABLE … RENAME
  TablePtr before;     // null for `created`, and for a table the catalogue never knew
  TablePtr after;      // null for `dropped`, and for a table the catalogue never knew
  // altered: for each column of `after`, its index in `before`, or kNewColumn.
  std::vector<std::size_t> column_sources;
  // altered: the source also changed rows in a way the log does not carry (PARTITION maintenance, tablespaces), or
  // the new definition cannot be known. Empty if all is well.
  std::string resync_reason;
  bool replaced = false;     // created: by CREATE OR REPLACE, over `before`
  bool rows_follow = false;  // created: CREATE … SELECT, whose rows stand in the same transaction
};

class Catalogue {
 public:
  // As the server variable: 0 names are case-sensitive, 1 stored in lower case, 2 stored as given, compared without.
  explicit Catalogue(int lower_case_table_names = 0) : lower_case_table_names_(lower_case_table_names) {}

  // What the statement changes, and changes it. Tables that are not known (the log starts later than they) are no
  // error. A contradiction with what is known (ADD of a column that is there) is Errc::schema_mismatch and leaves
  // the catalogue as it was.
  Result<std::vector<TableChange>> apply(const DdlStatement& statement, const DdlContext& context);

  [[nodiscard]] TablePtr find(std::string_view schema, std::string_view table) const;
  [[nodiscard]] std::vector<TablePtr> tables() const;  // ordered by schema, then name
  [[nodiscard]] std::vector<TablePtr> tables(std::string_view schema) const;
  [[nodiscard]] std::vector<std::string> schemas() const;

  // As the source stores a name of a schema or table.
  [[nodiscard]] std::string stored_name(std::string_view name) const;

  void put(TableDefinition table);  // replaces
  void put(TablePtr table);
  bool remove(std::string_view schema, std::string_view table);
  void put_schema(std::string_view schema, std::uint16_t collation);
  [[nodiscard]] std::uint16_t schema_collation(std::string_view schema) const;  // 0 if unknown

  // Foreign keys that reference the table, for cascades. A self-reference is among them.
  struct Child {
    TablePtr table;
    std::size_t foreign_key = 0;  // index into table->foreign_keys
  };
  [[nodiscard]] std::vector<Child> children(std::string_view schema, std::string_view table) const;

 private:
  struct Schema {
    std::string name;
    std::uint16_t collation = 0;
    std::map<std::string, TablePtr, std::less<>> tables;  // by key_of(name)
  };
  friend class CatalogueEditor;

  [[nodiscard]] std::string key_of(std::string_view name) const;

  std::map<std::string, Schema, std::less<>> schemas_;  // by key_of(name)
  int lower_case_table_names_;
};

}  // namespace binferry
