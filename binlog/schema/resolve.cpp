#include "binlog/schema/resolve.hpp"

#include "binlog/schema/sql_lexer.hpp"
#include "binlog/schema/unknown_text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace binferry {
namespace {

constexpr std::size_t kShownDifferences = 20;

std::uint32_t characters_width(const ColumnDefinition& definition) {
  return definition.charset != nullptr ? definition.charset->max_bytes : 1U;
}

bool is_text(ColumnType type) {
  return type == ColumnType::char_ || type == ColumnType::varchar || type == ColumnType::text;
}
bool is_integer(ColumnType type) {
  return type <= ColumnType::big_int;
}

// What the map calls a column of the defined type, when it knows no character sets.
ColumnType wire_family(ColumnType type) {
  switch (type) {
    case ColumnType::binary:
    case ColumnType::uuid:
    case ColumnType::inet4:
    case ColumnType::inet6: return ColumnType::char_;
    case ColumnType::varbinary: return ColumnType::varchar;
    case ColumnType::text: return ColumnType::blob;
    default: return type;
  }
}

std::uint32_t enum_bytes(std::size_t labels) {
  return labels <= 255 ? 1 : 2;
}
std::uint32_t set_bytes(std::size_t labels) {
  const auto bytes = static_cast<std::uint32_t>((labels + 7) / 8);
  return bytes == 0 ? 1 : bytes > 4 ? 8 : bytes;
}

// Most bytes of a value by its definition; nullopt where that cannot be told or does not matter.
std::optional<std::uint64_t> defined_bytes(const ColumnDefinition& definition) {
  switch (definition.type) {
    case ColumnType::char_:
    case ColumnType::varchar:
      if (definition.charset == nullptr) return std::nullopt;
      return std::uint64_t{definition.length} * definition.charset->max_bytes;
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::bit:
    case ColumnType::text:
    case ColumnType::blob: return definition.length;
    case ColumnType::uuid:
    case ColumnType::inet6: return 16;
    case ColumnType::inet4: return 4;
    case ColumnType::enum_: return enum_bytes(definition.labels.size());
    case ColumnType::set_: return set_bytes(definition.labels.size());
    default: return std::nullopt;
  }
}

std::string_view length_unit(ColumnType type) {
  return type == ColumnType::bit ? "bits" : "bytes";
}

bool old_temporal(Storage storage) {
  return storage == Storage::time_old || storage == Storage::datetime_old || storage == Storage::timestamp_old;
}

// MariaDB's VECTOR(n) travels as a VARBINARY of 4n bytes.
bool is_mariadb_vector(const Column& column, const ColumnDefinition& definition) {
  return definition.type == ColumnType::vector && wire_family(column.type) == ColumnType::varchar;
}

// Empty if the map's column can be the defined one.
std::string type_difference(const Column& column, const ColumnDefinition& definition) {
  if (is_mariadb_vector(column, definition)) {
    return column.length == definition.length * 4
               ? ""
               : fmt::format("{} bytes, not {}", column.length, definition.length * 4);
  }
  if (wire_family(column.type) != wire_family(definition.type))
    return fmt::format("the log has {}", name_of(column.type));
  if (const auto bytes = defined_bytes(definition); bytes && *bytes != column.length) {
    return fmt::format("{} {} in the log, not {}", column.length, length_unit(column.type), *bytes);
  }
  if (column.type == ColumnType::decimal &&
      (column.precision != definition.precision || column.scale != definition.scale)) {
    return fmt::format("decimal({},{}) in the log", column.precision, column.scale);
  }
  if (column.fsp != definition.fsp) {
    return fmt::format("{} digits of fraction in the log, not {}", column.fsp, definition.fsp);
  }
  return {};
}

std::string metadata_difference(const Column& column, const ColumnDefinition& definition, bool names_known) {
  if (names_known && !same_name(column.name, definition.name)) return fmt::format("the log calls it {}", column.name);
  if (is_integer(column.type) && column.sign_known && column.is_unsigned != definition.is_unsigned) {
    return column.is_unsigned ? "unsigned in the log" : "signed in the log";
  }
  if (column.collation != 0 && definition.collation != 0 && is_text(definition.type)) {
    const Charset* charset = charset_of_collation(column.collation);
    if (charset != nullptr && charset != definition.charset) {
      return fmt::format("character set {} in the log, not {}", charset->name, definition.charset->name);
    }
  }
  const bool text_in_log = column.collation != 0 && column.collation != kBinaryCollation && is_text(column.type);
  const bool bytes_in_log = column.collation == kBinaryCollation;
  if (text_in_log && !is_text(definition.type)) return "text in the log";
  if (bytes_in_log && is_text(definition.type)) return "binary in the log";
  if (!column.labels.empty() && !may_be_labels(definition.labels, column.labels)) return "other labels in the log";
  return {};
}

// MariaDB adds a hidden BIGINT for each unique index that is too long to be a real one.
std::size_t long_unique_indexes(const TableDefinition& definition) {
  const auto is_long = [&](const IndexPart& part) {
    const ColumnDefinition* column = definition.find_column(part.column);
    if (column == nullptr) return false;
    const bool blob = column->type == ColumnType::text || column->type == ColumnType::blob;
    return (blob && part.prefix_length == 0) || column->length * characters_width(*column) > 767;
  };
  return static_cast<std::size_t>(std::ranges::count_if(definition.indexes, [&](const IndexDefinition& index) {
    return index.kind == IndexKind::unique && std::ranges::any_of(index.parts, is_long);
  }));
}

std::size_t functional_parts(const TableDefinition& definition) {
  std::size_t count = 0;
  for (const auto& index : definition.indexes) {
    count += static_cast<std::size_t>(
        std::ranges::count_if(index.parts, [](const IndexPart& part) { return part.column.empty(); }));
  }
  return count;
}

void hide(Column& column, std::string name) {
  column.name = std::move(name);
  column.visible = false;
}

// The column of a functional index stands behind those its expression names: the server appends it to the table as it
// is when the index is made. Columns added later stand behind it again.
std::size_t first_hidden_position(const TableDefinition& definition) {
  std::size_t first = definition.columns.size();
  for (const auto& index : definition.indexes) {
    for (const auto& part : index.parts) {
      if (!part.column.empty()) continue;
      std::size_t behind = 0;
      SqlLexer lexer(part.expression, {});
      for (Token token = lexer.next(); token.kind != TokenKind::end && token.kind != TokenKind::unfinished;
           token = lexer.next()) {
        if (token.kind != TokenKind::word && token.kind != TokenKind::quoted) continue;
        const std::size_t i = definition.column_index(token.text);
        if (i != TableDefinition::kNoColumn) behind = std::max(behind, i + 1);
      }
      first = std::min(first, behind);
    }
  }
  return first;
}

// Older MySQL 8.0 writes the columns of functional indexes into the map without a word (TRAPS 19). Which they are is
// told by the types, if exactly one choice fits; to guess would shift values by a column.
std::optional<std::vector<std::size_t>> align_around_hidden(Table& table, const TableDefinition& definition,
                                                            const std::vector<std::size_t>& plain) {
  const std::size_t wanted = definition.columns.size();
  const std::size_t hidden = plain.size() - wanted;
  const std::size_t first_hidden = first_hidden_position(definition);
  // ways[k]: in how many ways (two stands for many) the rest fits when k hidden columns have been passed.
  std::vector<std::vector<std::uint8_t>> ways(wanted + 1, std::vector<std::uint8_t>(hidden + 1, 0));
  const auto fits = [&](std::size_t i, std::size_t k) {
    return type_difference(table.columns[plain[i + k]], definition.columns[i]).empty() &&
           metadata_difference(table.columns[plain[i + k]], definition.columns[i], table.names_known).empty();
  };
  const auto may_hide = [&](std::size_t i, std::size_t k) { return k < hidden && i >= first_hidden; };
  ways[wanted][hidden] = 1;
  for (std::size_t i = wanted + 1; i-- > 0;) {
    for (std::size_t k = hidden + 1; k-- > 0;) {
      int count = ways[i][k];
      if (may_hide(i, k)) count += ways[i][k + 1];
      if (i < wanted && fits(i, k)) count += ways[i + 1][k];
      ways[i][k] = static_cast<std::uint8_t>(std::min(count, 2));
    }
  }
  if (ways[0][0] != 1) return std::nullopt;
  std::vector<std::size_t> positions;
  std::size_t k = 0;
  for (std::size_t at = 0; at < plain.size(); ++at) {
    const std::size_t i = positions.size();
    if (i < wanted && fits(i, k) && ways[i + 1][k] != 0) {
      positions.push_back(plain[at]);
    } else {
      hide(table.columns[plain[at]], fmt::format("!hidden!{}", at + 1));
      table.columns[plain[at]].hidden = true;
      ++k;
    }
  }
  return positions;
}

// Which of the map's columns stand for the definition's, in order; the others are hidden and named here. Nullopt if
// the numbers cannot be brought together.
std::optional<std::vector<std::size_t>> align(Table& table, const TableDefinition& definition) {
  std::vector<std::size_t> plain;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.columns[i].hidden) plain.push_back(i);
  }
  const std::size_t wanted = definition.columns.size();
  if (plain.size() <= wanted) return plain.size() == wanted ? std::optional(plain) : std::nullopt;
  const Column& first = table.columns[plain.front()];
  const bool invisible_key = definition.find_column("my_row_id") == nullptr && definition.primary_key() == nullptr &&
                             first.type == ColumnType::big_int &&
                             (table.generated_invisible_key || (table.names_known && first.name == "my_row_id"));
  if (invisible_key) {
    hide(table.columns[plain.front()], "my_row_id");
    table.columns[plain.front()].is_unsigned = table.columns[plain.front()].sign_known = true;
    if (!table.key_known) table.key = {static_cast<std::uint16_t>(plain.front())};
    table.key_known = true;
    plain.erase(plain.begin());
  }
  const auto is_row_time = [&](std::size_t i) {
    const Column& column = table.columns[plain[i]];
    const bool in_microseconds = column.fsp == 6 || column.storage == Storage::timestamp_old;
    return (column.type == ColumnType::timestamp && in_microseconds) || column.type == ColumnType::big_int;
  };
  if (definition.system_versioned && plain.size() >= wanted + 2 && is_row_time(wanted) && is_row_time(wanted + 1)) {
    hide(table.columns[plain[wanted]], "row_start");
    hide(table.columns[plain[wanted + 1]], "row_end");
    plain.erase(plain.begin() + static_cast<std::ptrdiff_t>(wanted),
                plain.begin() + static_cast<std::ptrdiff_t>(wanted) + 2);
  }
  if (plain.size() == wanted) return plain;
  const std::size_t functional = functional_parts(definition);
  if (functional != 0 && plain.size() <= wanted + functional) return align_around_hidden(table, definition, plain);
  if (plain.size() > wanted + long_unique_indexes(definition)) return std::nullopt;
  for (std::size_t i = wanted; i < plain.size(); ++i) hide(table.columns[plain[i]], fmt::format("!hidden!{}", i + 1));
  plain.resize(wanted);
  return plain;
}

