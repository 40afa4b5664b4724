// What an argument of the position command names: a replica, logs, or a GTID set.
#pragma once

#include "binlog/source/log_directory.hpp"
#include "cli/reading.hpp"
#include "position/comparison.hpp"
#include "position/log_extent.hpp"

#include <string>
#include <vector>

namespace binferry::cli {

enum class OperandKind : std::uint8_t { replica, logs, gtid_set };

// What is there in the file system comes first; what is not there is a GTID set if it reads like one. `not_found`.
Result<OperandKind> kind_of_operand(const std::string& operand);

// A log file, a folder of them or an index file. Errors as of list_logs().
Result<std::vector<LogFile>> logs_of(const std::string& path);

FileSourceOptions reading_options(const Keys& keys);

// Errors: as reading the operand, and what read_log_extent() and ReplicaReader say.
Result<Standpoint> standpoint_of_operand(const std::string& operand, const Keys& keys);

}  // namespace binferry::cli
