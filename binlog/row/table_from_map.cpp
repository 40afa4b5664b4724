// From a TABLE_MAP's wire types and optional metadata to the columns of a Table.
#include "binlog/row/table_map.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/row/decimal.hpp"

#include <algorithm>
#include <string>

namespace binferry {
namespace {

std::unexpected<Error> bad_metadata(const WireColumn& wire) {
  return fail(Errc::corrupt,
              "wire type " + std::to_string(wire.type) + " cannot have metadata " + std::to_string(wire.meta));
}

constexpr Storage kPrefixed[] = {Storage::nothing, Storage::length_1, Storage::length_2, Storage::length_3,
                                 Storage::length_4};
constexpr Storage kCompressed[] = {Storage::nothing, Storage::compressed_1, Storage::compressed_2,
                                   Storage::compressed_3, Storage::compressed_4};

std::uint32_t largest_of_width(std::size_t bytes) {
  return static_cast<std::uint32_t>((std::uint64_t{1} << (8 * bytes)) - 1);
}

// The string family of wire type 254, whose metadata hides ENUM, SET and lengths above 255 (PROTOCOL 4.2).
Status shape_string(const WireColumn& wire, Column& column) {
  const auto first = static_cast<std::uint8_t>(wire.meta & 0xFF);
  const std::uint8_t second = static_cast<std::uint8_t>(wire.meta >> 8);
  if (first == wire_type::kEnum || first == wire_type::kSet) {
    const bool is_enum = first == wire_type::kEnum;
    column.type = is_enum ? ColumnType::enum_ : ColumnType::set_;
    column.length = second;
    switch (second) {
      case 1: column.storage = Storage::fixed_1; return {};
      case 2: column.storage = Storage::fixed_2; return {};
      case 3: column.storage = Storage::fixed_3; break;
      case 4: column.storage = Storage::fixed_4; break;
      case 8: column.storage = Storage::fixed_8; break;
      default: return bad_metadata(wire);
    }
    return is_enum ? Status(bad_metadata(wire)) : Status();
  }
  if ((first | 0x30) != wire_type::kString) return bad_metadata(wire);
  column.type = ColumnType::char_;
  column.length = second | (((first & 0x30U) ^ 0x30U) << 4);
  column.storage = column.length <= 255 ? Storage::length_1 : Storage::length_2;
  return {};
}

Status shape_decimal(const WireColumn& wire, Column& column) {
  column.precision = static_cast<std::uint8_t>(wire.meta & 0xFF);
  column.scale = static_cast<std::uint8_t>(wire.meta >> 8);
  const bool possible = column.precision >= 1 && column.precision <= kMaxDecimalPrecision &&
                        column.scale <= kMaxDecimalScale && column.scale <= column.precision;
  if (!possible) return bad_metadata(wire);
  column.type = ColumnType::decimal;
  column.storage = Storage::decimal;
  return {};
}

Status shape_bit(const WireColumn& wire, Column& column) {
  column.length = (wire.meta & 0xFFU) + 8U * (wire.meta >> 8);
  if ((wire.meta & 0xFF) > 7 || column.length < 1 || column.length > 64) return bad_metadata(wire);
  column.type = ColumnType::bit;
  column.storage = Storage::bit;
  return {};
}

Status shape_varchar(const WireColumn& wire, Column& column) {
  column.type = ColumnType::varchar;
  column.length = wire.meta;
  const std::size_t width = wire.meta <= 255 ? 1 : 2;
  if (wire.type == wire_type::kVarcharCompressed) {
    // The announced maximum counts the head byte of the compressed form.
    if (wire.meta == 0) return bad_metadata(wire);
    column.length = wire.meta - 1U;
    column.storage = kCompressed[width];
  } else {
    column.storage = kPrefixed[width];
  }
  return {};
}

Status shape_blob(const WireColumn& wire, Column& column, ColumnType type) {
  if (wire.meta < 1 || wire.meta > 4) return bad_metadata(wire);
  column.type = type;
  column.length = largest_of_width(wire.meta);
  column.storage = wire.type == wire_type::kBlobCompressed ? kCompressed[wire.meta] : kPrefixed[wire.meta];
  return {};
}

Status shape_temporal2(const WireColumn& wire, Column& column, ColumnType type, Storage storage) {
  if (wire.meta > 6) return bad_metadata(wire);
  column.type = type;
  column.storage = storage;
  column.fsp = static_cast<std::uint8_t>(wire.meta);
  return {};
}

// Type, storage, length, fsp, precision and scale: all that the fixed part of the map tells.
Status shape_column(const WireColumn& wire, Column& column) {
  using namespace wire_type;
  const auto plain = [&column](ColumnType type, Storage storage) {
    column.type = type;
    column.storage = storage;
    return Status();
  };
  switch (wire.type) {
    case kTiny: return plain(ColumnType::tiny_int, Storage::fixed_1);
    case kShort: return plain(ColumnType::small_int, Storage::fixed_2);
    case kInt24: return plain(ColumnType::medium_int, Storage::fixed_3);
    case kLong: return plain(ColumnType::int_, Storage::fixed_4);
    case kLongLong: return plain(ColumnType::big_int, Storage::fixed_8);
    case kFloat: return wire.meta == 4 ? plain(ColumnType::float_, Storage::float_4) : bad_metadata(wire);
    case kDouble: return wire.meta == 8 ? plain(ColumnType::double_, Storage::double_8) : bad_metadata(wire);
    case kNull: return plain(ColumnType::null_, Storage::nothing);
    case kYear: return plain(ColumnType::year, Storage::year_1);
    case kDate:
    case kNewDate: return plain(ColumnType::date, Storage::date_3);
    case kTime: return plain(ColumnType::time, Storage::time_old);
    case kDatetime: return plain(ColumnType::datetime, Storage::datetime_old);
    case kTimestamp: return plain(ColumnType::timestamp, Storage::timestamp_old);
    case kTime2: return shape_temporal2(wire, column, ColumnType::time, Storage::time_2);
    case kDatetime2: return shape_temporal2(wire, column, ColumnType::datetime, Storage::datetime_2);
    case kTimestamp2: return shape_temporal2(wire, column, ColumnType::timestamp, Storage::timestamp_2);
    case kNewDecimal: return shape_decimal(wire, column);
    case kBit: return shape_bit(wire, column);
    case kVarchar:
    case kVarString:
    case kVarcharCompressed: return shape_varchar(wire, column);
    case kString: return shape_string(wire, column);
    case kBlob:
    case kBlobCompressed: return shape_blob(wire, column, ColumnType::blob);
    case kGeometry: return shape_blob(wire, column, ColumnType::geometry);
    case kJson: return shape_blob(wire, column, ColumnType::json);
    case kVector: return shape_blob(wire, column, ColumnType::vector);
    case kTypedArray:
      column.hidden = true;
      column.visible = false;
      return plain(ColumnType::null_, Storage::nothing);
    default: return fail(Errc::unsupported, "wire type " + std::to_string(wire.type));
  }
}

bool is_integer(const Column& column) {
  return column.type <= ColumnType::big_int;
}

// The columns that SIGNEDNESS counts: YEAR among them, BIT not.
bool has_sign_bit(const Column& column) {
  return column.type <= ColumnType::decimal || column.type == ColumnType::year;
}

bool is_label_column(const Column& column) {
  return column.type == ColumnType::enum_ || column.type == ColumnType::set_;
}

bool is_character(const Column& column, bool mariadb) {
  switch (column.type) {
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::blob:
    case ColumnType::vector: return true;
    case ColumnType::geometry: return mariadb;
    default: return false;
  }
}

// Fills one Table from one map's optional metadata. Each method takes the field whose name it bears; all say corrupt
// if a field does not have one item for each column it covers.
class MetadataReader {
 public:
  MetadataReader(const OptionalMetadata& metadata, Table& table, bool mariadb)
      : metadata_(metadata), table_(table), mariadb_(mariadb) {}

