// A table as row events see it: the columns with everything needed to decode a value and print it.
//
// A Table is made once for a TABLE_MAP (and the catalogue's definition, where there is one), then shared and immutable;
// row readers, formatters and appliers keep shared_ptr<const Table> and may key their own caches by its address.
#pragma once

#include "binlog/row/charset.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace binferry {

// Logical type of a column, after the wire type's disguises (PROTOCOL 4.1, 4.2, 4.5) are taken off.
enum class ColumnType : std::uint8_t {
  tiny_int,
  small_int,
  medium_int,
  int_,
  big_int,
  float_,
  double_,
  decimal,
  bit,
  year,
  date,
  time,
  datetime,
  timestamp,
  char_,
  varchar,
  text,  // text in a character set
  binary,
  varbinary,
  blob,  // bytes
  enum_,
  set_,
  json,  // MySQL's binary JSON (MariaDB's JSON is text)
  geometry,
  vector,
  uuid,
  inet4,
  inet6,  // MariaDB; only the catalogue tells them from BINARY
  null_,
};
std::string_view name_of(ColumnType type);

// How the bytes of the value are laid out in a row image.
enum class Storage : std::uint8_t {
  fixed_1,
  fixed_2,
  fixed_3,
  fixed_4,
  fixed_8,
  float_4,
  double_8,
  decimal,
  bit,
  date_3,
  time_old,
  datetime_old,
  timestamp_old,
  time_2,
  datetime_2,
  timestamp_2,
  year_1,
  time_hires,
  datetime_hires,
  timestamp_hires,  // MariaDB's before 10.1, with fractions; only a schema tells (PROTOCOL 4.5)
  length_1,
  length_2,
  length_3,
  length_4,  // length prefix of that many bytes, then data
  compressed_1,
  compressed_2,
  compressed_3,
  compressed_4,  // the same with MariaDB column compression inside
  nothing,
};

struct Column {
  std::string name;  // UTF-8; `@1`, `@2`, … when nothing tells
  ColumnType type = ColumnType::null_;
  Storage storage = Storage::nothing;
  std::uint8_t wire_type = 0;           // TABLE_MAP's code
  std::uint16_t wire_meta = 0;          // TABLE_MAP's metadata, for messages
  std::uint8_t fsp = 0;                 // fraction digits of a temporal type, 0…6
  std::uint8_t precision = 0;           // DECIMAL digits
  std::uint8_t scale = 0;               // DECIMAL digits after the point; for FLOAT(m,d)/DOUBLE(m,d) see `decimals`
  std::uint8_t decimals = kNoDecimals;  // FLOAT/DOUBLE printed with a fixed number of decimals (schema only)
  std::uint32_t length = 0;    // most bytes of strings, JSON, VECTOR; bytes of BINARY(n), ENUM, SET; bits of BIT
  std::uint32_t zerofill = 0;  // display width of a ZEROFILL integer (schema only), 0 if none
  bool is_unsigned = false;
  bool sign_known = true;  // false: neither TABLE_MAP nor a schema says whether the integer is unsigned
  bool nullable = true;
  bool visible = true;
  bool generated = false;            // schema only
  bool hidden = false;               // of a functional index (older 8.0): in the map, never in an image
  std::uint8_t geometry_type = 0;    // 0 GEOMETRY, 1 POINT, 2 LINESTRING, … 7 GEOMETRYCOLLECTION
  std::uint16_t collation = 0;       // collation id, 0 if unknown
  const Charset* charset = nullptr;  // of text, ENUM and SET columns; null if unknown
  std::vector<std::string> labels;   // ENUM and SET, UTF-8; empty if unknown

  static constexpr std::uint8_t kNoDecimals = 31;  // MySQL's NOT_FIXED_DEC
};

struct Table {
  std::string schema;  // UTF-8
  std::string name;
  std::vector<Column> columns;              // in TABLE_MAP order
  std::vector<std::uint16_t> key;           // primary key columns in key order; empty if none or unknown
  std::vector<std::uint32_t> key_prefixes;  // characters, parallel to `key`, 0 = whole; empty if all are whole
  bool generated_invisible_key = false;     // column 0 is MySQL's generated invisible primary key `my_row_id`
  bool names_known = false;                 // column names are real, not `@n`
  bool key_known = false;                   // `key` is the truth, even when empty
};

}  // namespace binferry
