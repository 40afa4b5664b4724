// Writes valid binary logs for tests: MySQL or MariaDB events with headers, positions and checksums.
//
// Header-only and independent of the readers under test: it has its own CRC-32 and its own header code, so a reader
// and its test cannot share one mistake. Layouts: PROTOCOL 2 and 3.
//
//   BinlogWriter log;                                   // or BinlogWriter(BinlogWriter::mariadb())
//   log.magic().format_description().previous_gtids();
//   log.insert_transaction(1);                          // GTID, BEGIN, TABLE_MAP, WRITE_ROWS, XID
//   write_file(path, log.str());
//   append_file(path, log.stop().take());               // take(): what was added since the last take()
#pragma once

#include "binlog/base/byte_writer.hpp"
#include "binlog/event/event_type.hpp"
#include "binlog/event/raw_event.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace binferry::test {

// CRC-32 as zlib's.
inline std::uint32_t reference_crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
  }
  return ~crc;
}

// One column of a TABLE_MAP: wire type, its metadata bytes (PROTOCOL 4.1), nullable.
struct ColumnSpec {
  std::uint8_t type = 3;  // LONG
  std::string metadata;
  bool nullable = false;
};

class BinlogWriter {
 public:
  struct Options {
    bool is_mariadb = false;
    bool checksums = true;
    std::uint32_t server_id = 80;
    std::uint32_t timestamp = 1'700'000'000;
    std::string server_version = "8.0.40";
    bool zero_positions_in_groups = false;  // as MariaDB 11.4 and later writes them
  };
  static Options mariadb() {
    Options options;
    options.is_mariadb = true;
    options.server_version = "10.11.19-MariaDB-log";
    return options;
  }

  BinlogWriter() = default;
  explicit BinlogWriter(Options options) : options_(std::move(options)) {}

  [[nodiscard]] const std::string& str() const { return out_; }
  // Bytes added since the last take(), or from the beginning.
  std::string take() {
    std::string added = out_.substr(taken_);
    taken_ = out_.size();
    return added;
  }
  // 64-bit offset of the next event in the file.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  // Pretends that the next event stands at `position` of the file.
  BinlogWriter& at(std::uint64_t position) {
    position_ = position;
    return *this;
  }
  // Offsets in str() where events begin, in order.
  [[nodiscard]] const std::vector<std::size_t>& starts() const { return starts_; }
  [[nodiscard]] Options& options() { return options_; }

  BinlogWriter& magic() {
    out_ += "\xFE\x62in";
    position_ += 4;
    return *this;
  }

  // Any event. The checksum is added where the log has them, unless `checksum` says otherwise.
  BinlogWriter& event(EventType type, std::string_view body, std::uint16_t flags = 0) {
    return raw_event(type, body, flags, options_.checksums, true);
  }
  // As event(), but with flag ARTIFICIAL and a zero position, and without moving the position.
  BinlogWriter& artificial_event(EventType type, std::string_view body) {
    const std::uint64_t kept = position_;
    raw_event(type, body, EventHeader::kArtificial, options_.checksums, false);
    position_ = kept;
    return *this;
  }

  // In use is how a server leaves the flag until it closes the file; `created` is nonzero after a start of the server.
  BinlogWriter& format_description(bool in_use = true, std::uint32_t created = 0, std::uint16_t other_flags = 0) {
    ByteWriter body;
    body.u16(4).text(options_.server_version).fill(50 - options_.server_version.size()).u32(created).u8(19);
    body.text(post_header_lengths()).u8(options_.checksums ? 1 : 0);
    const std::size_t start = out_.size();
    raw_event(EventType::format_description, body.str(), other_flags, true, true);
    if (in_use) out_[start + 17] = static_cast<char>(out_[start + 17] | 1);  // not covered by the checksum
    return *this;
  }
  BinlogWriter& previous_gtids(std::string_view encoded_set = std::string_view("\0\0\0\0\0\0\0\0", 8)) {
    return event(EventType::previous_gtids, encoded_set, EventHeader::kIgnorable);
  }
  // MariaDB. An empty list has two bytes of padding.
  BinlogWriter& gtid_list(std::uint32_t domain = 0, std::uint32_t server_id = 0, std::uint64_t seq_no = 0) {
    ByteWriter body;
    if (seq_no == 0) return event(EventType::gtid_list, body.u32(0).u16(0).str());
    return event(EventType::gtid_list, body.u32(1).u32(domain).u32(server_id).u64(seq_no).str());
  }
  BinlogWriter& binlog_checkpoint(std::string_view file) {
    return event(EventType::binlog_checkpoint,
                 ByteWriter().u32(static_cast<std::uint32_t>(file.size())).text(file).str());
  }
  // What a server of this kind writes at the start of a file, magic included.
  BinlogWriter& begin_file(bool in_use = true, std::uint32_t created = 0) {
    magic().format_description(in_use, created);
    return options_.is_mariadb ? gtid_list() : previous_gtids();
  }

