// What a replica says of itself, read without disturbing it: while a replay writes, from a read-only connection.
//
// Every read() is one SQLite snapshot, so checkpoint, tables and XA transactions belong together. It keeps no
// transaction open between calls: a reader that stays must not make the WAL grow. One thread.
#pragma once

#include "applier/sqlite.hpp"
#include "applier/xa_store.hpp"
#include "binlog/base/result.hpp"
#include "position/checkpoint.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace binferry {

struct QuarantinedTable {
  std::string schema;
  std::string table;
  std::string reason;       // one clause
  BinlogPosition position;  // of the transaction that was not applied to it
  std::string gtid;         // its GTID; empty: none
};

struct ReplicaStatus {
  Checkpoint checkpoint;
  std::uint64_t tables = 0;  // that rows go to
  std::uint64_t excluded = 0;
  std::vector<QuarantinedTable> quarantined{};  // by schema and table
  std::vector<InDoubt> in_doubt{};              // XA transactions, prepared and undecided
};

class ReplicaReader {
 public:
  // Errors: `not_found`, `replica` (no replica, or one of a newer version), `busy`, `io`.
  static Result<ReplicaReader> open(const std::string& path);

  Result<ReplicaStatus> read();
  // Only the checkpoint: what is cheap enough to poll.
  Result<Checkpoint> read_checkpoint();

 private:
  ReplicaReader(std::string path, Database database) : path_(std::move(path)), database_(std::move(database)) {}

  Result<Checkpoint> stored_checkpoint();
  Status read_tables(ReplicaStatus& status);

  std::string path_;
  Database database_;
};

// Whether `path` names an SQLite file, by its first bytes; false for anything else, and for what cannot be read.
bool is_sqlite_file(const std::string& path);

}  // namespace binferry
