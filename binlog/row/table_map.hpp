// TABLE_MAP (PROTOCOL 3.6): what the source says about a table before its rows, and the Table made of it.
//
// A TableMap holds views into the event's body: it lives as long as those bytes. A Table owns everything.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/row/table.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace binferry {

// Wire codes of column types (PROTOCOL 4.1), as TABLE_MAP and JSON opaque values use them.
namespace wire_type {
inline constexpr std::uint8_t kDecimal = 0, kTiny = 1, kShort = 2, kLong = 3, kFloat = 4, kDouble = 5, kNull = 6,
                              kTimestamp = 7, kLongLong = 8, kInt24 = 9, kDate = 10, kTime = 11, kDatetime = 12,
                              kYear = 13, kNewDate = 14, kVarchar = 15, kBit = 16, kTimestamp2 = 17, kDatetime2 = 18,
                              kTime2 = 19, kTypedArray = 20, kBlobCompressed = 140, kVarcharCompressed = 141,
                              kVector = 242, kJson = 245, kNewDecimal = 246, kEnum = 247, kSet = 248, kBlob = 252,
                              kVarString = 253, kString = 254, kGeometry = 255;
}  // namespace wire_type

// One column as the map's fixed part describes it.
struct WireColumn {
  std::uint8_t type = 0;   // as on the wire: 254 for CHAR, ENUM and SET
  std::uint16_t meta = 0;  // metadata bytes, the first one lowest; 0 for TYPED_ARRAY, which never has a value
  bool nullable = false;
};

// The optional metadata: the value of each field as it stands in the event, by field number (1 SIGNEDNESS …
// 13 VECTOR_DIMENSIONALITY). Present fields may be empty.
struct OptionalMetadata {
  enum Field : std::uint8_t {
    signedness = 1,
    default_charset,
    column_charset,
    column_name,
    set_labels,
    enum_labels,
    geometry_type,
    simple_primary_key,
    primary_key_with_prefix,
    label_default_charset,
    label_column_charset,
    visibility,
    vector_dimensions,
  };
  static constexpr std::size_t kFields = 14;
  std::array<std::optional<Bytes>, kFields> fields;

  [[nodiscard]] const std::optional<Bytes>& operator[](Field field) const { return fields[field]; }
};

struct TableMap {
  static constexpr std::uint16_t kBitLengthExact = 1;
  static constexpr std::uint16_t kReferredByForeignKey = 2;
  static constexpr std::uint16_t kGeneratedInvisibleKey = 4;

  std::uint64_t table_id = 0;
  std::uint16_t flags = 0;
  std::string_view schema;  // UTF-8 as the server wrote it; table_from_map() validates
  std::string_view table;
  std::vector<WireColumn> columns;
  OptionalMetadata metadata;

  // `post_header_length` is FORMAT_DESCRIPTION's for type 19: 8, or 6 where table ids have 4 bytes.
  // Errc::truncated, corrupt, limit (Limits::columns), unsupported (a column type whose length cannot be known).
  static Result<TableMap> decode(Bytes body, std::size_t post_header_length, const Limits& limits);
};

// The table id alone, for those that look it up before decoding (TABLE_MAP and row events alike); nullopt if the body
// is too short.
std::optional<std::uint64_t> table_id_of(Bytes body, std::size_t post_header_length);

// Everything the map tells. What it does not tell stays unknown: names are `@1`, `@2`, …; `sign_known` is false for
// integers; collation is 0 and charset null, and then CHAR and VARCHAR stand for BINARY and VARBINARY too, and `blob`
// for TEXT too. Labels are empty if absent or not decodable in their character set. `mariadb` says whose log it is:
// MariaDB counts GEOMETRY among the character columns.
Result<Table> table_from_map(const TableMap& map, bool mariadb);

}  // namespace binferry
