#include "binlog/row/decimal.hpp"

#include <algorithm>
#include <array>

namespace binferry {
namespace {

constexpr std::size_t kGroupDigits = 9;
constexpr std::array<std::uint8_t, 10> kGroupBytes = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr std::array<std::uint32_t, 10> kPowersOfTen = {1,      10,      100,      1000,      10000,
                                                        100000, 1000000, 10000000, 100000000, 1000000000};

// Walks the groups of digits from the left, undoing the sign's disguise: positive numbers have the top bit set,
// negative ones have every bit turned over.
class Groups {
 public:
  explicit Groups(Bytes packed)
      : packed_(packed), is_negative_(!packed.empty() && (packed[0] & 0x80) == 0), mask_(is_negative_ ? 0xFF : 0x00) {}

  [[nodiscard]] bool is_negative() const { return is_negative_; }

  // Writes `digits` (1…9) digits with leading zeros; false if the group holds a larger number.
  bool write(std::size_t digits, char* to) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < kGroupBytes[digits]; ++i, ++at_) {
      std::uint8_t byte = packed_[at_] ^ mask_;
      if (at_ == 0) byte ^= 0x80;
      value = value << 8 | byte;
    }
    if (value >= kPowersOfTen[digits]) return false;
    for (std::size_t i = digits; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
    return true;
  }

 private:
  Bytes packed_;
  std::size_t at_ = 0;
  bool is_negative_;
  std::uint8_t mask_;
};

}  // namespace

Status append_decimal(Bytes packed, std::uint8_t precision, std::uint8_t scale, std::string& out) {
  if (precision == 0 || precision > kMaxDecimalPrecision || scale > kMaxDecimalScale || scale > precision) {
    return fail(Errc::corrupt, "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ") cannot be");
  }
  if (packed.size() != decimal_bytes(precision, scale)) {
    return fail(Errc::corrupt, "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ") has " +
                                   std::to_string(packed.size()) + " bytes");
  }
  std::array<char, kMaxDecimalPrecision> digits{};
  const std::size_t whole = precision - scale;
  Groups groups(packed);
  std::size_t at = 0;
  // The partial group stands first before the point and last after it.
  std::size_t size = whole % kGroupDigits != 0 ? whole % kGroupDigits : kGroupDigits;
  while (at < precision) {
    const std::size_t end = at < whole ? whole : precision;
    size = std::min(size, end - at);
    if (!groups.write(size, digits.data() + at)) {
      return fail(Errc::corrupt, "a group of " + std::to_string(size) + " digits of a DECIMAL holds a larger number");
    }
    at += size;
    size = kGroupDigits;
  }

  std::size_t first = 0;
  while (first < whole && digits[first] == '0') ++first;
  bool is_zero = first == whole;
  for (std::size_t i = whole; is_zero && i < precision; ++i) is_zero = digits[i] == '0';
  // The server normalizes a negative zero away when it reads the packed form.
  if (groups.is_negative() && !is_zero) out.push_back('-');
  if (first == whole) out.push_back('0');
  out.append(digits.data() + first, whole - first);
  if (scale != 0) {
    out.push_back('.');
    out.append(digits.data() + whole, scale);
  }
  return {};
}

}  // namespace binferry
