// A row event without its rows (PROTOCOL 3.7, 3.8): which table, which columns, and the bytes that RowReader walks.
//
// Views into the event's body, or into the caller's buffer where MariaDB compressed the rows: valid while both live
// and the buffer is not reused.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/event/event_type.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace binferry {

enum class RowOp : std::uint8_t { write, update, remove };
std::string_view name_of(RowOp op);  // `INSERT`, `UPDATE`, `DELETE`

struct RowsEvent {
  static constexpr std::uint16_t kStatementEnd = 0x01;
  static constexpr std::uint16_t kNoForeignKeyChecks = 0x02;
  static constexpr std::uint16_t kRelaxedUniqueChecks = 0x04;
  static constexpr std::uint16_t kCompleteRows = 0x08;
  // MySQL 9.6 and later: the server itself and not InnoDB sees to foreign keys, and logs what a cascade changes in
  // front of the row that began it (MySQL manual, "Replication and Foreign Keys"; USE_SQL_FOREIGN_KEY_F of
  // mysqlbinlog).
  static constexpr std::uint16_t kLogsCascades = 0x10;
  static constexpr std::uint16_t kNoCheckConstraints = 0x80;  // MariaDB

  RowOp change = RowOp::write;
  bool partial = false;  // PARTIAL_UPDATE_ROWS: after images may hold JSON diffs
  std::uint64_t table_id = 0;
  std::uint16_t flags = 0;
  std::size_t width = 0;  // columns of the table, as the event says
  Bytes columns_before;   // bitmap, LSB first, padding unspecified; empty for a write
  Bytes columns_after;    // bitmap; empty for a delete
  Bytes rows;
  std::optional<std::uint16_t> partition;         // of the row, after image for an update
  std::optional<std::uint16_t> source_partition;  // of an update's before image

  [[nodiscard]] bool ends_statement() const { return (flags & kStatementEnd) != 0; }
  [[nodiscard]] bool skips_foreign_keys() const { return (flags & kNoForeignKeyChecks) != 0; }
  [[nodiscard]] bool logs_cascades() const { return (flags & kLogsCascades) != 0; }

  // `type` is any row event (else Errc::internal; version 0 is Errc::unsupported). `post_header_length` is
  // FORMAT_DESCRIPTION's for the type: 6 (table ids of 4 bytes), 8 or 10. `inflated` receives the rows of a compressed
  // event and is untouched otherwise.
  static Result<RowsEvent> decode(EventType type, Bytes body, std::size_t post_header_length, std::string& inflated,
                                  const Limits& limits);
};

}  // namespace binferry
