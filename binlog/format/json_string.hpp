// JSON string literals and base64, appended.
#pragma once

#include "binlog/base/bytes.hpp"

#include <string>
#include <string_view>

namespace binferry {

// Appends `text`, which must be valid UTF-8, as a JSON string with its quotes.
void append_json_quoted(std::string_view text, std::string& out);

// Appends RFC 4648 base64 with padding.
void append_base64(Bytes bytes, std::string& out);

// Appends `2026-11-23T07:12:42Z` for seconds since 1970 UTC.
void append_utc_time(std::uint64_t seconds, std::string& out);

}  // namespace binferry
