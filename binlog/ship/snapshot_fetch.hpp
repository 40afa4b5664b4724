// What a follower asks a hub's `GET /v1/snapshot` for, and what it hears, as values: how it is carried is elsewhere.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"
#include "binlog/coordinates/binlog_position.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace binferry {

struct SnapshotHead {
  std::string sha256;        // of the whole, as hexadecimal digits
  std::uint64_t bytes = 0;   // of the whole
  std::uint64_t offset = 0;  // where what comes begins
};

struct SnapshotRequest {
  // What is here already of the snapshot with this digest: the hub goes on behind it if it still has that one. Empty:
  // any.
  std::string sha256{};
  std::uint64_t offset = 0;
  BinlogPosition least{};  // the replica inside must stand there or behind; an empty file name: anywhere
  std::function<Status(const SnapshotHead&)> on_head{};
  std::function<Status(Bytes)> on_bytes{};
  std::function<bool()> should_stop{};  // asked often
};

// One attempt. Errors: `connection`, `timeout`, `busy` (the hub is making it: ask again), `not_found` (the hub keeps no
// seed), `refused`, `protocol`, `cancelled`, and what the functions give.
using SnapshotFetch = std::function<Status(const SnapshotRequest&)>;

}  // namespace binferry
