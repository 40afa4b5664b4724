#include "applier/conversion.hpp"

#include "applier/column_traits.hpp"
#include "applier/decimal_number.hpp"
#include "applier/moment.hpp"
#include "binlog/row/float_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace binferry {
namespace {

using Type = SqliteStatement::Type;

// sql_mode bits (MySQL 8.0 sql/system_variables.h; MariaDB 10.11 sql/sql_class.h).
constexpr std::uint64_t kStrictTransTables = 1ULL << 21;
constexpr std::uint64_t kStrictAllTables = 1ULL << 22;
constexpr std::uint64_t kPadCharToFullLength = 1ULL << 31;
constexpr std::uint64_t kMysqlTimeTruncateFractional = 1ULL << 32;
constexpr std::uint64_t kMariadbTimeRoundFractional = 1ULL << 34;

constexpr std::uint64_t kMostInteger = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
constexpr std::int64_t kFirstTimestamp_us = 1'000'000;
constexpr std::int64_t kLastTimestamp_us = 2'147'483'648'000'000 - 1;  // of every version; newer ones go on to 2106

Cell integer_cell(std::int64_t value) {
  return {Type::integer, true, value, 0, {}};
}
Cell real_cell(double value) {
  return {Type::real, true, 0, value, {}};
}
Cell text_cell(std::string_view text) {
  return {Type::text, true, 0, 0, text};
}
Cell blob_cell(std::string_view bytes) {
  return {Type::blob, true, 0, 0, bytes};
}

bool labels_keep_order(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  auto next = after.begin();
  for (const std::string& label : before) {
    next = std::find(next, after.end(), label);
    if (next == after.end()) return false;
    ++next;
  }
  return true;
}

// Of text, in the bytes a text type counts; 0: no limit that matters.
std::uint64_t most_bytes(const ColumnDefinition& column) {
  if (column.type == ColumnType::text) return column.length;
  return std::uint64_t{column.length} * (column.charset != nullptr ? column.charset->max_bytes : 1U);
}

bool keeps_text(const ColumnDefinition& before, const ColumnDefinition& after, const ConversionSettings& settings) {
  if (before.charset != after.charset &&
      (after.charset == nullptr || after.charset->name != "utf8mb4" || before.charset == nullptr))
    return false;
  if (before.type == ColumnType::char_ && (settings.sql_mode & kPadCharToFullLength) != 0) return false;
  if (after.type == ColumnType::char_ && before.type != ColumnType::char_) return false;
  if (after.type == ColumnType::text) {
    if (before.type == ColumnType::text) return before.charset == after.charset && after.length >= before.length;
    return after.charset != nullptr && std::uint64_t{before.length} * after.charset->max_bytes <= after.length;
  }
  return before.type != ColumnType::text && after.length >= before.length;
}

bool keeps(const ColumnDefinition& before, const ColumnDefinition& after, const ConversionSettings& settings) {
  const TypeFamily family = family_of(before.type);
  if (family != family_of(after.type)) return false;
  switch (family) {
    case TypeFamily::integer:
    case TypeFamily::bit:
    case TypeFamily::year: {
      const IntegerRange old_range = range_of(before);
      const IntegerRange new_range = range_of(after);
      return new_range.lowest >= old_range.lowest && new_range.highest >= old_range.highest;
    }
    case TypeFamily::decimal:
      return before.scale == after.scale && after.precision >= before.precision &&
             (before.is_unsigned || !after.is_unsigned);
    case TypeFamily::real:
      return before.type == after.type && before.decimals == after.decimals &&
             (before.decimals == Column::kNoDecimals || after.precision >= before.precision) &&
             (before.is_unsigned || !after.is_unsigned);
    case TypeFamily::text: return keeps_text(before, after, settings);
    case TypeFamily::bytes:
      if (after.type == ColumnType::binary) return before.type == ColumnType::binary && before.length == after.length;
      return after.length >= before.length;
    case TypeFamily::date: return true;
    case TypeFamily::time:
    case TypeFamily::datetime:
    case TypeFamily::timestamp: return before.fsp == after.fsp;
    case TypeFamily::enum_:
      return std::ranges::all_of(before.labels, [&](const std::string& label) {
        return std::ranges::find(after.labels, label) != after.labels.end();
      });
    case TypeFamily::set_: return labels_keep_order(before.labels, after.labels);
    case TypeFamily::other: return before.type == after.type && before.length == after.length;
  }
  return false;
}

// The number in a cell; nothing if the source would read it in a way that is not known for certain.
std::optional<DecimalNumber> number_in(const ColumnDefinition& column, const Cell& cell, bool whole) {
  switch (family_of(column.type)) {
    case TypeFamily::integer:
    case TypeFamily::bit:
    case TypeFamily::year:
      if (cell.type == Type::integer) return DecimalNumber::of(cell.integer);
      return DecimalNumber::parse(cell.bytes);  // wide
    case TypeFamily::decimal:
    case TypeFamily::text:
      if (cell.type != Type::text) return std::nullopt;
      return DecimalNumber::parse(cell.bytes);
    case TypeFamily::real: {
      if (column.decimals != Column::kNoDecimals) return std::nullopt;
      // The replica holds a FLOAT as the double that prints alike; the source computes with the float itself.
      const double value =
          column.type == ColumnType::float_ ? static_cast<double>(static_cast<float>(cell.real)) : cell.real;
      if (whole && std::fabs(value) < 9.2e18)
        return DecimalNumber::of(static_cast<std::int64_t>(std::nearbyint(value)));
      if (whole) return std::nullopt;
      std::string text;
      append_double(value, Column::kNoDecimals, text);
      return DecimalNumber::parse(text);
    }
    default: return std::nullopt;
  }
}

std::size_t find_label(const ColumnDefinition& column, std::string_view text) {
  const auto exact = std::ranges::find(column.labels, text);
  return static_cast<std::size_t>(exact - column.labels.begin());
}

// Of an ENUM its place, of a SET its bits; nothing where the text may be several numbers'.
std::optional<std::uint64_t> label_number(const ColumnDefinition& column, std::string_view text) {
  std::uint64_t number = 0;
  while (!text.empty()) {
    const std::size_t end = column.type == ColumnType::set_ ? std::min(text.find(','), text.size()) : text.size();
    const std::string_view label = text.substr(0, end);
    if (std::ranges::count(column.labels, label) != 1) return std::nullopt;
    const std::size_t index = find_label(column, label);
    number |= column.type == ColumnType::set_ ? std::uint64_t{1} << index : index + 1;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  // The empty text is the error value 0, or a label.
  if (number == 0 && std::ranges::find(column.labels, "") != column.labels.end()) return std::nullopt;
  return number;
}

// Digits that are no label are an ENUM's place or a SET's bits (Field_enum::store, Field_set::store); nothing where
// they are neither, or where a label might be equal to them in its collation.
std::optional<std::uint64_t> number_in_digits(const ColumnDefinition& column, std::string_view text) {
  const bool is_enum = column.type == ColumnType::enum_;
  const std::size_t most_digits = is_enum ? 5 : 20;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() > most_digits || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const bool is_plain = std::ranges::all_of(column.labels, [](const std::string& label) {
    return std::ranges::all_of(label, [](char c) { return c >= ' ' && c <= '~'; });
  });
  const std::size_t count = column.labels.size();
  const bool is_there = is_enum ? number <= count : count < 64 && number >> count == 0;
  if (!is_plain || !is_there) return std::nullopt;
  return number;
}

// 20240229 and 20240229101112 as servers read numbers; of other lengths each has its own way.
std::optional<Moment> moment_of_number(std::int64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() != 8 && digits.size() != 14) return std::nullopt;
  const bool has_time = digits.size() == 14;
  if (has_time) digits.insert(12, ":").insert(10, ":").insert(8, " ");
  digits.insert(6, "-").insert(4, "-");
  const std::optional<Moment> moment = has_time ? Moment::parse_datetime(digits) : Moment::parse_date(digits);
  if (!moment || !moment->is_whole_date() || number < 0) return std::nullopt;
  return moment;
}

// 101112 is 10:11:12.
std::optional<Moment> time_of_number(std::int64_t number) {
  constexpr std::int64_t kMostTime = 8'385'959;
  if (number < -kMostTime || number > kMostTime) return std::nullopt;
  const std::int64_t magnitude = std::abs(number);
  return Moment::parse_time(fmt::format("{}{:02}:{:02}:{:02}", number < 0 ? "-" : "", magnitude / 10'000,
                                        magnitude / 100 % 100, magnitude % 100));
}

// Date and time in a cell, in the session's time zone.
std::optional<Moment> moment_in(const ColumnDefinition& column, const Cell& cell, const ConversionSettings& settings) {
  const bool is_whole_number = family_of(column.type) == TypeFamily::integer && cell.type == Type::integer;
  if (is_whole_number) return moment_of_number(cell.integer);
  if (cell.type != Type::text) return std::nullopt;
  switch (family_of(column.type)) {
    case TypeFamily::date: return Moment::parse_date(cell.bytes);
    case TypeFamily::datetime: return Moment::parse_datetime(cell.bytes);
    case TypeFamily::text: {
      std::optional<Moment> moment = Moment::parse_datetime(cell.bytes);
      return moment ? moment : Moment::parse_date(cell.bytes);
    }
    case TypeFamily::timestamp: {
      const std::optional<Moment> utc = Moment::parse_datetime(cell.bytes);
      if (!utc || utc->is_zero_date()) return utc;
      if (!settings.zone_offset_s || !utc->is_whole_date()) return std::nullopt;
      return Moment::of_utc(utc->utc_microseconds() + *settings.zone_offset_s * std::int64_t{1'000'000});
    }
    default: return std::nullopt;
  }
}

std::string in_utc(const Moment& moment, std::uint8_t fsp, const ConversionSettings& settings) {
  if (moment.is_zero_date()) return moment.datetime_text(fsp);
  if (!settings.zone_offset_s || !moment.is_whole_date()) return {};
  const std::int64_t utc_us = moment.utc_microseconds() - *settings.zone_offset_s * std::int64_t{1'000'000};
  if (utc_us < kFirstTimestamp_us || utc_us > kLastTimestamp_us) return {};
  return Moment::of_utc(utc_us).datetime_text(fsp);
}

// A FLOAT prints at the source with 6 digits: all it has, or not.
std::optional<std::string> float_text(double value) {
  std::string text;
  append_float(static_cast<float>(value), Column::kNoDecimals, text);
  const auto digits = std::count_if(text.begin(), std::find(text.begin(), text.end(), 'e'),
                                    [](char c) { return c >= '0' && c <= '9'; });
  if (digits > 6) return std::nullopt;
  return text;
}

}  // namespace

