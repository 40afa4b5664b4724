#include "binlog/row/table_map.hpp"

#include "binlog/base/byte_reader.hpp"

#include <bit>
#include <string>

namespace binferry {
namespace {

// Bytes of metadata a column of this type has; nullopt for types whose values have no knowable length. TYPED_ARRAY is
// not here: its size depends on its content.
std::optional<std::size_t> metadata_size(std::uint8_t type) {
  using namespace wire_type;
  switch (type) {
    case kTiny:
    case kShort:
    case kLong:
    case kLongLong:
    case kInt24:
    case kNull:
    case kYear:
    case kDate:
    case kNewDate:
    case kTime:
    case kDatetime:
    case kTimestamp: return 0;
    case kFloat:
    case kDouble:
    case kTime2:
    case kDatetime2:
    case kTimestamp2:
    case kBlob:
    case kGeometry:
    case kJson:
    case kVector:
    case kBlobCompressed: return 1;
    case kVarchar:
    case kVarString:
    case kBit:
    case kString:
    case kNewDecimal:
    case kVarcharCompressed: return 2;
    default: return std::nullopt;
  }
}

// The hidden column of a multi-valued index: its element type, then that type's own metadata (PROTOCOL 4.1).
void skip_typed_array(ByteReader& in) {
  switch (in.u8()) {
    case wire_type::kVarchar: in.skip(3); break;
    case wire_type::kNewDecimal: in.skip(2); break;
    case wire_type::kTime2:
    case wire_type::kDatetime2: in.skip(1); break;
    default: break;
  }
}

Status read_columns(ByteReader& in, std::vector<WireColumn>& columns) {
  const Bytes types = in.bytes(columns.size());
  ByteReader metadata(in.bytes(in.pint()));
  const Bytes null_bits = in.bytes((columns.size() + 7) / 8);
  if (in.failed()) return fail(Errc::truncated, "ends inside the column types");

  for (std::size_t i = 0; i < columns.size(); ++i) {
    WireColumn& column = columns[i];
    column.type = types[i];
    column.nullable = (null_bits[i / 8] >> (i % 8) & 1) != 0;
    if (column.type == wire_type::kTypedArray) {
      skip_typed_array(metadata);
    } else if (const auto size = metadata_size(column.type)) {
      column.meta = static_cast<std::uint16_t>(metadata.little_endian(*size));
    } else {
      return fail(Errc::unsupported,
                  "column " + std::to_string(i + 1) + " has wire type " + std::to_string(column.type),
                  "tables of MySQL before 5.0 need ALTER TABLE ... FORCE at the source; else upgrade binferry");
    }
  }
  // The metadata is whole in itself: running out of it is a contradiction, not a short event.
  if (metadata.failed() || !metadata.empty()) {
    return fail(Errc::corrupt, "column metadata does not have the size its types ask for");
  }
  return {};
}

Status read_optional_metadata(ByteReader& in, OptionalMetadata& metadata) {
  while (!in.empty()) {
    const std::uint8_t type = in.u8();
    const Bytes value = in.bytes(in.pint());
    if (in.failed()) return fail(Errc::truncated, "ends inside optional metadata " + std::to_string(type));
    if (type == 0 || type >= OptionalMetadata::kFields) continue;  // from a newer server; sized, hence skippable
    if (metadata.fields[type]) return fail(Errc::corrupt, "optional metadata " + std::to_string(type) + " twice");
    metadata.fields[type] = value;
  }
  return {};
}

std::string_view name_with_nul(ByteReader& in) {
  const std::string_view name = in.text(in.pint());
  if (in.u8() != 0) in.fail_value();
  return name;
}

}  // namespace

std::optional<std::uint64_t> table_id_of(Bytes body, std::size_t post_header_length) {
  ByteReader in(body);
  const std::uint64_t id = post_header_length == 6 ? in.u32() : in.u48();
  return in.failed() ? std::nullopt : std::optional(id);
}

Result<TableMap> TableMap::decode(Bytes body, std::size_t post_header_length, const Limits& limits) {
  if (post_header_length != 6 && post_header_length != 8) {
    return fail(Errc::unsupported, "TABLE_MAP post-header of " + std::to_string(post_header_length) + " bytes");
  }
  ByteReader in(body);
  TableMap map;
  map.table_id = post_header_length == 6 ? in.u32() : in.u48();
  map.flags = in.u16();
  map.schema = name_with_nul(in);
  map.table = name_with_nul(in);
  const std::uint64_t announced = in.pint();
  if (in.failed()) return fail(Errc::truncated, "TABLE_MAP ends inside the table's name, or the name is malformed");
  if (announced > limits.columns) {
    return fail(Errc::limit, "TABLE_MAP announces " + std::to_string(announced) + " columns, above the cap of " +
                                 std::to_string(limits.columns));
  }
  map.columns.resize(in.count(announced, 1));
  if (in.failed()) return fail(Errc::truncated, "TABLE_MAP ends inside the column types");
  if (Status columns = read_columns(in, map.columns); !columns) return propagate(columns, "TABLE_MAP");
  if (Status metadata = read_optional_metadata(in, map.metadata); !metadata) return propagate(metadata, "TABLE_MAP");
  return map;
}

}  // namespace binferry
