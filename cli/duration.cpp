#include "cli/duration.hpp"

#include <charconv>
#include <string>

namespace binferry::cli {
namespace {

constexpr std::uint64_t kLongest_ms = std::uint64_t{366} * 24 * 3600 * 1000;

// 0: no such unit.
std::uint64_t milliseconds_in(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s" || unit.empty()) return 1000;
  if (unit == "m") return 60 * 1000;
  if (unit == "h") return 3600 * 1000;
  return 0;
}

}  // namespace

Result<std::uint64_t> parse_duration_ms(std::string_view text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  const std::uint64_t unit_ms = milliseconds_in({stop, static_cast<std::size_t>(end - stop)});
  if (error != std::errc{} || unit_ms == 0 || count > kLongest_ms / unit_ms) {
    return fail(Errc::usage, "`" + std::string(text) + "` is not a length of time up to a year",
                "write it as 500ms, 5s, 2m or 1h");
  }
  return count * unit_ms;
}

}  // namespace binferry::cli