ConversionSettings ConversionSettings::of(const DdlContext& context, bool decimal_real, std::uint64_t timestamp_us) {
  return {context.dialect.mariadb, context.dialect.sql_mode, binferry::zone_offset_s(context.time_zone), decimal_real,
          timestamp_us};
}

bool ConversionSettings::strict() const {
  return (sql_mode & (kStrictTransTables | kStrictAllTables)) != 0;
}

bool ConversionSettings::rounds_fractions() const {
  return mariadb ? (sql_mode & kMariadbTimeRoundFractional) != 0 : (sql_mode & kMysqlTimeTruncateFractional) == 0;
}

ColumnConversion::ColumnConversion(const ColumnDefinition& before, const ColumnDefinition& after,
                                   const ConversionSettings& settings)
    : before_(before), after_(after), settings_(settings), keeps_values_(keeps(before, after, settings)) {}

std::unexpected<Error> ColumnConversion::uncertain(std::string_view why) const {
  return fail(Errc::unsupported,
              fmt::format("column {}: {} to {}: {}", after_.name, before_.declared_type, after_.declared_type, why));
}

Result<Cell> ColumnConversion::convert(const Cell& value, std::string& buffer) const {
  if (value.is_null()) {
    if (after_.nullable) return value;
    // The first TIMESTAMP rules and the error value of ENUM make these two no plain zero.
    if (after_.type == ColumnType::timestamp || after_.type == ColumnType::enum_) return uncertain("NULL in it");
    return implicit_default(after_, settings_, buffer);
  }
  if (keeps_values_) return value;
  return convert_value(value, buffer);
}

