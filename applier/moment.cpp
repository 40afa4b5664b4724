#include "applier/moment.hpp"

#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace binferry {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86400 * kSecond;
constexpr std::int64_t kMostTime = (838 * 3600 + 59 * 60 + 59) * kSecond;

bool take_number(std::string_view& text, std::size_t digits, int& out) {
  if (text.size() < digits) return false;
  const auto parsed = std::from_chars(text.data(), text.data() + digits, out);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + digits || text[0] == '-') return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, Moment& moment) {
  if (!take_number(text, 4, moment.year) || !take(text, '-') || !take_number(text, 2, moment.month) ||
      !take(text, '-') || !take_number(text, 2, moment.day)) {
    return false;
  }
  if (moment.month > 12 || moment.day > 31) return false;
  const std::chrono::year_month_day date{std::chrono::year(moment.year),
                                         std::chrono::month(static_cast<unsigned>(moment.month)),
                                         std::chrono::day(static_cast<unsigned>(moment.day))};
  return !moment.is_whole_date() || date.ok();
}

bool take_clock(std::string_view& text, std::size_t hour_digits, Moment& moment) {
  if (!take_number(text, hour_digits, moment.hours) || !take(text, ':') || !take_number(text, 2, moment.minutes) ||
      !take(text, ':') || !take_number(text, 2, moment.seconds) || moment.minutes > 59 || moment.seconds > 59) {
    return false;
  }
  if (!take(text, '.')) return true;
  const std::size_t digits = text.size();
  if (digits == 0 || digits > 6 || !take_number(text, digits, moment.microseconds)) return false;
  for (std::size_t i = digits; i < 6; ++i) moment.microseconds *= 10;
  return true;
}

std::int64_t unit_of(std::uint8_t fsp) {
  std::int64_t unit = kSecond;
  for (std::uint8_t i = 0; i < fsp; ++i) unit /= 10;
  return unit;
}

std::string clock_text(const Moment& moment, std::uint8_t fsp) {
  std::string text = fmt::format("{:02}:{:02}:{:02}", moment.hours, moment.minutes, moment.seconds);
  if (fsp != 0) text += fmt::format(".{:0{}}", moment.microseconds / unit_of(fsp), fsp);
  return text;
}

}  // namespace

std::optional<Moment> Moment::parse_date(std::string_view text) {
  Moment moment;
  if (!take_date(text, moment) || !text.empty()) return std::nullopt;
  return moment;
}

std::optional<Moment> Moment::parse_datetime(std::string_view text) {
  Moment moment;
  if (!take_date(text, moment) || !take(text, ' ') || !take_clock(text, 2, moment) || !text.empty())
    return std::nullopt;
  if (moment.hours > 23) return std::nullopt;
  return moment;
}

std::optional<Moment> Moment::parse_time(std::string_view text) {
  Moment moment;
  moment.negative = take(text, '-');
  const std::size_t colon = text.find(':');
  // Hours and minutes, by the manual of either server.
  std::string whole;
  if (text.size() == 5 && colon == 2) text = whole.assign(text).append(":00");
  if ((colon != 2 && colon != 3) || !take_clock(text, colon, moment) || !text.empty()) return std::nullopt;
  return moment;
}

Moment Moment::of_utc(std::int64_t microseconds_since_1970) {
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds(microseconds_since_1970)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::int64_t rest = (time - day).count();
  Moment moment;
  moment.year = static_cast<int>(date.year());
  moment.month = static_cast<int>(static_cast<unsigned>(date.month()));
  moment.day = static_cast<int>(static_cast<unsigned>(date.day()));
  moment.hours = static_cast<int>(rest / (3600 * kSecond));
  moment.minutes = static_cast<int>(rest / (60 * kSecond) % 60);
  moment.seconds = static_cast<int>(rest / kSecond % 60);
  moment.microseconds = static_cast<int>(rest % kSecond);
  return moment;
}

std::int64_t Moment::utc_microseconds() const {
  const std::chrono::sys_days date{std::chrono::year_month_day{std::chrono::year(year),
                                                               std::chrono::month(static_cast<unsigned>(month)),
                                                               std::chrono::day(static_cast<unsigned>(day))}};
  return date.time_since_epoch().count() * kDay + (hours * 3600LL + minutes * 60 + seconds) * kSecond + microseconds;
}

bool Moment::fit_datetime(std::uint8_t fsp, bool round) {
  const std::int64_t unit = unit_of(fsp);
  const std::int64_t rest = microseconds % unit;
  microseconds -= static_cast<int>(rest);
  if (!round || rest * 2 < unit) return true;
  if (!is_whole_date()) return false;
  *this = of_utc(utc_microseconds() + unit);
  return year <= 9999;
}

bool Moment::fit_time(std::uint8_t fsp, bool round) {
  const std::int64_t unit = unit_of(fsp);
  std::int64_t total = (hours * 3600LL + minutes * 60 + seconds) * kSecond + microseconds;
  const std::int64_t rest = total % unit;
  total -= rest;
  if (round && rest * 2 >= unit) total += unit;
  if (total > kMostTime) return false;
  hours = static_cast<int>(total / (3600 * kSecond));
  minutes = static_cast<int>(total / (60 * kSecond) % 60);
  seconds = static_cast<int>(total / kSecond % 60);
  microseconds = static_cast<int>(total % kSecond);
  if (total == 0) negative = false;
  return true;
}

std::string Moment::date_text() const {
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

std::string Moment::time_text(std::uint8_t fsp) const {
  return (negative ? "-" : "") + clock_text(*this, fsp);
}

std::string Moment::datetime_text(std::uint8_t fsp) const {
  return date_text() + " " + clock_text(*this, fsp);
}

std::optional<int> zone_offset_s(std::string_view time_zone) {
  if (time_zone == "UTC") return 0;
  if (time_zone.empty() || (time_zone[0] != '+' && time_zone[0] != '-')) return std::nullopt;
  const bool west = time_zone[0] == '-';
  time_zone.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  const std::size_t colon = time_zone.find(':');
  if ((colon != 1 && colon != 2) || !take_number(time_zone, colon, hours) || !take(time_zone, ':') ||
      !take_number(time_zone, 2, minutes) || !time_zone.empty() || hours > 14 || minutes > 59) {
    return std::nullopt;
  }
  const int offset = hours * 3600 + minutes * 60;
  return west ? -offset : offset;
}

}  // namespace binferry