// The definition's finer type, where the map cannot tell.
void refine_type(Column& column, const ColumnDefinition& definition) {
  if (is_mariadb_vector(column, definition)) {
    column.type = ColumnType::vector;
  } else {
    column.type = definition.type;
  }
  if (column.type == ColumnType::vector && column.length == 0) column.length = definition.length * 4;
}

void merge(Column& column, const ColumnDefinition& definition) {
  refine_type(column, definition);
  column.name = definition.name;
  if (column.collation == 0) {
    column.collation = definition.collation;
    column.charset = definition.charset;
  }
  if (column.labels.empty()) column.labels = definition.labels;
  const bool number = definition.type <= ColumnType::decimal;
  if (number && (!column.sign_known || !is_integer(column.type))) column.is_unsigned = definition.is_unsigned;
  column.sign_known = true;
  column.zerofill = definition.zerofill && is_integer(definition.type) ? definition.display_width : 0;
  column.decimals = definition.decimals;
  column.generated = definition.generated != Generated::no;
  column.visible = column.visible && !definition.invisible;
}

void merge_key(Table& table, const TableDefinition& definition, const std::vector<std::size_t>& positions) {
  if (table.key_known) return;
  table.key.clear();
  table.key_prefixes.clear();
  table.key_known = true;
  const IndexDefinition* primary = definition.primary_key();
  if (primary == nullptr) return;
  bool prefixes = false;
  for (const auto& part : primary->parts) {
    const std::size_t i = definition.column_index(part.column);
    if (i == TableDefinition::kNoColumn) continue;  // WITHOUT OVERLAPS names a period
    table.key.push_back(static_cast<std::uint16_t>(positions[i]));
    table.key_prefixes.push_back(part.prefix_length);
    prefixes = prefixes || part.prefix_length != 0;
  }
  if (!prefixes) table.key_prefixes.clear();
}

