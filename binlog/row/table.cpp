#include "binlog/row/table.hpp"

namespace binferry {

std::string_view name_of(ColumnType type) {
  switch (type) {
    case ColumnType::tiny_int: return "TINYINT";
    case ColumnType::small_int: return "SMALLINT";
    case ColumnType::medium_int: return "MEDIUMINT";
    case ColumnType::int_: return "INT";
    case ColumnType::big_int: return "BIGINT";
    case ColumnType::float_: return "FLOAT";
    case ColumnType::double_: return "DOUBLE";
    case ColumnType::decimal: return "DECIMAL";
    case ColumnType::bit: return "BIT";
    case ColumnType::year: return "YEAR";
    case ColumnType::date: return "DATE";
    case ColumnType::time: return "TIME";
    case ColumnType::datetime: return "DATETIME";
    case ColumnType::timestamp: return "TIMESTAMP";
    case ColumnType::char_: return "CHAR";
    case ColumnType::varchar: return "VARCHAR";
    case ColumnType::text: return "TEXT";
    case ColumnType::binary: return "BINARY";
    case ColumnType::varbinary: return "VARBINARY";
    case ColumnType::blob: return "BLOB";
    case ColumnType::enum_: return "ENUM";
    case ColumnType::set_: return "SET";
    case ColumnType::json: return "JSON";
    case ColumnType::geometry: return "GEOMETRY";
    case ColumnType::vector: return "VECTOR";
    case ColumnType::uuid: return "UUID";
    case ColumnType::inet4: return "INET4";
    case ColumnType::inet6: return "INET6";
    case ColumnType::null_: return "NULL";
  }
  return "UNKNOWN";
}

}  // namespace binferry
