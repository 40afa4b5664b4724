#include "binlog/row/row_reader.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/row/column_compression.hpp"
#include "binlog/row/decimal.hpp"
#include "binlog/row/table_map.hpp"

#include <algorithm>
#include <cstring>

namespace binferry {
namespace {

bool bit_of(Bytes bits, std::size_t i) {
  return (bits[i / 8] >> (i % 8) & 1) != 0;
}

template <class T>
T load(const std::uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

std::uint32_t load_3(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(p[0] | p[1] << 8 | p[2] << 16);
}

std::uint64_t load_big(const std::uint8_t* p, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | p[i];
  return value;
}

// Microseconds in one unit of a fraction of `bytes` bytes.
constexpr std::uint32_t kMicroseconds[] = {0, 10000, 100, 1};

std::uint64_t load_fraction(const std::uint8_t* p, std::size_t bytes) {
  return load_big(p, bytes) * kMicroseconds[bytes];
}

// TIME2, PROTOCOL 4.3. Negative values with a fraction borrow from the seconds when fsp < 5.
std::int64_t load_time_2(const std::uint8_t* p, std::size_t fraction_bytes) {
  if (fraction_bytes == 3) return static_cast<std::int64_t>(load_big(p, 6)) - 0x800000000000;
  std::int64_t whole = static_cast<std::int64_t>(load_big(p, 3)) - 0x800000;
  auto fraction = static_cast<std::int64_t>(load_big(p + 3, fraction_bytes));
  if (whole < 0 && fraction != 0) {
    ++whole;
    fraction -= std::int64_t{1} << (8 * fraction_bytes);
  }
  return whole * (1 << 24) + fraction * kMicroseconds[fraction_bytes];
}

// MariaDB's old formats with fractions (PROTOCOL 4.5): big-endian, in units of the last declared digit. By that digit's
// number, 0 never occurs here.
constexpr std::uint8_t kTimeHiresBytes[] = {3, 4, 4, 5, 5, 5, 6};
constexpr std::uint8_t kDatetimeHiresBytes[] = {8, 6, 6, 7, 7, 7, 8};
constexpr std::uint8_t kTimestampHiresBytes[] = {4, 5, 5, 6, 6, 7, 7};
constexpr std::uint32_t kMicrosecondsOfDigit[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
constexpr std::int64_t kTimeHiresZero = (838 * 3600 + 59 * 60 + 59 + 1) * std::int64_t{1000000};

std::uint64_t pack_clock(std::uint64_t hour, std::uint64_t minute, std::uint64_t second) {
  return hour << 12 | minute << 6 | second;
}

// Bytes that may follow the length prefix: what the source declared, where that is less than the prefix can say.
std::uint32_t most_bytes(const Column& column) {
  switch (column.wire_type) {
    case wire_type::kVarchar:
    case wire_type::kVarString:
    case wire_type::kVarcharCompressed: return column.wire_meta;
    case wire_type::kString: {
      const unsigned first = column.wire_meta & 0xFFU;
      return (column.wire_meta >> 8) | (((first & 0x30U) ^ 0x30U) << 4);
    }
    default: return UINT32_MAX;
  }
}

ValueKind kind_of_bytes(ColumnType type) {
  switch (type) {
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text: return ValueKind::text;
    case ColumnType::json: return ValueKind::json;
    default: return ValueKind::binary;
  }
}

bool is_signed_integer(const Column& column) {
  return column.type <= ColumnType::big_int && !column.is_unsigned;
}

}  // namespace

RowReader::Step RowReader::step_of(const Column& column) {
  Step step;
  const bool is_signed = is_signed_integer(column);
  const auto number = [&](Op with_sign, Op without, std::uint8_t width) {
    step.op = is_signed ? with_sign : without;
    step.kind = is_signed ? ValueKind::integer : ValueKind::uinteger;
    step.width = width;
  };
  const auto plain = [&](Op op, ValueKind kind, std::size_t width) {
    step.op = op;
    step.kind = kind;
    step.width = static_cast<std::uint8_t>(width);
  };
  const auto prefixed = [&](Op op, std::uint8_t width) {
    plain(op, kind_of_bytes(column.type), width);
    step.most = most_bytes(column);
  };
  const std::size_t fraction = (column.fsp + 1U) / 2;
  switch (column.storage) {
    case Storage::fixed_1: number(Op::int_1, Op::uint_1, 1); break;
    case Storage::fixed_2: number(Op::int_2, Op::uint_2, 2); break;
    case Storage::fixed_3: number(Op::int_3, Op::uint_3, 3); break;
    case Storage::fixed_4: number(Op::int_4, Op::uint_4, 4); break;
    case Storage::fixed_8: number(Op::int_8, Op::uint_8, 8); break;
    case Storage::float_4: plain(Op::float_4, ValueKind::float_, 4); break;
    case Storage::double_8: plain(Op::double_8, ValueKind::double_, 8); break;
    case Storage::decimal: plain(Op::decimal, ValueKind::decimal, decimal_bytes(column.precision, column.scale)); break;
    case Storage::bit: plain(Op::bit, ValueKind::uinteger, (column.length + 7) / 8); break;
    case Storage::date_3: plain(Op::date, ValueKind::date, 3); break;
    case Storage::year_1: plain(Op::year, ValueKind::uinteger, 1); break;
    case Storage::time_2: plain(Op::time_2, ValueKind::time, 3 + fraction); break;
    case Storage::datetime_2: plain(Op::datetime_2, ValueKind::datetime, 5 + fraction); break;
    case Storage::timestamp_2: plain(Op::timestamp_2, ValueKind::timestamp, 4 + fraction); break;
    case Storage::time_old: plain(Op::time_old, ValueKind::time, 3); break;
    case Storage::datetime_old: plain(Op::datetime_old, ValueKind::datetime, 8); break;
    case Storage::timestamp_old: plain(Op::timestamp_old, ValueKind::timestamp, 4); break;
    case Storage::time_hires: plain(Op::time_hires, ValueKind::time, kTimeHiresBytes[column.fsp]); break;
    case Storage::datetime_hires:
      plain(Op::datetime_hires, ValueKind::datetime, kDatetimeHiresBytes[column.fsp]);
      break;
    case Storage::timestamp_hires:
      plain(Op::timestamp_hires, ValueKind::timestamp, kTimestampHiresBytes[column.fsp]);
      break;
    case Storage::length_1: prefixed(Op::bytes_1, 1); break;
    case Storage::length_2: prefixed(Op::bytes_2, 2); break;
    case Storage::length_3: prefixed(Op::bytes_3, 3); break;
    case Storage::length_4: prefixed(Op::bytes_4, 4); break;
    case Storage::compressed_1: prefixed(Op::compressed, 1); break;
    case Storage::compressed_2: prefixed(Op::compressed, 2); break;
    case Storage::compressed_3: prefixed(Op::compressed, 3); break;
    case Storage::compressed_4: prefixed(Op::compressed, 4); break;
    case Storage::nothing: plain(Op::null, ValueKind::null, 0); break;
  }
  return step;
}

Status RowReader::plan(Image& image, Bytes bitmap, bool used) {
  image.used = used;
  if (!used || (image.bitmap == text_of(bitmap) && image.values.size() == table_->columns.size())) return {};
  image.bitmap.clear();
  image.steps.clear();
  image.json.clear();
  image.values.assign(table_->columns.size(), Value());
  std::uint16_t json = 0;
  for (std::size_t i = 0; i < table_->columns.size(); ++i) {
    const Column& column = table_->columns[i];
    const bool is_json = column.wire_type == wire_type::kJson;
    if (bit_of(bitmap, i)) {
      if (column.wire_type == wire_type::kTypedArray) {
        return fail(Errc::corrupt,
                    "row image of " + table_->schema + '.' + table_->name + " holds hidden column " + column.name);
      }
      Step step = step_of(column);
      step.column = static_cast<std::uint16_t>(i);
      if (is_json) step.ordinal = json;
      image.steps.push_back(step);
      if (is_json) image.json.push_back(step);
    }
    if (is_json) ++json;
  }
  json_columns_ = json;
  image.bitmap = text_of(bitmap);
  return {};
}

void RowReader::assign_buffers() {
  std::uint16_t next = 0;
  for (Image* image : {&before_, &after_}) {
    if (!image->used) continue;
    for (Step& step : image->steps) {
      if (step.op == Op::compressed) step.ordinal = next++;
    }
  }
  buffers_.resize(next);
  constexpr std::size_t kKeptBytes = 1 << 20;  // a large value of one event does not stay for ever
  for (std::string& buffer : buffers_) {
    if (buffer.capacity() > kKeptBytes) std::string().swap(buffer);
  }
}

Status RowReader::open(std::shared_ptr<const Table> table, const RowsEvent& event) {
  at_ = end_ = nullptr;
  write_ = false;
  rows_read_ = 0;
  if (table != table_) {
    for (Image* image : {&before_, &after_}) {
      image->bitmap.clear();
      image->steps.clear();
      image->json.clear();
      image->values.clear();
    }
    table_ = std::move(table);
  }
  if (event.width != table_->columns.size()) {
    return fail(Errc::schema_mismatch,
                "rows of " + std::to_string(event.width) + " columns for " + table_->schema + '.' + table_->name +
                    ", which has " + std::to_string(table_->columns.size()),
                "give the schema as it was when the rows were written");
  }
  if (Status done = plan(before_, event.columns_before, event.change != RowOp::write); !done) return done;
  if (Status done = plan(after_, event.columns_after, event.change != RowOp::remove); !done) return done;
  assign_buffers();
  write_ = event.change == RowOp::write;
  partial_ = event.partial;
  const std::size_t present = (before_.used ? before_.steps.size() : 0) + (after_.used ? after_.steps.size() : 0);
  if (present == 0 ? !event.rows.empty() || !write_ : event.rows.empty()) {
    return fail(Errc::corrupt, std::string(name_of(event.change)) + " rows of " + table_->schema + '.' + table_->name +
                                   ": " + std::to_string(present) + " columns in " + std::to_string(event.rows.size()) +
                                   " bytes");
  }
  at_ = event.rows.data();
  end_ = at_ + event.rows.size();
  return {};
}

Result<bool> RowReader::next(Row& row) {
  row = {};
  // A write without any column is one row of defaults, and has no bytes.
  const bool row_of_defaults = write_ && rows_read_ == 0 && table_ != nullptr && after_.steps.empty();
  if (at_ == end_ && !row_of_defaults) return false;
  ++rows_read_;
  inflated_bytes_ = 0;
  if (before_.used) {
    if (Status read = read_image(before_); !read) return propagate(read);
    row.before = before_.values;
  }
  if (after_.used) {
    Bytes partial_bits;
    if (partial_) {
      if (Status read = read_partial_bits(partial_bits); !read) return propagate(read);
    }
    if (Status read = read_image(after_); !read) return propagate(read);
    if (!partial_bits.empty()) {
      for (const Step& step : after_.json) {
        Value& value = after_.values[step.column];
        if (value.kind == ValueKind::json && bit_of(partial_bits, step.ordinal)) value.kind = ValueKind::json_diff;
      }
    }
    row.after = after_.values;
  }
  return true;
}

// value_options and, under its bit 0, one bit a JSON column of the table (PROTOCOL 3.8).
Status RowReader::read_partial_bits(Bytes& bits) {
  ByteReader in({at_, static_cast<std::size_t>(end_ - at_)});
  const std::uint64_t options = in.pint();
  if (!in.failed() && options > 1) return bad_row("value options " + std::to_string(options), Errc::unsupported);
  if (options == 1) bits = in.bytes((json_columns_ + 7) / 8);
  if (in.failed()) return bad_row("ends inside its partial-update options");
  at_ += in.offset();
  return {};
}

Status RowReader::read_image(Image& image) {
  const std::size_t count = image.steps.size();
  const std::size_t null_bytes = (count + 7) / 8;
  if (static_cast<std::size_t>(end_ - at_) < null_bytes) return bad_row("ends inside its NULL bitmap");
  const std::uint8_t* const nulls = at_;
  const std::uint8_t* p = at_ + null_bytes;
  const std::uint8_t* const end = end_;
  const Step* const steps = image.steps.data();
  Value* const values = image.values.data();

  for (std::size_t i = 0; i < count; ++i) {
    const Step& step = steps[i];
    Value& value = values[step.column];
    if ((nulls[i / 8] >> (i % 8) & 1) != 0) {
      value = Value();
      value.kind = ValueKind::null;
      continue;
    }
    if (static_cast<std::size_t>(end - p) < step.width) [[unlikely]]
      return bad_value(step, "runs beyond the event");
    value.kind = step.kind;
    std::uint32_t size = 0;
    switch (step.op) {
      case Op::int_1:
        value.i = load<std::int8_t>(p);  // NOLINT(bugprone-signed-char-misuse): a TINYINT, no character
        p += 1;
        continue;
      case Op::int_2:
        value.i = load<std::int16_t>(p);
        p += 2;
        continue;
      case Op::int_3:
        value.i = static_cast<std::int32_t>(load_3(p) << 8) >> 8;
        p += 3;
        continue;
      case Op::int_4:
        value.i = load<std::int32_t>(p);
        p += 4;
        continue;
      case Op::int_8:
        value.i = load<std::int64_t>(p);
        p += 8;
        continue;
      case Op::uint_1:
        value.u = *p;
        p += 1;
        continue;
      case Op::uint_2:
        value.u = load<std::uint16_t>(p);
        p += 2;
        continue;
      case Op::uint_3:
        value.u = load_3(p);
        p += 3;
        continue;
      case Op::uint_4:
        value.u = load<std::uint32_t>(p);
        p += 4;
        continue;
      case Op::uint_8:
        value.u = load<std::uint64_t>(p);
        p += 8;
        continue;
      case Op::bytes_1:
        size = *p;
        p += 1;
        break;
      case Op::bytes_2:
        size = load<std::uint16_t>(p);
        p += 2;
        break;
      case Op::bytes_3:
        size = load_3(p);
        p += 3;
        break;
      case Op::bytes_4:
        size = load<std::uint32_t>(p);
        p += 4;
        break;
      default:
        at_ = p;
        if (Status read = read_slowly(step, value); !read) [[unlikely]]
          return read;
        p = at_;
        continue;
    }
    if (size > static_cast<std::size_t>(end - p)) [[unlikely]] {
      return bad_value(step, "of " + std::to_string(size) + " bytes runs beyond the event");
    }
    if (size > step.most) [[unlikely]] {
      return bad_value(step, "of " + std::to_string(size) + " bytes, of at most " + std::to_string(step.most));
    }
    value.data = p;
    value.size = size;
    p += size;
  }
  at_ = p;
  return {};
}

// The types outside the hot loop. `step.width` bytes are known to be there.
Status RowReader::read_slowly(const Step& step, Value& value) {
  const std::uint8_t* const p = at_;
  at_ += step.width;
  switch (step.op) {
    case Op::float_4: value.f = load<float>(p); return {};
    case Op::double_8: value.d = load<double>(p); return {};
    case Op::decimal:
      value.data = p;
      value.size = step.width;
      return {};
    case Op::bit: value.u = load_big(p, step.width); return {};
    case Op::date: value.u = load_3(p); return {};
    case Op::year: value.u = *p == 0 ? 0 : 1900U + *p; return {};
    case Op::time_2: value.i = load_time_2(p, step.width - 3U); return {};
    case Op::timestamp_2: value.u = load_big(p, 4) << 24 | load_fraction(p + 4, step.width - 4U); return {};
    case Op::datetime_2: {
      constexpr std::uint64_t kBias = 0x8000000000;
      const std::uint64_t packed = load_big(p, 5);
      if (packed < kBias) return bad_value(step, "is not a DATETIME");
      value.u = (packed - kBias) << 24 | load_fraction(p + 5, step.width - 5U);
      return {};
    }
    case Op::timestamp_old: value.u = std::uint64_t{load<std::uint32_t>(p)} << 24; return {};
    case Op::time_old: {
      const std::int32_t digits = static_cast<std::int32_t>(load_3(p) << 8) >> 8;
      const std::int64_t magnitude = digits < 0 ? -digits : digits;
      const std::int64_t minute = magnitude / 100 % 100;
      const std::int64_t second = magnitude % 100;
      if (minute > 59 || second > 59) return bad_value(step, "is not a TIME");
      const std::int64_t packed = (magnitude / 10000 << 12 | minute << 6 | second) << 24;
      value.i = digits < 0 ? -packed : packed;
      return {};
    }
    case Op::datetime_old: {
      const auto digits = load<std::uint64_t>(p);
      const std::uint64_t year = digits / 10'000'000'000;
      const std::uint64_t month = digits / 100'000'000 % 100;
      const std::uint64_t day = digits / 1'000'000 % 100;
      const std::uint64_t hour = digits / 10'000 % 100;
      const std::uint64_t minute = digits / 100 % 100;
      const std::uint64_t second = digits % 100;
      if (year > 9999 || month > 12 || day > 31 || hour > 23 || minute > 59 || second > 59) {
        return bad_value(step, "is not a DATETIME");
      }
      value.u = ((year * 13 + month) << 22 | day << 17 | hour << 12 | minute << 6 | second) << 24;
      return {};
    }
    case Op::time_hires: {
      const std::int64_t unit = kMicrosecondsOfDigit[table_->columns[step.column].fsp];
      const std::int64_t count = static_cast<std::int64_t>(load_big(p, step.width)) - kTimeHiresZero / unit;
      if (count >= kTimeHiresZero / unit || count <= -kTimeHiresZero / unit) return bad_value(step, "is not a TIME");
      const auto microseconds = static_cast<std::uint64_t>((count < 0 ? -count : count) * unit);
      const std::uint64_t seconds = microseconds / 1000000;
      const auto packed = static_cast<std::int64_t>(pack_clock(seconds / 3600, seconds / 60 % 60, seconds % 60) << 24 |
                                                    microseconds % 1000000);
      value.i = count < 0 ? -packed : packed;
      return {};
    }
    case Op::datetime_hires: {
      const std::uint64_t units_a_second = 1000000 / kMicrosecondsOfDigit[table_->columns[step.column].fsp];
      const std::uint64_t count = load_big(p, step.width);
      const std::uint64_t seconds = count / units_a_second;
      const std::uint64_t microseconds = count % units_a_second * (1000000 / units_a_second);
      const std::uint64_t days = seconds / 86400;
      const std::uint64_t year_month = days / 32;
      if (year_month / 13 > 9999) return bad_value(step, "is not a DATETIME");
      const std::uint64_t clock = pack_clock(seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
      value.u = (year_month << 22 | days % 32 << 17 | clock) << 24 | microseconds;
      return {};
    }
    case Op::timestamp_hires: {
      const std::uint32_t unit = kMicrosecondsOfDigit[table_->columns[step.column].fsp];
      const std::uint64_t microseconds = load_big(p + 4, step.width - 4U) * unit;
      if (microseconds >= 1000000) return bad_value(step, "is not a TIMESTAMP");
      value.u = load_big(p, 4) << 24 | microseconds;
      return {};
    }
    case Op::compressed: {
      std::uint32_t size = 0;
      std::memcpy(&size, p, step.width);
      if (size > static_cast<std::size_t>(end_ - at_)) return bad_value(step, "runs beyond the event");
      if (size > step.most) return bad_value(step, "is longer than declared");
      std::string& buffer = buffers_[step.ordinal];
      const std::uint64_t budget = limits_.inflated_bytes - std::min(limits_.inflated_bytes, inflated_bytes_);
      Result<Bytes> plain = decompress_column({at_, size}, budget, buffer);
      if (!plain) return bad_value(step, ": " + plain.error().what, plain.error().code);
      at_ += size;
      inflated_bytes_ += plain->size();
      value.data = plain->data();
      value.size = static_cast<std::uint32_t>(plain->size());
      return {};
    }
    default: return {};  // Op::null: a column of type NULL has no bytes
  }
}

std::unexpected<Error> RowReader::bad_value(const Step& step, std::string_view what, Errc code) const {
  const Column& column = table_->columns[step.column];
  const std::string separator = what.starts_with(':') ? "" : " ";
  return bad_row("value of column " + column.name + separator + std::string(what), code);
}

std::unexpected<Error> RowReader::bad_row(std::string what, Errc code) const {
  Error error{code, std::move(what), {}, {}};
  // MariaDB may log TIME(3) as the old TIME with longer values and no word of it; all that follows is then shifted.
  const bool has_old_temporal = std::ranges::any_of(table_->columns, [](const Column& column) {
    return column.storage == Storage::time_old || column.storage == Storage::datetime_old ||
           column.storage == Storage::timestamp_old;
  });
  if (has_old_temporal) {
    error.hint =
        "the table has TIME, DATETIME or TIMESTAMP columns of the old format; only the table's definition tells "
        "how many digits of fraction they have: give it with --schema, or start where the log creates the table";
  }
  return std::unexpected(
      std::move(error).at(table_->schema + '.' + table_->name + ": row " + std::to_string(rows_read_)));
}

}  // namespace binferry
