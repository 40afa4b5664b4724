// QUERY and QUERY_COMPRESSED: a statement with the session settings it ran under (PROTOCOL 3.3).
//
// Views live as long as the body given (and the text buffer, for a compressed one). No allocation.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace binferry {

inline constexpr std::uint8_t kQueryPostHeaderSize = 13;

// Status variables; what the event does not carry is empty.
struct QueryStatus {
  // Bits of `flags2` that change what a statement does.
  static constexpr std::uint32_t kAutoIsNull = 1U << 14;
  static constexpr std::uint32_t kNotAutocommit = 1U << 19;
  static constexpr std::uint32_t kNoForeignKeyChecks = 1U << 26;
  static constexpr std::uint32_t kRelaxedUniqueChecks = 1U << 27;

  // Collation ids of the session.
  struct Charset {
    std::uint16_t client = 0;  // of the statement's text
    std::uint16_t connection = 0;
    std::uint16_t server = 0;
  };

  std::optional<std::uint32_t> flags2;
  std::optional<std::uint64_t> sql_mode;
  std::optional<Charset> charset;
  std::optional<std::uint16_t> database_collation;  // CHARSET_DATABASE
  std::optional<std::uint16_t> default_collation_for_utf8mb4;
  std::string_view time_zone;  // empty: SYSTEM was not relevant
  std::string_view catalog;
  std::string_view invoker_user;
  std::string_view invoker_host;
  std::optional<std::uint32_t> microseconds;  // of the header's timestamp; MariaDB's HRNOW too
  std::optional<std::uint64_t> ddl_xid;       // atomic DDL; MariaDB's XID too
  std::optional<std::uint16_t> auto_increment_increment;
  std::optional<std::uint16_t> auto_increment_offset;
  std::optional<std::uint16_t> lc_time_names;
  std::optional<bool> explicit_defaults_for_timestamp;
  std::optional<bool> sql_require_primary_key;
  std::optional<bool> default_table_encryption;
  std::uint8_t mariadb_flags_extra = 0;   // GTID_FLAGS3, as MariadbGtidEvent::flags_extra
  std::uint64_t mariadb_start_alter = 0;  // sequence number of the START ALTER; 0: none
  Bytes mariadb_charset_collations;       // (u16 charset, u16 collation) pairs

  // Databases the statement touched, unless there were too many to list.
  bool too_many_databases = false;
  std::uint8_t database_count = 0;
  std::array<std::string_view, 16> database_names{};
  [[nodiscard]] std::span<const std::string_view> databases() const { return {database_names.data(), database_count}; }

  // A code that is not known ended the reading; what stands before it is right.
  std::optional<std::uint8_t> unknown_code;
};

struct QueryEvent {
  std::uint32_t thread_id = 0;
  std::uint32_t exec_time_s = 0;
  std::uint16_t error_code = 0;  // nonzero: it failed at the source after a partial effect
  QueryStatus status;
  std::string_view database;  // the session's default database
  std::string_view text;      // in the client's character set, not necessarily UTF-8
};

// `post_header_size` is the format's (at least 13). Errors: `truncated`, `corrupt`.
Result<QueryEvent> decode_query(Bytes body, std::uint8_t post_header_size = kQueryPostHeaderSize);

// QUERY_COMPRESSED: the text is inflated into `text_buffer` (its old content goes), which the result views. Also
// `limit` beyond `cap_bytes`.
Result<QueryEvent> decode_query_compressed(Bytes body, std::string& text_buffer, std::uint64_t cap_bytes,
                                           std::uint8_t post_header_size = kQueryPostHeaderSize);

// EXECUTE_LOAD_QUERY: LOAD DATA in statement format (PROTOCOL 3.5).
struct ExecuteLoadQuery {
  QueryEvent query;
  std::uint32_t file_id = 0;
  std::uint32_t name_start = 0;  // offsets of the file name in the text
  std::uint32_t name_end = 0;
  std::uint8_t duplicates = 0;  // 0 error, 1 ignore, 2 replace
};
Result<ExecuteLoadQuery> decode_execute_load_query(Bytes body);

}  // namespace binferry
