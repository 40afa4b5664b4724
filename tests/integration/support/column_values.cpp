#include "tests/integration/support/column_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace binferry::test {
namespace {

using Texts = std::vector<std::string_view>;

bool is_unsigned(const ColumnInfo& column) {
  return column.full_type.find("unsigned") != std::string::npos;
}

std::string integer(Random& random, const ColumnInfo& column, int bits) {
  if (random.chance(40)) return std::to_string(random.below(100));
  const std::uint64_t all = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  const std::uint64_t half = all >> 1U;
  if (is_unsigned(column)) {
    const std::array<std::uint64_t, 6> edges = {0, 1, half, half + 1, all - 1, all};
    return std::to_string(random.chance(50) ? random.pick(edges) : random.next() & all);
  }
  if (random.chance(20)) return fmt::format("-{}", half + 1);
  const std::uint64_t size = random.chance(20) ? half : random.next() & half;
  return fmt::format("{}{}", random.chance(50) ? "-" : "", size);
}

std::string decimal(Random& random, const ColumnInfo& column) {
  const std::string sign = !is_unsigned(column) && random.chance(50) ? "-" : "";
  const std::size_t whole = column.precision - column.scale;
  switch (random.below(5)) {
    case 0: return "0";
    case 1:
      return sign + std::string(std::max<std::size_t>(whole, 1), whole == 0 ? '0' : '9') + "." +
             std::string(std::max(column.scale, 1U), column.scale == 0 ? '0' : '9');
    case 2: return sign + "0." + std::string(column.scale == 0 ? 0 : column.scale - 1, '0') + "1";
    default: break;
  }
  std::string text = sign + (whole == 0 ? "0" : random.digits(random.between(1, whole)));
  if (column.scale > 0) text += "." + random.digits(random.between(1, column.scale));
  return text;
}

std::string real(Random& random, const ColumnInfo& column) {
  const Texts singles = {"0",           "-0e0", "1.1",  "0.1",      "1e-30",    "-3.4e38",
                         "3.402823e38", "1e15", "1e16", "16777217", "123456.7", "1.17549e-38"};
  const Texts doubles = {"5e-324", "-1.7976931348623157e308", "9007199254740993", "2.2250738585072014e-308", "0.1e-7"};
  if (random.chance(35)) return std::string(random.pick(singles));
  if (column.type == "double" && random.chance(35)) return std::string(random.pick(doubles));
  return fmt::format("{}{}.{}e{}{}", random.chance(50) ? "-" : "", random.below(10),
                     random.digits(random.between(1, 17)), random.chance(50) ? "-" : "",
                     random.below(column.type == "double" ? 300 : 37));
}

std::string fraction(Random& random, unsigned fsp) {
  if (fsp == 0) return {};
  const std::array<std::string, 3> edges = {std::string(fsp, '0'), std::string(fsp, '9'),
                                            std::string(fsp - 1, '0') + "1"};
  return "." + (random.chance(50) ? random.pick(edges) : random.digits(fsp));
}

std::string date_text(Random& random) {
  const Texts edges = {"0000-00-00", "2024-00-00", "2024-02-00", "1000-01-01",
                       "9999-12-31", "2024-02-29", "0000-01-01"};
  if (random.chance(40)) return std::string(random.pick(edges));
  return fmt::format("{:04}-{:02}-{:02}", random.between(1, 9999), random.between(1, 12), random.between(1, 28));
}

std::string clock_text(Random& random) {
  const Texts edges = {"00:00:00", "23:59:59", "00:00:01"};
  if (random.chance(40)) return std::string(random.pick(edges));
  return fmt::format("{:02}:{:02}:{:02}", random.below(24), random.below(60), random.below(60));
}

std::string time_value(Random& random, unsigned fsp) {
  const std::string sign = random.chance(50) ? "-" : "";
  switch (random.below(4)) {
    case 0: return "'" + sign + "838:59:59'";
    case 1: return "'" + sign + "00:00:00" + fraction(random, fsp) + "'";
    case 2: return "'" + sign + "838:59:58" + fraction(random, fsp) + "'";
    default:
      return fmt::format("'{}{:02}:{:02}:{:02}{}'", sign, random.below(839), random.below(60), random.below(60),
                         fraction(random, fsp));
  }
}

std::string timestamp_value(Random& random, unsigned fsp) {
  const Texts edges = {"1970-01-02 00:00:00", "2038-01-18 03:14:07", "2001-09-09 01:46:40"};
  if (random.chance(10)) return "'0000-00-00 00:00:00'";
  if (random.chance(10)) return fmt::format("CURRENT_TIMESTAMP({})", fsp);
  if (random.chance(40)) return "'" + std::string(random.pick(edges)) + fraction(random, fsp) + "'";
  return fmt::format("'{:04}-{:02}-{:02} {}{}'", random.between(1971, 2037), random.between(1, 12),
                     random.between(1, 28), clock_text(random), fraction(random, fsp));
}

// Characters that the column's character set has, so that what is stored is what was meant.
const Texts& alphabet(std::string_view charset) {
  static const Texts ascii = {"a", "Z", "0", " ", "'", "\"", "\\", "\n", "\t", "%", ";", "`", "~", "-- ", "/*"};
  static const Texts latin1 = {"a", "Z", " ", "'", "ö", "ß", "é", "€", "ÿ", "\\", "Š", "¤"};
  static const Texts latin2 = {"a", "ł", "ó", "ź", "ć", "'", " ", "Ę"};
  static const Texts cyrillic = {"п", "р", "и", "Ж", "ё", "a", " ", "'"};
  static const Texts japanese = {"日", "本", "語", "カ", "ナ", "a", "ソ", "表", "能", "'"};
  static const Texts chinese = {"中", "文", "国", "a", " ", "'", "人"};
  static const Texts korean = {"한", "국", "어", "a", " "};
  static const Texts bmp = {"a", "ö", "日", "한", "п", "\\", "'", "\n", "€", "ﾟ"};
  static const Texts full = {"a", "ö", "日", "😀", "𝒳", "'", "\"", "\\", "\n", "\u2028", "한", "п", " ", "é", "🇩🇪"};
  if (charset == "ascii") return ascii;
  if (charset == "latin1") return latin1;
  if (charset == "latin2") return latin2;
  if (charset == "cp1251" || charset == "koi8r") return cyrillic;
  if (charset == "sjis" || charset == "cp932" || charset == "ujis" || charset == "eucjpms") return japanese;
  if (charset == "gbk" || charset == "gb2312" || charset == "big5") return chinese;
  if (charset == "euckr") return korean;
  if (charset == "ucs2" || charset == "utf8" || charset == "utf8mb3") return bmp;
  return full;
}

std::string text_value(Random& random, const ColumnInfo& column) {
  const std::size_t most = std::min<std::size_t>(column.length, random.chance(3) ? 3000 : random.chance(20) ? 260 : 12);
  if (column.type == "longtext" && random.chance(40)) {
    return fmt::format("'{{\"a\": [{}, \"ü\\\\n\", null, 1.0], \"b\": {{}}}}'", random.below(1000));
  }
  const Texts& letters = alphabet(column.charset);
  std::string text;
  const std::size_t count = random.below(most + 1);
  for (std::size_t i = 0; i < count; ++i) text += random.pick(letters);
  return quote_text(text);
}

std::string bytes_value(Random& random, const ColumnInfo& column) {
  const std::size_t most = std::min<std::size_t>(column.length, random.chance(3) ? 9000 : random.chance(20) ? 260 : 12);
  std::string bytes;
  const std::size_t count = random.below(most + 1);
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(random.next() & 0xFF);
  if (random.chance(30) && !bytes.empty()) bytes.back() = '\0';
  return hex_literal(bytes);
}

std::string label_value(Random& random, const ColumnInfo& column) {
  const std::vector<std::string> labels = labels_of(column.full_type);
  if (column.type == "enum") {
    if (random.chance(5)) return "0";  // the error value
    return random.chance(30) ? std::to_string(random.between(1, labels.size())) : quote_text(random.pick(labels));
  }
  const std::uint64_t all = labels.size() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << labels.size()) - 1;
  return std::to_string(random.chance(20) ? all : random.next() & random.next() & all);
}