  Status run() {
    using M = OptionalMetadata;
    const auto character = [this](const Column& c) { return is_character(c, mariadb_); };
    Status done = signs();
    if (done) done = collations(M::default_charset, M::column_charset, character);
    if (done) done = collations(M::label_default_charset, M::label_column_charset, is_label_column);
    if (done) done = names();
    if (done) done = labels(M::set_labels, ColumnType::set_, 64);
    if (done) done = labels(M::enum_labels, ColumnType::enum_, 65535);
    if (done) done = geometry();
    if (done) done = keys();
    if (done) done = visibility();
    if (done) done = vectors();
    return done;
  }

 private:
  static std::unexpected<Error> bad(std::string_view field) {
    return fail(Errc::corrupt, std::string(field) + " metadata does not fit the columns");
  }

  template <class Predicate>
  std::vector<Column*> select(Predicate chosen) {
    std::vector<Column*> found;
    for (Column& column : table_.columns) {
      if (chosen(column)) found.push_back(&column);
    }
    return found;
  }

  static bool bit_msb_first(Bytes bits, std::size_t i) { return (bits[i / 8] >> (7 - i % 8) & 1) != 0; }

  Status signs() {
    const auto& field = metadata_[OptionalMetadata::signedness];
    const std::vector<Column*> numeric = select(has_sign_bit);
    if (field && field->size() != (numeric.size() + 7) / 8) return bad("SIGNEDNESS");
    for (std::size_t i = 0; i < numeric.size(); ++i) {
      Column& column = *numeric[i];
      column.sign_known = field.has_value() || !is_integer(column);
      column.is_unsigned = field ? bit_msb_first(*field, i) : column.type == ColumnType::year;
    }
    return {};
  }

