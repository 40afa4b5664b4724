// Events that steer a stream rather than change data: ROTATE, heartbeats, INCIDENT, BINLOG_CHECKPOINT,
// START_ENCRYPTION.
//
// Every decoder takes RawEvent::body; views in a result live as long as the body. Errors: `truncated` or `corrupt`.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace binferry {

// PROTOCOL 3.2.
struct Rotate {
  std::uint64_t position = 0;  // where to go on in the next file
  std::string_view file;       // its base name
};
Result<Rotate> decode_rotate(Bytes body);

// PROTOCOL 3.16. The position reached at the source.
struct Heartbeat {
  std::string_view file;
  std::uint64_t position = 0;  // v1: the header's 32 bits, or the eight bytes in the body where MariaDB sends them
};
// `log_pos` is the event header's.
Result<Heartbeat> decode_heartbeat(Bytes body, std::uint32_t log_pos);
Result<Heartbeat> decode_heartbeat_v2(Bytes body);

// PROTOCOL 3.19. Number 1: the source lost events.
struct Incident {
  std::uint16_t number = 0;
  std::string_view message;
};
Result<Incident> decode_incident(Bytes body);

// PROTOCOL 3.14. The oldest file that MariaDB's crash recovery would need.
struct BinlogCheckpoint {
  std::string_view file;
};
Result<BinlogCheckpoint> decode_binlog_checkpoint(Bytes body);

// PROTOCOL 1.7.
struct StartEncryption {
  std::uint8_t scheme = 0;  // always 1
  std::uint32_t key_version = 0;
  Bytes nonce;  // 12 bytes
};
// Also `unsupported` for another scheme.
Result<StartEncryption> decode_start_encryption(Bytes body);

}  // namespace binferry
