// A replica of everything becomes one of some schemas and tables, named as such a replica names them.
//
// What a follower that wants less does to the hub's snapshot. The rows of the others go, their definitions stay, as in
// a replica that was made so from the beginning; its file keeps its size, and fills the room that is free again.
#pragma once

#include "applier/replica.hpp"
#include "binlog/base/result.hpp"

namespace binferry {

// `options` as for a new replica; nothing else may be open on it. The replica is to be opened again then. Errors:
// `usage` if the replica was made for less than these want; `replica` if two tables would have one name; SQLite's.
// After one the replica is to be thrown away.
Status narrow_replica(Replica& replica, const ReplicaOptions& options);

}  // namespace binferry
