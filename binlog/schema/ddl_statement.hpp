// What a DDL statement says, before it is applied to anything: the parser's result (ddl_parser.hpp) and the
// catalogue's input (catalogue.hpp).
//
// Names are UTF-8, without quotes. Nothing is resolved here: an empty schema means the default database, a missing
// character set means inheritance.
#pragma once

#include "binlog/schema/definition.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace binferry {

struct TableName {
  std::string schema;  // empty: the default database
  std::string name;
  bool operator==(const TableName&) const = default;
};

// CHARACTER SET and COLLATE as written, lower case; `DEFAULT` is kept as the word `default`.
struct CharsetSpec {
  std::string charset;
  std::string collation;
  bool binary_collation = false;  // the BINARY attribute: the character set's _bin collation
  [[nodiscard]] bool given() const { return !charset.empty() || !collation.empty() || binary_collation; }
  bool operator==(const CharsetSpec&) const = default;
};

// Where ADD, MODIFY and CHANGE put a column.
struct ColumnPosition {
  enum class Kind : std::uint8_t { unchanged, first, after } kind = Kind::unchanged;
  std::string after;
  bool operator==(const ColumnPosition&) const = default;
};

struct ForeignKeySpec {
  ForeignKey key;  // referenced_schema empty: the table's own schema
  bool if_not_exists = false;
  bool inline_reference =
      false;  // REFERENCES in a column: MySQL ignores it (until 9.0), MariaDB 10.5 and later honours it
};

struct ColumnSpec {
  ColumnDefinition column;  // charset, collation and (for NULL-ness) nullable are settled by the catalogue
  CharsetSpec charset;
  bool null_given = false;                       // NULL was written
  bool not_null_given = false;                   // NOT NULL was written
  bool text_type = false;                        // the type takes a character set
  std::optional<std::uint32_t> text_characters;  // TEXT(n), BLOB(n): the smallest type that holds n characters
  bool national = false;                         // NCHAR and friends: utf8mb3
  bool primary = false;
  bool unique = false;
  std::optional<ForeignKeySpec> references;
  std::vector<CheckConstraint> checks;
};

struct IndexSpec {
  IndexDefinition index;  // name may be empty
  std::string constraint_name;
  bool if_not_exists = false;
};

// What stands in the parentheses of CREATE TABLE.
struct TableElements {
  std::vector<ColumnSpec> columns;
  std::vector<IndexSpec> indexes;
  std::vector<ForeignKeySpec> foreign_keys;
  std::vector<CheckConstraint> checks;
  std::vector<PeriodDefinition> periods;
};

// Only the options that change what this project knows; unset means not written.
struct TableOptions {
  std::optional<std::string> engine;
  std::optional<std::string> comment;
  std::optional<std::uint64_t> auto_increment;
  CharsetSpec charset;
  bool system_versioning = false;
  bool sequence = false;  // MariaDB: SEQUENCE=1
};

struct CreateTable {
  TableName table;
  bool temporary = false;
  bool or_replace = false;
  bool if_not_exists = false;
  std::optional<TableName> like;
  bool select = false;             // … [AS] SELECT …: `elements` may be incomplete
  bool start_transaction = false;  // MySQL 8.0.21's CREATE TABLE … START TRANSACTION: its rows follow
  bool partitioned = false;
  bool sequence = false;  // MariaDB CREATE SEQUENCE
  TableElements elements;
  TableOptions options;
};