Result<Cell> ColumnConversion::convert_value(const Cell& value, std::string& buffer) const {
  const bool from_decimal_real = settings_.decimal_real && before_.type == ColumnType::decimal;
  if (from_decimal_real) return uncertain("the replica holds DECIMAL as REAL");
  switch (family_of(after_.type)) {
    case TypeFamily::integer:
    case TypeFamily::bit:
    case TypeFamily::year: return to_whole_number(value, buffer);
    case TypeFamily::decimal: return to_decimal(value, buffer);
    case TypeFamily::real: return to_real(value);
    case TypeFamily::text: return to_text(value, buffer);
    case TypeFamily::bytes: return to_bytes(value, buffer);
    case TypeFamily::date:
    case TypeFamily::time:
    case TypeFamily::datetime:
    case TypeFamily::timestamp: return to_temporal(value, buffer);
    case TypeFamily::enum_:
    case TypeFamily::set_: return to_labels(value, buffer);
    case TypeFamily::other: break;
  }
  return uncertain("this conversion is the source's own");
}

// The number that a value is to a numeric type.
std::optional<DecimalNumber> ColumnConversion::number_of(const Cell& value, bool whole) const {
  const TypeFamily to = family_of(after_.type);
  const bool is_numeric = to == TypeFamily::integer || to == TypeFamily::decimal || to == TypeFamily::real;
  switch (family_of(before_.type)) {
    case TypeFamily::enum_:
    case TypeFamily::set_: {
      const std::optional<std::uint64_t> number = label_number(before_, value.bytes);
      if (!number || !is_numeric) return std::nullopt;
      return DecimalNumber::of(*number);
    }
    case TypeFamily::date:
    case TypeFamily::time:
    case TypeFamily::datetime:
    case TypeFamily::timestamp: {
      // Some servers round fractions of a second, some cut them.
      std::optional<std::string> digits = printed(value);
      if (!digits || !is_numeric || before_.fsp != 0) return std::nullopt;
      std::erase_if(*digits, [](char c) { return c == ' ' || c == ':'; });
      if (family_of(before_.type) != TypeFamily::time) std::erase(*digits, '-');
      return DecimalNumber::parse(*digits);
    }
    default: return number_in(before_, value, whole);
  }
}

