// Questions about a server's log that every command asks, by the statements that its version understands.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/source/mysql/mysql_connection.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace binferry::mysql {

// The end of the log at this moment. Errors: `refused` without the privilege (REPLICATION CLIENT; MariaDB: BINLOG
// MONITOR) or when the server writes no log.
Result<BinlogPosition> current_position(Connection& connection);

// Schemas of the server's own, as an SQL list.
inline constexpr std::string_view kSystemSchemaList = "('mysql', 'sys', 'information_schema', 'performance_schema')";
bool is_system_schema(std::string_view schema);
// `patterns` as TransactionFilter's; none: all but the server's own.
bool wants_schema(const std::vector<std::string>& patterns, std::string_view schema);

}  // namespace binferry::mysql
