// Tables copied anew from the live source into a replica that stands still meanwhile: the command `resync`. A replica
// that goes on does it by a TableRefresh.
//
// The tables are read as of one later position S of the source and replace what the replica held, in one SQLite
// transaction; each is then `rejoining` at S: its rows and its table statements up to S are passed over, for the copy
// has them, and behind S it is active again (applier_rejoin.cpp). That is kept in the replica, so that a restart
// between changes nothing. At an idle source whose position lies in the head of a new file, the next heartbeat shows
// that S was reached.
#pragma once

#include "applier/applier.hpp"
#include "applier/snapshot.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace binferry {

struct ResyncOptions {
  std::uint32_t connections = 1;
  BadText bad_text = BadText::stop;
  std::uint64_t queue_bytes = 32 << 20;
  std::function<void(const SnapshotProgress&)> on_progress;
  std::function<bool()> should_stop;
  std::function<void(const std::string&)> note;
};

struct ResyncOutcome {
  std::vector<TableRegistry::Key> copied;  // with those that foreign keys tie to them
  std::vector<TableRegistry::Key> gone;    // not at the source any more: they stay as they were
  BinlogPosition position;                 // S
};

// `tables`, and those that foreign keys tie to them: into which they cascade, and frozen ones that cascade into them.
// Errors: `not_found` for a table that the replica does not know.
Result<std::set<TableRegistry::Key>> tables_to_copy(const Replica& replica,
                                                    const std::vector<TableRegistry::Key>& tables);
// And every table whose rows cascade into them: a copy is kept up only with those.
std::set<TableRegistry::Key> with_ancestors(const Replica& replica, std::set<TableRegistry::Key> tables);

// Inside the open transaction: rows and shapes of the tables go. Gives what somebody hung on them, for
// restore_objects().
Result<std::vector<std::string>> drop_tables(Replica& replica, const std::vector<TableRegistry::Key>& tables);

// `replace` in a transaction of its own, which is committed, or leaves the replica as it was. Then the applier must
// adopt_tables().
Status replace_in(Replica& replica, const std::function<Status()>& replace);

// `tables` must be known to the replica. Everything applied so far is committed. Errors: `not_found` for a table that
// the replica does not know, `wrong_source`, those of take_snapshot(); the replica is then as it was.
Result<ResyncOutcome> copy_tables(const mysql::Address& source, SqliteApplier& applier,
                                  const std::vector<TableRegistry::Key>& tables, const ResyncOptions& options);

}  // namespace binferry
