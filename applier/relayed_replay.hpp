// RelayedReplay: applies what a relay log holds by a thread of its own, while the thread that made it goes on filling
// the log.
//
// Everything that is read moves the replica's position, the events at a file's head too.
#pragma once

#include "applier/applier.hpp"
#include "binlog/ship/relay_source.hpp"
#include "position/checkpoint.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace binferry {

struct RelayedReplayOptions {
  BinlogPosition from{};                // where the log is read; an empty file name: from its beginning
  bool by_gtids = false;                // see LogFileHead
  std::function<bool()> should_stop{};  // asked by the applying thread between transactions
  std::function<void()> on_sealed{};    // by the applying thread: what was read is applied and durable; may be null
  std::function<std::uint64_t()> now_us{};
};

class RelayedReplay {
 public:
  // Begins at once. Both must outlive it; the applier is the other thread's until the end.
  RelayedReplay(SqliteApplier& applier, const RelayStore& store, RelayedReplayOptions options);
  ~RelayedReplay();
  RelayedReplay(const RelayedReplay&) = delete;
  RelayedReplay& operator=(const RelayedReplay&) = delete;

  // What the replica has: of its GTIDs and the rest at most 200 ms old, and once everything is applied as it is.
  [[nodiscard]] Checkpoint checkpoint() const;
  // The position in it, as it is.
  [[nodiscard]] BinlogPosition applied() const;
  // Everything that the log shows by now is applied.
  [[nodiscard]] bool has_all() const;
  [[nodiscard]] bool has_ended() const { return has_ended_; }

  // Ends it, with everything that is published applied, or `at_once`, behind the transaction in hand. `meanwhile` is
  // called while that takes, and is to take some time itself. Errors: the applier's.
  Status end(bool at_once, const std::function<void()>& meanwhile);

 private:
  Status apply();
  void tell();

  SqliteApplier& applier_;
  const RelayStore& store_;
  RelayedReplayOptions options_;
  RelaySource source_;
  Status status_;  // once it has ended
  std::atomic<bool> must_end_ = false;
  std::atomic<bool> has_ended_ = false;

  mutable std::mutex mutex_;  // of what the applying thread tells
  Checkpoint checkpoint_;
  BinlogPosition applied_;
  BinlogPosition read_;  // in the log, what it was applied up to
  std::uint64_t copied_us_ = 0;

  std::thread thread_;  // the last member: everything is there when it begins
};

}  // namespace binferry
