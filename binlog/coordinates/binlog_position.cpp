#include "binlog/coordinates/binlog_position.hpp"

#include <charconv>
#include <limits>
#include <utility>

namespace binferry {
namespace {

// All of `text`, digits only: no sign, no space.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

// "binlog" of "binlog.000003"; the whole name where it has no number.
std::string_view base_of(std::string_view name, bool numbered) {
  return numbered ? name.substr(0, name.rfind('.')) : name;
}

}  // namespace

std::optional<std::uint64_t> log_number(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  return whole_number(name.substr(dot + 1));
}

std::strong_ordering compare_log_names(std::string_view left, std::string_view right) {
  const auto left_number = log_number(left);
  const auto right_number = log_number(right);
  const auto bases = base_of(left, left_number.has_value()) <=> base_of(right, right_number.has_value());
  if (bases != 0) return bases;
  if (left_number != right_number) return left_number <=> right_number;
  return left <=> right;
}

Result<BinlogPosition> BinlogPosition::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && colon != 0) {
    if (const auto offset = whole_number(text.substr(colon + 1))) {
      return BinlogPosition{std::string(text.substr(0, colon)), *offset};
    }
  }
  return fail(Errc::usage, "'" + std::string(text) + "' is not a position", "write it as binlog.000003:1547");
}

std::string BinlogPosition::text() const {
  return file + ":" + std::to_string(offset);
}

}  // namespace binferry