Result<Cell> ColumnConversion::to_whole_number(const Cell& value, std::string& buffer) const {
  std::optional<DecimalNumber> number = number_of(value, after_.type != ColumnType::year);
  const bool from_text = family_of(before_.type) == TypeFamily::text;
  // The characters of a text are the bits of a BIT; an exponent is read in one type and passed over in another.
  if (from_text && (after_.type == ColumnType::bit || value.bytes.find_first_of("eE") != std::string_view::npos)) {
    number.reset();
  }
  if (!number) return uncertain("a value that is no plain number");
  // Servers round the texts of fractions in one integer type and cut them in another; no YEAR has one.
  const bool rounds = !from_text && after_.type != ColumnType::year;
  if (!rounds && !number->is_integer()) return uncertain("a fraction in it");
  number->rescale(0);
  std::optional<std::uint64_t> magnitude = number->magnitude();
  const IntegerRange range = range_of(after_);
  const std::uint64_t most = number->negative() ? range.lowest : range.highest;
  if (after_.type == ColumnType::year && magnitude && before_.type != ColumnType::year) {
    // Two digits mean 1970…2069; of text, zero does too.
    if (from_text && value.bytes.size() != 4) return uncertain("a year not of four digits");
    if (*magnitude >= 1 && *magnitude <= 99) magnitude = *magnitude + (*magnitude < 70 ? 2000 : 1900);
    if (number->negative() || (*magnitude != 0 && *magnitude < 1901)) return uncertain("a value that is no year");
  }
  // MySQL reads a DECIMAL as a signed number first, MariaDB a text.
  constexpr auto kMostSigned = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool as_signed = settings_.mariadb ? from_text : family_of(before_.type) == TypeFamily::decimal;
  if (as_signed && magnitude && *magnitude > kMostSigned) return uncertain("a value that does not fit");
  if (!magnitude || *magnitude > most) {
    // The source refused this in strict mode, so that it should not be here; without, it took the nearest bound.
    if (settings_.strict() || family_of(after_.type) != TypeFamily::integer)
      return uncertain("a value beyond its range");
    magnitude = most;
  }
  if (number->negative()) return integer_cell(static_cast<std::int64_t>(0 - *magnitude));
  if (*magnitude <= kMostInteger) return integer_cell(static_cast<std::int64_t>(*magnitude));
  buffer = fmt::format("{:020}", *magnitude);
  return text_cell(buffer);
}

