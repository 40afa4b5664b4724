// Logs into a replica, and the replica's tables beside what a server holds. Tests only.
//
// Tables are found by the replica's own registry, never by guessing names, so that whatever SQLite calls a table or a
// column, it is compared under its MySQL name.
#pragma once

#include "applier/applier.hpp"
#include "binlog/base/result.hpp"
#include "binlog/event/mariadb_keys.hpp"
#include "tests/integration/support/table_dump.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace binferry::test {

struct ReplicaJob {
  std::vector<std::string> inputs;  // files, or one folder
  std::string into;
  std::string vfs;  // for fault injection
  std::uint64_t batch_transactions = 1000;
  Durability durability = Durability::normal;
  int log_pages = 0;  // of the write-ahead log before it is copied; 0: Replica's own choice
  bool strict = false;
  const MariadbKeys* keys = nullptr;
  std::optional<std::uint64_t> most_transactions{};  // stop after so many
  BinlogPosition* reached = nullptr;  // told the end of every transaction applied; of use if the run fails later
};

struct JobOutcome {
  SqliteApplier::Totals totals;
  Checkpoint checkpoint;
  bool nothing_new = false;
};

// One that holds several schemas; made if there is none.
Result<std::unique_ptr<Replica>> open_replica(const std::string& path, const std::string& vfs = {}, int log_pages = 0);

// What the command `replay` does: opens or makes the replica, goes on from where it stands, closes it.
Result<JobOutcome> bring_up(const ReplicaJob& job);

struct FrozenTable {
  std::string name;  // schema.table
  std::string reason;
};

struct ReplicaCheck {
  std::string differences;          // empty if the compared tables are equal
  std::vector<FrozenTable> frozen;  // quarantined, and so not compared
  std::size_t compared = 0;
};

// Beside everything that a server holds: a table that one has and the other has not is a difference. Sequences are left
// out, for a server does not list them as tables.
Result<ReplicaCheck> check_replica(const std::string& path, const std::vector<TableDump>& expected);

// Everything in the file that is a consequence of the log: definitions and rows of all tables, and the checkpoint but
// for when it was applied. Two replicas of one history are equal in it, whatever way they came.
std::string content_of(const std::string& path);

// What SQLite's integrity_check says of the file: "ok". Ends what a crash left unfinished in it, as any opening does.
std::string integrity_of(const std::string& path);

}  // namespace binferry::test
