// The tables of a consistent read into a replica: reading and writing at the same time, with a queue bounded in bytes
// between.
#pragma once

#include "applier/replica.hpp"
#include "applier/snapshot.hpp"
#include "binlog/base/result.hpp"
#include "binlog/source/mysql/consistent_read.hpp"

#include <cstdint>
#include <functional>

namespace binferry {

struct TableCopyOptions {
  BadText bad_text = BadText::stop;
  std::uint64_t queue_bytes = 32 << 20;
  std::function<void(const SnapshotProgress&)> on_progress;  // called on the caller's thread
  std::function<bool()> should_stop;
};

// What SHOW CREATE TABLE says, as the catalogue has it; schemas' collations are taken from `catalogue`.
Result<TablePtr> definition_of(const mysql::ConsistentTable& table, const std::string& version, Catalogue& catalogue);

// Fills the replica inside its open transaction. `entry` has the state and place that each table is to have; its
// definition is set here. After an error the caller rolls back.
Status copy_rows(mysql::ConsistentRead& read, Replica& replica, const ReplicaTable& entry,
                 const TableCopyOptions& options);

}  // namespace binferry