Result<Cell> ColumnConversion::to_decimal(const Cell& value, std::string& buffer) const {
  std::optional<DecimalNumber> number = number_of(value, false);
  if (!number) return uncertain("a value that is no plain number");
  number->rescale(after_.scale);
  if (number->whole_digits() > std::size_t{after_.precision} - after_.scale ||
      (number->negative() && after_.is_unsigned)) {
    return uncertain("a value beyond its range");
  }
  buffer = number->text();
  if (settings_.decimal_real) return real_cell(std::strtod(buffer.c_str(), nullptr));
  return text_cell(buffer);
}

Result<Cell> ColumnConversion::to_real(const Cell& value) const {
  if (after_.decimals != Column::kNoDecimals || before_.decimals != Column::kNoDecimals) {
    return uncertain("decimals were declared for it");
  }
  double number = 0;
  if (before_.type == ColumnType::float_) {
    number = static_cast<double>(static_cast<float>(value.real));
  } else if (before_.type == ColumnType::double_) {
    number = value.real;
  } else {
    const std::optional<DecimalNumber> exact = number_of(value, false);
    if (!exact) return uncertain("a value that is no plain number");
    number = std::strtod(exact->text().c_str(), nullptr);
  }
  if (number < 0 && after_.is_unsigned) return uncertain("a value beyond its range");
  if (after_.type == ColumnType::float_) {
    if (std::fabs(number) > static_cast<double>(std::numeric_limits<float>::max()))
      return uncertain("a value beyond its range");
    std::string text;
    append_float(static_cast<float>(number), Column::kNoDecimals, text);
    number = std::strtod(text.c_str(), nullptr);
  }
  if (!std::isfinite(number)) return uncertain("a value beyond its range");
  return real_cell(number);
}

