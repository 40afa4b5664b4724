// What a server says of itself and of its log before a replica asks for it: who it is, what it executed, what is left.
//
// A value, read over one connection by the statements that the server's version understands. Whether a replica can go
// on from it is decided elsewhere, without a server (position/dump_plan.hpp).
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/source/mysql/handshake.hpp"
#include "binlog/source/mysql/mysql_connection.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace binferry::mysql {

struct SourceHistory {
  ServerKind kind = ServerKind::mysql;
  std::string version;      // `8.0.40`, `10.11.19-MariaDB-log`
  std::string server_uuid;  // MySQL
  std::uint32_t server_id = 0;
  bool has_gtids = false;  // every transaction of the log has one: MySQL with gtid_mode=ON, every MariaDB
  AnyGtidSet executed;     // MariaDB: the last of each domain in the log
  AnyGtidSet purged;       // MySQL: what is in no file any more; MariaDB does not tell
  struct File {
    std::string name;
    std::uint64_t bytes = 0;
  };
  std::vector<File> files;  // of the log, oldest first
  BinlogPosition end;       // of the log, read before everything else
};

// Errors: `refused` without the privilege (REPLICATION CLIENT; MariaDB: BINLOG MONITOR) or without a binary log;
// as Connection::query().
Result<SourceHistory> read_source_history(Connection& connection);

}  // namespace binferry::mysql
