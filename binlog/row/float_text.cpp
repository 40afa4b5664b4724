#include "binlog/row/float_text.hpp"

#include "binlog/row/table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace binferry {
namespace {

// Decimal places beyond which the server turns to an exponent (its MAX_DECPT_FOR_F_FORMAT).
constexpr int kMaxPlaces = 15;

// The shortest digits that read back as the number, `0.d1d2d3… × 10^point`.
struct Digits {
  std::array<char, 32> digits{};
  std::size_t size = 0;
  int point = 0;
  [[nodiscard]] std::string_view text() const { return {digits.data(), size}; }
};

// `value` is finite and not negative.
template <class Float>
Digits shortest(Float value) {
  Digits result;
  std::array<char, 40> text{};
  const char* end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
  const char* at = text.data();
  for (; at != end && *at != 'e'; ++at) {
    if (*at != '.') result.digits[result.size++] = *at;
  }
  int exponent = 0;
  const char* number = at + 1 < end && at[1] == '+' ? at + 2 : at + 1;
  std::from_chars(number, end, exponent);
  result.point = exponent + 1;
  while (result.size > 1 && result.digits[result.size - 1] == '0') --result.size;
  return result;
}

void append_plain(const Digits& number, std::string& out) {
  const auto size = static_cast<int>(number.size);
  if (number.point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-number.point), '0');
    out += number.text();
  } else if (number.point >= size) {
    out += number.text();
    out.append(static_cast<std::size_t>(number.point - size), '0');
  } else {
    out += number.text().substr(0, static_cast<std::size_t>(number.point));
    out += '.';
    out += number.text().substr(static_cast<std::size_t>(number.point));
  }
}

void append_exponent(const Digits& number, std::string& out) {
  out += number.digits[0];
  if (number.size > 1) {
    out += '.';
    out += number.text().substr(1);
  }
  out += 'e';
  std::array<char, 8> text{};
  char* end = std::to_chars(text.data(), text.data() + text.size(), number.point - 1).ptr;
  out.append(text.data(), end);
}

// Fixed decimals. The server shows the shortest digits, filled up with zeros, where they fit, and rounds the exact
// value where they do not: 1e23 is 1 and 23 zeros, not 99999999999999991611392.
template <class Float>
void append_fixed(Float value, std::uint8_t decimals, std::string& out) {
  const Digits number = shortest(value);
  const int places = static_cast<int>(number.size) - number.point;
  if (places > decimals) {
    std::array<char, 400> text{};  // a DOUBLE has up to 309 digits before the point, and decimals is below 31
    char* end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals).ptr;
    out.append(text.data(), end);
    return;
  }
  append_plain(number, out);
  if (decimals == 0) return;
  if (places <= 0) out += '.';
  out.append(static_cast<std::size_t>(decimals - std::max(places, 0)), '0');
}

template <class Float>
void append(Float value, std::uint8_t decimals, std::string& out) {
  if (std::isnan(value)) {
    out += "nan";
    return;
  }
  if (std::signbit(value)) out += '-';
  value = std::abs(value);
  if (std::isinf(value)) {
    out += "inf";
  } else if (decimals < Column::kNoDecimals) {
    append_fixed(static_cast<double>(value), decimals, out);
  } else if (value == 0) {
    out += '0';
  } else {
    const Digits number = shortest(value);
    const bool is_plain =
        number.point > -kMaxPlaces && (number.point <= kMaxPlaces || static_cast<int>(number.size) > number.point);
    is_plain ? append_plain(number, out) : append_exponent(number, out);
  }
}

}  // namespace

void append_float(float value, std::uint8_t decimals, std::string& out) {
  append(value, decimals, out);
}

void append_double(double value, std::uint8_t decimals, std::string& out) {
  append(value, decimals, out);
}

void append_json_double(double value, std::string& out) {
  const std::size_t before = out.size();
  append(value, Column::kNoDecimals, out);
  if (std::isfinite(value) && out.find_first_of(".e", before) == std::string::npos) out += ".0";
}

}  // namespace binferry
