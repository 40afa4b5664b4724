// A new replica out of a live source: every wanted table as it stood at one position of the log, while the source keeps
// writing (DESIGN 5, 6; docs/guarantees.md).
//
// The replica is built beside its place, in `R.db.snapshot`, made durable, and renamed: there is either a whole replica
// or none. Values are stored as replaying the log would have stored them. Blocks until done; the calling thread writes
// SQLite, each connection reads on a thread of its own.
#pragma once

#include "applier/cell.hpp"
#include "applier/replica.hpp"
#include "binlog/base/result.hpp"
#include "binlog/source/mysql/address.hpp"
#include "binlog/source/mysql/mysql_connection.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace binferry {

struct SnapshotProgress {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;            // of values received
  std::uint64_t estimated_bytes = 0;  // of all tables, as the server guesses; 0 if it does not
  std::size_t tables_done = 0;
  std::size_t tables_total = 0;
};

struct SnapshotOptions {
  std::vector<std::string> schemas;  // patterns; empty: all but the server's own
  std::vector<std::string> tables;   // patterns of `table` or `schema.table`; empty: all
  std::uint32_t connections = 2;
  ReplicaOptions replica;  // its schemas and tables are the ones above
  BadText bad_text = BadText::stop;
  std::uint64_t queue_bytes = 32 << 20;                      // most that waits between reading and writing
  std::function<std::uint64_t()> now_us;                     // for the checkpoint's applied_at_us; may be null
  std::function<void(const SnapshotProgress&)> on_progress;  // now and then; may be null
  std::function<bool()> should_stop;                         // asked often; may be null
  std::function<void(const std::string&)> note;              // may be null
};

// Asks the source for what the replica's options hold of its settings.
Status learn_settings(mysql::Connection& source, ReplicaOptions& options);

// Errors: `replica` if there is a file at `path` already, `busy` if somebody else makes one; `cancelled`; those of
// ConsistentRead; SQLite's. After any of them nothing is left but the lock file.
Status take_snapshot(const mysql::Address& source, const std::string& path, const SnapshotOptions& options);

}  // namespace binferry
