// The common header of every event (PROTOCOL 2) and the length that readers of files and sockets need from it.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/event/raw_event.hpp"

namespace binferry {

// From the first 19 bytes; more may follow. Errors: `truncated` below 19 bytes, `corrupt` if the announced length is
// shorter than the header itself.
Result<EventHeader> parse_header(Bytes bytes);

// Bytes of the whole event whose first 19 stored bytes are given. The length stands clear in MariaDB's encrypted
// events too, so this needs no key. Errors: as parse_header, and `corrupt` above `limits.event_bytes`.
Result<std::uint32_t> event_length(Bytes stored_header, const Limits& limits);

}  // namespace binferry
