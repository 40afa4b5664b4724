#include "applier/cell.hpp"

#include "binlog/row/charset.hpp"
#include "binlog/row/float_text.hpp"
#include "binlog/row/value_text.hpp"
#include "binlog/schema/unknown_text.hpp"

#include <bit>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace binferry {
namespace {

using Type = SqliteStatement::Type;

constexpr std::uint64_t kMostInteger = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

Cell integer_cell(std::int64_t value) {
  return {Type::integer, true, value, 0, {}};
}
Cell real_cell(double value) {
  return {Type::real, true, 0, value, {}};
}
Cell text_cell(std::string_view text) {
  return {Type::text, true, 0, 0, text};
}
Cell blob_cell(Bytes bytes) {
  return {Type::blob, true, 0, 0, text_of(bytes)};
}

// The double that prints as the server prints the number: 1.1 for a FLOAT and not 1.10000002384, and of FLOAT(m,d) and
// DOUBLE(m,d) only the declared decimals.
double as_printed(const Column& column, const Value& value) {
  std::string text;
  if (value.kind == ValueKind::float_) {
    append_float(value.f, column.decimals, text);
  } else if (column.decimals == Column::kNoDecimals) {
    return value.d;
  } else {
    append_double(value.d, column.decimals, text);
  }
  return std::strtod(text.c_str(), nullptr);
}

// 20 digits, so that texts compare as their numbers do.
void append_wide(std::uint64_t value, std::string& out) {
  char digits[20];
  char* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  out.append(sizeof digits - size, '0');
  out.append(digits, size);
}

bool all_ascii(Bytes bytes) {
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    if ((word & 0x8080808080808080U) != 0) return false;
  }
  for (; at < bytes.size(); ++at) {
    if (bytes[at] >= 0x80) return false;
  }
  return true;
}

// Every byte of Latin, Cyrillic, … sets below 128 is ASCII; UTF-16, UTF-32 and UCS-2 are the exceptions, and the few
// double-byte sets whose second byte may be an ASCII one.
bool ascii_is_itself(const Charset& charset) {
  return charset.form == Charset::Form::ascii || charset.form == Charset::Form::utf8;
}

// Murmur's finalizer, a word at a time.
std::uint64_t mixed(std::uint64_t state, std::uint64_t word) {
  state = (state ^ word) * 0xFF51AFD7ED558CCDU;
  state = (state ^ (state >> 33)) * 0xC4CEB9FE1A85EC53U;
  return state ^ (state >> 29);
}

std::uint64_t mixed(std::uint64_t state, std::string_view bytes) {
  state = mixed(state, bytes.size());
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    state = mixed(state, word);
  }
  std::uint64_t last = 0;
  if (!bytes.empty()) std::memcpy(&last, bytes.data(), bytes.size());
  return mixed(state, last);
}

}  // namespace

void Cell::bind(SqliteStatement& statement, int parameter) const {
  switch (type) {
    case Type::integer: statement.bind(parameter, integer); break;
    case Type::real: statement.bind(parameter, real); break;
    case Type::text: statement.bind(parameter, bytes); break;
    case Type::blob: statement.bind_blob(parameter, bytes_of(bytes)); break;
    case Type::null: statement.bind_null(parameter); break;
  }
}

Cell Cell::of(const SqliteStatement& statement, int column) {
  switch (statement.type(column)) {
    case Type::integer: return integer_cell(statement.integer(column));
    case Type::real: return real_cell(statement.real(column));
    case Type::text: return text_cell(statement.text(column));
    case Type::blob: return blob_cell(statement.blob(column));
    case Type::null: break;
  }
  return {Type::null, true, 0, 0, {}};
}

std::uint64_t hash_of(std::span<const Cell> row) {
  std::uint64_t state = 0x2545F4914F6CDD1DU;
  for (const Cell& cell : row) {
    state = mixed(state, static_cast<std::uint64_t>(cell.type) + 1);
    switch (cell.type) {
      case Type::integer: state = mixed(state, static_cast<std::uint64_t>(cell.integer)); break;
      // SQLite does not keep the sign of zero.
      case Type::real: state = mixed(state, std::bit_cast<std::uint64_t>(cell.real == 0 ? 0.0 : cell.real)); break;
      case Type::text:
      case Type::blob: state = mixed(state, cell.bytes); break;
      case Type::null: break;
    }
  }
  return state;
}

Result<CellReader> CellReader::make(const Table& table, const TableLayout& layout, BadText bad_text) {
  CellReader reader;
  reader.table_ = &table;
  reader.bad_text_ = bad_text;
  reader.columns_.resize(layout.columns.size());
  // Both stand in the source's order; each side may have hidden columns that the other does not know.
  std::size_t next = 0;
  for (std::size_t i = 0; i < table.columns.size() && next < layout.columns.size(); ++i) {
    const Column& column = table.columns[i];
    if (column.hidden) continue;
    if (table.names_known && !same_name(column.name, layout.columns[next].name)) {
      std::size_t other = next + 1;
      while (other < layout.columns.size() && !same_name(column.name, layout.columns[other].name)) ++other;
      if (other == layout.columns.size()) continue;
      next = other;
    }
    Step& step = reader.columns_[next];
    const LayoutColumn& target = layout.columns[next++];
    step.image = static_cast<int>(i);
    step.column = &column;
    switch (target.type) {
      case SqliteType::integer: step.form = Form::plain; break;
      case SqliteType::any: step.form = target.wide_unsigned ? Form::wide : Form::printed; break;
      case SqliteType::real: step.form = column.type == ColumnType::decimal ? Form::printed_real : Form::plain; break;
      case SqliteType::blob: step.form = column.type == ColumnType::binary ? Form::padded : Form::bytes; break;
      case SqliteType::text: {
        const bool is_string =
            column.type == ColumnType::char_ || column.type == ColumnType::varchar || column.type == ColumnType::text;
        step.form = is_string && column.charset != nullptr ? Form::text : Form::printed;
        step.unknown_labels = has_unknown_labels(column.labels);
        if (step.form == Form::text && ascii_is_itself(*column.charset)) {
          step.most_utf8_bytes = column.charset->form == Charset::Form::ascii ? 1 : column.charset->max_bytes;
        }
        break;
      }
    }
  }
  for (const std::size_t key : layout.key) {
    if (reader.columns_[key].image < 0) {
      return fail(Errc::schema_mismatch, "the log's rows do not hold the key column " + layout.columns[key].name);
    }
  }
  return reader;
}

