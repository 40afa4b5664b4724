#include "applier/follow.hpp"

#include "applier/replay.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace binferry {
namespace {

constexpr std::uint64_t kStatusEveryUs = 1'000'000;
constexpr std::uint32_t kSliceMs = 100;  // of a pause; how long a wish to stop may go unseen

// A link that broke, or an answer that did not come. Everything else would fail again in the same way.
bool may_reconnect(Errc code) {
  return code == Errc::connection || code == Errc::timeout;
}

SourceIdentity identity_of(const mysql::SourceHistory& history) {
  return {.server_uuid = history.server_uuid, .server_id = history.server_id, .version = history.version};
}

}  // namespace

Follow::Follow(SqliteApplier& applier, FollowOptions options) : applier_(applier), options_(std::move(options)) {}

void Follow::publish(bool now) {
  const std::uint64_t time_us = options_.now_us();
  if (!now && time_us < status_.written_us + kStatusEveryUs) return;
  status_.written_us = time_us;
  options_.on_status(status_);
}

void Follow::enter_state(LiveState state, std::string trouble) {
  status_.state = state;
  status_.trouble = std::move(trouble);
  publish(true);
}

Result<Follow::Target> Follow::try_source(const mysql::Address& address) {
  Result<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::open(address);
  if (!connection) return propagate(connection, address.text());
  Target target;
  target.address = &address;
  Result<mysql::SourceHistory> history = mysql::read_source_history(**connection);
  if (!history) return propagate(history, address.text());
  target.history = std::move(*history);
  Checkpoint from = applier_.checkpoint();
  if (!from.source.known()) {
    from.position = options_.start_position.value_or(BinlogPosition{});
    from.gtids = options_.start_gtids.value_or(AnyGtidSet{});
  }
  Result<DumpPlan> plan = plan_dump(from, target.history);
  if (!plan) return propagate(plan, address.text());
  target.plan = std::move(*plan);
  return target;
}

// The first of the sources, from the current one on, that goes on where the replica stands.
Result<Follow::Target> Follow::connect() {
  std::optional<Error> failed;
  for (std::size_t tried = 0; tried < options_.sources.size(); ++tried) {
    Result<Target> target = try_source(options_.sources[current_]);
    if (target) return target;
    if (options_.note && options_.sources.size() > 1) options_.note("passed over: " + target.error().message());
    // One that may come back makes it worth trying all of them again.
    if (!failed || (is_retryable(target.error().code) && !is_retryable(failed->code))) failed = target.error();
    current_ = (current_ + 1) % options_.sources.size();
  }
  return std::unexpected(std::move(*failed));
}

// What the replica says of its source from here on.
void Follow::enter(const Target& target) {
  const Checkpoint& checkpoint = applier_.checkpoint();
  SourceIdentity identity = identity_of(target.history);
  if (!checkpoint.source.known()) {
    if (target.plan.gtids) {
      applier_.start_at(std::move(identity), {}, *target.plan.gtids);
    } else if (!target.plan.position.file.empty()) {
      applier_.start_at(std::move(identity), target.plan.position, {});
    }
    return;  // else the first file tells
  }
  if (target.plan.is_other_server) {
    if (options_.note) {
      options_.note(fmt::format("the replica goes on by GTID with another server: {}, id {}{}{}",
                                target.address->text(), target.history.server_id,
                                target.history.server_uuid.empty() ? "" : ", ", target.history.server_uuid));
    }
    applier_.start_at(std::move(identity), {}, checkpoint.gtids);
    return;
  }
  identity.file_created = checkpoint.source.file_created;
  identity.closed_file = checkpoint.source.closed_file;
  identity.closed_created = checkpoint.source.closed_created;
  applier_.start_at(std::move(identity), checkpoint.position, checkpoint.gtids);
}

void Follow::watch(const MysqlSource& source, const RawEvent& event) {
  heard_anything_ = true;
  status_.received_us = options_.now_us();
  idle_ = event.header.type == EventType::heartbeat || event.header.type == EventType::heartbeat_v2;
  if (idle_) status_.heartbeat_us = status_.received_us;
  if (event.end != event.offset) {
    status_.received.file.assign(event.file);  // into the same memory, an event at a time
    status_.received.offset = event.end;
  }
  if (source.ack_requested()) ack_due_ = BinlogPosition{std::string(event.file), event.end};
}

// Everything that came is applied and durable.
Status Follow::on_sealed(MysqlSource& source, const Target& target) {
  if (ack_due_) {
    status_.acked = *ack_due_;
    ++status_.acks;
    source.acknowledge(*std::exchange(ack_due_, std::nullopt));
  }
  if (idle_) status_.heard_us = status_.heartbeat_us;
  const Checkpoint& checkpoint = applier_.checkpoint();
  if (options_.stop_at_current) {
    reached_ = status_.received >= target.history.end || checkpoint.position >= target.history.end;
  }
  copy_due_ = !to_copy().empty();
  publish(false);
  return {};
}

