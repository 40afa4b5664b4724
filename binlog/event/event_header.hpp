// The common header of every event (PROTOCOL 2) and the length that readers of files and sockets need from it.
#pragma once

#include "binlog/base/byte_reader.hpp"
#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/event/raw_event.hpp"

namespace binferry {

// From the first 19 bytes; more may follow. Zeros for what is not there: for bytes whose event_length() is known.
inline EventHeader read_header(Bytes bytes) {
  ByteReader in(bytes);
  EventHeader header;
  header.timestamp = in.u32();
  header.type = static_cast<EventType>(in.u8());
  header.server_id = in.u32();
  header.length = in.u32();
  header.log_pos = in.u32();
  header.flags = in.u16();
  return header;
}

// The same of bytes that may be anything. Errors: `truncated` below 19 bytes, `corrupt` if the announced length is
// shorter than the header itself.
Result<EventHeader> parse_header(Bytes bytes);

// The error of an event_length() that cannot be.
std::unexpected<Error> refuse_length(Bytes stored_header, const Limits& limits);

// Bytes of the whole event whose first 19 stored bytes are given. The length stands clear in MariaDB's encrypted
// events too, so this needs no key. Errors: as parse_header, and `corrupt` above `limits.event_bytes`.
inline Result<std::uint32_t> event_length(Bytes stored_header, const Limits& limits) {
  const std::uint32_t length = read_header(stored_header).length;
  if (length >= kEventHeaderSize && length <= limits.event_bytes) [[likely]]
    return length;
  return refuse_length(stored_header, limits);
}

}  // namespace binferry
