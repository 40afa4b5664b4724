// Questions about a server's log that every command asks, by the statements that its version understands.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/source/mysql/mysql_connection.hpp"

namespace binferry::mysql {

// The end of the log at this moment. Errors: `refused` without the privilege (REPLICATION CLIENT; MariaDB: BINLOG
// MONITOR) or when the server writes no log.
Result<BinlogPosition> current_position(Connection& connection);

}  // namespace binferry::mysql
