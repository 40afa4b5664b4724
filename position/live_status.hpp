// LiveStatus: what the process that keeps a replica knows of its source at this moment, beside what the replica holds.
//
// A value. The process writes it to a small file beside the replica (`R.db.status`) about once a second; others read it
// there. Times are microseconds since 1970 by the clock of the process's own machine, so that lag grows by itself when
// nothing is written any more.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/binlog_position.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace binferry {

enum class LiveState : std::uint8_t {
  connecting,
  snapshot,   // the replica is being made
  streaming,  // events arrive, or heartbeats
  waiting,    // for the next attempt to connect
  stopped,
};
std::string_view name_of(LiveState state);

struct LiveStatus {
  LiveState state = LiveState::connecting;
  std::uint32_t pid = 0;
  std::string source;             // address, without password
  BinlogPosition received;        // behind the last event that came
  std::uint64_t received_us = 0;  // when anything came last, heartbeats included
  std::uint64_t heartbeat_us = 0;
  // When the source was last known to have nothing newer than what is applied.
  std::uint64_t heard_us = 0;
  std::uint64_t written_us = 0;  // when this was written
  std::uint64_t reconnects = 0;
  bool semi_sync = false;
  std::uint64_t acks = 0;
  BinlogPosition acked;
  std::string trouble;  // why it waits; empty while all is well
  bool operator==(const LiveStatus&) const = default;
};

std::string to_json(const LiveStatus& status);
// Errors: `corrupt`.
Result<LiveStatus> parse_live_status(std::string_view json);

std::string live_status_path(const std::string& replica);
// Replaces the file as a whole. Errors: `io`, `no_space`.
Status write_live_status(const std::string& replica, const LiveStatus& status);
// Nothing if there is none.
Result<std::optional<LiveStatus>> read_live_status(const std::string& replica);

}  // namespace binferry
