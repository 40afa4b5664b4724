// `position show`: a replica or logs, as text or JSON.
#pragma once

#include "applier/replica_reader.hpp"
#include "position/live_status.hpp"
#include "position/log_extent.hpp"

#include <cstdint>
#include <string>

namespace binferry::cli {

// `now_us`: microseconds since 1970, for how old things are.
// `live`: what the process that follows the source says, if there is one.
void append_replica_text(const std::string& path, const ReplicaStatus& status, const std::optional<LiveStatus>& live,
                         std::uint64_t now_us, std::string& out);
void append_replica_json(const ReplicaStatus& status, const std::optional<LiveStatus>& live, std::uint64_t now_us,
                         std::string& out);
void append_extent_text(const std::string& path, const LogExtent& extent, std::string& out);
void append_extent_json(const LogExtent& extent, std::string& out);

}  // namespace binferry::cli