  // Either a default and its exceptions, or one collation a column.
  template <class Predicate>
  Status collations(OptionalMetadata::Field with_default, OptionalMetadata::Field one_each, Predicate covers) {
    const auto& defaulted = metadata_[with_default];
    const auto& listed = metadata_[one_each];
    if (defaulted && listed) return fail(Errc::corrupt, "collations stand both by default and by column");
    if (!defaulted && !listed) return {};
    const std::vector<Column*> columns = select(covers);
    std::vector<std::uint64_t> ids(columns.size());
    ByteReader in(defaulted ? *defaulted : *listed);
    if (listed) {
      for (std::uint64_t& id : ids) id = in.pint();
    } else {
      std::ranges::fill(ids, in.pint());
      while (!in.empty()) {
        const std::uint64_t index = in.pint();
        const std::uint64_t id = in.pint();
        if (in.failed() || index >= ids.size()) return bad("CHARSET");
        ids[index] = id;
      }
    }
    if (in.failed() || !in.empty()) return bad("CHARSET");
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (ids[i] > 0xFFFF) return bad("CHARSET");
      apply_collation(*columns[i], static_cast<std::uint16_t>(ids[i]));
    }
    return {};
  }

  static void apply_collation(Column& column, std::uint16_t collation) {
    const bool bytes = collation == kBinaryCollation;
    switch (column.type) {
      case ColumnType::char_: column.type = bytes ? ColumnType::binary : ColumnType::char_; break;
      case ColumnType::varchar: column.type = bytes ? ColumnType::varbinary : ColumnType::varchar; break;
      case ColumnType::blob: column.type = bytes ? ColumnType::blob : ColumnType::text; break;
      case ColumnType::enum_:
      case ColumnType::set_: break;
      default: return;  // geometry and vectors are counted, and are bytes
    }
    column.collation = collation;
    column.charset = charset_of_collation(collation);
  }

  Status names() {
    const auto& field = metadata_[OptionalMetadata::column_name];
    if (!field) return {};
    ByteReader in(*field);
    const Charset& utf8 = *charset_named("utf8mb4");
    for (Column& column : table_.columns) {
      const Bytes name = in.bytes(in.pint());
      column.name.clear();
      if (in.failed() || !append_utf8(utf8, name, column.name)) return bad("COLUMN_NAME");
      // MySQL names the columns behind functional indexes so; nobody else may.
      if (column.name.starts_with("!hidden!")) {
        column.hidden = true;
        column.visible = false;
      }
    }
    if (!in.empty()) return bad("COLUMN_NAME");
    table_.names_known = true;
    return {};
  }

  Status labels(OptionalMetadata::Field which, ColumnType type, std::size_t most) {
    const auto& field = metadata_[which];
    if (!field) return {};
    const std::string_view name = type == ColumnType::set_ ? "SET_STR_VALUE" : "ENUM_STR_VALUE";
    ByteReader in(*field);
    const Charset* utf8 = charset_named("utf8mb4");
    for (Column& column : table_.columns) {
      if (column.type != type) continue;
      const std::size_t count = in.count(in.pint(), 1);
      if (in.failed() || count > most) return bad(name);
      const bool bytes = column.collation == 0 || column.collation == kBinaryCollation;
      const Charset* charset = bytes ? utf8 : column.charset;
      column.labels.reserve(count);
      bool decodable = charset != nullptr;
      for (std::size_t i = 0; i < count; ++i) {
        const Bytes label = in.bytes(in.pint());
        if (in.failed()) return bad(name);
        decodable = decodable && append_utf8(*charset, label, column.labels.emplace_back()).has_value();
      }
      if (!decodable) column.labels.clear();  // unknown is honest, half a list is not
    }
    return in.empty() ? Status() : Status(bad(name));
  }

