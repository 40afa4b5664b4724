#include "applier/follow.hpp"

#include "applier/replay.hpp"
#include "binlog/base/backoff.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace binferry {
namespace {

constexpr std::uint64_t kStatusEveryUs = 1'000'000;

SourceIdentity identity_of(const mysql::SourceHistory& history) {
  return {.server_uuid = history.server_uuid, .server_id = history.server_id, .version = history.version};
}

}  // namespace

Follow::Follow(SqliteApplier& applier, FollowOptions options) : applier_(applier), options_(std::move(options)) {}

void Follow::publish(bool now) {
  const std::uint64_t time_us = options_.now_us();
  if (!now && time_us < status_.written_us + kStatusEveryUs) return;
  status_.written_us = time_us;
  options_.on_status(status_, relayed_ ? relayed_->checkpoint() : applier_.checkpoint());
}

void Follow::enter_state(LiveState state, std::string trouble) {
  status_.state = state;
  status_.trouble = std::move(trouble);
  publish(true);
}

bool Follow::may_reconnect(Errc code) {
  return code == Errc::connection || code == Errc::timeout;
}

// Where the replica goes on.
Checkpoint Follow::place() const {
  Checkpoint from = applier_.checkpoint();
  if (!from.source.known()) {
    from.position = options_.start_position.value_or(BinlogPosition{});
    from.gtids = options_.start_gtids.value_or(AnyGtidSet{});
  }
  return from;
}

Result<Follow::Target> Follow::try_source(const mysql::Address& address, const Checkpoint& from) {
  Result<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::open(address);
  if (!connection) return propagate(connection, address.text());
  Target target;
  target.address = &address;
  Result<mysql::SourceHistory> history = mysql::read_source_history(**connection);
  if (!history) return propagate(history, address.text());
  target.history = std::move(*history);
  Result<DumpPlan> plan = plan_dump(from, target.history);
  if (!plan) return propagate(plan, address.text());
  target.plan = std::move(*plan);
  return target;
}

// The first of the sources, from the current one on, that goes on where the replica stands.
Result<Follow::Target> Follow::connect() {
  std::optional<Error> failed;
  for (std::size_t tried = 0; tried < options_.sources.size(); ++tried) {
    Result<Target> target = try_source(options_.sources[current_], place());
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
  if (idle_) {
    status_.heartbeat_us = status_.received_us;
    // The offset of our own counting is behind where the source left events out.
    std::uint64_t place = (event.offset & ~std::uint64_t{0xFFFF'FFFF}) | event.header.log_pos;
    if (place < event.offset) place = event.offset;
    idle_at_ = BinlogPosition{std::string(event.file), place};
  }
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
  if (idle_at_) {
    if (Status sealed = applier_.seal_at(*std::exchange(idle_at_, std::nullopt)); !sealed) return sealed;
  }
  tend_tables(*target.address);
  reached_ = reached_ && !refresh_ && !applier_.has_rejoining();
  publish(false);
  return {};
}

Status Follow::stream(const Target& target, const std::function<bool()>& should_stop) {
  MysqlSourceOptions options = options_.source;
  options.dump.gtids = target.plan.gtids;
  options.dump.position = target.plan.position;
  // A source can end the stream itself. Not while tables are copied anew, which goes on behind what it has now, or were
  // copied as of a place that no transaction shows; and MariaDB does not where it waits for acknowledgements. Then its
  // position tells, or a heartbeat.
  const bool waits_for_copies = options_.refresh_quarantined && options_.relay == nullptr;
  options.dump.stop_at_end = options_.stop_at_current && !waits_for_copies && !applier_.has_rejoining() &&
                             options.dump.semi_sync == mysql::SemiSync::off;
  enter(target);
  if (options_.relay != nullptr && !target.behind_relay) {
    // What is kept from here on must find the replica where it began.
    if (Status sealed = applier_.seal(); !sealed) return sealed;
    if (Status restarted = options_.relay->restart(applier_.checkpoint()); !restarted) return restarted;
  }
  Result<std::unique_ptr<MysqlSource>> opened = MysqlSource::open(*target.address, options);
  if (!opened) return propagate(opened);
  MysqlSource& source = **opened;
  ack_due_.reset();
  status_.semi_sync = source.facts().has_semi_sync;
  if (was_connected_) ++status_.reconnects;
  was_connected_ = true;
  enter_state(LiveState::streaming);
  if (options_.relay != nullptr) return stream_relayed(source, target, should_stop);

  ReplayOptions replay;
  replay.by_gtids = target.plan.gtids.has_value();
  replay.start = target.plan.position.offset;
  replay.on_event = [&](const RawEvent& event) { watch(source, event); };
  replay.on_sealed = [&] { return on_sealed(source, target); };
  Replay run(applier_, source, std::move(replay));
  const Status done = run.run([&] { return reached_ || should_stop(); }, [&](std::uint64_t) { publish(false); });
  if (!done) return done;
  if (Status told = on_sealed(source, target); !told) return told;
  end_stream(source);
  return {};
}

// The last acknowledgements go with the next look at the connection.
void Follow::end_stream(MysqlSource& source) {
  if (!status_.semi_sync || status_.acks == 0) return;
  RawEvent ignored;
  (void)source.next(ignored);
}

Status Follow::run(const std::function<bool()>& should_stop) {
  Backoff backoff(options_.first_pause_ms, options_.longest_pause_ms, options_.random);
  bool may_leave_backlog = true;  // while connections come to anything
  while (!should_stop()) {
    status_.source = options_.sources[current_].text();
    if (status_.state != LiveState::waiting) enter_state(LiveState::connecting);
    heard_anything_ = false;
    std::optional<Target> behind_relay;
    if (may_leave_backlog) behind_relay = connect_behind_relay();
    if (options_.relay != nullptr && !behind_relay) {
      if (Status drained = options_.relay->drain(applier_, should_stop); !drained) return drained;
      if (should_stop()) break;
    }
    Status done;
    bool may_try_again = was_connected_;
    if (Result<Target> target = behind_relay ? *behind_relay : connect()) {
      status_.source = target->address->text();
      done = stream(*target, should_stop);
      if (done) break;
      may_try_again = was_connected_ && may_reconnect(done.error().code);
    } else {
      done = propagate(target);
      may_try_again = was_connected_ && is_retryable(done.error().code);
    }
    if (!may_try_again) {
      // Whatever the source says, what was promised to it is applied.
      if (behind_relay) (void)options_.relay->drain(applier_, should_stop);
      enter_state(LiveState::stopped, done.error().message());
      return done;
    }
    may_leave_backlog = heard_anything_;
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
