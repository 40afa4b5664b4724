#include "binlog/row/temporal.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace binferry {
namespace {

constexpr std::array<char, 200> kTwoDigits = [] {
  std::array<char, 200> digits{};
  for (std::size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

// A small stack buffer that text is put together in. 40 characters hold the longest of them, even with every bit of
// the packed integers set.
class Text {
 public:
  void put(char c) { text_[size_++] = c; }
  void two(std::uint64_t value) {
    std::memcpy(text_.data() + size_, kTwoDigits.data() + 2 * (value % 100), 2);
    size_ += 2;
  }
  void four(std::uint64_t value) {
    two(value / 100);
    two(value);
  }
  void date(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
    four(year);
    put('-');
    two(month);
    put('-');
    two(day);
  }
  // hour << 12 | minute << 6 | second; the last two digits of the hour.
  void clock(std::uint64_t packed) {
    two(packed >> 12);
    put(':');
    two(packed >> 6 & 63);
    put(':');
    two(packed & 63);
  }
  void fraction(std::uint64_t microseconds, std::uint8_t fsp) {
    if (fsp == 0) return;
    put('.');
    std::array<char, 6> digits{};
    for (std::size_t i = 6; i-- > 0; microseconds /= 10) digits[i] = static_cast<char>('0' + microseconds % 10);
    const std::size_t count = std::min<std::size_t>(fsp, 6);
    std::memcpy(text_.data() + size_, digits.data(), count);
    size_ += count;
  }
  void move_to(std::string& out) const { out.append(text_.data(), size_); }

 private:
  std::array<char, 40> text_{};
  std::size_t size_ = 0;
};

constexpr std::uint64_t kMicroseconds = (1U << 24) - 1;

}  // namespace

void append_date(std::uint64_t packed, std::string& out) {
  Text text;
  text.date(packed >> 9, packed >> 5 & 15, packed & 31);
  text.move_to(out);
}

void append_time(std::int64_t packed, std::uint8_t fsp, std::string& out) {
  Text text;
  if (packed < 0) text.put('-');
  const std::uint64_t magnitude =
      packed < 0 ? 0 - static_cast<std::uint64_t>(packed) : static_cast<std::uint64_t>(packed);
  const std::uint64_t clock = magnitude >> 24 & 0x3FFFFF;
  const std::uint64_t hours = clock >> 12;  // 10 bits: up to 1023, though a server stores no more than 838
  if (hours >= 1000) text.put('1');
  if (hours >= 100) text.put(static_cast<char>('0' + hours / 100 % 10));
  text.clock(clock);
  text.fraction(magnitude & kMicroseconds, fsp);
  text.move_to(out);
}

void append_datetime(std::uint64_t packed, std::uint8_t fsp, std::string& out) {
  const std::uint64_t seconds = packed >> 24;
  const std::uint64_t year_month = seconds >> 22;
  Text text;
  text.date(year_month / 13, year_month % 13, seconds >> 17 & 31);
  text.put(' ');
  text.clock(seconds & 0x1FFFF);
  text.fraction(packed & kMicroseconds, fsp);
  text.move_to(out);
}

void append_timestamp(std::uint64_t packed, std::uint8_t fsp, std::string& out) {
  const std::uint64_t seconds = packed >> 24;
  Text text;
  if (seconds == 0) {
    text.date(0, 0, 0);
    text.put(' ');
    text.clock(0);
    text.fraction(0, fsp);
    text.move_to(out);
    return;
  }
  // Days to a civil date by eras of 400 years that begin on 1 March, so that leap days come last.
  const std::uint64_t days = seconds / 86400 + 719468;
  const std::uint64_t era = days / 146097;
  const std::uint64_t day_of_era = days % 146097;
  const std::uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint64_t march_month = (5 * day_of_year + 2) / 153;
  const std::uint64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const std::uint64_t second_of_day = seconds % 86400;
  text.date(year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * march_month + 2) / 5 + 1);
  text.put(' ');
  text.clock(second_of_day / 3600 << 12 | second_of_day / 60 % 60 << 6 | second_of_day % 60);
  text.fraction(packed & kMicroseconds, fsp);
  text.move_to(out);
}

void append_year(std::uint64_t year, std::string& out) {
  Text text;
  text.four(year);
  text.move_to(out);
}

}  // namespace binferry
