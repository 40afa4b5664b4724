// Definitions out as SQL: canonical_type and create_table_sql.
#include "binlog/schema/definition.hpp"
#include "binlog/schema/sql_quote.hpp"

namespace binferry {
namespace {

std::string_view text_word(std::uint32_t bytes) {
  return bytes <= 0xFF ? "tiny" : bytes <= 0xFFFF ? "" : bytes <= 0xFFFFFF ? "medium" : "long";
}

std::string_view base_word(const ColumnDefinition& column) {
  switch (column.type) {
    case ColumnType::tiny_int: return "tinyint";
    case ColumnType::small_int: return "smallint";
    case ColumnType::medium_int: return "mediumint";
    case ColumnType::int_: return "int";
    case ColumnType::big_int: return "bigint";
    case ColumnType::float_: return "float";
    case ColumnType::double_: return "double";
    case ColumnType::decimal: return "decimal";
    case ColumnType::bit: return "bit";
    case ColumnType::year: return "year";
    case ColumnType::date: return "date";
    case ColumnType::time: return "time";
    case ColumnType::datetime: return "datetime";
    case ColumnType::timestamp: return "timestamp";
    case ColumnType::char_: return "char";
    case ColumnType::varchar: return "varchar";
    case ColumnType::text: return "text";
    case ColumnType::binary: return "binary";
    case ColumnType::varbinary: return "varbinary";
    case ColumnType::blob: return "blob";
    case ColumnType::enum_: return "enum";
    case ColumnType::set_: return "set";
    case ColumnType::json: return "json";
    case ColumnType::geometry: return "geometry";
    case ColumnType::vector: return "vector";
    case ColumnType::uuid: return "uuid";
    case ColumnType::inet4: return "inet4";
    case ColumnType::inet6: return "inet6";
    case ColumnType::null_: return "null";
  }
  return "null";
}

void append_number_in_parentheses(std::uint32_t number, std::string& out) {
  out += '(';
  out += std::to_string(number);
  out += ')';
}

void append_type_arguments(const ColumnDefinition& column, std::string& out) {
  switch (column.type) {
    case ColumnType::tiny_int:
    case ColumnType::small_int:
    case ColumnType::medium_int:
    case ColumnType::int_:
    case ColumnType::big_int:
    case ColumnType::year:
      if (column.display_width != 0) append_number_in_parentheses(column.display_width, out);
      return;
    case ColumnType::float_:
    case ColumnType::double_:
      if (column.decimals == Column::kNoDecimals) return;
      out += '(' + std::to_string(column.precision) + ',' + std::to_string(column.decimals) + ')';
      return;
    case ColumnType::decimal:
      out += '(' + std::to_string(column.precision) + ',' + std::to_string(column.scale) + ')';
      return;
    case ColumnType::bit:
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::vector: append_number_in_parentheses(column.length, out); return;
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::timestamp:
      if (column.fsp != 0) append_number_in_parentheses(column.fsp, out);
      return;
    case ColumnType::enum_:
    case ColumnType::set_:
      out += '(';
      for (std::size_t i = 0; i < column.labels.size(); ++i) {
        if (i != 0) out += ',';
        append_quoted_string(column.labels[i], out);
      }
      out += ')';
      return;
    default: return;
  }
}

void append_default(const ColumnDefinition& column, std::string& out) {
  const ColumnDefault& value = column.default_value;
  // MySQL takes literal defaults of these types only in parentheses; MariaDB takes them so too.
  const bool parentheses = column.type == ColumnType::text || column.type == ColumnType::blob ||
                           column.type == ColumnType::json || column.type == ColumnType::geometry;
  switch (value.kind) {
    case ColumnDefault::Kind::none: return;
    case ColumnDefault::Kind::null: out += " DEFAULT NULL"; return;
    case ColumnDefault::Kind::current_timestamp:
      out += " DEFAULT CURRENT_TIMESTAMP";
      if (value.fsp != 0) append_number_in_parentheses(value.fsp, out);
      return;
    case ColumnDefault::Kind::expression: out += " DEFAULT (" + value.text + ")"; return;
    case ColumnDefault::Kind::literal: break;
  }
  out += parentheses ? " DEFAULT (" : " DEFAULT ";
  switch (value.literal) {
    case ColumnDefault::Literal::string: append_quoted_string(value.text, out); break;
    case ColumnDefault::Literal::number: out += value.text; break;
    case ColumnDefault::Literal::hex: out += "x'" + value.text + '\''; break;
    case ColumnDefault::Literal::bit: out += "b'" + value.text + '\''; break;
  }
  if (parentheses) out += ')';
}

void append_charset(const Charset* charset, std::uint16_t collation, std::string_view charset_words,
                    std::string_view collate_words, std::string& out) {
  if (charset == nullptr) return;
  out += charset_words;
  out += charset->name;
  if (const auto name = collation_name(collation); !name.empty()) {
    out += collate_words;
    out += name;
  }
}

void append_column(const ColumnDefinition& column, std::string& out) {
  out += "  ";
  append_quoted_name(column.name, out);
  out += ' ';
  out += column.declared_type.empty() ? canonical_type(column) : column.declared_type;
  if (column.compressed) out += " COMPRESSED";
  append_charset(column.charset, column.collation, " CHARACTER SET ", " COLLATE ", out);
  if (column.row_period != RowPeriod::no) {
    out += column.row_period == RowPeriod::start ? " GENERATED ALWAYS AS ROW START" : " GENERATED ALWAYS AS ROW END";
  } else if (column.generated != Generated::no) {
    out += " GENERATED ALWAYS AS (" + column.generation_expression + ')';
    out += column.generated == Generated::stored ? " STORED" : " VIRTUAL";
  }
  out += column.nullable ? " NULL" : " NOT NULL";
  append_default(column, out);
  if (column.on_update_fsp) {
    out += " ON UPDATE CURRENT_TIMESTAMP";
    if (*column.on_update_fsp != 0) append_number_in_parentheses(*column.on_update_fsp, out);
  }
  if (column.auto_increment) out += " AUTO_INCREMENT";
  if (column.invisible) out += " INVISIBLE";
  if (column.without_versioning) out += " WITHOUT SYSTEM VERSIONING";
  if (column.srid) out += " SRID " + std::to_string(*column.srid);
  if (!column.comment.empty()) {
    out += " COMMENT ";
    append_quoted_string(column.comment, out);
  }
  if (!column.check.empty()) out += " CHECK (" + column.check + ')';
  if (column.json_alias) {
    out += " CHECK (json_valid(";
    append_quoted_name(column.name, out);
    out += "))";
  }
}

void append_index(const IndexDefinition& index, std::string& out) {
  out += "  ";
  switch (index.kind) {
    case IndexKind::primary: out += "PRIMARY KEY"; break;
    case IndexKind::unique: out += "UNIQUE KEY "; break;
    case IndexKind::plain: out += "KEY "; break;
    case IndexKind::fulltext: out += "FULLTEXT KEY "; break;
    case IndexKind::spatial: out += "SPATIAL KEY "; break;
    case IndexKind::vector: out += "VECTOR KEY "; break;
  }
  if (index.kind != IndexKind::primary) append_quoted_name(index.name, out);
  out += " (";
  for (std::size_t i = 0; i < index.parts.size(); ++i) {
    const IndexPart& part = index.parts[i];
    if (i != 0) out += ',';
    if (part.column.empty()) {
      out += '(' + part.expression + ')';
    } else {
      append_quoted_name(part.column, out);
    }
    if (part.prefix_length != 0) append_number_in_parentheses(part.prefix_length, out);
    if (part.descending) out += " DESC";
    if (part.without_overlaps) out += " WITHOUT OVERLAPS";
  }
  out += ')';
  if (index.invisible) out += " INVISIBLE";
  if (!index.comment.empty()) {
    out += " COMMENT ";
    append_quoted_string(index.comment, out);
  }
}

void append_names(const std::vector<std::string>& names, std::string& out) {
  out += '(';
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) out += ',';
    append_quoted_name(names[i], out);
  }
  out += ')';
}

