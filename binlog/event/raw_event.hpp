// One event as bytes with its place: what every source yields and everything above reads.
//
// Framing, checksum and decryption are done before a RawEvent exists. Views live until the next call of the source
// (or of the transaction cursor) that gave it.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/event/event_type.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

inline constexpr std::size_t kEventHeaderSize = 19;

// The common header, PROTOCOL 2. Times are seconds since 1970 UTC.
struct EventHeader {
  std::uint32_t timestamp = 0;
  EventType type = EventType::unknown;
  std::uint32_t server_id = 0;
  std::uint32_t length = 0;   // bytes, header and checksum included
  std::uint32_t log_pos = 0;  // end of the event in the source's file modulo 2^32; 0 where the source left it out
  std::uint16_t flags = 0;

  static constexpr std::uint16_t kInUse = 0x0001;
  static constexpr std::uint16_t kThreadSpecific = 0x0004;
  static constexpr std::uint16_t kSuppressUse = 0x0008;
  static constexpr std::uint16_t kArtificial = 0x0020;
  static constexpr std::uint16_t kRelayLog = 0x0040;
  static constexpr std::uint16_t kIgnorable = 0x0080;
  static constexpr std::uint16_t kSkipReplication = 0x8000;
};

struct RawEvent {
  EventHeader header;
  Bytes bytes;               // the whole event, decrypted, as it would be relayed; checksum included where present
  Bytes body;                // between header and checksum
  std::string_view file;     // base name of the log file, e.g. `binlog.000003`
  std::uint64_t offset = 0;  // 64-bit offset of the event's first byte in the file
  std::uint64_t end = 0;     // offset just behind it; for an event inside a TRANSACTION_PAYLOAD, the outer event's
  // `bytes` is a file mapping because the event is very large: whoever streams through it should give pages back behind
  // itself (binlog/base/mapped_pages.hpp).
  bool is_mapped = false;

  // `binlog.000003:1547: WRITE_ROWS`: the place that errors name.
  [[nodiscard]] std::string place() const;
};

}  // namespace binferry
