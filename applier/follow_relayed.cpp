// A connection's stream by way of the relay log: one thread receives, keeps and acknowledges, another one applies.
#include "applier/follow.hpp"
#include "binlog/ship/relay_pump.hpp"

#include <utility>

namespace binferry {
namespace {

constexpr int kWaitMs = 200;
constexpr std::uint32_t kDrainSliceMs = 10;
constexpr std::uint64_t kStatusEverySteps = 256;

}  // namespace

// The source that the relay log is of, to go on where that ends: nothing that was received is asked for again, and no
// commit of the source waits for what the replica has yet to apply. Nothing: there is no such source, or no need of it.
std::optional<Follow::Target> Follow::connect_behind_relay() {
  if (options_.relay == nullptr) return std::nullopt;
  const std::optional<BinlogPosition> end = options_.relay->end_behind(applier_.checkpoint());
  if (!end) return std::nullopt;
  // By its place, which means something on that very server only: another one must have what the replica has.
  Checkpoint from;
  from.source = applier_.checkpoint().source;
  from.position = *end;
  Result<Target> target = try_source(options_.sources[current_], from);
  if (!target) return std::nullopt;
  target->behind_relay = true;
  return std::move(*target);
}

Status Follow::stream_relayed(MysqlSource& source, const Target& target, const std::function<bool()>& should_stop) {
  RelayedReplayOptions options;
  options.from = target.plan.gtids ? BinlogPosition{} : target.plan.position;
  if (target.behind_relay) options.from = applier_.checkpoint().position;
  // That nothing is missing was proved when the log was begun.
  options.by_gtids = target.plan.gtids.has_value() || target.behind_relay;
  options.should_stop = should_stop;
  options.on_sealed = [&] { tend_tables(*target.address); };
  options.now_us = options_.now_us;
  relayed_ = std::make_unique<RelayedReplay>(applier_, options_.relay->store(), std::move(options));
  const Status received = receive(source, target, [&] { return relayed_->has_ended() || should_stop(); });
  // A connection that broke is made again before the rest is applied.
  const bool is_broken = !received && may_reconnect(received.error().code);
  const Status applied = relayed_->end(is_broken, [&] {
    options_.pause(kDrainSliceMs);
    publish(false);
  });
  relayed_.reset();
  publish(false);
  return applied ? received : applied;
}

void Follow::acknowledge_kept(MysqlSource& source) {
  if (!ack_due_ || *ack_due_ > options_.relay->store().published()) return;
  status_.acked = *ack_due_;
  ++status_.acks;
  source.acknowledge(*std::exchange(ack_due_, std::nullopt));
}

Status Follow::receive(MysqlSource& source, const Target& target, const std::function<bool()>& should_stop) {
  RelayStore& store = options_.relay->store();
  RelayPump pump(store, source, options_.source.limits);
  pump.on_event = [&](const RawEvent& event) { watch(source, event); };
  pump.on_published = [&] { acknowledge_kept(source); };
  std::string trimmed;
  const auto look_up = [&]() -> Status {
    if (idle_ && relayed_->has_all()) status_.heard_us = status_.heartbeat_us;
    publish(false);
    BinlogPosition applied = relayed_->applied();
    if (applied.file == trimmed) return {};
    trimmed = applied.file;
    return options_.relay->trim(applied);
  };
  for (std::uint64_t steps = 0; !should_stop();) {
    Result<RelayPump::State> state = pump.step();
    if (!state) return propagate(state);
    if (*state == RelayPump::State::more && ++steps % kStatusEverySteps != 0) continue;
    if (Status looked = look_up(); !looked) return looked;
    if (*state == RelayPump::State::end) break;
    if (*state == RelayPump::State::more) continue;
    const BinlogPosition& end = target.history.end;
    if (options_.stop_at_current &&
        (store.published() >= end || (idle_at_ && *idle_at_ >= end) || target.plan.position >= end)) {
      break;
    }
    if (Status waited = source.wait(kWaitMs); !waited) return waited;
  }
  end_stream(source);
  return {};
}

}  // namespace binferry
