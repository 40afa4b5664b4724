#include "binlog/source/mysql/server_state.hpp"

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

}  // namespace binferry::mysql
