#include "binlog/row/value_text.hpp"

#include "binlog/row/decimal.hpp"
#include "binlog/row/float_text.hpp"
#include "binlog/row/json_diff.hpp"
#include "binlog/row/json_text.hpp"
#include "binlog/row/temporal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace binferry {
namespace {

template <class Integer>
void append_number(Integer value, int base, std::string& out) {
  std::array<char, 24> text{};
  char* end = std::to_chars(text.data(), text.data() + text.size(), value, base).ptr;
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

// ZEROFILL fills up to the display width. It makes a column unsigned, so there is no sign to step over.
void append_unsigned(const Column& column, std::uint64_t value, std::string& out) {
  const std::size_t before = out.size();
  append_number(value, 10, out);
  if (const std::size_t size = out.size() - before; size < column.zerofill) {
    out.insert(before, column.zerofill - size, '0');
  }
}

void append_enum(const Column& column, std::uint64_t index, std::string& out) {
  if (index == 0) return;  // the value that an invalid label became
  if (index <= column.labels.size() && !is_unknown_text(column.labels[index - 1])) {
    out += column.labels[index - 1];
  } else {
    append_number(index, 10, out);
  }
}

void append_set(const Column& column, std::uint64_t mask, std::string& out) {
  const std::size_t count = column.labels.size();
  if (mask != 0 && count < 64 && mask >> count != 0) {
    append_number(mask, 10, out);
    return;
  }
  const std::size_t begin = out.size();
  bool is_first = true;
  for (std::size_t i = 0; i < count && mask >> i != 0; ++i) {
    if ((mask >> i & 1) == 0) continue;
    if (is_unknown_text(column.labels[i])) {
      out.resize(begin);
      append_number(mask, 10, out);
      return;
    }
    if (!is_first) out += ',';
    is_first = false;
    out += column.labels[i];
  }
}

void append_hex(Bytes bytes, std::string& out) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

// RFC 4122 text; the log has the bytes in text order (PROTOCOL 4.5).
void append_uuid(Bytes bytes, std::string& out) {
  std::size_t at = 0;
  for (const std::size_t size : {4U, 2U, 2U, 2U, 6U}) {
    if (at != 0) out += '-';
    append_hex(bytes.subspan(at, size), out);
    at += size;
  }
}

void append_inet4(Bytes bytes, std::string& out) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (i != 0) out += '.';
    append_number(static_cast<unsigned>(bytes[i]), 10, out);
  }
}

// As MariaDB's inet6 prints: the first longest run of zero groups is `::`, even a single one, and IPv4-compatible and
// IPv4-mapped addresses (`::1.2.3.4`, `::ffff:1.2.3.4`) show their last four bytes as IPv4.
void append_inet6(Bytes bytes, std::string& out) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(bytes[2 * i]) << 8 | bytes[2 * i + 1];
  std::size_t gap = 8;
  std::size_t gap_size = 0;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > gap_size) {
      gap = i;
      gap_size = end - i;
    }
    i = std::max(end, i + 1);
  }
  const bool is_mapped = gap == 0 && gap_size == 5 && groups[5] == 0xFFFF;
  const bool is_compatible = gap == 0 && gap_size == 6;
  const std::size_t end = is_mapped || is_compatible ? 6 : 8;
  for (std::size_t i = 0; i < end;) {
    if (i == gap) {
      out += "::";
      i += gap_size;
      continue;
    }
    append_number(groups[i], 16, out);
    ++i;
    if (i < end && i != gap) out += ':';
  }
  if (end == 6) {
    if (is_mapped) out += ':';
    append_inet4(bytes.subspan(12), out);
  }
}