struct AddColumn {
  ColumnSpec column;
  ColumnPosition position;
  bool if_not_exists = false;
};
struct DropColumn {
  std::string name;
  bool if_exists = false;
};
// MODIFY (old_name equals the new one) and CHANGE.
struct ChangeColumn {
  std::string old_name;
  ColumnSpec column;
  ColumnPosition position;
  bool if_exists = false;
};
struct RenameColumn {
  std::string from;
  std::string to;
  bool if_exists = false;
};
struct SetColumnDefault {
  std::string column;
  ColumnDefault value;
  bool if_exists = false;
};  // kind none: DROP DEFAULT
struct SetColumnVisibility {
  std::string column;
  bool invisible = false;
};
struct AddIndex {
  IndexSpec index;
};
struct DropIndex {
  std::string name;
  bool if_exists = false;
};  // `PRIMARY`: DROP PRIMARY KEY
struct RenameIndex {
  std::string from;
  std::string to;
  bool if_exists = false;
};
struct SetIndexVisibility {
  std::string name;
  bool invisible = false;
  bool if_exists = false;
};
struct AddForeignKey {
  ForeignKeySpec key;
};
struct DropForeignKey {
  std::string name;
  bool if_exists = false;
};
struct AddCheck {
  CheckConstraint check;
  bool if_not_exists = false;
};
struct DropConstraint {
  std::string name;
  bool if_exists = false;
};  // of any kind
struct AlterCheck {
  std::string name;
  bool enforced = true;
};
struct ConvertCharset {
  CharsetSpec charset;
};
struct SetTableOptions {
  TableOptions options;
};
struct RenameTo {
  TableName to;
};
struct AddPeriod {
  PeriodDefinition period;
  bool if_not_exists = false;
};
struct DropPeriod {
  std::string name;
  bool if_exists = false;
};
struct SystemVersioning {
  bool add = false;
};
struct SetPartitioning {
  bool partitioned = false;
};  // PARTITION BY, REMOVE PARTITIONING: rows stay
// Rows come or go without row events.
struct PartitionData {
  enum class Kind : std::uint8_t {
    truncate,
    drop,
    exchange,
    convert_in,
    convert_out,
    discard,
    import
  } kind = Kind::truncate;
  std::optional<TableName> other;  // EXCHANGE … WITH TABLE, CONVERT … TO | FROM TABLE
};
struct Tablespace {
  bool import = false;
};  // DISCARD or IMPORT TABLESPACE: rows come or go without row events
struct NoEffect {
  std::string clause;
};  // FORCE, ORDER BY, ALGORITHM, ENABLE KEYS, ADD PARTITION, …

using AlterAction =
    std::variant<AddColumn, DropColumn, ChangeColumn, RenameColumn, SetColumnDefault, SetColumnVisibility, AddIndex,
                 DropIndex, RenameIndex, SetIndexVisibility, AddForeignKey, DropForeignKey, AddCheck, DropConstraint,
                 AlterCheck, ConvertCharset, SetTableOptions, RenameTo, AddPeriod, DropPeriod, SystemVersioning,
                 SetPartitioning, PartitionData, Tablespace, NoEffect>;

// ALTER TABLE, and CREATE INDEX and DROP INDEX, which are ALTERs under another name.
struct AlterTable {
  TableName table;
  bool if_exists = false;
  std::vector<AlterAction> actions;  // in the order written
};

struct DropTable {
  std::vector<TableName> tables;
  bool if_exists = false;
  bool temporary = false;
};

struct RenameTable {
  struct Pair {
    TableName from;
    TableName to;
  };
  std::vector<Pair> pairs;  // carried out in order
  bool if_exists = false;
};

struct TruncateTable {
  TableName table;
};

struct CreateDatabase {
  std::string name;
  bool if_not_exists = false;
  bool or_replace = false;
  CharsetSpec charset;
};
struct AlterDatabase {
  std::string name;
  CharsetSpec charset;
};  // empty name: the default database
struct DropDatabase {
  std::string name;
  bool if_exists = false;
};

// Not a statement about tables or databases (or about temporary ones only).
struct OtherStatement {};

using DdlStatement = std::variant<OtherStatement, CreateTable, AlterTable, DropTable, RenameTable, TruncateTable,
                                  CreateDatabase, AlterDatabase, DropDatabase>;

}  // namespace binferry
