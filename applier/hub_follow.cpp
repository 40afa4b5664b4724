#include "applier/hub_follow.hpp"

#include "applier/replay.hpp"
#include "binlog/base/backoff.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

constexpr std::uint64_t kStatusEveryUs = 1'000'000;

}  // namespace

HubFollow::HubFollow(SqliteApplier& applier, HubFollowOptions options)
    : applier_(applier), options_(std::move(options)), quarantined_(applier.replica().tables.quarantined()) {
  status_.source = options_.hub.text();
}

void HubFollow::publish(bool now) {
  const std::uint64_t time_us = options_.now_us();
  if (!now && time_us < status_.written_us + kStatusEveryUs) return;
  status_.written_us = time_us;
  options_.on_status(status_);
}

void HubFollow::enter_state(LiveState state, std::string trouble) {
  status_.state = state;
  status_.trouble = std::move(trouble);
  publish(true);
}

// The hub leaves out what the applier would pass over. A table that was renamed out of the patterns stays in the
// replica, and is asked for by its name.
void HubFollow::choose_tables() {
  const ReplicaOptions& made = applier_.replica().options();
  TransactionFilter filter;
  filter.databases = made.schemas;
  filter.tables = made.tables;
  std::vector<std::string>& schemas = options_.source.schemas;
  std::vector<std::string>& tables = options_.source.tables;
  const auto had = std::pair(schemas, tables);
  schemas = made.schemas;
  tables = made.tables;
  for (const auto& [key, table] : applier_.replica().tables.all()) {
    if (!table.is_active() || filter.wants(key.first, key.second)) continue;
    if (!schemas.empty() && !filter.wants_schema(key.first)) schemas.push_back(key.first);
    if (!tables.empty()) tables.push_back(key.first + "." + key.second);
  }
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
    status_.received.file.assign(event.file);  // into the same memory, an event at a time
    status_.received.offset = event.end;
  }
}

// Everything that came is applied and durable.
Status HubFollow::on_sealed(HubSource& source) {
  const BinlogPosition& position = applier_.checkpoint().position;
  if (position > status_.acked) {
    if (Status told = source.acknowledge(ship::AckLevel::applied, position); !told) return told;
    status_.acked = position;
    ++status_.acks;
  }
  // What the hub last said of its own end, and of when it last heard of the source.
  if (const auto& tip = source.tip(); tip && position >= tip->position) {
    status_.heartbeat_us = tip->at_us;
    if (tip->silent_ms) status_.heard_us = std::max(status_.heard_us, tip->at_us - *tip->silent_ms * 1000);
    reached_ = options_.stop_at_current;
  }
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
  const BinlogPosition from = applier_.checkpoint().position;
  options_.source.position = from;
  options_.source.now_us = options_.now_us;
  Result<std::unique_ptr<HubSource>> opened = HubSource::open(options_.hub, options_.source);
  if (!opened) return propagate(opened);
  HubSource& source = **opened;
  if (was_connected_) ++status_.reconnects;
  was_connected_ = true;
  status_.acked = {};
  enter_state(LiveState::streaming);

  ReplayOptions replay;
  replay.start = std::max(from.offset, kFirstEventOffset);
  replay.on_event = [&](const RawEvent& event) { watch(event); };
  replay.on_sealed = [&] { return on_sealed(source); };
  if (options_.ack == ship::AckLevel::received) {
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

Status HubFollow::run(const std::function<bool()>& should_stop) {
  Backoff backoff(options_.first_pause_ms, options_.longest_pause_ms, options_.random);
  while (!should_stop()) {
    if (status_.state != LiveState::waiting) enter_state(LiveState::connecting);
    heard_anything_ = false;
    const Status done = stream(should_stop);
    if (done && outgrown_ && !should_stop()) continue;
    if (done) break;
    if (!is_retryable(done.error().code)) {
      enter_state(LiveState::stopped, done.error().message());
      return done;
    }
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
