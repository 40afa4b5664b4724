#include "binlog/event/event_type.hpp"

#include <array>

namespace binferry {
namespace {

struct Entry {
  std::string_view name = "UNKNOWN";
  EventDuty duty = EventDuty::unknown;
  bool rows = false;
};

constexpr std::array<Entry, 256> make_table() {
  std::array<Entry, 256> table{};
  const auto put = [&table](EventType type, std::string_view name, EventDuty duty, bool rows = false) {
    table[static_cast<std::size_t>(type)] = Entry{name, duty, rows};
  };
  using enum EventType;
  using D = EventDuty;
  put(start_v3, "START_V3", D::stop);
  put(query, "QUERY", D::decode);
  put(EventType::stop, "STOP", D::inert);
  put(rotate, "ROTATE", D::decode);
  put(intvar, "INTVAR", D::decode);
  put(load, "LOAD", D::stop);
  put(slave, "SLAVE", D::stop);
  put(create_file, "CREATE_FILE", D::stop);
  put(append_block, "APPEND_BLOCK", D::statement);
  put(exec_load, "EXEC_LOAD", D::stop);
  put(delete_file, "DELETE_FILE", D::statement);
  put(new_load, "NEW_LOAD", D::stop);
  put(rand, "RAND", D::decode);
  put(user_var, "USER_VAR", D::decode);
  put(format_description, "FORMAT_DESCRIPTION", D::decode);
  put(xid, "XID", D::decode);
  put(begin_load_query, "BEGIN_LOAD_QUERY", D::statement);
  put(execute_load_query, "EXECUTE_LOAD_QUERY", D::statement);
  put(table_map, "TABLE_MAP", D::decode);
  put(write_rows_v0, "WRITE_ROWS_V0", D::stop, true);
  put(update_rows_v0, "UPDATE_ROWS_V0", D::stop, true);
  put(delete_rows_v0, "DELETE_ROWS_V0", D::stop, true);
  put(write_rows_v1, "WRITE_ROWS_V1", D::decode, true);
  put(update_rows_v1, "UPDATE_ROWS_V1", D::decode, true);
  put(delete_rows_v1, "DELETE_ROWS_V1", D::decode, true);
  put(incident, "INCIDENT", D::stop);
  put(heartbeat, "HEARTBEAT", D::network);
  put(ignorable, "IGNORABLE", D::inert);
  put(rows_query, "ROWS_QUERY", D::inert);
  put(write_rows, "WRITE_ROWS", D::decode, true);
  put(update_rows, "UPDATE_ROWS", D::decode, true);
  put(delete_rows, "DELETE_ROWS", D::decode, true);
  put(gtid, "GTID", D::decode);
  put(anonymous_gtid, "ANONYMOUS_GTID", D::decode);
  put(previous_gtids, "PREVIOUS_GTIDS", D::decode);
  put(transaction_context, "TRANSACTION_CONTEXT", D::inert);
  put(view_change, "VIEW_CHANGE", D::inert);
  put(xa_prepare, "XA_PREPARE", D::decode);
  put(partial_update_rows, "PARTIAL_UPDATE_ROWS", D::decode, true);
  put(transaction_payload, "TRANSACTION_PAYLOAD", D::decode);
  put(heartbeat_v2, "HEARTBEAT_V2", D::network);
  put(gtid_tagged, "GTID_TAGGED", D::decode);
  put(annotate_rows, "ANNOTATE_ROWS", D::inert);
  put(binlog_checkpoint, "BINLOG_CHECKPOINT", D::inert);
  put(mariadb_gtid, "MARIADB_GTID", D::decode);
  put(gtid_list, "GTID_LIST", D::decode);
  put(start_encryption, "START_ENCRYPTION", D::decode);
  put(query_compressed, "QUERY_COMPRESSED", D::decode);
  put(write_rows_compressed_v1, "WRITE_ROWS_COMPRESSED_V1", D::decode, true);
  put(update_rows_compressed_v1, "UPDATE_ROWS_COMPRESSED_V1", D::decode, true);
  put(delete_rows_compressed_v1, "DELETE_ROWS_COMPRESSED_V1", D::decode, true);
  put(write_rows_compressed, "WRITE_ROWS_COMPRESSED", D::decode, true);
  put(update_rows_compressed, "UPDATE_ROWS_COMPRESSED", D::decode, true);
  put(delete_rows_compressed, "DELETE_ROWS_COMPRESSED", D::decode, true);
  return table;
}

constexpr std::array<Entry, 256> kTable = make_table();

}  // namespace

std::string_view name_of(EventType type) {
  return kTable[static_cast<std::uint8_t>(type)].name;
}
EventDuty duty_of(EventType type) {
  return kTable[static_cast<std::uint8_t>(type)].duty;
}
bool is_rows_event(EventType type) {
  return kTable[static_cast<std::uint8_t>(type)].rows;
}

}  // namespace binferry