std::string geometry_value(Random& random, const ColumnInfo& column) {
  const std::string point = fmt::format("{} -{}.5", random.below(100), random.below(100));
  if (column.type == "linestring") return "ST_GeomFromText('LINESTRING(0 0," + point + ")')";
  if (column.type == "polygon") return "ST_GeomFromText('POLYGON((0 0,0 3,3 3,3 0,0 0))')";
  if (column.type == "geometry" && random.chance(30)) {
    return "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(" + point + "),LINESTRING(1 1,2 2))', 4326)";
  }
  return "ST_GeomFromText('POINT(" + point + ")')";
}

std::string plain_value(Random& random, const ColumnInfo& column) {
  const std::string_view type = column.type;
  if (type == "tinyint") return integer(random, column, 8);
  if (type == "smallint") return integer(random, column, 16);
  if (type == "mediumint") return integer(random, column, 24);
  if (type == "int") return integer(random, column, 32);
  if (type == "bigint") return integer(random, column, 64);
  if (type == "decimal") return decimal(random, column);
  if (type == "float" || type == "double") return real(random, column);
  if (type == "bit") {
    const std::uint64_t all = column.precision == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << column.precision) - 1;
    return std::to_string(random.chance(30) ? all : random.next() & all);
  }
  if (type == "year") return std::string(random.pick(Texts{"0", "1901", "2155", "1970", "2024", "2069"}));
  if (type == "date") return "'" + date_text(random) + "'";
  if (type == "time") return time_value(random, column.fsp);
  if (type == "datetime")
    return "'" + date_text(random) + " " + clock_text(random) + fraction(random, column.fsp) + "'";
  if (type == "timestamp") return timestamp_value(random, column.fsp);
  if (type == "enum" || type == "set") return label_value(random, column);
  if (type == "uuid")
    return fmt::format("'{:08x}-0000-4{:03x}-8000-{:012x}'", random.next() >> 32U, random.below(4096),
                       random.next() >> 16U);
  if (type == "inet4") return fmt::format("'{}.0.255.{}'", random.below(256), random.below(256));
  if (type == "inet6") {
    return random.chance(30)   ? "'::'"
           : random.chance(30) ? "'::ffff:1.2.3.4'"
                               : fmt::format("'2001:db8::{:x}'", random.below(65536));
  }
  if (type == "binary" || type == "varbinary" || type.ends_with("blob")) return bytes_value(random, column);
  if (type == "char" || type == "varchar" || type.ends_with("text")) return text_value(random, column);
  return geometry_value(random, column);
}

