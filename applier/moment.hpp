// A date, time or both as the replica prints it, for values that change type or time zone, and for defaults that are
// the statement's time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace binferry {

struct Moment {
  bool negative = false;  // a TIME
  int year = 0;
  int month = 0;
  int day = 0;
  int hours = 0;  // beyond 24 in a TIME
  int minutes = 0;
  int seconds = 0;
  int microseconds = 0;

  // Only what a server prints itself: `2024-02-29`, `2024-02-29 12:34:56[.7]`, `[-]838:59:59[.7]`, and `10:30` as
  // people write it. Dates must exist or have zero parts; nothing else is taken, because servers read sloppy dates each
  // in their own way.
  static std::optional<Moment> parse_date(std::string_view text);
  static std::optional<Moment> parse_datetime(std::string_view text);
  static std::optional<Moment> parse_time(std::string_view text);
  static Moment of_utc(std::int64_t microseconds_since_1970);

  [[nodiscard]] bool is_zero_date() const { return year == 0 && month == 0 && day == 0; }
  [[nodiscard]] bool is_whole_date() const { return month != 0 && day != 0; }
  [[nodiscard]] std::int64_t utc_microseconds() const;  // as if in UTC. Requires: is_whole_date()

  // To `fsp` digits of a second, half up (of the magnitude) or cut. False if it cannot be told: a rounded-up zero or
  // partial date, or a result beyond the type's range.
  bool fit_datetime(std::uint8_t fsp, bool round);
  bool fit_time(std::uint8_t fsp, bool round);

  [[nodiscard]] std::string date_text() const;
  [[nodiscard]] std::string time_text(std::uint8_t fsp) const;
  [[nodiscard]] std::string datetime_text(std::uint8_t fsp) const;
};

// Seconds east of UTC: `+05:30`, `-00:30`, `UTC`. Nothing for `SYSTEM` and for zones by name, whose rules stand at the
// source.
std::optional<int> zone_offset_s(std::string_view time_zone);

}  // namespace binferry
