// Lengths of time on the command line.
#pragma once

#include "binlog/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace binferry::cli {

// `500ms`, `5s`, `2m`, `1h`; a bare number counts seconds. Milliseconds, at most a year. Usage error.
Result<std::uint64_t> parse_duration_ms(std::string_view text);

}  // namespace binferry::cli
