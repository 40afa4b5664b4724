// Every cap on what the outside may ask of us, in one value that is passed explicitly.
#pragma once

#include <cstddef>
#include <cstdint>

namespace binferry {

struct Limits {
  // One event, header and checksum included. Servers cap an event at max_allowed_packet, at most 1 GiB.
  std::uint64_t event_bytes = (std::uint64_t{1} << 30) + (1 << 20);
  // Bytes of one transaction kept in memory; what is beyond goes to an unlinked temporary file.
  std::size_t transaction_memory_bytes = 16 << 20;
  // Decompressed size of one TRANSACTION_PAYLOAD (it is streamed to the spool, so this bounds disk, not memory).
  std::uint64_t payload_bytes = std::uint64_t{64} << 30;
  // Decompressed size of one MariaDB compressed event, row area or column value.
  std::uint64_t inflated_bytes = std::uint64_t{1} << 30;
  // Columns of a table. MySQL allows 4096, MariaDB 4096 and hidden ones.
  std::size_t columns = 8192;
  // Nesting of a JSON document (the server's own limit is 100).
  std::size_t json_depth = 100;
  // Table maps alive in one statement.
  std::size_t table_maps = 65536;
};

}  // namespace binferry
