// How far two holders of one history are apart: replicas, logs, or bare GTID sets; and how old what they hold is.
//
// Pure functions of values.
#pragma once

#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "position/checkpoint.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace binferry {

// Where one of them stands. A bare GTID set has an empty position and an unknown source.
struct Standpoint {
  SourceIdentity source{};
  BinlogPosition position{};  // empty file: none
  BinlogPosition until{};     // no transaction lies between `position` and here; empty file: as `position`
  AnyGtidSet gtids{};
  std::uint64_t source_commit_us = 0;  // of the last transaction; 0: not known
};

Standpoint standpoint_of(const Checkpoint& checkpoint);

struct Comparison {
  enum class By : std::uint8_t { gtids, position };

  GtidRelation relation = GtidRelation::equal;  // of left to right
  By by = By::gtids;
  // By::gtids: what only one side has; for MariaDB the domains in which it is ahead.
  AnyGtidSet only_left{};
  AnyGtidSet only_right{};
  std::uint64_t transactions_left = 0;  // in them
  std::uint64_t transactions_right = 0;
  // By::position, and both in one file: how far apart.
  std::optional<std::uint64_t> bytes{};
};
std::string_view name_of(Comparison::By by);

// By GTIDs where both have some, or where a side is nothing but a set of them; else by position, which needs one and
// the same source. Errors: `wrong_source` where neither can be done.
Result<Comparison> compare(const Standpoint& left, const Standpoint& right);

// What a replica must reach.
struct Goal {
  std::optional<BinlogPosition> position{};
  std::optional<AnyGtidSet> gtids{};
};
// Whether `standpoint` has all of it. Errors: `wrong_source` if it never will: logs of another name, GTIDs of the other
// kind of server.
Result<bool> has_reached(const Standpoint& standpoint, const Goal& goal);

// How far a replica is behind its source in time, microseconds. `heard_us`: when the source was last known to have
// nothing newer than what is applied; 0 if it has, or if nobody knows. The number grows while nothing arrives. None
// where the log has not told when the last transaction was committed. Clocks of two machines may disagree: never
// negative.
std::optional<std::uint64_t> lag_us(std::uint64_t source_commit_us, std::uint64_t heard_us, std::uint64_t now_us);

}  // namespace binferry
