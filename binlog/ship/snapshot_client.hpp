// Fetches a hub's snapshot over HTTP, from where an earlier fetch broke off.
#pragma once

#include "binlog/ship/hub_connection.hpp"
#include "binlog/ship/snapshot_fetch.hpp"

namespace binferry {

// One connection for each call; nothing may take longer than `timeout_ms` to move on.
SnapshotFetch snapshot_fetch(HubAddress address, int timeout_ms = 30'000);

}  // namespace binferry
