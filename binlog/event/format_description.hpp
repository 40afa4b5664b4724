// FORMAT_DESCRIPTION: who wrote the events that follow and how (PROTOCOL 3.1, 1.5).
//
// A value that owns its text. Every stream has one in force at any time; a relay log holds several in turn.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/event/event_type.hpp"
#include "binlog/event/raw_event.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace binferry {

enum class ServerKind : std::uint8_t { mysql, mariadb };
enum class ChecksumAlgorithm : std::uint8_t { off = 0, crc32 = 1 };

inline constexpr std::size_t kChecksumSize = 4;

struct FormatDescription {
  std::string server_version;  // as written: `8.0.35`, `10.11.19-MariaDB-log`
  ServerKind kind = ServerKind::mysql;
  std::uint32_t version = 0;  // 80035, 101119: major * 10000 + minor * 100 + patch; 0 if it is not a version
  std::uint32_t created = 0;  // seconds since 1970; nonzero: written at a server start
  std::uint8_t header_length = kEventHeaderSize;  // of every event but FORMAT_DESCRIPTION and ROTATE; at least 19
  bool has_checksum_field = false;  // false only for servers older than checksums (MySQL 5.6.1, MariaDB 5.3.0)
  ChecksumAlgorithm checksum = ChecksumAlgorithm::off;  // of every other event that this one governs
  std::uint8_t event_types = 0;                         // post-header lengths that the event lists, from type 1 on
  std::array<std::uint8_t, 256> post_header_lengths{};  // by type code; 0 where not listed

  // Test releases of 5.1 and 5.2 numbered types from 16 on otherwise; the lengths above are by today's codes all the
  // same.
  bool old_type_codes = false;
  // Today's code of a type that an event under this description bears.
  [[nodiscard]] std::uint8_t type_code(std::uint8_t written) const;

  [[nodiscard]] std::uint8_t post_header_length(EventType type) const {
    return post_header_lengths[static_cast<std::uint8_t>(type)];
  }
};

// `event` is the whole event, header and checksum included. Its checksum is the framer's business. Errors: `truncated`,
// `corrupt`, and `unsupported` for a binlog version other than 4 or an unknown checksum algorithm.
Result<FormatDescription> decode_format_description(Bytes event);

// 80035 for "8.0.35-log"; missing parts count as 0, and so does text that does not start with a number.
std::uint32_t parse_server_version(std::string_view text);

}  // namespace binferry
