// LogExtent: from where to where one log file, or a folder of them, reaches.
#pragma once

#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/source/file_source.hpp"
#include "binlog/source/log_directory.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace binferry {

struct LogExtent {
  FormatDescription format{};   // of the newest file
  std::uint32_t server_id = 0;  // the same
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  BinlogPosition first;  // where the oldest group begins; without groups, the same as `last`
  BinlogPosition last;   // behind the newest whole group: where a reader that has everything goes on
  // No transaction lies between `last` and here: the end of the newest file, or the start of the one behind it if the
  // newest was closed.
  BinlogPosition end;
  std::optional<std::uint32_t> began;  // seconds since 1970 UTC: of the oldest group
  std::optional<std::uint32_t> ended;  // of the newest
  AnyGtidSet gtids_before;             // of what came before the oldest file; for MariaDB the last of each domain
  AnyGtidSet gtids;                    // up to `last`, the ones before included
  bool in_use = false;                 // the newest file is open, or was not closed cleanly
  std::uint64_t unfinished_bytes = 0;  // behind `last`: a group without its end, and a torn event
};

// Reads the first group and, of the newest file that has any, all; files between are only counted. `logs` as of
// list_logs(), or one file. Errors: `not_found` for no logs; as FileSource and TransactionAssembler.
Result<LogExtent> read_log_extent(const std::vector<LogFile>& logs, const FileSourceOptions& options = {});

}  // namespace binferry
