#include "applier/selected_rows.hpp"

#include "binlog/source/mysql/consistent_read.hpp"

#include <charconv>
#include <utility>

namespace binferry {
namespace {

using mysql::quote_mysql_name;

bool is_integer(ColumnType type) {
  return type <= ColumnType::big_int;
}

// A column as a TABLE_MAP and this definition would make it, as far as values need it.
Column column_of(const ColumnDefinition& definition) {
  Column column;
  column.name = definition.name;
  column.type = definition.type;
  column.fsp = definition.fsp;
  column.precision = definition.precision;
  column.scale = definition.scale;
  column.decimals = definition.decimals;
  column.length = definition.length;
  column.is_unsigned = definition.is_unsigned;
  column.nullable = definition.nullable;
  column.collation = definition.collation;
  column.charset = definition.charset;
  column.labels = definition.labels;
  return column;
}

std::string expression_of(const ColumnDefinition& column) {
  const std::string name = quote_mysql_name(column.name);
  switch (column.type) {
    // The text of a FLOAT has six digits, that of FLOAT(m,d) and DOUBLE(m,d) d behind the point. Times one and not plus
    // nothing, for -0 + 0 is 0.
    case ColumnType::float_: return name + "*1e0";
    case ColumnType::double_: return column.decimals == Column::kNoDecimals ? name : name + "*1e0";
    case ColumnType::enum_:
    case ColumnType::set_: return "CAST(" + name + " AS UNSIGNED)";
    default: return name;
  }
}

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// ZEROFILL is print, and the log does not know it.
std::string_view without_zeros(std::string_view text) {
  while (text.size() > 1 && text[0] == '0' && text[1] != '.') text.remove_prefix(1);
  return text;
}

Cell printed(std::string_view text) {
  Cell cell;
  cell.type = SqliteStatement::Type::text;
  cell.present = true;
  cell.bytes = text;
  return cell;
}

}  // namespace

std::string select_sql(const TableDefinition& definition) {
  std::string columns;
  for (const ColumnDefinition& column : definition.columns) {
    columns += (columns.empty() ? "" : ", ") + expression_of(column);
  }
  if (implicit_column_count(definition) != 0) columns += ", row_start, row_end";
  std::string sql =
      "SELECT " + columns + " FROM " + quote_mysql_name(definition.schema) + "." + quote_mysql_name(definition.name);
  if (definition.system_versioned) return sql + " FOR SYSTEM_TIME ALL";
  const IndexDefinition* const primary = definition.primary_key();
  if (primary == nullptr || definition.partitioned || !same_name(definition.engine, "InnoDB")) return sql;
  std::string order;
  for (const IndexPart& part : primary->parts) {
    if (part.without_overlaps || part.column.empty() || part.prefix_length != 0) return sql;
    order += (order.empty() ? " ORDER BY " : ", ") + quote_mysql_name(definition.name) + "." +
             quote_mysql_name(part.column) + (part.descending ? " DESC" : "");
  }
  return sql + order;
}

Result<std::unique_ptr<SelectedRows>> SelectedRows::make(const TableDefinition& definition, const TableLayout& layout,
                                                         BadText bad_text) {
  std::unique_ptr<SelectedRows> rows(new SelectedRows);
  rows->layout_ = layout;
  Table& table = rows->table_;
  table.schema = definition.schema;
  table.name = definition.name;
  table.names_known = table.key_known = true;
  for (const ColumnDefinition& column : definition.columns) {
    if (column.type == ColumnType::year && column.display_width == 2) {
      return fail(Errc::unsupported, "column " + column.name + " is a YEAR(2), whose century no SELECT tells",
                  "ALTER TABLE … MODIFY " + column.name + " YEAR");
    }
    table.columns.push_back(column_of(column));
  }
  for (std::size_t i = table.columns.size(); i < layout.columns.size(); ++i) {
    Column implicit;
    implicit.name = layout.columns[i].name;
    implicit.type = ColumnType::timestamp;
    implicit.fsp = 6;
    table.columns.push_back(std::move(implicit));
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    Form form = Form::printed;
    if (is_integer(column.type)) form = column.is_unsigned ? Form::unsigned_ : Form::signed_;
    switch (column.type) {
      case ColumnType::year:
      case ColumnType::enum_:
      case ColumnType::set_: form = Form::unsigned_; break;
      case ColumnType::bit: form = Form::bits; break;
      case ColumnType::float_: form = Form::float_; break;
      case ColumnType::double_: form = Form::double_; break;
      case ColumnType::char_:
      case ColumnType::varchar:
      case ColumnType::text: form = Form::text; break;
      case ColumnType::binary:
      case ColumnType::varbinary:
      case ColumnType::blob:
      case ColumnType::geometry:
      case ColumnType::vector: form = Form::binary; break;
      case ColumnType::decimal:
        form = layout.columns[i].type == SqliteType::real ? Form::printed_real : Form::printed;
        break;
      default: break;
    }
    rows->forms_.push_back(form);
    if (form != Form::printed && form != Form::printed_real) rows->decoded_.push_back(i);
  }
  Result<CellReader> reader = CellReader::make(table, rows->layout_, bad_text);
  if (!reader) return propagate(reader);
  rows->reader_ = std::move(*reader);
  rows->image_.resize(table.columns.size());
  rows->cells_.resize(table.columns.size());
  return rows;
}

Status SelectedRows::read(SelectedRow row) {
  if (row.size() != forms_.size()) return fail(Errc::protocol, "a row of another number of columns");
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!row[i]) {
      image_[i].kind = ValueKind::null;
      cells_[i] = {};
      cells_[i].present = true;
    } else if (Status read = read_value(i, *row[i]); !read) {
      return read;
    }
  }
  return reader_.read_some(image_, decoded_, cells_, 1);
}

Status SelectedRows::read_value(std::size_t index, std::string_view text) {
  Value& value = image_[index];
  bool good = true;
  switch (forms_[index]) {
    case Form::signed_:
      value.kind = ValueKind::integer;
      good = parse(text, value.i);
      break;
    case Form::unsigned_:
      value.kind = ValueKind::uinteger;
      good = parse(text, value.u);
      break;
    case Form::bits:
      value.kind = ValueKind::uinteger;
      value.u = 0;
      good = text.size() <= 8;
      for (const char c : text) value.u = value.u << 8 | static_cast<unsigned char>(c);
      break;
    case Form::float_: {
      double wide = 0;
      good = parse(text, wide);
      value.kind = ValueKind::float_;
      value.f = static_cast<float>(wide);
      break;
    }
    case Form::double_:
      value.kind = ValueKind::double_;
      good = parse(text, value.d);
      break;
    case Form::text:
    case Form::binary:
      value.kind = forms_[index] == Form::text ? ValueKind::text : ValueKind::binary;
      value.data = bytes_of(text).data();
      value.size = static_cast<std::uint32_t>(text.size());
      good = text.size() <= UINT32_MAX;
      break;
    case Form::printed:
      cells_[index] = printed(table_.columns[index].type == ColumnType::decimal ? without_zeros(text) : text);
      return {};
    case Form::printed_real:
      cells_[index] = {};
      cells_[index].type = SqliteStatement::Type::real;
      cells_[index].present = true;
      good = parse(text, cells_[index].real);
      break;
  }
  if (good) return {};
  return fail(Errc::protocol, "column " + table_.columns[index].name + ": the server sends a value of another type");
}

}  // namespace binferry
