#include "cli/datetime.hpp"

#include <charconv>
#include <chrono>
#include <ctime>
#include <limits>
#include <optional>

namespace binferry::cli {
namespace {

// Takes `digits` digits and the character behind them (if it is given and there).
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  std::optional<int> number(std::size_t digits) {
    int value = 0;
    if (rest_.size() < digits) return std::nullopt;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + digits, value);
    if (error != std::errc{} || end != rest_.data() + digits || value < 0) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

struct Parsed {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::optional<int> offset_minutes;  // east of UTC; none: local time
};

std::optional<Parsed> scan(std::string_view text) {
  Scanner scanner(text);
  Parsed parsed;
  const auto field = [&](std::size_t digits, int& into) {
    const std::optional<int> value = scanner.number(digits);
    if (value) into = *value;
    return value.has_value();
  };
  if (!field(4, parsed.year) || !scanner.take('-') || !field(2, parsed.month) || !scanner.take('-') ||
      !field(2, parsed.day)) {
    return std::nullopt;
  }
  if (scanner.take(' ') || scanner.take('T')) {
    if (!field(2, parsed.hour) || !scanner.take(':') || !field(2, parsed.minute) || !scanner.take(':') ||
        !field(2, parsed.second)) {
      return std::nullopt;
    }
  }
  if (scanner.take('Z')) {
    parsed.offset_minutes = 0;
  } else if (const bool east = scanner.take('+'); east || scanner.take('-')) {
    int hours = 0;
    int minutes = 0;
    if (!field(2, hours) || !scanner.take(':') || !field(2, minutes) || minutes > 59) return std::nullopt;
    parsed.offset_minutes = (east ? 1 : -1) * (hours * 60 + minutes);
  }
  if (!scanner.at_end()) return std::nullopt;
  return parsed;
}

std::optional<std::int64_t> seconds_of(const Parsed& parsed) {
  using namespace std::chrono;
  const year_month_day date{year{parsed.year}, month{static_cast<unsigned>(parsed.month)},
                            day{static_cast<unsigned>(parsed.day)}};
  if (!date.ok() || parsed.hour > 23 || parsed.minute > 59 || parsed.second > 59) return std::nullopt;
  if (parsed.offset_minutes) {
    const auto time =
        sys_days(date) + hours(parsed.hour) + minutes(parsed.minute - *parsed.offset_minutes) + seconds(parsed.second);
    return duration_cast<seconds>(time.time_since_epoch()).count();
  }
  std::tm local{};
  local.tm_year = parsed.year - 1900;
  local.tm_mon = parsed.month - 1;
  local.tm_mday = parsed.day;
  local.tm_hour = parsed.hour;
  local.tm_min = parsed.minute;
  local.tm_sec = parsed.second;
  local.tm_isdst = -1;
  return std::mktime(&local);
}

}  // namespace

Result<std::uint32_t> parse_datetime(std::string_view text) {
  const std::optional<Parsed> parsed = scan(text);
  const std::optional<std::int64_t> seconds = parsed ? seconds_of(*parsed) : std::nullopt;
  if (!seconds || *seconds < 0 || *seconds > std::numeric_limits<std::uint32_t>::max()) {
    return fail(Errc::usage, "`" + std::string(text) + "` is not a time between 1970 and 2106",
                "write it as '2026-11-23 07:12:42' (local time) or 2026-11-23T07:12:42Z");
  }
  return static_cast<std::uint32_t>(*seconds);
}

}  // namespace binferry::cli
