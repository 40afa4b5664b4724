// A new replica out of a hub's snapshot: fetched, checked, made into what is wanted, and put in its place.
//
//   R.db.seed       what was fetched so far: the digest of the whole (64 digits), then its bytes; a broken fetch goes
//   on R.db.snapshot   the replica in the making
//
// Blocks until done. What a network can cause is tried again with growing pauses.
#pragma once

#include "applier/replica.hpp"
#include "binlog/base/result.hpp"
#include "binlog/ship/snapshot_fetch.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace binferry {

struct SeedingOptions {
  SnapshotFetch fetch{};
  BinlogPosition least{};    // SnapshotRequest::least
  ReplicaOptions replica{};  // what it is to be
  bool replaces = false;     // the replica that is there goes, in one step, once the new one is whole
  std::uint32_t first_pause_ms = 250;
  std::uint32_t longest_pause_ms = 10'000;
  std::function<std::uint32_t()> random{};        // for jitter
  std::function<void(std::uint32_t ms)> pause{};  // at most 200 ms at a time
  std::function<bool()> should_stop{};
  std::function<void(std::uint64_t bytes, std::uint64_t total)> on_progress{};  // may be null
  std::function<void(const std::string&)> note{};                               // may be null
};

// Errors: `cancelled`; `busy` if somebody else makes or keeps this replica; `replica` if there is one and it is not to
// be replaced; `corrupt`, `checksum`; those of the fetch that trying again does not mend; the disk's.
Status take_hub_snapshot(const std::string& path, const SeedingOptions& options);

}  // namespace binferry
