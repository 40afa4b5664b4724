// The log files of one server in a folder: their names, order and index (PROTOCOL 1.3).
//
// Functions of what the folder holds now; nothing is cached. Names are compared by number, never as text.
#pragma once

#include "binlog/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

// `binlog.000003`: base `binlog`, number 3. Views the name.
struct LogName {
  std::string_view base;
  std::uint64_t number = 0;
  std::size_t digits = 0;
};
// Nothing if the name does not end in a dot and at least three digits.
std::optional<LogName> parse_log_name(std::string_view name);
// `binlog.999999` → `binlog.1000000`; empty for a name without a number.
std::string next_log_name(std::string_view name);
// Part behind the last slash.
std::string_view base_name_of(std::string_view path);

struct LogFile {
  std::string name;  // base name
  std::string path;
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;  // size when it was listed
};

// What an index may name that is not there.
enum class IndexRule : std::uint8_t {
  complete,  // nothing
  live,      // a server is at work: leading entries are purged by now, the last may have no file yet
};

// The logs of `directory`, oldest first; `directory` may also be the path of an index file. The index decides where
// there is one: its entries are taken from the folder itself, else as the paths they are. Without an index, all files
// `base.NNNNNN`. `base` picks one where there are several. Empty if there are none yet. Errors: `not_found` (no such
// folder; a file that is missing, by name), `usage` (several bases or indexes, naming them), `io`.
Result<std::vector<LogFile>> list_logs(const std::string& directory, std::string_view base = {},
                                       IndexRule rule = IndexRule::complete);

}  // namespace binferry
