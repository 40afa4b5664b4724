// Where in a folder of logs a moment or a transaction is.
//
// Functions of what the files hold now. A binary search over the files' heads (when each was begun, which GTIDs came
// before it) picks one file; only that one is read through, up to the transaction that is looked for.
#pragma once

#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/coordinates/gtid.hpp"
#include "binlog/source/file_source.hpp"
#include "binlog/source/log_directory.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace binferry {

// A group in a log. Without `begins_group` the position is the end of the newest log: what comes next goes there.
struct Location {
  BinlogPosition position;
  bool begins_group = false;
  AnyGtid gtid{};               // of the group there
  std::uint32_t timestamp = 0;  // the same, seconds since 1970 UTC
};

// The first group that began at `timestamp` (seconds since 1970 UTC) or later, in the order of the log; the end of the
// log if there is none yet. A file is passed over if the next one was begun before that time, by the server's clock; a
// session that sets its own TIMESTAMP escapes this. `logs` as of list_logs(), oldest first, none missing. `options`
// gives limits and keys. Errors: `not_found` for no logs at all; as FileSource and TransactionAssembler.
Result<Location> locate_time(const std::vector<LogFile>& logs, std::uint32_t timestamp,
                             const FileSourceOptions& options = {});

// The group of this GTID. Errors as above; `purged` where it is in none of the files that are still there, `not_found`
// where the log has not reached it or the server never logged it.
Result<Location> locate_gtid(const std::vector<LogFile>& logs, const AnyGtid& gtid,
                             const FileSourceOptions& options = {});

}  // namespace binferry
