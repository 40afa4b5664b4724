#include "applier/hub_follow.hpp"

#include "applier/replay.hpp"
#include "binlog/base/backoff.hpp"
#include "binlog/ship/relay_pump.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

constexpr std::uint64_t kStatusEveryUs = 1'000'000;
constexpr std::uint64_t kLookEverySteps = 256;
constexpr int kWaitMs = 200;
constexpr int kWaitForApplierMs = 5;  // so that what is applied is acknowledged soon
constexpr std::uint32_t kDrainSliceMs = 10;

}  // namespace

HubFollow::HubFollow(SqliteApplier& applier, HubFollowOptions options)
    : applier_(applier), options_(std::move(options)), quarantined_(applier.replica().tables.quarantined()) {
  status_.source = options_.hub.text();
}

void HubFollow::publish(bool now) {
  const std::uint64_t time_us = options_.now_us();
  if (!now && time_us < status_.written_us + kStatusEveryUs) return;
  status_.written_us = time_us;
  options_.on_status(status_, relayed_ ? relayed_->checkpoint() : applier_.checkpoint());
}

void HubFollow::enter_state(LiveState state, std::string trouble) {
  status_.state = state;
  status_.trouble = std::move(trouble);
  publish(true);
}

// The hub leaves out what the applier would pass over. What that is may change with a table statement.
void HubFollow::choose_tables() {
  if (options_.relay != nullptr) return;
  TransactionFilter wanted = applier_.filter();
  for (const auto& [schema, table] : applier_.parents_outside()) {
    if (!wanted.wants_schema(schema)) wanted.databases.push_back(schema);
    if (!wanted.wants(schema, table)) wanted.tables.push_back(schema + "." + table);
  }
  std::vector<std::string>& schemas = options_.source.schemas;
  std::vector<std::string>& tables = options_.source.tables;
  const auto had = std::pair(schemas, tables);
  schemas = std::move(wanted.databases);
  tables = std::move(wanted.tables);
  if (schemas.size() > ship::kMostPatterns || tables.size() > ship::kMostPatterns) {
    schemas.clear();
    tables.clear();
  }
  outgrown_ = std::pair(schemas, tables) != had;
  statements_seen_ = applier_.totals().table_statements;
}

void HubFollow::watch(const RawEvent& event) {
  heard_anything_ = true;
  status_.received_us = options_.now_us();
  if (event.end != event.offset) {
    read_.file.assign(event.file);  // into the same memory, an event at a time
    read_.offset = event.end;
    status_.received = read_;
  }
}

Status HubFollow::acknowledge(HubSource& source, ship::AckLevel level, const BinlogPosition& position) {
  if (Status told = source.acknowledge(level, position); !told) return told;
  if (position <= status_.acked) return {};
  status_.acked = position;
  ++status_.acks;
  return {};
}

// What the hub last said of its own end, and of when it last heard of the source.
void HubFollow::compare_with_tip(const HubSource& source, const BinlogPosition& applied) {
  const auto& tip = source.tip();
  if (!tip || applied < tip->position) return;
  status_.heartbeat_us = tip->at_us;
  if (tip->silent_ms) status_.heard_us = std::max(status_.heard_us, tip->at_us - *tip->silent_ms * 1000);
  reached_ = options_.stop_at_current;
}

// Everything that came is applied and durable.
Status HubFollow::on_sealed(HubSource& source) {
  // What the hub has is whole: up to there no more than a file's head can stand behind the last transaction.
  if (const auto& tip = source.tip(); tip && read_ >= tip->position) {
    if (Status sealed = applier_.seal_at(tip->position); !sealed) return sealed;
  }
  return tell_applied(source);
}

Status HubFollow::tell_applied(HubSource& source) {
  const BinlogPosition& position = applier_.checkpoint().position;
  if (Status told = acknowledge(source, ship::AckLevel::applied, position); !told) return told;
  compare_with_tip(source, position);
  publish(false);
  return {};
}

bool HubFollow::must_end() {
  if (reached_) return true;
  if (options_.stop_at_quarantine && has_new_quarantine()) return true;
  if (applier_.totals().table_statements != statements_seen_) choose_tables();
  return outgrown_;
}

Status HubFollow::stream(const std::function<bool()>& should_stop) {
  choose_tables();
  outgrown_ = false;
  std::optional<BinlogPosition> relay_end;
  if (options_.relay != nullptr) {
    if (may_leave_backlog_) relay_end = options_.relay->end_behind(applier_.checkpoint());
    if (!relay_end) {
      if (Status drained = options_.relay->drain(applier_, should_stop); !drained) return drained;
      if (should_stop()) return {};
    }
  }
  options_.source.position = relay_end.value_or(applier_.checkpoint().position);
  options_.source.now_us = options_.now_us;
  Result<std::unique_ptr<HubSource>> opened = HubSource::open(options_.hub, options_.source);
  if (!opened) return propagate(opened);
  if (options_.relay != nullptr && !relay_end) {
    // What is kept from here on must find the replica where it began.
    if (Status sealed = applier_.seal(); !sealed) return sealed;
    if (Status restarted = options_.relay->restart(applier_.checkpoint()); !restarted) return restarted;
  }
  if (was_connected_) ++status_.reconnects;
  was_connected_ = true;
  status_.acked = {};
  read_ = {};
  enter_state(LiveState::streaming);
  if (options_.relay == nullptr) return stream_applied(**opened, should_stop);
  const Status done = stream_relayed(**opened, should_stop);
  // Of a hub of another source nothing is kept, nor the file that was begun for it.
  const bool is_empty = options_.relay->store().published().file.empty();
  if (!done && is_empty) (void)options_.relay->restart(applier_.checkpoint());
  return done;
}

