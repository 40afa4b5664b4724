#include "binlog/source/mysql/server_state.hpp"

#include "binlog/filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace binferry::mysql {
namespace {

constexpr std::uint32_t kFirstWithBinaryLogStatus = 80200;

}  // namespace

Result<BinlogPosition> current_position(Connection& connection) {
  const Greeting& greeting = connection.greeting();
  const bool is_new = greeting.kind == ServerKind::mysql && greeting.version_number >= kFirstWithBinaryLogStatus;
  BinlogPosition position;
  Status asked =
      connection.query(is_new ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS", [&](QueryRow row) -> Status {
        if (row.size() < 2 || !row[0] || !row[1]) return fail(Errc::protocol, "no position in the status of the log");
        const std::string_view offset = *row[1];
        position.file = *row[0];
        if (std::from_chars(offset.data(), offset.data() + offset.size(), position.offset).ec != std::errc()) {
          return fail(Errc::protocol, "no offset in the status of the log");
        }
        return {};
      });
  if (!asked) return propagate(asked);
  if (position.file.empty()) {
    return fail(Errc::refused, "the server writes no binary log", "start it with log_bin and binlog_format=ROW");
  }
  return position;
}

bool is_system_schema(std::string_view schema) {
  constexpr std::array<std::string_view, 4> kSystem = {"mysql", "sys", "information_schema", "performance_schema"};
  return std::ranges::find(kSystem, schema) != kSystem.end();
}

bool wants_schema(const std::vector<std::string>& patterns, std::string_view schema) {
  if (patterns.empty()) return !is_system_schema(schema);
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches_pattern(pattern, schema); });
}

}  // namespace binferry::mysql
