// What a table is: the definition that DDL gives it, in the words of MySQL and MariaDB.
//
// Values, freely copied; the catalogue shares them as shared_ptr<const TableDefinition>. All names and texts are UTF-8.
// Everything here is *resolved*: character sets inherited, synonyms unfolded, implicit attributes written out
// (catalogue.hpp does that); what a statement literally says is in ddl_statement.hpp.
#pragma once

#include "binlog/row/table.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

struct ColumnDefault {
  enum class Kind : std::uint8_t {
    none,               // no DEFAULT clause: a NOT NULL column gets its type's implicit default
    null,               // DEFAULT NULL, written or implied
    literal,            // `text`, of kind `literal`
    current_timestamp,  // CURRENT_TIMESTAMP(fsp) and its synonyms
    expression,         // `text` is SQL, without the outer parentheses
  };
  enum class Literal : std::uint8_t {
    string,  // `text` is the value, UTF-8
    number,  // `text` is as written: `-1.50`, `1e3`, `1` for TRUE
    hex,     // `text` is upper-case hexadecimal digits, two a byte
    bit,     // `text` is binary digits
  };
  Kind kind = Kind::none;
  Literal literal = Literal::string;
  std::uint8_t fsp = 0;
  std::string text;
  bool operator==(const ColumnDefault&) const = default;
};

enum class Generated : std::uint8_t { no, virtual_, stored };
enum class RowPeriod : std::uint8_t { no, start, end };  // MariaDB GENERATED ALWAYS AS ROW START | END

struct ColumnDefinition {
  std::string name;
  ColumnType type = ColumnType::null_;
  std::string declared_type;  // canonical, lower case, no charset: `int(11) unsigned`, `enum('a','b')`, `point`
  // CHAR and VARCHAR: characters; BINARY, VARBINARY: bytes; TEXT and BLOB: most bytes (255, 65535, 2^24-1, 2^32-1);
  // BIT: bits; VECTOR: dimensions; else 0.
  std::uint32_t length = 0;
  std::uint8_t precision = 0;  // DECIMAL(precision, scale); of FLOAT(m,d), DOUBLE(m,d) too, where decimals is set
  std::uint8_t scale = 0;
  std::uint8_t decimals = Column::kNoDecimals;
  std::uint8_t fsp = 0;             // temporal types
  std::uint32_t display_width = 0;  // integers and YEAR; 0 if not given (a ZEROFILL integer always has it)
  bool is_unsigned = false;
  bool zerofill = false;
  bool nullable = true;
  const Charset* charset = nullptr;  // CHAR, VARCHAR, TEXT, ENUM, SET (and MariaDB's JSON alias); else null
  std::uint16_t collation = 0;       // 0 if the type has none or its name is unknown here
  std::vector<std::string> labels;   // ENUM and SET, UTF-8
  ColumnDefault default_value;
  std::optional<std::uint8_t> on_update_fsp;  // ON UPDATE CURRENT_TIMESTAMP(fsp)
  Generated generated = Generated::no;
  std::string generation_expression;  // without the outer parentheses
  RowPeriod row_period = RowPeriod::no;
  bool auto_increment = false;
  bool invisible = false;
  bool compressed = false;          // MariaDB column compression
  bool json_alias = false;          // MariaDB JSON: LONGTEXT with a JSON_VALID check
  bool without_versioning = false;  // MariaDB
  std::string check;                // MariaDB's check of a column, which has no name; MySQL's stand in the table
  std::optional<std::uint32_t> srid;
  std::string comment;
  bool operator==(const ColumnDefinition&) const = default;
};

enum class IndexKind : std::uint8_t { primary, unique, plain, fulltext, spatial, vector };

struct IndexPart {
  std::string column;               // empty if functional
  std::string expression;           // without the outer parentheses; empty unless functional
  std::uint32_t prefix_length = 0;  // characters (bytes for binary types); 0: the whole value
  bool descending = false;
  bool without_overlaps = false;  // MariaDB: `period WITHOUT OVERLAPS`; `column` is the period's name
  bool operator==(const IndexPart&) const = default;
};

struct IndexDefinition {
  std::string name;  // `PRIMARY` for the primary key
  IndexKind kind = IndexKind::plain;
  std::vector<IndexPart> parts;
  bool invisible = false;  // MySQL INVISIBLE, MariaDB IGNORED
  std::string comment;
  bool operator==(const IndexDefinition&) const = default;
};

enum class ReferenceAction : std::uint8_t { none, restrict_, cascade, set_null, no_action, set_default };

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::string referenced_schema;
  std::string referenced_table;
  std::vector<std::string> referenced_columns;  // never empty once resolved, unless the parent is unknown
  ReferenceAction on_delete = ReferenceAction::none;
  ReferenceAction on_update = ReferenceAction::none;
  bool operator==(const ForeignKey&) const = default;
};

struct CheckConstraint {
  std::string name;
  std::string expression;  // without the outer parentheses
  bool enforced = true;
  bool operator==(const CheckConstraint&) const = default;
};

// MariaDB PERIOD FOR name (start, end); SYSTEM_TIME among them.
struct PeriodDefinition {
  std::string name;
  std::string start_column;
  std::string end_column;
  bool operator==(const PeriodDefinition&) const = default;
};

enum class TableKind : std::uint8_t { base, sequence, view };

struct TableDefinition {
  std::string schema;
  std::string name;
  TableKind kind = TableKind::base;
  std::vector<ColumnDefinition> columns;
  std::vector<IndexDefinition> indexes;  // the primary key first if there is one, then as created
  std::vector<ForeignKey> foreign_keys;
  std::vector<CheckConstraint> checks;
  std::vector<PeriodDefinition> periods;
  std::string engine;                // as written; empty if not
  const Charset* charset = nullptr;  // the default for new columns
  std::uint16_t collation = 0;
  std::string comment;
  std::uint64_t auto_increment = 0;  // AUTO_INCREMENT=n; 0 if not given
  bool partitioned = false;
  bool system_versioned = false;
  bool columns_known = true;  // false: CREATE TABLE … SELECT without a column list, nothing is known

  bool operator==(const TableDefinition&) const = default;

  // Column names are compared without case, as both servers do. Null (or npos) if there is none.
  [[nodiscard]] const ColumnDefinition* find_column(std::string_view column_name) const;
  [[nodiscard]] std::size_t column_index(std::string_view column_name) const;
  [[nodiscard]] const IndexDefinition* find_index(std::string_view index_name) const;
  [[nodiscard]] const IndexDefinition* primary_key() const;

  static constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);
};

// Names compared as the servers compare names of columns and indexes: without case (simple case folding of
// ASCII, Latin, Greek and Cyrillic letters).
bool same_name(std::string_view a, std::string_view b);
// The folded form, to key maps by.
std::string folded_name(std::string_view name);

// The text that SHOW CREATE TABLE would give, close enough that parsing and cataloguing it again gives an equal
// definition. `qualified` writes `schema`.`name`.
std::string create_table_sql(const TableDefinition& table, bool qualified = false);

// The canonical text of a type, as `declared_type` holds it, made from the other fields. `spelling` is the word for
// types that have several (`point`, `geometry`); empty for the usual one.
std::string canonical_type(const ColumnDefinition& column, std::string_view spelling = {});

}  // namespace binferry
