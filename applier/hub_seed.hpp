// HubSeed: what a hub gives to followers that are new: its seed replica, copies of it, and `GET /v1/snapshot`.
//
// `/v1/snapshot` answers with a copy as `application/zstd`; its ETag is the SHA-256 of what is sent, so that a broken
// transfer goes on with Range and If-Range. `?after=FILE:OFFSET` asks for one that stands there or behind. While one is
// being made the answer waits for a while, then is 503.
#pragma once

#include "applier/seed_replica.hpp"
#include "applier/seed_snapshots.hpp"
#include "binlog/ship/hub_http.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace binferry {

struct HubSeedOptions {
  SeedReplicaOptions replica{};
  std::uint64_t fresh_us = 300'000'000;        // SeedSnapshotsOptions
  std::function<std::uint64_t()> steady_us{};  // any clock that only goes forward
};

class HubSeed {
 public:
  HubSeed(const RelayStore& store, HubSeedOptions options);

  // --- any thread ---
  [[nodiscard]] SeedReplica::State state() const { return replica_.state(); }
  // Never blocks; nothing: not yet. Handler of `/v1/snapshot`.
  std::optional<HttpReply> answer(const HttpRequest& request);
  // Files of the log that are still needed from here on: by the seed, and by whoever has just been given a copy.
  [[nodiscard]] std::vector<std::string> needed_files();

 private:
  SeedReplica replica_;
  SeedSnapshots snapshots_;
};

}  // namespace binferry
