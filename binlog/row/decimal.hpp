// DECIMAL in its packed form (PROTOCOL 4.4) to exact text. Never through a double.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string>

namespace binferry {

inline constexpr std::uint8_t kMaxDecimalPrecision = 65;
inline constexpr std::uint8_t kMaxDecimalScale = 38;  // MariaDB's; MySQL stops at 30

// Packed size in bytes of a DECIMAL(precision, scale); precision ≥ scale.
constexpr std::size_t decimal_bytes(std::uint8_t precision, std::uint8_t scale) {
  constexpr std::uint8_t kPartial[10] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
  const auto bytes_of_digits = [&](std::size_t digits) { return digits / 9 * 4 + kPartial[digits % 9]; };
  return bytes_of_digits(static_cast<std::size_t>(precision - scale)) + bytes_of_digits(scale);
}

// Appends the number as the server prints it: no leading zeros but one before the point, `scale` digits after it, and
// no sign on zero. Errc::corrupt if precision and scale are impossible, the size is not decimal_bytes(), or a group
// holds more than its digits; `out` is then as before.
Status append_decimal(Bytes packed, std::uint8_t precision, std::uint8_t scale, std::string& out);

}  // namespace binferry