Status CellReader::read(std::span<const Value> image, std::vector<Cell>& cells, int slot) {
  cells.resize(columns_.size());
  wide_column_ = -1;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (Status read = read_column(image, i, cells[i], slot); !read) return read;
  }
  return {};
}

Status CellReader::read_some(std::span<const Value> image, std::span<const std::size_t> columns,
                             std::vector<Cell>& cells, int slot) {
  cells.resize(columns_.size());
  wide_column_ = -1;
  for (const std::size_t i : columns) {
    if (Status read = read_column(image, i, cells[i], slot); !read) return read;
  }
  return {};
}

Status CellReader::read_column(std::span<const Value> image, std::size_t index, Cell& cell, int slot) {
  Step& step = columns_[index];
  if (step.image < 0) {
    cell = {};
    return {};
  }
  const Value& value = image[static_cast<std::size_t>(step.image)];
  if (value.kind == ValueKind::absent || value.kind == ValueKind::null) {
    cell = {Type::null, value.kind == ValueKind::null, 0, 0, {}};
    return {};
  }
  return read_value(step, value, step.buffers[slot], cell, index);
}

Status CellReader::read_value(Step& step, const Value& value, std::string& buffer, Cell& cell, std::size_t index) {
  switch (step.form) {
    case Form::plain:
    case Form::wide:
      switch (value.kind) {
        case ValueKind::integer: cell = integer_cell(value.i); return {};
        case ValueKind::uinteger:
          if (value.u <= kMostInteger) {
            cell = integer_cell(static_cast<std::int64_t>(value.u));
            return {};
          }
          if (step.form == Form::plain) {
            wide_column_ = static_cast<int>(index);
            cell = {};
            return {};
          }
          buffer.clear();
          append_wide(value.u, buffer);
          cell = text_cell(buffer);
          return {};
        case ValueKind::float_:
        case ValueKind::double_: cell = real_cell(as_printed(*step.column, value)); return {};
        default: break;
      }
      return fail(Errc::schema_mismatch, "column " + step.column->name + ": a value that is no number");
    case Form::text: return read_text(step, value, buffer, cell);
    case Form::bytes: cell = blob_cell(value.bytes()); return {};
    case Form::padded:
      if (value.size >= step.column->length) {
        cell = blob_cell(value.bytes());
        return {};
      }
      buffer.assign(text_of(value.bytes()));
      buffer.append(step.column->length - value.size, '\0');
      cell = blob_cell(bytes_of(buffer));
      return {};
    case Form::printed:
    case Form::printed_real: return read_printed(step, value, buffer, cell);
  }
  return fail(Errc::internal, "a cell without a form");
}

Status CellReader::read_text(Step& step, const Value& value, std::string& buffer, Cell& cell) {
  const Bytes bytes = value.bytes();
  if (step.most_utf8_bytes != 0) {
    if (all_ascii(bytes) || (step.most_utf8_bytes > 1 && first_bad_utf8(bytes, step.most_utf8_bytes) == bytes.size())) {
      cell = text_cell(text_of(bytes));
      return {};
    }
  }
  buffer.clear();
  Status printed = append_text(*step.column, value, buffer);
  if (!printed) {
    if (printed.error().code != Errc::undecodable || bad_text_ == BadText::stop) return printed;
    buffer.clear();
    if (bad_text_ == BadText::hex) {
      buffer = to_hex(bytes);
    } else {
      for (const std::uint8_t byte : bytes) {
        if (byte < 0x80) {
          buffer += static_cast<char>(byte);
        } else {
          append_code_point(0xFFFD, buffer);
        }
      }
    }
  }
  cell = text_cell(buffer);
  return {};
}

Status CellReader::read_printed(Step& step, const Value& value, std::string& buffer, Cell& cell) {
  buffer.clear();
  if (value.kind == ValueKind::json_diff) {
    // The caller patches the document it knows; the steps are handed on as they are.
    cell = blob_cell(value.bytes());
    return {};
  }
  if (step.unknown_labels && has_unknown_label(*step.column, value.u)) {
    return fail(Errc::undecodable, "column " + step.column->name +
                                       ": a label with a character that the source's CREATE TABLE does not tell");
  }
  if (Status printed = append_text(*step.column, value, buffer); !printed) return printed;
  cell = step.form == Form::printed_real ? real_cell(std::strtod(buffer.c_str(), nullptr)) : text_cell(buffer);
  return {};
}

}  // namespace binferry
