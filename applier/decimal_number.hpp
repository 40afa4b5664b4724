// An exact decimal number as text, for values that change type: what MySQL rounds, it rounds half away from zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace binferry {

class DecimalNumber {
 public:
  // Digits with an optional sign, point and exponent (of at most 4 digits), blanks around them; nothing else.
  static std::optional<DecimalNumber> parse(std::string_view text);
  static DecimalNumber of(std::int64_t value);
  static DecimalNumber of(std::uint64_t value);

  // Rounds to `scale` digits after the point, or adds zeros up to it.
  void rescale(std::size_t scale);

  [[nodiscard]] bool negative() const { return negative_; }  // never of zero
  [[nodiscard]] bool is_integer() const { return fraction_.find_first_not_of('0') == std::string::npos; }
  [[nodiscard]] std::size_t whole_digits() const { return whole_.size(); }  // without leading zeros
  // As a DECIMAL prints: at least one digit before the point, all digits after it.
  [[nodiscard]] std::string text() const;
  // The magnitude without its fraction; nothing beyond 2^64-1.
  [[nodiscard]] std::optional<std::uint64_t> magnitude() const;

 private:
  void settle_sign();

  bool negative_ = false;
  std::string whole_;  // without leading zeros; empty for 0
  std::string fraction_;
};

}  // namespace binferry