void append_action(std::string_view words, ReferenceAction action, std::string& out) {
  if (action == ReferenceAction::none) return;
  out += words;
  switch (action) {
    case ReferenceAction::none: break;
    case ReferenceAction::restrict_: out += "RESTRICT"; break;
    case ReferenceAction::cascade: out += "CASCADE"; break;
    case ReferenceAction::set_null: out += "SET NULL"; break;
    case ReferenceAction::no_action: out += "NO ACTION"; break;
    case ReferenceAction::set_default: out += "SET DEFAULT"; break;
  }
}

void append_foreign_key(const ForeignKey& key, const std::string& own_schema, std::string& out) {
  out += "  CONSTRAINT ";
  append_quoted_name(key.name, out);
  out += " FOREIGN KEY ";
  append_names(key.columns, out);
  out += " REFERENCES ";
  if (key.referenced_schema != own_schema) {
    append_quoted_name(key.referenced_schema, out);
    out += '.';
  }
  append_quoted_name(key.referenced_table, out);
  if (!key.referenced_columns.empty()) append_names(key.referenced_columns, out);
  append_action(" ON DELETE ", key.on_delete, out);
  append_action(" ON UPDATE ", key.on_update, out);
}

void append_check(const CheckConstraint& check, std::string& out) {
  out += "  ";
  if (!check.name.empty()) {
    out += "CONSTRAINT ";
    append_quoted_name(check.name, out);
    out += ' ';
  }
  out += "CHECK (" + check.expression + ')';
  if (!check.enforced) out += " NOT ENFORCED";
}