std::string charset_clause(Random& random) {
  const Texts charsets = {"latin1", "latin2", "cp1251", "koi8r", "utf8",   "utf8mb4", "utf16", "utf32", "ucs2",
                          "sjis",   "cp932",  "ujis",   "gbk",   "gb2312", "big5",    "euckr", "ascii", "utf16le"};
  return random.chance(50) ? "" : " CHARACTER SET " + std::string(random.pick(charsets));
}

std::string numbered_labels(std::string_view kind, std::size_t count) {
  std::string text(kind);
  text += '(';
  for (std::size_t i = 1; i <= count; ++i) text += fmt::format("{}'l{}'", i == 1 ? "" : ",", i);
  return text + ')';
}

std::string label_type(Random& random, bool set) {
  if (set) {
    return random.chance(30) ? numbered_labels("SET", random.pick(std::array<std::size_t, 4>{9, 17, 33, 64}))
                             : "SET('r','w','it''s','ü') CHARACTER SET " +
                                   std::string(random.pick(Texts{"latin1", "utf8", "utf8mb4", "utf16", "gbk"}));
  }
  return random.chance(30) ? numbered_labels("ENUM", 300) : "ENUM('a','b','c,d','it''s','é','')";
}

std::string number_type(Random& random) {
  const Texts widths = {"TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT"};
  switch (random.below(5)) {
    case 0:
    case 1: {
      const std::string type(random.pick(widths));
      if (random.chance(8)) return type + "(7) ZEROFILL";
      return type + (random.chance(45) ? " UNSIGNED" : "");
    }
    case 2: {
      if (random.chance(20)) return random.chance(50) ? "DECIMAL(65,30)" : "DECIMAL(30,30)";
      const std::size_t scale = random.below(31);
      return fmt::format("DECIMAL({},{}){}", std::max<std::size_t>(1, random.between(scale, 65)), scale,
                         random.chance(20) ? " UNSIGNED" : "");
    }
    case 3: return random.chance(15) ? "DOUBLE(12,3)" : random.chance(50) ? "DOUBLE" : "FLOAT";
    default: return fmt::format("BIT({})", random.pick(std::array<int, 8>{1, 7, 8, 9, 31, 33, 63, 64}));
  }
}