  // MySQL GTID `01010101-…:gno`, sixteen bytes of `sid`.
  BinlogWriter& gtid(std::uint64_t gno, std::uint8_t sid = 1) {
    ByteWriter body;
    body.u8(0).fill(16, static_cast<char>(sid)).u64(gno).u8(2).u64(gno - 1).u64(gno);
    return event(EventType::gtid, body.str());
  }
  BinlogWriter& anonymous_gtid() {
    return event(EventType::anonymous_gtid, ByteWriter().u8(0).fill(24).u8(2).u64(0).u64(1).str());
  }
  // MariaDB GTID; flags2 as PROTOCOL 3.13 (0x0C: an ordinary transaction, 0x29: a standalone DDL).
  BinlogWriter& mariadb_gtid(std::uint64_t seq_no, std::uint32_t domain = 0, std::uint8_t flags2 = 0x0C) {
    return event(EventType::mariadb_gtid, ByteWriter().u64(seq_no).u32(domain).u8(flags2).fill(6).str(),
                 EventHeader::kSuppressUse);
  }

  BinlogWriter& query(std::string_view database, std::string_view sql, std::string_view status_vars = {}) {
    ByteWriter body;
    body.u32(7).u32(0).u8(static_cast<std::uint8_t>(database.size())).u16(0);
    body.u16(static_cast<std::uint16_t>(status_vars.size())).text(status_vars);
    body.text(database).u8(0).text(sql);
    return event(EventType::query, body.str());
  }
  BinlogWriter& begin() { return query("shop", "BEGIN"); }
  BinlogWriter& commit() { return query("shop", "COMMIT"); }
  BinlogWriter& xid(std::uint64_t xid) { return event(EventType::xid, ByteWriter().u64(xid).str()); }