void append_period(const PeriodDefinition& period, std::string& out) {
  out += "  PERIOD FOR ";
  append_quoted_name(period.name, out);
  append_names({period.start_column, period.end_column}, out);
}

void append_options(const TableDefinition& table, std::string& out) {
  if (!table.engine.empty()) {
    out += " ENGINE=";
    append_quoted_name(table.engine, out);
  }
  if (table.auto_increment != 0) out += " AUTO_INCREMENT=" + std::to_string(table.auto_increment);
  append_charset(table.charset, table.collation, " DEFAULT CHARSET=", " COLLATE=", out);
  if (!table.comment.empty()) {
    out += " COMMENT=";
    append_quoted_string(table.comment, out);
  }
  if (table.kind == TableKind::sequence) out += " SEQUENCE=1";
  if (table.system_versioned) out += " WITH SYSTEM VERSIONING";
  // Which partitions there are is nobody's concern here; that there are some is.
  if (table.partitioned) out += " PARTITION BY KEY ()";
}

}  // namespace

std::string canonical_type(const ColumnDefinition& column, std::string_view spelling) {
  std::string out;
  if (spelling.empty()) {
    if (column.type == ColumnType::text || column.type == ColumnType::blob) out += text_word(column.length);
    out += base_word(column);
  } else {
    out += spelling;
  }
  append_type_arguments(column, out);
  if (column.is_unsigned && column.type != ColumnType::year) out += " unsigned";
  if (column.zerofill) out += " zerofill";
  return out;
}

std::string create_table_sql(const TableDefinition& table, bool qualified) {
  std::string out = "CREATE TABLE ";
  if (qualified) {
    append_quoted_name(table.schema, out);
    out += '.';
  }
  append_quoted_name(table.name, out);
  const char* separator = " (\n";
  const auto item = [&](const auto& value, const auto& append, const auto&... more) {
    out += separator;
    separator = ",\n";
    append(value, more..., out);
  };
  for (const auto& column : table.columns) item(column, append_column);
  for (const auto& index : table.indexes) item(index, append_index);
  for (const auto& key : table.foreign_keys) item(key, append_foreign_key, table.schema);
  for (const auto& check : table.checks) item(check, append_check);
  for (const auto& period : table.periods) item(period, append_period);
  if (*separator == ',') out += "\n)";
  append_options(table, out);
  if (!table.columns_known) out += " SELECT 1";
  return out;
}

}  // namespace binferry