std::string temporal_type(Random& random) {
  const std::size_t fsp = random.below(7);
  switch (random.below(6)) {
    case 0: return "DATE";
    case 1: return "YEAR";
    case 2: return fmt::format("TIME({})", fsp);
    case 3: return fmt::format("TIMESTAMP({}) NULL", fsp);
    default: return fmt::format("DATETIME({})", fsp);
  }
}

std::string string_type(Random& random, bool compressed) {
  const std::string packed = compressed && random.chance(40) ? " COMPRESSED" : "";
  switch (random.below(8)) {
    case 0: return fmt::format("CHAR({})", random.pick(std::array<int, 4>{1, 10, 64, 255})) + charset_clause(random);
    case 1:
    case 2: {
      const int length = random.pick(std::array<int, 5>{1, 20, 85, 255, 300});
      return fmt::format("VARCHAR({}){}", length, packed) + charset_clause(random);
    }
    case 3: return fmt::format("BINARY({})", random.pick(std::array<int, 3>{1, 16, 255}));
    case 4: return fmt::format("VARBINARY({}){}", random.pick(std::array<int, 3>{1, 40, 400}), packed);
    case 5: return std::string(random.pick(Texts{"TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"})) + packed;
    default:
      return std::string(random.pick(Texts{"TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"})) + packed +
             charset_clause(random);
  }
}

}  // namespace

std::vector<std::string> labels_of(std::string_view full_type) {
  std::vector<std::string> labels;
  for (std::size_t i = full_type.find('('); i < full_type.size(); ++i) {
    if (full_type[i] != '\'') continue;
    std::string label;
    for (++i; i < full_type.size(); ++i) {
      if (full_type[i] == '\'') {
        if (i + 1 >= full_type.size() || full_type[i + 1] != '\'') break;
        ++i;
      }
      label += full_type[i];
    }
    labels.push_back(std::move(label));
  }
  return labels;
}

bool is_integer(const ColumnInfo& column) {
  const Texts types = {"tinyint", "smallint", "mediumint", "int", "bigint"};
  return std::find(types.begin(), types.end(), column.type) != types.end();
}

std::string random_value(Random& random, const ColumnInfo& column) {
  if (column.nullable && random.chance(12)) return "NULL";
  return plain_value(random, column);
}

std::string random_key_value(Random& random, const ColumnInfo& column) {
  const std::size_t number = random.below(60);
  const std::string_view type = column.type;
  if (is_integer(column) || type == "decimal") return std::to_string(number);
  if (type == "char" || type == "varchar") return fmt::format("'k{}'", number);
  if (type == "binary" || type == "varbinary") return fmt::format("x'{:02X}00'", number);
  if (type == "datetime" || type == "date") return fmt::format("'2024-01-{:02} 00:00:00'", number % 28 + 1);
  return plain_value(random, column);
}

std::string random_type(Random& random, Flavor flavor, bool compressed_columns) {
  const bool mariadb = flavor == Flavor::mariadb;
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
    case 3: return number_type(random);
    case 4:
    case 5: return temporal_type(random);
    case 6: return label_type(random, false);
    case 7: return label_type(random, true);
    case 8:
      if (mariadb) return std::string(random.pick(Texts{"UUID", "INET4", "INET6", "JSON"}));
      [[fallthrough]];
    case 9: return std::string(random.pick(Texts{"GEOMETRY", "POINT", "LINESTRING", "POLYGON"}));
    default: return string_type(random, mariadb && compressed_columns);
  }
}

std::string random_key_type(Random& random, Flavor flavor) {
  const Texts common = {"INT",
                        "INT UNSIGNED",
                        "BIGINT",
                        "BIGINT UNSIGNED",
                        "SMALLINT",
                        "VARCHAR(20)",
                        "VARBINARY(20)",
                        "BINARY(8)",
                        "DECIMAL(20,4)",
                        "DATETIME(3)",
                        "CHAR(12)",
                        "VARCHAR(30) CHARACTER SET latin1",
                        "ENUM('p','q','r','s')"};
  if (flavor == Flavor::mariadb && random.chance(10)) return "UUID";
  return std::string(random.pick(common));
}

}  // namespace binferry::test
