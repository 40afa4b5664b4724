#include "applier/seed_replica.hpp"

#include "applier/replay.hpp"
#include "applier/resync.hpp"
#include "applier/snapshot.hpp"
#include "binlog/base/backoff.hpp"
#include "binlog/ship/relay_source.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

namespace binferry {
namespace {

constexpr std::uint32_t kFirstPauseMs = 500;
constexpr std::uint32_t kLongestPauseMs = 60'000;

// Nothing that waiting could mend: the store has gone on without the seed, or the source is another one.
bool must_begin_anew(Errc code) {
  return code == Errc::purged || code == Errc::diverged || code == Errc::wrong_source || code == Errc::not_found ||
         code == Errc::replica;
}

}  // namespace

SeedReplica::SeedReplica(const RelayStore& store, SeedReplicaOptions options)
    : store_(store), options_(std::move(options)), path_(options_.folder + "/seed.db") {
  thread_ = std::thread([this] { run(); });
}

SeedReplica::~SeedReplica() {
  ending_ = true;
  thread_.join();
}

SeedReplica::State SeedReplica::state() const {
  const std::lock_guard guard(mutex_);
  State state = state_;
  // A snapshot of the source may be ahead of the store, and nobody could go on from it yet.
  state.is_usable = state.is_usable && store_.published() >= state.position;
  return state;
}

void SeedReplica::tell(bool is_usable, const BinlogPosition& position, std::string trouble) {
  const std::lock_guard guard(mutex_);
  state_ = {is_usable, position, std::move(trouble)};
}

void SeedReplica::run() {
  Backoff backoff(kFirstPauseMs, kLongestPauseMs, options_.random);
  while (!ending_) {
    progressed_ = false;
    Status done = live();
    if (ending_ || done) continue;
    if (progressed_) backoff.reset();
    const bool is_lost = must_begin_anew(done.error().code);
    const std::string trouble = done.error().message();
    if (backoff.is_news(trouble)) {
      options_.note("the seed replica: " + trouble + (is_lost ? "; it is made again" : ""));
    }
    const State now = state();
    tell(now.is_usable && !is_lost, now.position, trouble);
    if (is_lost) {
      for (const char* const tail : {"", "-wal", "-shm"}) {
        std::error_code ignored;
        std::filesystem::remove(path_ + tail, ignored);
      }
    }
    rest_in_slices(
        backoff.next_ms(), [this] { return ending_.load(); },
        [](std::uint32_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); });
  }
}

// Until the end, or an error.
Status SeedReplica::live() {
  if (options_.source && !std::filesystem::exists(path_)) {
    if (Status made = make_anew(); !made) return made;
  }
  ReplicaOptions making;
  making.qualified_names = true;
  Result<std::unique_ptr<Replica>> replica = Replica::open(path_, making);
  if (!replica) return propagate(replica);
  // What a power cut takes is applied again from the store.
  if (Status set = (*replica)->set_durability(Durability::normal); !set) return set;
  ApplierOptions options;
  options.now_us = options_.now_us;
  options.note = [this](const std::string& text) { options_.note("the seed replica: " + text); };
  Result<std::unique_ptr<SqliteApplier>> applier = SqliteApplier::make(std::move(*replica), std::move(options));
  if (!applier) return propagate(applier);
  while (!ending_) {
    tell(!(*applier)->checkpoint().position.file.empty(), (*applier)->checkpoint().position);
    copy_quarantined(**applier);
    if (Status followed = follow(**applier); !followed) return followed;
  }
  return {};
}

Status SeedReplica::make_anew() {
  options_.note("the seed replica is made from a snapshot of the source");
  SnapshotOptions options;
  options.connections = 1;
  options.replica.qualified_names = true;
  options.now_us = options_.now_us;
  options.should_stop = [this] { return ending_.load(); };
  options.note = options_.note;
  return take_snapshot(*options_.source, path_, options);
}

// The source is ahead of the store while that catches up.
Status SeedReplica::wait_for(const BinlogPosition& position) {
  std::uint64_t news = 0;
  while (!ending_ && store_.published() < position) (void)store_.wait_for_news(news, kPauseSliceMs);
  return {};
}

// Until the end, an error, or a table's quarantine.
Status SeedReplica::follow(SqliteApplier& applier) {
  const BinlogPosition from = applier.checkpoint().position;
  // A file's beginning may be known from the end of the one before.
  if (from.offset > kFirstEventOffset) {
    if (Status waited = wait_for(from); !waited || ending_) return waited;
  }
  RelaySource source(store_, from, RelayStart::that_file);
  ReplayOptions replay;
  replay.start = std::max(from.offset, kFirstEventOffset);
  const std::uint64_t quarantined = applier.replica().tables.quarantined();
  Replay run(applier, source, std::move(replay));
  const auto should_stop = [&] {
    if (ending_) return true;
    if (applier.uncommitted() != 0) return false;
    const BinlogPosition& now = applier.checkpoint().position;
    progressed_ = progressed_ || now != from;
    if (now != state().position) tell(!now.file.empty(), now);
    return applier.replica().tables.quarantined() > quarantined && !to_copy(applier).empty();
  };
  return run.run(should_stop, {});
}

std::vector<TableRegistry::Key> SeedReplica::to_copy(SqliteApplier& applier) const {
  std::vector<TableRegistry::Key> keys;
  if (!options_.source) return keys;
  for (const auto& [key, table] : applier.replica().tables.all()) {
    if (table.state != TableState::quarantined) continue;
    if (!tried_.contains({key.first, key.second, table.file, table.offset})) keys.push_back(key);
  }
  return keys;
}

// A table that cannot be copied stays quarantined, and the others go on.
void SeedReplica::copy_quarantined(SqliteApplier& applier) {
  const std::vector<TableRegistry::Key> keys = to_copy(applier);
  if (keys.empty()) return;
  for (const TableRegistry::Key& key : keys) {
    const ReplicaTable& table = *applier.replica().tables.find(key.first, key.second);
    tried_.insert({key.first, key.second, table.file, table.offset});
  }
  ResyncOptions options;
  options.should_stop = [this] { return ending_.load(); };
  options.note = options_.note;
  if (Result<ResyncOutcome> copied = copy_tables(*options_.source, applier, keys, options); !copied) {
    options_.note("tables of the seed replica could not be copied anew: " + copied.error().message());
  }
}

}  // namespace binferry
