#include "applier/relayed_replay.hpp"

#include "applier/replay.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

constexpr std::uint64_t kCopyEveryUs = 200'000;

}  // namespace

RelayedReplay::RelayedReplay(SqliteApplier& applier, const RelayStore& store, RelayedReplayOptions options)
    : applier_(applier),
      store_(store),
      options_(std::move(options)),
      source_(store, options_.from),
      checkpoint_(applier.checkpoint()),
      thread_([this] {
        status_ = apply();
        has_ended_ = true;
      }) {}

RelayedReplay::~RelayedReplay() {
  must_end_ = true;
  source_.finish();
  if (thread_.joinable()) thread_.join();
}

Checkpoint RelayedReplay::checkpoint() const {
  const std::lock_guard guard(mutex_);
  return checkpoint_;
}

BinlogPosition RelayedReplay::applied() const {
  const std::lock_guard guard(mutex_);
  return applied_;
}

bool RelayedReplay::has_all() const {
  const BinlogPosition published = store_.published();
  const std::lock_guard guard(mutex_);
  return read_ >= published;
}

Status RelayedReplay::apply() {
  ReplayOptions options;
  options.by_gtids = options_.by_gtids;
  options.start = options_.from.offset;
  options.on_sealed = [this]() -> Status {
    if (Status sealed = applier_.seal_at(source_.position()); !sealed) return sealed;
    tell();
    if (options_.on_sealed) options_.on_sealed();
    return {};
  };
  Replay replay(applier_, source_, std::move(options));
  Status applied = replay.run([this] { return must_end_ || options_.should_stop(); }, {});
  if (applied && !replay.was_stopped()) applied = applier_.seal_at(source_.position());
  if (applied) tell();
  return applied;
}

void RelayedReplay::tell() {
  const std::uint64_t now_us = options_.now_us();
  const BinlogPosition published = store_.published();
  const std::lock_guard guard(mutex_);
  applied_ = applier_.checkpoint().position;
  read_ = std::max(source_.position(), applied_);  // the log may begin in front of the replica
  // A set of GTIDs may be large.
  if (now_us < copied_us_ + kCopyEveryUs && read_ < published) return;
  checkpoint_ = applier_.checkpoint();
  copied_us_ = now_us;
}

Status RelayedReplay::end(bool at_once, const std::function<void()>& meanwhile) {
  if (at_once) must_end_ = true;
  source_.finish();
  while (!has_ended_) meanwhile();
  thread_.join();
  return status_;
}

}  // namespace binferry
