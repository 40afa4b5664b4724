#include "binlog/source/mysql/source_history.hpp"

#include "binlog/source/mysql/server_state.hpp"

#include <charconv>

namespace binferry::mysql {
namespace {

template <class Number>
Status take_number(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return fail(Errc::protocol, "not a number where the server should give one: " + std::string(text.substr(0, 40)));
}

Status take_set(Connection& connection, std::string_view variable, AnyGtidSet& into) {
  Result<std::optional<std::string>> text = connection.query_value("SELECT @@GLOBAL." + std::string(variable));
  if (!text) return propagate(text);
  if (!*text || (*text)->empty()) return {};
  Result<AnyGtidSet> set = AnyGtidSet::parse(**text);
  if (!set) return fail(Errc::protocol, std::string(variable) + ": " + set.error().what);
  into = std::move(*set);
  return {};
}

// The value of a variable that old servers may lack.
Result<std::string> value_or_empty(Connection& connection, const std::string& sql) {
  Result<std::optional<std::string>> value = connection.query_value(sql);
  if (value) return value->value_or(std::string());
  if (connection.refusal().code == ServerError::kUnknownSystemVariable) return std::string();
  return propagate(value);
}

Status take_files(Connection& connection, std::vector<SourceHistory::File>& files) {
  return connection.query("SHOW BINARY LOGS", [&](QueryRow row) -> Status {
    if (row.size() < 2 || !row[0] || !row[1]) return fail(Errc::protocol, "a log without name or size");
    SourceHistory::File file{.name = std::string(*row[0])};
    if (Status taken = take_number(*row[1], file.bytes); !taken) return taken;
    files.push_back(std::move(file));
    return {};
  });
}

}  // namespace

Result<SourceHistory> read_source_history(Connection& connection) {
  SourceHistory history;
  history.kind = connection.greeting().kind;
  Result<BinlogPosition> end = current_position(connection);
  if (!end) return propagate(end);
  history.end = std::move(*end);
  Status read = connection.query("SELECT @@GLOBAL.server_id, @@GLOBAL.version", [&](QueryRow row) -> Status {
    if (row.size() < 2 || !row[0] || !row[1]) return fail(Errc::protocol, "a server without id or version");
    history.version = *row[1];
    return take_number(*row[0], history.server_id);
  });
  if (!read) return propagate(read);
  if (Status taken = take_files(connection, history.files); !taken) return propagate(taken);
  if (history.kind == ServerKind::mariadb) {
    history.has_gtids = true;
    if (Status taken = take_set(connection, "gtid_binlog_pos", history.executed); !taken) return propagate(taken);
    return history;
  }
  Result<std::string> uuid = value_or_empty(connection, "SELECT @@GLOBAL.server_uuid");
  if (!uuid) return propagate(uuid);
  history.server_uuid = std::move(*uuid);
  Result<std::string> mode = value_or_empty(connection, "SELECT @@GLOBAL.gtid_mode");
  if (!mode) return propagate(mode);
  history.has_gtids = *mode == "ON";
  if (mode->empty()) return history;
  if (Status taken = take_set(connection, "gtid_executed", history.executed); !taken) return propagate(taken);
  if (Status taken = take_set(connection, "gtid_purged", history.purged); !taken) return propagate(taken);
  return history;
}

}  // namespace binferry::mysql
