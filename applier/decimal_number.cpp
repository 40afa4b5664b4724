#include "applier/decimal_number.hpp"

#include <charconv>

namespace binferry {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string_view take_digits(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && text[size] >= '0' && text[size] <= '9') ++size;
  const std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

bool take_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return negative;
}

}  // namespace

std::optional<DecimalNumber> DecimalNumber::parse(std::string_view text) {
  text = trimmed(text);
  DecimalNumber number;
  number.negative_ = take_sign(text);
  number.whole_ = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    number.fraction_ = take_digits(text);
  }
  if (number.whole_.empty() && number.fraction_.empty()) return std::nullopt;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    const bool down = take_sign(text);
    const std::string_view digits = take_digits(text);
    unsigned places = 0;
    if (digits.empty() || digits.size() > 4) return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), places);
    std::string& from = down ? number.whole_ : number.fraction_;
    if (from.size() < places) {
      down ? from.insert(0, places - from.size(), '0') : from.append(places - from.size(), '0');
    }
    if (down) {
      number.fraction_.insert(0, from, from.size() - places);
      from.resize(from.size() - places);
    } else {
      number.whole_.append(from, 0, places);
      from.erase(0, places);
    }
  }
  if (!text.empty()) return std::nullopt;
  number.whole_.erase(0, number.whole_.find_first_not_of('0'));
  number.settle_sign();
  return number;
}

DecimalNumber DecimalNumber::of(std::int64_t value) {
  DecimalNumber number = of(value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value));
  number.negative_ = value < 0;
  return number;
}

DecimalNumber DecimalNumber::of(std::uint64_t value) {
  DecimalNumber number;
  if (value != 0) number.whole_ = std::to_string(value);
  return number;
}

void DecimalNumber::rescale(std::size_t scale) {
  if (fraction_.size() <= scale) {
    fraction_.append(scale - fraction_.size(), '0');
    return;
  }
  const bool up = fraction_[scale] >= '5';
  fraction_.resize(scale);
  if (up) {
    const auto carry_into = [](std::string& digits) {
      for (std::size_t i = digits.size(); i-- > 0;) {
        if (digits[i] != '9') {
          ++digits[i];
          return false;
        }
        digits[i] = '0';
      }
      return true;
    };
    if (carry_into(fraction_) && carry_into(whole_)) whole_.insert(whole_.begin(), '1');
  }
  settle_sign();
}

void DecimalNumber::settle_sign() {
  if (whole_.empty() && is_integer()) negative_ = false;
}

std::string DecimalNumber::text() const {
  std::string out = negative_ ? "-" : "";
  out += whole_.empty() ? "0" : whole_;
  if (!fraction_.empty()) out += "." + fraction_;
  return out;
}

std::optional<std::uint64_t> DecimalNumber::magnitude() const {
  if (whole_.empty()) return 0;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(whole_.data(), whole_.data() + whole_.size(), value);
  if (parsed.ec != std::errc()) return std::nullopt;
  return value;
}

}  // namespace binferry
