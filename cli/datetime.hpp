// Times on the command line.
#pragma once

#include "binlog/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace binferry::cli {

// `2026-11-23 07:12:42`, in local time as mysqlbinlog reads it; `T` may stand for the space, the time may be left out
// (midnight), and `Z` or an offset such as `+02:00` at the end makes it exact. Seconds since 1970. Usage error.
Result<std::uint32_t> parse_datetime(std::string_view text);

}  // namespace binferry::cli
