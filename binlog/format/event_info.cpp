#include "binlog/format/event_info.hpp"

#include "binlog/event/control_events.hpp"
#include "binlog/event/group_replication_events.hpp"
#include "binlog/event/gtid_event.hpp"
#include "binlog/event/query_event.hpp"
#include "binlog/event/statement_events.hpp"
#include "binlog/event/transaction_payload.hpp"
#include "binlog/event/xa.hpp"
#include "binlog/row/charset.hpp"
#include "binlog/row/rows_event.hpp"
#include "binlog/row/table_map.hpp"
#include "binlog/schema/ddl_parser.hpp"
#include "binlog/schema/statement_classifier.hpp"

#include <fmt/format.h>

namespace binferry {
namespace {

using Text = Result<std::string>;

SqlDialect dialect_of(const FormatDescription& format, const QueryEvent& query) {
  return {format.kind == ServerKind::mariadb, format.version, query.status.sql_mode.value_or(0)};
}

std::string text_of_query(const QueryEvent& query, const FormatDescription& format) {
  const std::uint16_t client = query.status.charset ? query.status.charset->client : std::uint16_t{0};
  const Result<std::string> utf8 = query_text_utf8(bytes_of(query.text), client);
  const std::string sql = utf8 ? *utf8 : std::string(query.text);
  const Classified classified = classify_statement(sql, dialect_of(format, query));
  const std::string use = query.database.empty() ? "" : "use `" + std::string(query.database) + "`; ";
  if (classified.statement_class == StatementClass::account) return use + classified.verb + " …";
  return classified.statement_class == StatementClass::begin ? sql : use + sql;
}

Text gtid_info(const Result<GtidEvent>& event) {
  if (!event) return std::unexpected(event.error());
  if (event->is_anonymous()) return "SET @@SESSION.GTID_NEXT= 'ANONYMOUS'";
  return "SET @@SESSION.GTID_NEXT= '" + event->gtid.text() + "'";
}

Text mariadb_gtid_info(const RawEvent& event) {
  Result<MariadbGtidEvent> gtid = decode_mariadb_gtid(event.body, event.header.server_id);
  if (!gtid) return propagate(gtid);
  std::string text = (gtid->flags & MariadbGtidEvent::kStandalone) != 0 ? "GTID " : "BEGIN GTID ";
  text += gtid->gtid.text();
  if (gtid->commit_id) text += " cid=" + std::to_string(*gtid->commit_id);
  if (gtid->xid) text += " XID " + gtid->xid->text();
  if ((gtid->flags_extra & MariadbGtidEvent::kStartAlter) != 0) text += " START ALTER";
  if (gtid->start_alter) {
    const bool commits = (gtid->flags_extra & MariadbGtidEvent::kCommitAlter) != 0;
    text += (commits ? " COMMIT ALTER id=" : " ROLLBACK ALTER id=") + std::to_string(*gtid->start_alter);
  }
  return text;
}

Text gtid_list_info(const RawEvent& event) {
  Result<GtidList> list = decode_gtid_list(event.body);
  if (!list) return propagate(list);
  std::string text = "[";
  for (const MariadbGtid& gtid : list->gtids) {
    if (text.size() > 1) text += ',';
    gtid.append_to(text);
  }
  return text + "]";
}

Text query_info(const RawEvent& event, const FormatDescription& format) {
  const std::uint8_t header = format.post_header_length(event.header.type);
  std::string inflated;
  Result<QueryEvent> query = event.header.type == EventType::query
                                 ? decode_query(event.body, header)
                                 : decode_query_compressed(event.body, inflated, Limits{}.inflated_bytes, header);
  if (!query) return propagate(query);
  return text_of_query(*query, format);
}

Text table_map_info(const RawEvent& event, const FormatDescription& format) {
  Result<TableMap> map = TableMap::decode(event.body, format.post_header_length(EventType::table_map), {});
  if (!map) return propagate(map);
  return fmt::format("table_id: {} ({}.{})", map->table_id, map->schema, map->table);
}

Text rows_info(const RawEvent& event, const FormatDescription& format) {
  std::string inflated;
  Result<RowsEvent> rows =
      RowsEvent::decode(event.header.type, event.body, format.post_header_length(event.header.type), inflated, {});
  if (!rows) return propagate(rows);
  std::string text = "table_id: " + std::to_string(rows->table_id);
  if (rows->ends_statement()) text += " flags: STMT_END_F";
  if (rows->skips_foreign_keys()) text += " flags: NO_FOREIGN_KEY_CHECKS_F";
  return text;
}

Text user_var_info(const RawEvent& event) {
  Result<UserVar> variable = decode_user_var(event.body);
  if (!variable) return propagate(variable);
  std::string text = "@`" + std::string(variable->name) + "`=";
  if (variable->is_null) return text + "NULL";
  return text + "x'" + to_hex(variable->value) + "'";
}

Text statement_part_info(const RawEvent& event, const FormatDescription& format) {
  switch (event.header.type) {
    case EventType::intvar: {
      Result<Intvar> intvar = decode_intvar(event.body);
      if (!intvar) return propagate(intvar);
      const bool insert = intvar->kind == Intvar::Kind::insert_id;
      return (insert ? "INSERT_ID=" : "LAST_INSERT_ID=") + std::to_string(intvar->value);
    }
    case EventType::rand: {
      Result<Rand> rand = decode_rand(event.body);
      if (!rand) return propagate(rand);
      return fmt::format("rand_seed1={},rand_seed2={}", rand->seed1, rand->seed2);
    }
    case EventType::user_var: return user_var_info(event);
    case EventType::begin_load_query:
    case EventType::append_block: {
      Result<FileBlock> block = decode_file_block(event.body);
      if (!block) return propagate(block);
      return fmt::format(";file_id={};block_len={}", block->file_id, block->data.size());
    }
    case EventType::delete_file: {
      Result<FileBlock> block = decode_delete_file(event.body);
      if (!block) return propagate(block);
      return fmt::format(";file_id={}", block->file_id);
    }
    case EventType::execute_load_query: {
      Result<ExecuteLoadQuery> load = decode_execute_load_query(event.body);
      if (!load) return propagate(load);
      return fmt::format("{} ;file_id={}", text_of_query(load->query, format), load->file_id);
    }
    default: return std::string();
  }
}

Text control_info(const RawEvent& event) {
  switch (event.header.type) {
    case EventType::format_description: {
      Result<FormatDescription> format = decode_format_description(event.bytes);
      if (!format) return propagate(format);
      return "Server ver: " + format->server_version + ", Binlog ver: 4";
    }
    case EventType::rotate: {
      Result<Rotate> rotate = decode_rotate(event.body);
      if (!rotate) return propagate(rotate);
      return fmt::format("{};pos={}", rotate->file, rotate->position);
    }
    case EventType::incident: {
      Result<Incident> incident = decode_incident(event.body);
      if (!incident) return propagate(incident);
      return fmt::format("#{} {}", incident->number, incident->message);
    }
    case EventType::binlog_checkpoint: {
      Result<BinlogCheckpoint> checkpoint = decode_binlog_checkpoint(event.body);
      if (!checkpoint) return propagate(checkpoint);
      return std::string(checkpoint->file);
    }
    case EventType::start_encryption: {
      Result<StartEncryption> start = decode_start_encryption(event.body);
      if (!start) return propagate(start);
      return fmt::format("scheme={} key_version={}", start->scheme, start->key_version);
    }
    case EventType::previous_gtids: {
      Result<GtidSet> set = decode_previous_gtids(event.body);
      if (!set) return propagate(set);
      return set->text();
    }
    case EventType::view_change: {
      Result<ViewChange> view = decode_view_change(event.body);
      if (!view) return propagate(view);
      return fmt::format("view_id={} seq={}", view->view_id, view->sequence_number);
    }
    default: return std::string();
  }
}

Text info_of(const RawEvent& event, const FormatDescription& format) {
  switch (event.header.type) {
    case EventType::query:
    case EventType::query_compressed: return query_info(event, format);
    case EventType::gtid: return gtid_info(decode_gtid(event.body, false));
    case EventType::anonymous_gtid: return gtid_info(decode_gtid(event.body, true));
    case EventType::gtid_tagged: return gtid_info(decode_gtid_tagged(event.body));
    case EventType::mariadb_gtid: return mariadb_gtid_info(event);
    case EventType::gtid_list: return gtid_list_info(event);
    case EventType::table_map: return table_map_info(event, format);
    case EventType::annotate_rows: return std::string(decode_annotate_rows(event.body));
    case EventType::rows_query: {
      Result<std::string_view> text = decode_rows_query(event.body);
      if (!text) return propagate(text);
      return "# " + std::string(*text);
    }
    case EventType::xid: {
      Result<std::uint64_t> xid = decode_xid(event.body);
      if (!xid) return propagate(xid);
      return fmt::format("COMMIT /* xid={} */", *xid);
    }
    case EventType::xa_prepare: {
      Result<XaPrepare> prepare = decode_xa_prepare(event.body);
      if (!prepare) return propagate(prepare);
      return (prepare->one_phase ? "XA COMMIT " : "XA PREPARE ") + prepare->xid.text() +
             (prepare->one_phase ? " ONE PHASE" : "");
    }
    case EventType::transaction_payload: {
      Result<TransactionPayload> payload = decode_transaction_payload(event.body);
      if (!payload) return propagate(payload);
      const bool zstd = payload->compression == TransactionPayload::Compression::zstd;
      return fmt::format("compression='{}', decompressed_size={} bytes", zstd ? "ZSTD" : "NONE",
                         payload->uncompressed_bytes.value_or(payload->payload.size()));
    }
    default: break;
  }
  if (is_rows_event(event.header.type)) return rows_info(event, format);
  if (duty_of(event.header.type) == EventDuty::statement || event.header.type == EventType::intvar ||
      event.header.type == EventType::rand || event.header.type == EventType::user_var) {
    return statement_part_info(event, format);
  }
  return control_info(event);
}

}  // namespace

void append_event_info(const RawEvent& event, const FormatDescription& format, std::string& out) {
  const Text info = info_of(event, format);
  std::string text = info ? *info : "(cannot be decoded: " + info.error().message() + ")";
  if (first_bad_utf8(bytes_of(text)) != text.size()) text = "x'" + to_hex(bytes_of(text)) + "'";
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
}

}  // namespace binferry