// The value as the source prints it in this session; nothing if that is not certain.
std::optional<std::string> ColumnConversion::printed(const Cell& value) const {
  switch (family_of(before_.type)) {
    case TypeFamily::integer: {
      if (value.type == Type::text) return std::string(value.bytes.substr(value.bytes.find_first_not_of('0')));
      if (before_.zerofill) return fmt::format("{:0{}}", value.integer, before_.display_width);
      return std::to_string(value.integer);
    }
    case TypeFamily::year: return fmt::format("{:04}", value.integer);
    case TypeFamily::decimal:
      if (before_.zerofill) return std::nullopt;
      return std::string(value.bytes);
    case TypeFamily::real: {
      if (before_.zerofill || before_.decimals != Column::kNoDecimals) return std::nullopt;
      if (before_.type == ColumnType::float_) return float_text(value.real);
      std::string text;
      append_double(value.real, Column::kNoDecimals, text);
      return text;
    }
    case TypeFamily::text:
      if (before_.type == ColumnType::char_ && (settings_.sql_mode & kPadCharToFullLength) != 0) return std::nullopt;
      return std::string(value.bytes);
    case TypeFamily::date:
    case TypeFamily::time:
    case TypeFamily::datetime:
    case TypeFamily::enum_:
    case TypeFamily::set_: return std::string(value.bytes);
    case TypeFamily::timestamp: {
      const std::optional<Moment> moment = moment_in(before_, value, settings_);
      if (!moment) return std::nullopt;
      return moment->datetime_text(before_.fsp);
    }
    case TypeFamily::other:
      switch (before_.type) {
        case ColumnType::json:
        case ColumnType::uuid:
        case ColumnType::inet4:
        case ColumnType::inet6: return std::string(value.bytes);
        default: return std::nullopt;
      }
    case TypeFamily::bit:
    case TypeFamily::bytes: return std::nullopt;
  }
  return std::nullopt;
}

Result<Cell> ColumnConversion::to_text(const Cell& value, std::string& buffer) const {
  const Charset* const charset = after_.charset;
  if (charset == nullptr) return uncertain("its character set is not known");
  if (family_of(before_.type) == TypeFamily::bytes) {
    const bool bytes_are_text = charset->max_bytes == 1 || charset->form == Charset::Form::utf8;
    buffer.clear();
    if (!bytes_are_text || !append_utf8(*charset, bytes_of(value.bytes), buffer)) {
      return uncertain("bytes that are no text in its character set");
    }
  } else {
    std::optional<std::string> text = printed(value);
    if (!text) return uncertain("a value that prints in the source's own way");
    buffer = std::move(*text);
  }
  const std::optional<bool> held = can_hold(*charset, buffer);
  if (!held || !*held) return uncertain(fmt::format("a character that {} may not have", charset->name));
  if (after_.type == ColumnType::text) {
    const std::uint64_t bytes =
        charset->form == Charset::Form::utf8 ? buffer.size() : count_characters(buffer) * charset->max_bytes;
    if (bytes > most_bytes(after_)) return uncertain("a text that may not fit");
    return text_cell(buffer);
  }
  if (after_.type == ColumnType::char_) buffer.erase(buffer.find_last_not_of(' ') + 1);
  const std::string_view fitting = first_characters(buffer, after_.length);
  if (buffer.find_first_not_of(' ', fitting.size()) != std::string::npos) return uncertain("a text that does not fit");
  return text_cell(fitting);
}

Result<Cell> ColumnConversion::to_bytes(const Cell& value, std::string& buffer) const {
  if (family_of(before_.type) == TypeFamily::bytes) {
    buffer = value.bytes;
  } else {
    const std::optional<std::string> text = printed(value);
    if (!text || before_.type == ColumnType::json) return uncertain("a value whose bytes are the source's own");
    // What is no text itself is printed in ASCII.
    const bool has_charset = before_.charset != nullptr;
    const std::optional<std::string> bytes = has_charset ? encoded(*before_.charset, *text) : text;
    if (!bytes) return uncertain("a text whose bytes are not known here");
    buffer = *bytes;
  }
  if (buffer.size() > after_.length) return uncertain("a value that does not fit");
  if (after_.type == ColumnType::binary) buffer.resize(after_.length, '\0');
  return blob_cell(buffer);
}

