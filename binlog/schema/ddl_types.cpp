// Data types and their synonyms (MySQL manual "Data Types", MariaDB documentation "Data Types").
#include "binlog/row/charset.hpp"
#include "binlog/schema/ddl_parts.hpp"

#include <algorithm>
#include <array>

namespace binferry::ddl {
namespace {

constexpr std::uint32_t kTinyBytes = 0xFF;
constexpr std::uint32_t kShortBytes = 0xFFFF;
constexpr std::uint32_t kMediumBytes = 0xFFFFFF;
constexpr std::uint32_t kLongBytes = 0xFFFFFFFF;

struct TypeWord {
  std::string_view word;
  ColumnType type;
  std::uint32_t bytes = 0;  // of TEXT and BLOB
};

constexpr std::array kTypeWords = {
    TypeWord{"TINYINT", ColumnType::tiny_int},
    TypeWord{"INT1", ColumnType::tiny_int},
    TypeWord{"SMALLINT", ColumnType::small_int},
    TypeWord{"INT2", ColumnType::small_int},
    TypeWord{"MEDIUMINT", ColumnType::medium_int},
    TypeWord{"INT3", ColumnType::medium_int},
    TypeWord{"MIDDLEINT", ColumnType::medium_int},
    TypeWord{"INT", ColumnType::int_},
    TypeWord{"INTEGER", ColumnType::int_},
    TypeWord{"INT4", ColumnType::int_},
    TypeWord{"BIGINT", ColumnType::big_int},
    TypeWord{"INT8", ColumnType::big_int},
    TypeWord{"FLOAT", ColumnType::float_},
    TypeWord{"FLOAT4", ColumnType::float_},
    TypeWord{"DOUBLE", ColumnType::double_},
    TypeWord{"FLOAT8", ColumnType::double_},
    TypeWord{"REAL", ColumnType::double_},
    TypeWord{"DECIMAL", ColumnType::decimal},
    TypeWord{"DEC", ColumnType::decimal},
    TypeWord{"FIXED", ColumnType::decimal},
    TypeWord{"NUMERIC", ColumnType::decimal},
    TypeWord{"NUMBER", ColumnType::decimal},
    TypeWord{"BIT", ColumnType::bit},
    TypeWord{"YEAR", ColumnType::year},
    TypeWord{"DATE", ColumnType::date},
    TypeWord{"TIME", ColumnType::time},
    TypeWord{"DATETIME", ColumnType::datetime},
    TypeWord{"TIMESTAMP", ColumnType::timestamp},
    TypeWord{"BINARY", ColumnType::binary},
    TypeWord{"VARBINARY", ColumnType::varbinary},
    TypeWord{"RAW", ColumnType::varbinary},
    TypeWord{"TINYTEXT", ColumnType::text, kTinyBytes},
    TypeWord{"TEXT", ColumnType::text, kShortBytes},
    TypeWord{"MEDIUMTEXT", ColumnType::text, kMediumBytes},
    TypeWord{"LONGTEXT", ColumnType::text, kLongBytes},
    TypeWord{"CLOB", ColumnType::text, kLongBytes},
    TypeWord{"TINYBLOB", ColumnType::blob, kTinyBytes},
    TypeWord{"BLOB", ColumnType::blob, kShortBytes},
    TypeWord{"MEDIUMBLOB", ColumnType::blob, kMediumBytes},
    TypeWord{"LONGBLOB", ColumnType::blob, kLongBytes},
    TypeWord{"ENUM", ColumnType::enum_},
    TypeWord{"SET", ColumnType::set_},
    TypeWord{"JSON", ColumnType::json},
    TypeWord{"VECTOR", ColumnType::vector},
    TypeWord{"UUID", ColumnType::uuid},
    TypeWord{"INET4", ColumnType::inet4},
    TypeWord{"INET6", ColumnType::inet6},
};

constexpr std::array kGeometryWords = {
    std::string_view{"geometry"},     std::string_view{"point"},
    std::string_view{"linestring"},   std::string_view{"polygon"},
    std::string_view{"multipoint"},   std::string_view{"multilinestring"},
    std::string_view{"multipolygon"}, std::string_view{"geometrycollection"},
};

bool is_integer(ColumnType type) {
  return type <= ColumnType::big_int;
}

std::uint32_t default_zerofill_width(ColumnType type) {
  switch (type) {
    case ColumnType::tiny_int: return 3;
    case ColumnType::small_int: return 5;
    case ColumnType::medium_int: return 8;
    case ColumnType::int_: return 10;
    default: return 20;
  }
}

std::uint32_t length_argument(SqlCursor& cursor, std::uint32_t most) {
  cursor.expect_symbol('(');
  const auto length = static_cast<std::uint32_t>(cursor.number("a length", most));
  // Oracle mode: VARCHAR2(10 CHAR).
  cursor.accept_any({"CHAR", "BYTE"});
  cursor.expect_symbol(')');
  return length;
}

std::string bytes_of_hex(std::string_view digits) {  // an even number, by the lexer
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

void labels(SqlCursor& cursor, ColumnDefinition& column) {
  cursor.expect_symbol('(');
  do {
    std::string label;
    if (cursor.peek().kind == TokenKind::hex) {
      label = bytes_of_hex(cursor.peek().text);
      // Bytes in the column's character set, which the catalogue will know.
      const bool ascii =
          std::all_of(label.begin(), label.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
      if (!ascii) label.insert(0, 1, kLabelInBytes);
      cursor.advance();
    } else {
      label = cursor.string("a label");
    }
    // Both servers drop the trailing spaces of labels (manual: "The ENUM Type").
    while (!label.empty() && label.back() == ' ') label.pop_back();
    column.labels.push_back(std::move(label));
  } while (cursor.accept_symbol(','));
  cursor.expect_symbol(')');
}

void decimal_arguments(SqlCursor& cursor, ColumnDefinition& column) {
  column.precision = 10;
  if (!cursor.accept_symbol('(')) return;
  column.precision = static_cast<std::uint8_t>(cursor.number("a precision up to 65", 65));
  if (column.precision == 0) column.precision = 10;
  if (cursor.accept_symbol(',')) column.scale = static_cast<std::uint8_t>(cursor.number("a scale up to 38", 38));
  cursor.expect_symbol(')');
}

// FLOAT(p) chooses the type by its precision, FLOAT(m,d) prints with d decimals.
void float_arguments(SqlCursor& cursor, ColumnDefinition& column) {
  if (!cursor.accept_symbol('(')) return;
  const std::uint64_t first = cursor.number("a precision up to 255", 255);
  if (cursor.accept_symbol(',')) {
    column.precision = static_cast<std::uint8_t>(first);
    column.decimals = static_cast<std::uint8_t>(cursor.number("a scale up to 30", 30));
  } else if (column.type == ColumnType::float_ && first > 24) {
    column.type = ColumnType::double_;
  }
  cursor.expect_symbol(')');
}

void character_type(SqlCursor& cursor, ColumnSpec& spec, bool varying, bool national) {
  ColumnDefinition& column = spec.column;
  column.type = varying ? ColumnType::varchar : ColumnType::char_;
  spec.text_type = true;
  spec.national = national;
  column.length = 1;
  if (cursor.at_symbol('(')) {
    column.length = length_argument(cursor, kLongBytes);
  } else if (varying) {
    // Only MariaDB's Oracle mode leaves the length out, for routine parameters; a column needs one.
    cursor.fail_expecting("a length");
  }
  if (cursor.accept("BYTE")) {
    column.type = varying ? ColumnType::varbinary : ColumnType::binary;
    spec.text_type = false;
  }
}

// LONG, LONG VARCHAR, LONG VARBINARY
void long_type(SqlCursor& cursor, ColumnSpec& spec) {
  const bool bytes = cursor.accept("VARBINARY");
  if (!bytes && !cursor.accept_any({"VARCHAR", "VARCHARACTER"}) && cursor.accept_any({"CHAR", "CHARACTER"})) {
    cursor.expect("VARYING");
  }
  spec.column.type = bytes ? ColumnType::blob : ColumnType::text;
  spec.column.length = kMediumBytes;
  spec.text_type = !bytes;
}

bool national_type(SqlCursor& cursor, ColumnSpec& spec) {
  if (cursor.accept("NATIONAL")) {
    const bool varchar = cursor.accept_any({"VARCHAR", "VARCHARACTER"});
    if (!varchar && !cursor.accept_any({"CHAR", "CHARACTER"})) cursor.fail_expecting("CHAR or VARCHAR");
    const bool varying = varchar || cursor.accept("VARYING");
    character_type(cursor, spec, varying, true);
    return true;
  }
  if (cursor.accept("NCHAR")) {
    const bool varying = cursor.accept_any({"VARYING", "VARCHAR", "VARCHARACTER"});
    character_type(cursor, spec, varying, true);
    return true;
  }
  if (cursor.accept("NVARCHAR")) {
    character_type(cursor, spec, true, true);
    return true;
  }
  return false;
}

bool character_word(SqlCursor& cursor, ColumnSpec& spec) {
  if (national_type(cursor, spec)) return true;
  if (cursor.accept_any({"CHAR", "CHARACTER"})) {
    const bool varying = cursor.accept("VARYING");
    character_type(cursor, spec, varying, false);
    return true;
  }
  if (cursor.accept_any({"VARCHAR", "VARCHARACTER", "VARCHAR2"})) {
    character_type(cursor, spec, true, false);
    return true;
  }
  if (cursor.accept("LONG")) {
    long_type(cursor, spec);
    return true;
  }
  return false;
}

bool synonym_word(SqlCursor& cursor, ColumnSpec& spec) {
  ColumnDefinition& column = spec.column;
  if (cursor.accept_any({"BOOL", "BOOLEAN"})) {
    column.type = ColumnType::tiny_int;
    column.display_width = 1;
    return true;
  }
  if (cursor.accept("SERIAL")) {
    column.type = ColumnType::big_int;
    column.is_unsigned = column.auto_increment = true;
    spec.not_null_given = spec.unique = true;
    return true;
  }
  return false;
}

bool geometry_word(SqlCursor& cursor, ColumnDefinition& column) {
  for (const auto word : kGeometryWords) {
    if (cursor.peek().kind != TokenKind::word) return false;
    const bool collection = word == "geometrycollection" && equals_ascii_nocase(cursor.peek().text, "geomcollection");
    if (!collection && !equals_ascii_nocase(cursor.peek().text, word)) continue;
    cursor.advance();
    column.type = ColumnType::geometry;
    column.declared_type = word;
    // Old texts may give a length, which means nothing.
    if (cursor.at_symbol('(')) cursor.skip_parentheses();
    return true;
  }
  return false;
}

void type_arguments(SqlCursor& cursor, ColumnSpec& spec) {
  ColumnDefinition& column = spec.column;
  switch (column.type) {
    case ColumnType::decimal: return decimal_arguments(cursor, column);
    case ColumnType::float_:
    case ColumnType::double_: return float_arguments(cursor, column);
    case ColumnType::enum_:
    case ColumnType::set_: spec.text_type = true; return labels(cursor, column);
    case ColumnType::bit:
    case ColumnType::binary:
      column.length = cursor.at_symbol('(') ? length_argument(cursor, column.type == ColumnType::bit ? 64 : 255) : 1;
      if (column.length == 0 && column.type == ColumnType::bit) column.length = 1;
      return;
    case ColumnType::varbinary: column.length = length_argument(cursor, kLongBytes); return;
    case ColumnType::vector: column.length = cursor.at_symbol('(') ? length_argument(cursor, 65535) : 2048; return;
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::timestamp:
      if (!cursor.at_symbol('(')) return;
      cursor.advance();
      // TIMESTAMP(14) and the like were display widths before 5.6; SHOW CREATE no longer writes them.
      column.fsp = static_cast<std::uint8_t>(cursor.number("a fraction of up to 6 digits", 6));
      cursor.expect_symbol(')');
      return;
    case ColumnType::text:
    case ColumnType::blob:
      spec.text_type = column.type == ColumnType::text;
      if (cursor.at_symbol('(')) spec.text_characters = length_argument(cursor, kLongBytes);
      return;
    case ColumnType::year:
      if (cursor.at_symbol('(')) column.display_width = length_argument(cursor, 255);
      if (column.display_width != 2) column.display_width = 0;
      return;
    default:
      if (is_integer(column.type) && cursor.at_symbol('(')) column.display_width = length_argument(cursor, 255);
      return;
  }
}

bool numeric_attribute(SqlCursor& cursor, ColumnDefinition& column) {
  if (cursor.accept("UNSIGNED")) {
    column.is_unsigned = true;
  } else if (cursor.accept("ZEROFILL")) {
    column.zerofill = column.is_unsigned = true;
  } else {
    return cursor.accept("SIGNED");
  }
  return true;
}

bool character_attribute(SqlCursor& cursor, CharsetSpec& charset) {
  if (cursor.accept("BINARY")) {
    charset.binary_collation = true;
  } else if (cursor.accept("ASCII")) {
    charset.charset = "latin1";
  } else if (cursor.accept("UNICODE")) {
    charset.charset = "ucs2";
  } else {
    return (cursor.at("CHARSET") || cursor.at_words({"CHARACTER", "SET"}) || cursor.at_words({"CHAR", "SET"})) &&
           charset_option(cursor, charset);
  }
  return true;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// MariaDB's JSON is LONGTEXT in utf8mb4_bin with a check (MariaDB documentation "JSON Data Type").
void mariadb_json(ColumnSpec& spec) {
  spec.column.type = ColumnType::text;
  spec.column.length = kLongBytes;
  spec.column.json_alias = true;
  spec.text_type = true;
  spec.charset = {"utf8mb4", "utf8mb4_bin", false};
}

}  // namespace

bool charset_option(SqlCursor& cursor, CharsetSpec& charset) {
  const std::size_t skip = cursor.at("DEFAULT") ? 1 : 0;
  const Token& first = cursor.peek(skip);
  const bool collate = first.is_word("COLLATE");
  const bool pair = (first.is_word("CHARACTER") || first.is_word("CHAR")) && cursor.peek(skip + 1).is_word("SET");
  if (!collate && !pair && !first.is_word("CHARSET")) return false;
  for (std::size_t i = 0; i < skip + (pair ? 2U : 1U); ++i) cursor.advance();
  cursor.accept_symbol('=');
  const bool known = collate || cursor.at("DEFAULT") || charset_named(cursor.peek().text) != nullptr;
  if (!known) cursor.fail_expecting("a known character set");
  std::string value = lower(cursor.name_or_string(collate ? "a collation" : "a character set"));
  (collate ? charset.collation : charset.charset) = std::move(value);
  return true;
}

void data_type(SqlCursor& cursor, ColumnSpec& spec) {
  ColumnDefinition& column = spec.column;
  // MariaDB prints mariadb_schema.DATE where the bare word would mean another type in the current sql_mode.
  if (cursor.at_any({"MARIADB_SCHEMA", "MYSQL_SCHEMA", "ORACLE_SCHEMA"}) && cursor.peek(1).is_symbol('.')) {
    cursor.advance();
    cursor.advance();
  }
  if (!synonym_word(cursor, spec) && !character_word(cursor, spec) && !geometry_word(cursor, column)) {
    const auto* word = std::find_if(kTypeWords.begin(), kTypeWords.end(),
                                    [&](const TypeWord& candidate) { return cursor.at(candidate.word); });
    if (word == kTypeWords.end()) return cursor.fail_expecting("a data type");
    const bool real = cursor.at("REAL");
    const bool double_word = cursor.at("DOUBLE");
    cursor.advance();
    column.type = word->type;
    column.length = word->bytes;
    if (double_word) cursor.accept("PRECISION");
    if (real && (cursor.dialect().sql_mode & sql_mode::kRealAsFloat) != 0) column.type = ColumnType::float_;
    type_arguments(cursor, spec);
    if (column.type == ColumnType::json && cursor.dialect().mariadb) mariadb_json(spec);
  } else if (is_integer(column.type) && cursor.at_symbol('(')) {
    cursor.fail_expecting("a column attribute");
  }
  const bool numeric = column.type <= ColumnType::decimal || column.type == ColumnType::year;
  while (cursor.accept("COMPRESSED") ? (column.compressed = true)
                                     : (numeric && numeric_attribute(cursor, column)) ||
                                           (spec.text_type && character_attribute(cursor, spec.charset))) {
    // MariaDB: COMPRESSED=zlib
    if (column.compressed && cursor.accept_symbol('=')) cursor.name("a compression method");
  }
  if (is_integer(column.type) && column.zerofill && column.display_width == 0) {
    column.display_width = default_zerofill_width(column.type);
  }
  column.declared_type = canonical_type(column, column.declared_type);
}

}  // namespace binferry::ddl