  Status geometry() {
    const auto& field = metadata_[OptionalMetadata::geometry_type];
    if (!field) return {};
    ByteReader in(*field);
    for (Column* column : select([](const Column& c) { return c.type == ColumnType::geometry; })) {
      const std::uint64_t type = in.pint();
      if (in.failed() || type > 7) return bad("GEOMETRY_TYPE");
      column->geometry_type = static_cast<std::uint8_t>(type);
    }
    return in.empty() ? Status() : Status(bad("GEOMETRY_TYPE"));
  }

  Status keys() {
    const auto& simple = metadata_[OptionalMetadata::simple_primary_key];
    const auto& prefixed = metadata_[OptionalMetadata::primary_key_with_prefix];
    if (simple && prefixed) return fail(Errc::corrupt, "the primary key stands both plain and with prefixes");
    // Names are written only under binlog_row_metadata=FULL, which writes the key as well if there is one.
    table_.key_known = table_.names_known || simple || prefixed;
    if (!simple && !prefixed) return {};
    ByteReader in(simple ? *simple : *prefixed);
    while (!in.empty()) {
      const std::uint64_t column = in.pint();
      const std::uint64_t prefix = prefixed ? in.pint() : 0;
      if (in.failed() || column >= table_.columns.size() || prefix > UINT32_MAX) return bad("PRIMARY_KEY");
      const auto index = static_cast<std::uint16_t>(column);
      if (std::ranges::find(table_.key, index) != table_.key.end()) return bad("PRIMARY_KEY");
      table_.key.push_back(index);
      table_.key_prefixes.push_back(static_cast<std::uint32_t>(prefix));
    }
    if (std::ranges::all_of(table_.key_prefixes, [](std::uint32_t n) { return n == 0; })) table_.key_prefixes.clear();
    return {};
  }

  Status visibility() {
    const auto& field = metadata_[OptionalMetadata::visibility];
    if (!field) return {};
    if (field->size() != (table_.columns.size() + 7) / 8) return bad("COLUMN_VISIBILITY");
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      Column& column = table_.columns[i];
      column.visible = bit_msb_first(*field, i) && !column.hidden;
    }
    return {};
  }

  Status vectors() {
    const auto& field = metadata_[OptionalMetadata::vector_dimensions];
    if (!field) return {};
    ByteReader in(*field);
    for (Column* column : select([](const Column& c) { return c.type == ColumnType::vector; })) {
      const std::uint64_t dimensions = in.pint();
      if (in.failed() || dimensions > UINT32_MAX / sizeof(float)) return bad("VECTOR_DIMENSIONALITY");
      column->length = static_cast<std::uint32_t>(dimensions * sizeof(float));
    }
    return in.empty() ? Status() : Status(bad("VECTOR_DIMENSIONALITY"));
  }

  const OptionalMetadata& metadata_;
  Table& table_;
  bool mariadb_;
};

}  // namespace

Result<Table> table_from_map(const TableMap& map, bool mariadb) {
  Table table;
  const Charset& utf8 = *charset_named("utf8mb4");
  if (!append_utf8(utf8, bytes_of(map.schema), table.schema) || !append_utf8(utf8, bytes_of(map.table), table.name)) {
    return fail(Errc::corrupt, "TABLE_MAP's table name is not UTF-8");
  }
  const std::string place = "TABLE_MAP of " + table.schema + '.' + table.name;
  table.columns.resize(map.columns.size());
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    Column& column = table.columns[i];
    column.name = '@' + std::to_string(i + 1);
    column.wire_type = map.columns[i].type;
    column.wire_meta = map.columns[i].meta;
    column.nullable = map.columns[i].nullable;
    if (Status shaped = shape_column(map.columns[i], column); !shaped) {
      return std::unexpected(std::move(shaped.error()).at("column " + std::to_string(i + 1)).at(place));
    }
  }
  if (Status read = MetadataReader(map.metadata, table, mariadb).run(); !read) return propagate(read, place);
  table.generated_invisible_key = (map.flags & TableMap::kGeneratedInvisibleKey) != 0 && !table.columns.empty();
  if (table.generated_invisible_key) table.columns[0].visible = false;
  return table;
}

}  // namespace binferry