std::unexpected<Error> mismatch(const Table& table, std::string what) {
  return std::unexpected(Error{Errc::schema_mismatch, std::move(what), table.schema + '.' + table.name,
                               "give the schema as it was at this position of the log"});
}

std::string counts_difference(const Table& table, const TableDefinition& definition) {
  std::string what =
      fmt::format("the log has {} columns, the known schema {}", table.columns.size(), definition.columns.size());
  const std::size_t shown = std::min(std::max(table.columns.size(), definition.columns.size()), kShownDifferences);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool in_log = i < table.columns.size();
    const bool known = i < definition.columns.size();
    what += fmt::format("\n  {}: log {} {}, schema {} {}", i + 1, in_log ? table.columns[i].name : "-",
                        in_log ? name_of(table.columns[i].type) : "", known ? definition.columns[i].name : "-",
                        known ? definition.columns[i].declared_type : "");
  }
  return what;
}

}  // namespace

void settle_old_temporals(Table& from_map, const TableDefinition& definition) {
  const auto is_old = [](const Column& column) { return old_temporal(column.storage); };
  if (!definition.columns_known || std::ranges::none_of(from_map.columns, is_old)) return;
  Table aligned = from_map;
  const auto positions = align(aligned, definition);
  if (!positions) return;
  const auto settle = [](Column& column, std::uint8_t fsp) {
    if (!old_temporal(column.storage) || fsp == 0) return;
    column.fsp = fsp;
    column.storage = column.storage == Storage::time_old       ? Storage::time_hires
                     : column.storage == Storage::datetime_old ? Storage::datetime_hires
                                                               : Storage::timestamp_hires;
  };
  std::vector<bool> defined(from_map.columns.size(), false);
  for (std::size_t i = 0; i < positions->size(); ++i) {
    defined[(*positions)[i]] = true;
    Column& column = from_map.columns[(*positions)[i]];
    if (column.type == definition.columns[i].type) settle(column, definition.columns[i].fsp);
  }
  if (!definition.system_versioned) return;
  for (std::size_t i = 0; i < defined.size(); ++i) {  // row_start and row_end, which the definition need not name
    if (!defined[i]) settle(from_map.columns[i], 6);
  }
}