Result<Cell> ColumnConversion::to_temporal(const Cell& value, std::string& buffer) const {
  const auto odd = [&] { return uncertain("a value that is no plain date or time, or a time zone not known here"); };
  const TypeFamily from = family_of(before_.type);
  const TypeFamily to = family_of(after_.type);
  const bool from_number = from == TypeFamily::integer && value.type == Type::integer;
  if (to == TypeFamily::time && (from == TypeFamily::time || from == TypeFamily::text || from_number)) {
    std::optional<Moment> time = from_number ? time_of_number(value.integer) : Moment::parse_time(value.bytes);
    if (!time || !time->fit_time(after_.fsp, settings_.rounds_fractions())) return odd();
    buffer = time->time_text(after_.fsp);
    return text_cell(buffer);
  }
  if (from == TypeFamily::timestamp && to == TypeFamily::timestamp) {
    std::optional<Moment> utc = Moment::parse_datetime(value.bytes);
    if (!utc || !utc->fit_datetime(after_.fsp, settings_.rounds_fractions())) return odd();
    if (utc->is_whole_date() && utc->utc_microseconds() > kLastTimestamp_us) return odd();
    buffer = utc->datetime_text(after_.fsp);
    return text_cell(buffer);
  }
  std::optional<Moment> moment = moment_in(before_, value, settings_);
  if (!moment) return odd();
  if (to == TypeFamily::time) {
    const int day = moment->day;
    if (from == TypeFamily::date || !moment->fit_datetime(after_.fsp, settings_.rounds_fractions()) ||
        day != moment->day) {
      return odd();
    }
    buffer = moment->time_text(after_.fsp);
    return text_cell(buffer);
  }
  // MariaDB never rounds to the next day.
  const bool rounds = settings_.rounds_fractions() && !(to == TypeFamily::date && settings_.mariadb);
  if (!moment->fit_datetime(to == TypeFamily::date ? 0 : after_.fsp, rounds)) return odd();
  switch (to) {
    case TypeFamily::date: buffer = moment->date_text(); break;
    case TypeFamily::datetime: buffer = moment->datetime_text(after_.fsp); break;
    default:
      buffer = in_utc(*moment, after_.fsp, settings_);
      if (buffer.empty()) return odd();
  }
  return text_cell(buffer);
}

// ENUM and SET keep their labels, whatever numbers they get. A text is a label, else a number in digits; a number is
// that as it is printed at MySQL, and always a place or bits at MariaDB.
Result<Cell> ColumnConversion::to_labels(const Cell& value, std::string& buffer) const {
  const TypeFamily from = family_of(before_.type);
  const bool is_number = from == TypeFamily::integer || from == TypeFamily::year;
  if (!is_number && from != TypeFamily::enum_ && from != TypeFamily::set_ && from != TypeFamily::text) {
    return uncertain("which label this is");
  }
  const std::optional<std::string> written = printed(value);
  if (!written) return uncertain("which label this is");
  std::string_view text = *written;
  if (text.empty() && from == TypeFamily::enum_ && after_.type == ColumnType::enum_) return value;
  const bool is_label = !(is_number && settings_.mariadb) && find_label(after_, text) != after_.labels.size();
  const std::optional<std::uint64_t> number = is_label ? std::nullopt : number_in_digits(after_, text);
  if (after_.type == ColumnType::enum_) {
    if (!is_label && !number) return uncertain("a label that it does not have");
    buffer = is_label ? text : *number == 0 ? std::string_view() : after_.labels[*number - 1];
    return text_cell(buffer);
  }
  std::vector<bool> members(after_.labels.size(), false);
  for (std::size_t i = 0; number && i < members.size(); ++i) members[i] = (*number >> i & 1) != 0;
  while (!number && !text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::size_t label = find_label(after_, text.substr(0, comma));
    if (label == after_.labels.size()) return uncertain("a label that it does not have");
    members[label] = true;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  buffer.clear();
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!members[i]) continue;
    if (!buffer.empty()) buffer += ',';
    buffer += after_.labels[i];
  }
  return text_cell(buffer);
}

}  // namespace binferry
