// What the head of a log file tells about it, without reading the rest.
#pragma once

#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/source/file_source.hpp"

#include <cstdint>
#include <string>

namespace binferry {

struct LogInfo {
  FormatDescription format{};
  std::uint32_t timestamp = 0;  // seconds since 1970 UTC: when the file was begun
  std::uint32_t server_id = 0;
  bool in_use = false;  // open, or not closed cleanly
  bool is_relay_log = false;
  AnyGtidSet gtids_before{};      // of all earlier files; for MariaDB the last of each domain
  bool has_gtids_before = false;  // the file says so: servers before 5.6 do not, nor does a file cut at its head
};

// Reads the events at the head of the file. `options` gives the keys of encrypted logs; its start and rules are not
// used. A file of just the magic number gives an empty LogInfo. Errors: as FileSource.
Result<LogInfo> read_log_info(const std::string& path, const FileSourceOptions& options = {});

// `event` is PREVIOUS_GTIDS or GTID_LIST: what the file's groups come after. Errors: as their decoders.
Result<AnyGtidSet> gtids_before_of(const RawEvent& event);

}  // namespace binferry