  // `optional_metadata` is the TLV block as it stands on the wire.
  BinlogWriter& table_map(std::uint64_t table_id, std::string_view database, std::string_view table,
                          const std::vector<ColumnSpec>& columns, std::string_view optional_metadata = {}) {
    ByteWriter body;
    body.u48(table_id).u16(1).lenenc(database).u8(0).lenenc(table).u8(0).pint(columns.size());
    std::string metadata;
    std::string null_bits((columns.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < columns.size(); ++i) {
      body.u8(columns[i].type);
      metadata += columns[i].metadata;
      if (columns[i].nullable) null_bits[i / 8] = static_cast<char>(null_bits[i / 8] | 1 << i % 8);
    }
    body.lenenc(metadata).text(null_bits).text(optional_metadata);
    return event(EventType::table_map, body.str());
  }

  // Rows event of any plain type, all columns present. `rows`: each row a null bitmap and its values (an UPDATE's
  // before image, then its after image). MySQL writes version 2, MariaDB version 1.
  BinlogWriter& rows(EventType type, std::uint64_t table_id, std::size_t columns, std::string_view row_bytes,
                     bool statement_end = true) {
    const bool has_extra_info = type >= EventType::write_rows && type <= EventType::delete_rows;
    const bool is_update = type == EventType::update_rows || type == EventType::update_rows_v1;
    ByteWriter body;
    body.u48(table_id).u16(statement_end ? 1 : 0);
    if (has_extra_info) body.u16(2);
    body.pint(columns);
    for (int image = 0; image < (is_update ? 2 : 1); ++image) body.fill((columns + 7) / 8, '\xFF');
    body.text(row_bytes);
    return event(type, body.str());
  }
  BinlogWriter& write_rows(std::uint64_t table_id, std::size_t columns, std::string_view row_bytes,
                           bool statement_end = true) {
    return rows(options_.is_mariadb ? EventType::write_rows_v1 : EventType::write_rows, table_id, columns, row_bytes,
                statement_end);
  }
  BinlogWriter& update_rows(std::uint64_t table_id, std::size_t columns, std::string_view row_bytes) {
    return rows(options_.is_mariadb ? EventType::update_rows_v1 : EventType::update_rows, table_id, columns, row_bytes);
  }
  BinlogWriter& delete_rows(std::uint64_t table_id, std::size_t columns, std::string_view row_bytes) {
    return rows(options_.is_mariadb ? EventType::delete_rows_v1 : EventType::delete_rows, table_id, columns, row_bytes);
  }
  // A row of one INT NOT NULL.
  static std::string int_row(std::uint32_t value) { return ByteWriter().u8(0).u32(value).str(); }

  // One whole transaction with one row: INSERT INTO shop.orders (one INT column) VALUES (number).
  BinlogWriter& insert_transaction(std::uint32_t number, std::size_t extra_rows = 0) {
    std::string row_bytes = int_row(number);
    for (std::size_t i = 0; i < extra_rows; ++i) row_bytes += int_row(number);
    if (options_.is_mariadb) {
      mariadb_gtid(number);
    } else {
      gtid(number).begin();
    }
    const bool zeroed = std::exchange(zero_positions_, options_.zero_positions_in_groups);
    table_map(99, "shop", "orders", {ColumnSpec{}}).write_rows(99, 1, row_bytes);
    zero_positions_ = zeroed;
    return xid(number);
  }
  // A standalone DDL group.
  BinlogWriter& ddl(std::uint64_t number, std::string_view sql) {
    if (options_.is_mariadb) return mariadb_gtid(number, 0, 0x29).query("shop", sql);
    return gtid(number).query("shop", sql);
  }

  BinlogWriter& rotate(std::string_view next_file, std::uint64_t position = 4) {
    return event(EventType::rotate, ByteWriter().u64(position).text(next_file).str());
  }
  BinlogWriter& artificial_rotate(std::string_view file, std::uint64_t position = 4) {
    return artificial_event(EventType::rotate, ByteWriter().u64(position).text(file).str());
  }
  BinlogWriter& stop() { return event(EventType::stop, {}); }

 private:
  BinlogWriter& raw_event(EventType type, std::string_view body, std::uint16_t flags, bool checksum, bool positioned) {
    const std::size_t start = out_.size();
    const std::size_t length = kEventHeaderSize + body.size() + (checksum ? 4 : 0);
    position_ += length;
    ByteWriter event;
    event.u32(positioned ? options_.timestamp : 0).u8(static_cast<std::uint8_t>(type)).u32(options_.server_id);
    event.u32(static_cast<std::uint32_t>(length));
    event.u32(positioned && !zero_positions_ ? static_cast<std::uint32_t>(position_) : 0).u16(flags).text(body);
    if (checksum) event.u32(reference_crc32(event.str()));
    starts_.push_back(start);
    out_ += event.str();
    return *this;
  }

  // MySQL 8.0.40: 41 types. MariaDB 10.11: 171.
  [[nodiscard]] std::string post_header_lengths() const {
    std::string lengths(
        std::string_view("\x00\x0D\x00\x08\x00\x00\x00\x00\x04\x00\x04\x00\x00\x00\x62\x00\x04\x1A\x08"
                         "\x00\x00\x00\x08\x08\x08\x02\x00\x00\x00\x0A\x0A\x0A\x2A\x2A\x00\x12\x34\x00"
                         "\x0A\x28\x00",
                         41));
    if (!options_.is_mariadb) return lengths;
    lengths.resize(171, '\0');
    lengths[14] = static_cast<char>(57 + 171);
    const std::array<std::pair<int, int>, 10> known{
        {{161, 4}, {162, 19}, {163, 4}, {165, 13}, {166, 8}, {167, 8}, {168, 8}, {169, 10}, {170, 10}, {171, 10}}};
    for (const auto& [type, length] : known) lengths[static_cast<std::size_t>(type - 1)] = static_cast<char>(length);
    return lengths;
  }

  Options options_;
  std::string out_;
  std::vector<std::size_t> starts_;
  std::uint64_t position_ = 0;
  std::size_t taken_ = 0;
  bool zero_positions_ = false;
};

}  // namespace binferry::test
