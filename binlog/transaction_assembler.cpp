#include "binlog/event/control_events.hpp"
#include "binlog/event/gtid_event.hpp"
#include "binlog/event/query_event.hpp"
#include "binlog/event/xa.hpp"
#include "binlog/schema/definition.hpp"
#include "binlog/schema/dialect.hpp"
#include "binlog/schema/statement_classifier.hpp"
#include "binlog/transaction.hpp"

#include <algorithm>

namespace binferry {
namespace {

constexpr std::string_view kBoundaryHint = "start at a transaction boundary (binferry inspect --events lists them)";

std::unexpected<Error> out_of_order(const RawEvent& event, std::string what) {
  Error error{Errc::out_of_order, std::move(what), {}, std::string(kBoundaryHint)};
  return std::unexpected(std::move(error).at(event.place()));
}

// The identifier behind XA COMMIT or XA ROLLBACK.
std::string_view xa_name(std::string_view sql, std::string_view verb) {
  std::string_view name = sql.substr(std::min(sql.size(), verb.size()));
  constexpr std::string_view kOnePhase = " ONE PHASE";
  if (name.ends_with(kOnePhase)) name.remove_suffix(kOnePhase.size());
  while (name.starts_with(' ')) name.remove_prefix(1);
  return name;
}

// Servers that write row events outside BEGIN … COMMIT: those that know no GTIDs (PROTOCOL 8.1, 5.x).
bool writes_direct_rows(const FormatDescription& format) {
  return format.version < (format.kind == ServerKind::mariadb ? 100000U : 50600U);
}

bool ends_statement(const RawEvent& event, const FormatDescription& format) {
  const std::size_t id_bytes = format.post_header_length(event.header.type) == 6 ? 4 : 6;
  return event.body.size() > id_bytes && (event.body[id_bytes] & 1) != 0;
}

}  // namespace

TransactionAssembler::TransactionAssembler(const Limits& limits) : transaction_(limits), payload_(limits) {}
TransactionAssembler::~TransactionAssembler() = default;

Result<EventRole> TransactionAssembler::push(const RawEvent& event, const FormatDescription& format) {
  if (!format_ || event.header.type == EventType::format_description) {
    format_ = std::make_shared<const FormatDescription>(format);
  }
  return dispatch(event, format);
}

std::uint64_t TransactionAssembler::discard_open_group() {
  if (state_ == State::idle) return 0;
  state_ = State::idle;
  in_payload_ = false;
  return transaction_.stored_bytes;
}

void TransactionAssembler::cut_open_group() {
  if (state_ == State::idle) return;
  ++discarded_groups_;
  discarded_bytes_ += discard_open_group();
}

void TransactionAssembler::begin_group(const RawEvent& event, const FormatDescription& format, State state) {
  if (format_->server_version != format.server_version) format_ = std::make_shared<const FormatDescription>(format);
  transaction_.clear();
  transaction_.file = event.file;
  transaction_.offset = event.offset;
  transaction_.server_id = event.header.server_id;
  transaction_.timestamp = event.header.timestamp;
  transaction_.format = format_;
  savepoints_.clear();
  state_ = state;
}

Result<EventRole> TransactionAssembler::add(const RawEvent& event) {
  if (!in_payload_) transaction_.stored_bytes += event.bytes.size();
  transaction_.end = event.end;
  if (Status kept = transaction_.append(event); !kept) return propagate(kept, event.place());
  return EventRole::part;
}

Result<EventRole> TransactionAssembler::finish(const RawEvent& event, Outcome outcome) {
  Result<EventRole> added = add(event);
  if (!added) return added;
  transaction_.outcome = outcome;
  state_ = State::idle;
  return EventRole::complete;
}

Result<EventRole> TransactionAssembler::dispatch(const RawEvent& event, const FormatDescription& format) {
  const EventType type = event.header.type;
  switch (type) {
    case EventType::gtid:
    case EventType::anonymous_gtid:
    case EventType::gtid_tagged: return on_gtid(event, format);
    case EventType::mariadb_gtid: return on_mariadb_gtid(event, format);
    case EventType::query: return on_query(event, format);
    case EventType::query_compressed:  // never BEGIN, COMMIT or XA: too short to be compressed
    case EventType::execute_load_query:
    case EventType::delete_file:
      if (state_ == State::idle) begin_group(event, format, State::gtid);
      if (state_ == State::open) return add(event);
      transaction_.standalone = true;
      return finish(event, Outcome::committed);
    case EventType::xid: {
      if (state_ != State::open && state_ != State::direct) return out_of_order(event, "no transaction is open");
      Result<std::uint64_t> xid = decode_xid(event.body);
      if (!xid) return propagate(xid, event.place());
      transaction_.xid = *xid;
      return finish(event, Outcome::committed);
    }
    case EventType::xa_prepare: return on_xa_prepare(event);
    case EventType::transaction_payload: return on_payload(event, format);
    case EventType::incident: {
      Result<Incident> incident = decode_incident(event.body);
      if (!incident) return propagate(incident, event.place());
      return std::unexpected(Error{Errc::incident,
                                   "the source lost events here (incident " + std::to_string(incident->number) + ": " +
                                       std::string(incident->message) + ")",
                                   event.place(), "what follows is incomplete: take a new snapshot of the source"});
    }
    case EventType::format_description:
    case EventType::rotate: {
      constexpr std::uint16_t kNotOfThisFile = EventHeader::kArtificial | EventHeader::kRelayLog;
      if ((event.header.flags & kNotOfThisFile) == 0) cut_open_group();
      return EventRole::inert;
    }
    case EventType::begin_load_query:
    case EventType::append_block:
    case EventType::intvar:
    case EventType::rand:
    case EventType::user_var:
      if (state_ == State::idle) begin_group(event, format, State::gtid);
      return add(event);
    case EventType::table_map:
    case EventType::rows_query:
    case EventType::annotate_rows:
      if (state_ == State::idle || state_ == State::gtid) {
        if (!writes_direct_rows(format)) {
          if (type != EventType::table_map) return state_ == State::idle ? EventRole::inert : add(event);
          return out_of_order(event, "row events outside a transaction");
        }
        if (state_ == State::idle) begin_group(event, format, State::direct);
        state_ = State::direct;
      }
      return add(event);
    default: break;
  }
  if (is_rows_event(type)) return on_rows(event, format);
  if (duty_of(type) == EventDuty::stop) {
    return std::unexpected(Error{Errc::unsupported, "this event belongs to a format that servers gave up before 5.1.16",
                                 event.place(), "convert the log with the server that wrote it"});
  }
  // VIEW_CHANGE and ignorable events inside a group belong to it; between groups they carry nothing.
  return state_ == State::idle || type == EventType::heartbeat || type == EventType::heartbeat_v2 ? EventRole::inert
                                                                                                  : add(event);
}

Result<EventRole> TransactionAssembler::on_gtid(const RawEvent& event, const FormatDescription& format) {
  const bool anonymous = event.header.type == EventType::anonymous_gtid;
  Result<GtidEvent> gtid =
      event.header.type == EventType::gtid_tagged ? decode_gtid_tagged(event.body) : decode_gtid(event.body, anonymous);
  if (!gtid) return propagate(gtid, event.place());
  cut_open_group();  // the server that wrote it died: a restarted one goes on with the next group
  begin_group(event, format, State::gtid);
  transaction_.commit_us = gtid->immediate_commit_us.value_or(0);
  transaction_.original_commit_us = gtid->original_commit_us.value_or(transaction_.commit_us);
  if (!anonymous) transaction_.gtid = std::move(gtid->gtid);
  return add(event);
}

Result<EventRole> TransactionAssembler::on_mariadb_gtid(const RawEvent& event, const FormatDescription& format) {
  Result<MariadbGtidEvent> gtid = decode_mariadb_gtid(event.body, event.header.server_id);
  if (!gtid) return propagate(gtid, event.place());
  const bool standalone = (gtid->flags & MariadbGtidEvent::kStandalone) != 0;
  cut_open_group();
  begin_group(event, format, standalone ? State::standalone : State::open);
  transaction_.gtid = gtid->gtid;
  transaction_.standalone = standalone;
  if (gtid->xid) transaction_.xa = gtid->xid->text();
  transaction_.alter_flags =
      gtid->flags_extra & (Transaction::kStartAlter | Transaction::kCommitAlter | Transaction::kRollbackAlter);
  transaction_.start_alter = gtid->start_alter.value_or(0);
  return add(event);
}

Result<EventRole> TransactionAssembler::on_query(const RawEvent& event, const FormatDescription& format) {
  Result<QueryEvent> query = decode_query(event.body, format.post_header_length(EventType::query));
  if (!query) return propagate(query, event.place());
  const std::string_view sql = query->text;
  if (sql == "BEGIN") {
    if (state_ == State::open) return out_of_order(event, "BEGIN inside a transaction");
    if (state_ != State::gtid) begin_group(event, format, State::open);
    state_ = State::open;
    return add(event);
  }
  if (sql == "COMMIT" && state_ != State::idle) return finish(event, Outcome::committed);
  if (state_ == State::idle) begin_group(event, format, State::gtid);

  const SqlDialect dialect{format.kind == ServerKind::mariadb, format.version, 0};
  const Classified statement = classify_statement(sql, dialect);
  switch (statement.statement_class) {
    case StatementClass::xa_start:
      if (state_ == State::open) return out_of_order(event, "XA START inside a transaction");
      state_ = State::open;
      return add(event);
    case StatementClass::xa_commit:
    case StatementClass::xa_rollback: {
      const bool commit = statement.statement_class == StatementClass::xa_commit;
      // Inside its own XA START … END (MySQL before 5.7.7) it decides the group in hand, elsewhere an earlier one.
      if (state_ == State::open) return finish(event, commit ? Outcome::committed : Outcome::rolled_back);
      Result<XaId> xid = XaId::parse(xa_name(sql, commit ? "XA COMMIT" : "XA ROLLBACK"));
      if (!xid) return propagate(xid, event.place());
      transaction_.xa = xid->text();
      return finish(event, commit ? Outcome::xa_committed : Outcome::xa_rolled_back);
    }
    case StatementClass::rollback: return finish(event, Outcome::rolled_back);
    case StatementClass::savepoint:
    case StatementClass::rollback_to:
      if (state_ != State::open) break;
      if (Status kept = on_savepoint(statement.savepoint, statement.statement_class == StatementClass::rollback_to);
          !kept) {
        return propagate(kept, event.place());
      }
      return add(event);
    default: break;
  }
  if (state_ == State::open || state_ == State::direct) return add(event);
  transaction_.standalone = true;
  return finish(event, Outcome::committed);
}

Status TransactionAssembler::on_savepoint(std::string_view name, bool rollback) {
  const std::uint64_t here = transaction_.event_count;
  // Each statement is logged as it was typed, and servers know a savepoint by its name in whatever case.
  const auto found =
      std::ranges::find_if(savepoints_, [&](const Savepoint& savepoint) { return same_name(savepoint.name, name); });
  if (!rollback) {
    if (found != savepoints_.end()) savepoints_.erase(found);  // a second SAVEPOINT of the same name replaces it
    savepoints_.push_back({std::string(name), here + 1});
    return {};
  }
  if (found == savepoints_.end()) {
    return fail(Errc::out_of_order, "ROLLBACK TO an unknown savepoint `" + std::string(name) + "`",
                std::string(kBoundaryHint));
  }
  transaction_.undone_.push_back({found->event, here});
  savepoints_.erase(found + 1, savepoints_.end());
  return {};
}

Result<EventRole> TransactionAssembler::on_xa_prepare(const RawEvent& event) {
  if (state_ != State::open) return out_of_order(event, "no transaction is open");
  Result<XaPrepare> prepare = decode_xa_prepare(event.body);
  if (!prepare) return propagate(prepare, event.place());
  transaction_.xa = prepare->xid.text();
  return finish(event, prepare->one_phase ? Outcome::committed : Outcome::prepared);
}

Result<EventRole> TransactionAssembler::on_rows(const RawEvent& event, const FormatDescription& format) {
  if (state_ != State::open && state_ != State::direct && state_ != State::standalone) {
    return out_of_order(event, "row events outside a transaction");
  }
  if (state_ != State::open && ends_statement(event, format)) return finish(event, Outcome::committed);
  return add(event);
}

Result<EventRole> TransactionAssembler::on_payload(const RawEvent& event, const FormatDescription& format) {
  if (in_payload_) return out_of_order(event, "a TRANSACTION_PAYLOAD inside another");
  if (state_ == State::idle) begin_group(event, format, State::gtid);
  if (state_ != State::gtid) return out_of_order(event, "a compressed transaction inside another transaction");
  transaction_.compressed = true;
  transaction_.stored_bytes += event.bytes.size();
  in_payload_ = true;
  if (Status opened = payload_.open(event); !opened) return propagate(opened);
  EventRole role = EventRole::part;
  for (;;) {
    Result<const RawEvent*> inner = payload_.next();
    if (!inner) return propagate(inner);
    if (*inner == nullptr) break;
    if (role == EventRole::complete) return out_of_order(event, "events behind the end of the compressed transaction");
    Result<EventRole> pushed = dispatch(**inner, format);
    if (!pushed) return pushed;
    role = *pushed;
  }
  in_payload_ = false;
  if (role != EventRole::complete) return out_of_order(event, "the compressed transaction has no end");
  return EventRole::complete;
}

}  // namespace binferry