// Bytes; those of fixed length get back the zeros that the log strips.
Status append_bytes(const Column& column, Bytes bytes, std::string& out) {
  const bool is_fixed =
      column.type == ColumnType::uuid || column.type == ColumnType::inet4 || column.type == ColumnType::inet6;
  if (!is_fixed) {
    out += text_of(bytes);
    if (column.type == ColumnType::binary && bytes.size() < column.length) {
      out.append(column.length - bytes.size(), '\0');
    }
    return {};
  }
  const std::size_t size = column.type == ColumnType::inet4 ? 4 : 16;
  if (bytes.size() > size) return fail(Errc::undecodable, std::to_string(bytes.size()) + " bytes are too long");
  std::array<std::uint8_t, 16> whole{};
  std::copy(bytes.begin(), bytes.end(), whole.begin());
  const Bytes address(whole.data(), size);
  if (column.type == ColumnType::uuid) append_uuid(address, out);
  if (column.type == ColumnType::inet4) append_inet4(address, out);
  if (column.type == ColumnType::inet6) append_inet6(address, out);
  return {};
}

Status append_unsigned_kind(const Column& column, std::uint64_t value, std::string& out) {
  switch (column.type) {
    case ColumnType::year: append_year(value, out); break;
    case ColumnType::enum_: append_enum(column, value, out); break;
    case ColumnType::set_: append_set(column, value, out); break;
    default: append_unsigned(column, value, out); break;
  }
  return {};
}

Status append_kind(const Column& column, const Value& value, std::string& out, const Limits& limits) {
  switch (value.kind) {
    case ValueKind::absent: return fail(Errc::internal, "text of a value that the image does not hold");
    case ValueKind::null: return fail(Errc::internal, "text of NULL");
    case ValueKind::integer: append_number(value.i, 10, out); return {};
    case ValueKind::uinteger: return append_unsigned_kind(column, value.u, out);
    case ValueKind::float_: append_float(value.f, column.decimals, out); return {};
    case ValueKind::double_: append_double(value.d, column.decimals, out); return {};
    case ValueKind::decimal: return append_decimal(value.bytes(), column.precision, column.scale, out);
    case ValueKind::date: append_date(value.u, out); return {};
    case ValueKind::time: append_time(value.i, column.fsp, out); return {};
    case ValueKind::datetime: append_datetime(value.u, column.fsp, out); return {};
    case ValueKind::timestamp: append_timestamp(value.u, column.fsp, out); return {};
    case ValueKind::text:
      if (column.charset == nullptr) return append_bytes(column, value.bytes(), out);
      return append_utf8(*column.charset, value.bytes(), out);
    case ValueKind::binary: return append_bytes(column, value.bytes(), out);
    case ValueKind::json: return append_json_text(value.bytes(), out, limits);
    case ValueKind::json_diff: return append_json_diff_sql(column.name, value.bytes(), out, limits);
  }
  return fail(Errc::internal, "a value without a kind");
}

// A value's own failure is one of the value, whatever the decoder below called it; limits and defects stay what they
// are.
Status as_value_error(const Column& column, Status status) {
  if (status) return status;
  Error error = std::move(status.error());
  if (error.code == Errc::corrupt || error.code == Errc::truncated) error.code = Errc::undecodable;
  return std::unexpected(std::move(error).at("column " + column.name));
}

}  // namespace

bool is_binary(const Column& column) {
  switch (column.type) {
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::blob:
    case ColumnType::geometry:
    case ColumnType::vector: return true;
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text: return column.charset == nullptr || column.charset->form == Charset::Form::binary;
    default: return false;
  }
}

bool is_numeric(const Column& column) {
  switch (column.type) {
    case ColumnType::tiny_int:
    case ColumnType::small_int:
    case ColumnType::medium_int:
    case ColumnType::int_:
    case ColumnType::big_int:
    case ColumnType::float_:
    case ColumnType::double_:
    case ColumnType::decimal:
    case ColumnType::bit:
    case ColumnType::year: return true;
    default: return false;
  }
}

Status append_text(const Column& column, const Value& value, std::string& out, const Limits& limits) {
  const std::size_t before = out.size();
  Status status = append_kind(column, value, out, limits);
  if (status) return status;
  out.resize(before);
  return as_value_error(column, std::move(status));
}

Status append_text_after(const Column& column, const Value& before, const Value& after, std::string& out,
                         const Limits& limits) {
  if (after.kind != ValueKind::json_diff || before.kind != ValueKind::json) {
    return append_text(column, after, out, limits);
  }
  return as_value_error(column, append_patched_json_text(before.bytes(), after.bytes(), out, limits));
}

}  // namespace binferry
