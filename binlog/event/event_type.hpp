// Event type codes of MySQL and MariaDB binary logs (PROTOCOL 2; MySQL manual "Binary Log Event types").
#pragma once

#include <cstdint>
#include <string_view>

namespace binferry {

enum class EventType : std::uint8_t {
  unknown = 0,
  start_v3 = 1,
  query = 2,
  stop = 3,
  rotate = 4,
  intvar = 5,
  load = 6,
  slave = 7,
  create_file = 8,
  append_block = 9,
  exec_load = 10,
  delete_file = 11,
  new_load = 12,
  rand = 13,
  user_var = 14,
  format_description = 15,
  xid = 16,
  begin_load_query = 17,
  execute_load_query = 18,
  table_map = 19,
  write_rows_v0 = 20,
  update_rows_v0 = 21,
  delete_rows_v0 = 22,
  write_rows_v1 = 23,
  update_rows_v1 = 24,
  delete_rows_v1 = 25,
  incident = 26,
  heartbeat = 27,
  ignorable = 28,
  rows_query = 29,
  write_rows = 30,
  update_rows = 31,
  delete_rows = 32,
  gtid = 33,
  anonymous_gtid = 34,
  previous_gtids = 35,
  transaction_context = 36,
  view_change = 37,
  xa_prepare = 38,
  partial_update_rows = 39,
  transaction_payload = 40,
  heartbeat_v2 = 41,
  gtid_tagged = 42,
  annotate_rows = 160,
  binlog_checkpoint = 161,
  mariadb_gtid = 162,
  gtid_list = 163,
  start_encryption = 164,
  query_compressed = 165,
  write_rows_compressed_v1 = 166,
  update_rows_compressed_v1 = 167,
  delete_rows_compressed_v1 = 168,
  write_rows_compressed = 169,
  update_rows_compressed = 170,
  delete_rows_compressed = 171,
};

// `WRITE_ROWS`, `TABLE_MAP`, …; "UNKNOWN" for a code outside the list. Older and compressed row events carry a suffix
// (`WRITE_ROWS_V1`, `WRITE_ROWS_COMPRESSED_V1`).
std::string_view name_of(EventType type);

// What a reader owes an event of this type (the "Duty" column of PROTOCOL 2).
enum class EventDuty : std::uint8_t {
  decode,     // part of a transaction or of its place; INTVAR, RAND and USER_VAR too: harmless before DDL
  inert,      // known, carries nothing a replica needs
  statement,  // evidence of statement-based logging (LOAD DATA as a statement)
  stop,       // cannot be read on: obsolete format or an incident
  network,    // appears in streams only
  unknown,    // not in the list
};
EventDuty duty_of(EventType type);

bool is_rows_event(EventType type);  // any version, compressed or not, partial too

}  // namespace binferry
