// Columns as the server describes them, definitions of random new ones, and random values for them as SQL.
#pragma once

#include "tests/integration/support/random.hpp"
#include "tests/integration/support/server_process.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace binferry::test {

struct ColumnInfo {
  std::string name;
  std::string type;        // DATA_TYPE: "int", "varchar", …
  std::string full_type;   // COLUMN_TYPE: "int(10) unsigned", "enum('a','b')", …
  std::string charset;     // empty for types without one
  unsigned precision = 0;  // DECIMAL digits; bits of BIT
  unsigned scale = 0;      // DECIMAL digits after the point
  unsigned fsp = 0;        // fraction digits of a temporal type
  std::size_t length = 0;  // characters or bytes of a string type
  bool nullable = true;
  bool primary_key = false;
  bool unique = false;  // first column of a unique index other than the primary key
  bool auto_increment = false;
  bool generated = false;
};

[[nodiscard]] bool is_integer(const ColumnInfo& column);

// One value as an SQL literal or expression: often an edge of the type, else random. May be NULL where the column
// allows it.
std::string random_value(Random& random, const ColumnInfo& column);

// A value out of a small set, so that keys collide now and then.
std::string random_key_value(Random& random, const ColumnInfo& column);

// A type with its attributes (character set, UNSIGNED, ZEROFILL, COMPRESSED, …) out of all that the flavor knows.
std::string random_type(Random& random, Flavor flavor, bool compressed_columns);

// A type that may be (part of) a primary key within 767 bytes.
std::string random_key_type(Random& random, Flavor flavor);

// The labels of a column type "enum('a','it''s')" or "set(…)".
std::vector<std::string> labels_of(std::string_view full_type);

}  // namespace binferry::test