Status HubFollow::stream_applied(HubSource& source, const std::function<bool()>& should_stop) {
  ReplayOptions replay;
  replay.start = std::max(applier_.checkpoint().position.offset, kFirstEventOffset);
  replay.on_event = [&](const RawEvent& event) { watch(event); };
  replay.on_sealed = [&] { return on_sealed(source); };
  if (options_.ack_received) {
    replay.on_transaction = [&](const Transaction& transaction) -> Status {
      // While more is at hand already, a later one will say it for this one, too.
      if (!source.is_drained()) return {};
      return source.acknowledge(ship::AckLevel::received, {transaction.file, transaction.end});
    };
  }
  Replay run(applier_, source, std::move(replay));
  const Status done = run.run([&] { return must_end() || should_stop(); }, [&](std::uint64_t) { publish(false); });
  if (!done) return done;
  return on_sealed(source);
}

Status HubFollow::stream_relayed(HubSource& source, const std::function<bool()>& should_stop) {
  const Checkpoint begun = applier_.checkpoint();
  RelayedReplayOptions options;
  options.from = begun.position;
  options.should_stop = [&] { return (options_.stop_at_quarantine && has_new_quarantine()) || should_stop(); };
  options.now_us = options_.now_us;
  relayed_ = std::make_unique<RelayedReplay>(applier_, options_.relay->store(), std::move(options));
  const Status received = receive(source, begun, [&] { return relayed_->has_ended() || should_stop(); });
  // A connection that broke is made again before the rest is applied.
  const bool is_broken = !received && is_retryable(received.error().code);
  const Status applied = relayed_->end(is_broken, [&] {
    options_.pause(kDrainSliceMs);
    publish(false);
  });
  relayed_.reset();
  if (!applied || !received) return applied ? received : applied;
  return tell_applied(source);
}

Status HubFollow::receive(HubSource& source, const Checkpoint& begun, const std::function<bool()>& should_stop) {
  RelayStore& store = options_.relay->store();
  RelayPump pump(store, source, options_.source.limits);
  bool is_news = false;
  Status is_ours;
  pump.on_event = [&, head_seen = false](const RawEvent& event) mutable {
    watch(event);
    // Before anything is promised; the applier would see it too late.
    if (event.header.type != EventType::format_description || std::exchange(head_seen, true)) return;
    SourceIdentity found;
    found.server_id = event.header.server_id;
    found.version = source.format().server_version;
    found.file_created = event.header.timestamp;
    is_ours = check_same_file(begun, event.file, found);
  };
  pump.on_published = [&] { is_news = true; };
  std::string trimmed;
  for (std::uint64_t steps = 0; !reached_ && !should_stop();) {
    Result<RelayPump::State> state = pump.step();
    if (!is_ours) return is_ours;
    if (!state) return propagate(state);
    if (*state == RelayPump::State::more && !is_news && ++steps % kLookEverySteps != 0) continue;
    is_news = false;
    if (Status told = acknowledge(source, ship::AckLevel::logged, store.published()); !told) return told;
    const BinlogPosition applied = relayed_->applied();
    if (Status told = source.acknowledge(ship::AckLevel::applied, applied); !told) return told;
    compare_with_tip(source, applied);
    publish(false);
    if (applied.file != trimmed) {
      if (Status went = options_.relay->trim(applied); !went) return went;
      trimmed = applied.file;
    }
    if (*state == RelayPump::State::more) continue;
    if (Status waited = source.wait(relayed_->has_all() ? kWaitMs : kWaitForApplierMs); !waited) return waited;
  }
  return {};
}

Status HubFollow::run(const std::function<bool()>& should_stop) {
  Backoff backoff(options_.first_pause_ms, options_.longest_pause_ms, options_.random);
  while (!should_stop()) {
    if (status_.state != LiveState::waiting) enter_state(LiveState::connecting);
    heard_anything_ = false;
    const Status done = stream(should_stop);
    if (done && outgrown_ && !should_stop()) continue;
    if (done) break;
    if (!is_retryable(done.error().code)) {
      // Whatever the hub says, what was promised to it is applied.
      if (options_.relay != nullptr) (void)options_.relay->drain(applier_, should_stop);
      enter_state(LiveState::stopped, done.error().message());
      return done;
    }
    may_leave_backlog_ = heard_anything_;
    if (heard_anything_) backoff.reset();
    const std::string trouble = done.error().message();
    if (options_.note && backoff.is_news(trouble)) options_.note("connecting again: " + trouble);
    enter_state(LiveState::waiting, trouble);
    rest_in_slices(backoff.next_ms(), should_stop, [&](std::uint32_t ms) {
      options_.pause(ms);
      publish(false);
    });
  }
  enter_state(LiveState::stopped);
  return {};
}

}  // namespace binferry
