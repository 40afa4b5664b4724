// Prepared XA transactions, kept in the replica until their XA COMMIT or XA ROLLBACK comes, perhaps in another file,
// perhaps after a restart (PROTOCOL 8.1, "XA two-phase").
//
//   binferry_xa         one row a group: xid, coordinates, when, rows, the FORMAT_DESCRIPTION that governs its events
//   binferry_xa_events  its events as one stream of bytes, in chunks of at most 1 MiB
//
// A group is kept as the log's events and not as decoded rows, so that it is applied by the one way that there is.
// Every call works inside the caller's SQLite transaction: a group is kept, applied or dropped together with the
// position behind the event that says so. Its rows are decoded with the catalogue as of XA COMMIT, which is also that
// of XA PREPARE for its own tables: the prepared transaction holds their metadata locks, so no DDL gets at them
// between. One thread.
#pragma once

#include "applier/sqlite.hpp"
#include "binlog/base/limits.hpp"
#include "binlog/transaction.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

// A transaction in doubt, for `position show`.
struct InDoubt {
  std::string xid;   // as MySQL prints it: X'6772',X'62',1
  std::string file;  // where its group begins
  std::uint64_t offset = 0;
  std::string gtid;                   // of the prepared group; empty if none
  std::uint32_t timestamp = 0;        // seconds; of the group's first event
  std::uint64_t prepared_us = 0;      // commit time of the prepare, microseconds since 1970; 0 if the log has none
  std::optional<std::uint64_t> rows;  // that it changes; nothing if they could not be counted
  std::uint64_t bytes = 0;
  bool filtered = false;  // left out by the operator: its XA COMMIT will apply nothing
};

class XaStore {
 public:
  // Makes the tables if they are not there. `database` must outlive the store.
  static Result<XaStore> make(Database& database, const Limits& limits);

  // Keeps a group whose outcome is `prepared`. Filtered ones are only remembered, so that their end is known.
  // Errc::diverged if a group of that name is in doubt already.
  Status keep(const Transaction& group, bool filtered = false);

  // The group that an XA COMMIT names, in order to be applied; its events have the coordinates that they had. Null if
  // it was filtered. Valid until the next load(). Errc::diverged if no such group is in doubt: the replica began after
  // its XA PREPARE.
  Result<const Transaction*> load(std::string_view xid);

  // The group was applied or rolled back. False if none of that name is in doubt.
  Result<bool> drop(std::string_view xid);

  // Ordered by place in the log. The database may be open for reading only, and may be no replica with such tables yet.
  static Result<std::vector<InDoubt>> list(Database& database);

 private:
  XaStore(Database& database, const Limits& limits) : database_(&database), limits_(limits) {}

  Status keep_events(std::int64_t group, const Transaction& transaction);
  Status read_events(std::int64_t group, const FormatDescription& format);

  Database* database_;
  Limits limits_;
  std::string file_;                                 // of the group in assembler_
  std::unique_ptr<TransactionAssembler> assembler_;  // owns the group that was loaded last
};

}  // namespace binferry