// Quarantined tables whose copying has not been tried yet.
std::vector<TableRegistry::Key> Follow::to_copy() const {
  std::vector<TableRegistry::Key> keys;
  if (!options_.resync) return keys;
  for (const auto& [key, table] : applier_.replica().tables.all()) {
    if (table.state != TableState::quarantined) continue;
    if (!tried_.contains({key.first, key.second, table.file, table.offset})) keys.push_back(key);
  }
  return keys;
}

// A table that cannot be copied stays quarantined, and the others go on.
void Follow::copy_quarantined(const mysql::Address& source) {
  copy_due_ = false;
  const std::vector<TableRegistry::Key> keys = to_copy();
  if (keys.empty()) return;
  for (const TableRegistry::Key& key : keys) {
    const ReplicaTable& table = *applier_.replica().tables.find(key.first, key.second);
    tried_.insert({key.first, key.second, table.file, table.offset});
  }
  if (Status copied = options_.resync(source, keys); !copied && options_.note) {
    options_.note("quarantined tables could not be copied anew: " + copied.error().message());
  }
}

Status Follow::stream(const Target& target, const std::function<bool()>& should_stop) {
  MysqlSourceOptions options = options_.source;
  options.dump.gtids = target.plan.gtids;
  options.dump.position = target.plan.position;
  options.dump.stop_at_end = options_.stop_at_current;
  enter(target);
  copy_quarantined(*target.address);
  Result<std::unique_ptr<MysqlSource>> opened = MysqlSource::open(*target.address, options);
  if (!opened) return propagate(opened);
  MysqlSource& source = **opened;
  ack_due_.reset();
  status_.semi_sync = source.facts().has_semi_sync;
  if (was_connected_) ++status_.reconnects;
  was_connected_ = true;
  enter_state(LiveState::streaming);

  ReplayOptions replay;
  replay.by_gtids = target.plan.gtids.has_value();
  replay.start = target.plan.position.offset;
  replay.on_event = [&](const RawEvent& event) { watch(source, event); };
  replay.on_sealed = [&] { return on_sealed(source, target); };
  Replay run(applier_, source, std::move(replay));
  const Status done =
      run.run([&] { return reached_ || copy_due_ || should_stop(); }, [&](std::uint64_t) { publish(false); });
  if (!done) return done;
  // The last acknowledgements go with the next look at the connection.
  if (Status told = on_sealed(source, target); !told) return told;
  if (status_.semi_sync && status_.acks != 0) {
    RawEvent ignored;
    (void)source.next(ignored);
  }
  return {};
}

void Follow::rest(std::uint32_t attempt, const std::function<bool()>& should_stop) {
  const std::uint64_t grown = std::uint64_t{options_.first_pause_ms} << std::min<std::uint32_t>(attempt, 16);
  const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(grown, options_.longest_pause_ms));
  // Between half of it and all of it: replicas that lost the same source do not come back in step.
  std::uint32_t left_ms = most / 2 + options_.random() % (most / 2 + 1);
  while (left_ms != 0 && !should_stop()) {
    const std::uint32_t slice = std::min(left_ms, kSliceMs);
    options_.pause(slice);
    left_ms -= slice;
    publish(false);
  }
}

Status Follow::run(const std::function<bool()>& should_stop) {
  std::uint32_t attempt = 0;
  while (!should_stop()) {
    status_.source = options_.sources[current_].text();
    if (status_.state != LiveState::waiting) enter_state(LiveState::connecting);
    heard_anything_ = false;
    Status done;
    bool may_try_again = was_connected_;
    if (Result<Target> target = connect()) {
      status_.source = target->address->text();
      done = stream(*target, should_stop);
      if (done && copy_due_ && !should_stop()) continue;
      if (done) break;
      may_try_again = was_connected_ && may_reconnect(done.error().code);
    } else {
      done = propagate(target);
      may_try_again = was_connected_ && is_retryable(done.error().code);
    }
    if (!may_try_again) {
      enter_state(LiveState::stopped, done.error().message());
      return done;
    }
    if (options_.note && attempt == 0) options_.note("connecting again: " + done.error().message());
    attempt = heard_anything_ ? 0 : attempt + 1;
    enter_state(LiveState::waiting, done.error().message());
    rest(attempt, should_stop);
  }
  enter_state(LiveState::stopped);
  return {};
}

}  // namespace binferry
