// Runs the decoder of an event's type and says whether it gave a value. Shared by the unit tests and the fuzzer.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/event/control_events.hpp"
#include "binlog/event/format_description.hpp"
#include "binlog/event/group_replication_events.hpp"
#include "binlog/event/gtid_event.hpp"
#include "binlog/event/query_event.hpp"
#include "binlog/event/raw_event.hpp"
#include "binlog/event/statement_events.hpp"
#include "binlog/event/transaction_payload.hpp"
#include "binlog/event/xa.hpp"

#include <string>

namespace binferry::test {

namespace detail {
template <class T>
Status drop(const Result<T>& result) {
  if (result) return {};
  return std::unexpected(result.error());
}
}  // namespace detail

// All events of a payload; the number of events that came out.
inline Result<std::size_t> drain_payload(const RawEvent& event, const Limits& limits) {
  PayloadReader reader(limits);
  if (Status status = reader.open(event); !status) return propagate(status);
  for (std::size_t count = 0;; ++count) {
    Result<const RawEvent*> inner = reader.next();
    if (!inner) return propagate(inner);
    if (*inner == nullptr) return count;
  }
}

// The body, decoded as what the type says; types without a decoder here give success.
inline Status decode_body(EventType type, Bytes body, const Limits& limits = {}) {
  using detail::drop;
  std::string text;
  switch (type) {
    case EventType::query: return drop(decode_query(body));
    case EventType::query_compressed: return drop(decode_query_compressed(body, text, limits.inflated_bytes));
    case EventType::execute_load_query: return drop(decode_execute_load_query(body));
    case EventType::rotate: return drop(decode_rotate(body));
    case EventType::intvar: return drop(decode_intvar(body));
    case EventType::rand: return drop(decode_rand(body));
    case EventType::user_var: return drop(decode_user_var(body));
    case EventType::begin_load_query:
    case EventType::append_block: return drop(decode_file_block(body));
    case EventType::delete_file: return drop(decode_delete_file(body));
    case EventType::xid: return drop(decode_xid(body));
    case EventType::xa_prepare: return drop(decode_xa_prepare(body));
    case EventType::rows_query: return drop(decode_rows_query(body));
    case EventType::gtid: return drop(decode_gtid(body, false));
    case EventType::anonymous_gtid: return drop(decode_gtid(body, true));
    case EventType::gtid_tagged: return drop(decode_gtid_tagged(body));
    case EventType::previous_gtids: return drop(decode_previous_gtids(body));
    case EventType::mariadb_gtid: return drop(decode_mariadb_gtid(body, 1));
    case EventType::gtid_list: return drop(decode_gtid_list(body));
    case EventType::binlog_checkpoint: return drop(decode_binlog_checkpoint(body));
    case EventType::start_encryption: return drop(decode_start_encryption(body));
    case EventType::incident: return drop(decode_incident(body));
    case EventType::heartbeat: return drop(decode_heartbeat(body, 0));
    case EventType::heartbeat_v2: return drop(decode_heartbeat_v2(body));
    case EventType::transaction_context: return drop(decode_transaction_context(body));
    case EventType::view_change: return drop(decode_view_change(body));
    case EventType::transaction_payload: {
      RawEvent event;
      event.header.type = type;
      event.body = body;
      return drop(drain_payload(event, limits));
    }
    default: return {};
  }
}

}  // namespace binferry::test
