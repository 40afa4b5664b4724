// One value of a row image: small, trivially copyable, a view into the event's bytes.
//
// Nothing is converted when a row is read; text is made on demand (value_text.hpp), so that a consumer that only
// counts or verifies pays for nothing else.
#pragma once

#include "binlog/base/bytes.hpp"

#include <cstdint>

namespace binferry {

enum class ValueKind : std::uint8_t {
  absent,  // the image does not hold this column (MINIMAL, NOBLOB): unknown, not NULL
  null,
  integer,    // i; TINYINT … BIGINT signed
  uinteger,   // u; unsigned integers, BIT, YEAR (the year itself, 0 or 1901…2155), ENUM (index), SET (mask)
  float_,     // f
  double_,    // d
  decimal,    // bytes: packed, PROTOCOL 4.4; precision and scale stand in the column
  date,       // u: year << 9 | month << 5 | day
  time,       // i: signed packed, PROTOCOL 4.3: (hour << 12 | minute << 6 | second) << 24 | microseconds
  datetime,   // u: ((year * 13 + month) << 22 | day << 17 | hour << 12 | minute << 6 | second) << 24 | microseconds
  timestamp,  // u: seconds since 1970 UTC << 24 | microseconds; seconds 0 is the zero date
  text,       // bytes in the column's character set
  binary,     // bytes; BINARY(n) already stands without its stripped zeros: pad to column.length when printing
  json,       // bytes: MySQL binary JSON, PROTOCOL 5.1 (empty: the JSON null)
  json_diff,  // bytes: diff vector, PROTOCOL 5.3
};

struct Value {
  union {
    std::int64_t i;
    std::uint64_t u;
    double d;
    float f;
  };
  const std::uint8_t* data = nullptr;
  std::uint32_t size = 0;
  ValueKind kind = ValueKind::absent;

  Value() : u(0) {}
  [[nodiscard]] Bytes bytes() const { return {data, size}; }
  [[nodiscard]] bool present() const { return kind != ValueKind::absent; }
  [[nodiscard]] bool is_null() const { return kind == ValueKind::null; }
};
static_assert(sizeof(Value) == 24);

}  // namespace binferry