Result<std::shared_ptr<const Table>> resolve(Table table, const TableDefinition* definition) {
  if (definition == nullptr || !definition->columns_known || definition->kind == TableKind::view) {
    return std::make_shared<const Table>(std::move(table));
  }
  const auto positions = align(table, *definition);
  if (!positions) return mismatch(table, counts_difference(table, *definition));
  std::string differences;
  std::size_t count = 0;
  for (std::size_t i = 0; i < positions->size(); ++i) {
    const Column& column = table.columns[(*positions)[i]];
    const ColumnDefinition& defined = definition->columns[i];
    std::string difference = type_difference(column, defined);
    if (difference.empty()) difference = metadata_difference(column, defined, table.names_known);
    if (difference.empty()) continue;
    if (++count <= kShownDifferences) {
      differences += fmt::format("\n  {} {} {}: {}", i + 1, defined.name, defined.declared_type, difference);
    }
  }
  if (count != 0) return mismatch(table, fmt::format("{} columns differ from the known schema{}", count, differences));
  for (std::size_t i = 0; i < positions->size(); ++i) merge(table.columns[(*positions)[i]], definition->columns[i]);
  table.names_known = true;
  merge_key(table, *definition, *positions);
  return std::make_shared<const Table>(std::move(table));
}

namespace {

ColumnDefinition definition_from_column(const Column& column) {
  constexpr std::string_view kGeometryWords[] = {"",           "point",           "linestring",   "polygon",
                                                 "multipoint", "multilinestring", "multipolygon", "geometrycollection"};
  ColumnDefinition defined;
  defined.name = column.name;
  defined.type = column.type;
  defined.precision = column.precision;
  defined.scale = column.scale;
  defined.decimals = column.decimals;
  defined.fsp = column.fsp;
  defined.is_unsigned = column.is_unsigned && column.type <= ColumnType::decimal;
  defined.nullable = column.nullable;
  defined.invisible = !column.visible;
  defined.labels = column.labels;
  const bool characters = is_text(column.type) || column.type == ColumnType::enum_ || column.type == ColumnType::set_;
  if (characters) {
    defined.charset = column.charset;
    defined.collation = column.collation;
  }
  switch (column.type) {
    case ColumnType::char_:
    case ColumnType::varchar: defined.length = column.length / characters_width(defined); break;
    case ColumnType::vector: defined.length = column.length / 4; break;
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::text:
    case ColumnType::blob:
    case ColumnType::bit: defined.length = column.length; break;
    default: break;
  }
  const bool shape = column.type == ColumnType::geometry && column.geometry_type < std::size(kGeometryWords);
  defined.declared_type = canonical_type(defined, shape ? kGeometryWords[column.geometry_type] : "");
  if (defined.nullable) defined.default_value.kind = ColumnDefault::Kind::null;
  return defined;
}

}  // namespace

TableDefinition definition_from_table(const Table& table) {
  TableDefinition definition;
  definition.schema = table.schema;
  definition.name = table.name;
  for (const auto& column : table.columns) {
    if (!column.hidden) definition.columns.push_back(definition_from_column(column));
  }
  if (table.generated_invisible_key && !definition.columns.empty()) {
    definition.columns.front().name = "my_row_id";
    definition.columns.front().auto_increment = definition.columns.front().invisible = true;
  }
  if (table.key.empty()) return definition;
  IndexDefinition primary;
  primary.name = "PRIMARY";
  primary.kind = IndexKind::primary;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    IndexPart part;
    part.column = table.columns[table.key[i]].name;
    if (i < table.key_prefixes.size()) part.prefix_length = table.key_prefixes[i];
    primary.parts.push_back(std::move(part));
  }
  definition.indexes.push_back(std::move(primary));
  return definition;
}

}  // namespace binferry
