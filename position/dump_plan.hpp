// How a replica goes on from a live server: by GTID or by place in the log, or why it cannot.
//
// A pure function of what the replica has and what the server says of itself: every way in which a source can have
// become another one (purged, reset, restored, replaced) is told apart here, before a byte of its log is asked for.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/source/mysql/source_history.hpp"
#include "position/checkpoint.hpp"

#include <optional>
#include <string>

namespace binferry {

struct DumpPlan {
  std::optional<AnyGtidSet> gtids{};  // ask for what is not in here …
  BinlogPosition position{{}, 4};     // … else for what comes behind this place; no file: from the oldest there is
  bool is_other_server = false;       // not the one that the replica's position was written by
};

// Errors: `purged` (the server's log does not reach back to what the replica needs), `diverged` (the server lacks what
// the replica has, or its log was reset), `wrong_source` (another server, and no GTIDs to go by).
Result<DumpPlan> plan_dump(const Checkpoint& checkpoint, const mysql::SourceHistory& history);

}  // namespace binferry
