// Follow: a live source into a replica, for as long as it goes on. Connects, streams, reconnects, fails over, and
// acknowledges what the replica durably has.
//
//   connect → stream → (broken: wait, connect again) → …
//
// Every connection begins where the replica stands, so that nothing is lost or repeated, and only after the server has
// proved to be one that can go on from there (position/dump_plan.hpp). What a network can cause is tried again with
// growing, jittered pauses; what a person must mend ends the run. One thread.
#pragma once

#include "applier/applier.hpp"
#include "binlog/source/mysql_source.hpp"
#include "position/dump_plan.hpp"
#include "position/live_status.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace binferry {

struct FollowOptions {
  // Tried in turn; one that cannot go on where the replica stands is passed over, with a note, if there are others.
  std::vector<mysql::Address> sources{};
  MysqlSourceOptions source{};   // identity, semi-sync, deadlines; where to begin is decided here
  bool stop_at_current = false;  // end when what the source has now is applied
  // Where a new replica begins; neither: at the oldest log that the source has.
  std::optional<BinlogPosition> start_position{};
  std::optional<AnyGtidSet> start_gtids{};

  // Copies these quarantined tables anew while the stream stands still (applier/resync.hpp), each once for every
  // quarantine; null: they stay as they are.
  std::function<Status(const mysql::Address&, const std::vector<TableRegistry::Key>&)> resync{};

  std::uint32_t first_pause_ms = 100;
  std::uint32_t longest_pause_ms = 10'000;
  std::function<std::uint64_t()> now_us{};             // microseconds since 1970
  std::function<std::uint32_t()> random{};             // for jitter
  std::function<void(std::uint32_t ms)> pause{};       // at most 200 ms at a time
  std::function<void(const LiveStatus&)> on_status{};  // about once a second, and when the state changes
  std::function<void(const std::string&)> note{};      // may be null
};

class Follow {
 public:
  // The applier must outlive it. All functions but `note` are required.
  Follow(SqliteApplier& applier, FollowOptions options);

  // Until `should_stop` (asked between transactions), or the end with stop_at_current; then everything applied is
  // durable and acknowledged. Errors: the first connection's, whatever it is; `refused`, `purged`, `diverged`,
  // `wrong_source` and the like from any later one; the applier's.
  Status run(const std::function<bool()>& should_stop);

  [[nodiscard]] const LiveStatus& status() const { return status_; }

 private:
  struct Target {
    const mysql::Address* address = nullptr;
    mysql::SourceHistory history;
    DumpPlan plan;
  };

  Result<Target> connect();
  Result<Target> try_source(const mysql::Address& address);
  void enter(const Target& target);
  [[nodiscard]] std::vector<TableRegistry::Key> to_copy() const;
  void copy_quarantined(const mysql::Address& source);
  Status stream(const Target& target, const std::function<bool()>& should_stop);
  void watch(const MysqlSource& source, const RawEvent& event);
  Status on_sealed(MysqlSource& source, const Target& target);
  void rest(std::uint32_t attempt, const std::function<bool()>& should_stop);
  void enter_state(LiveState state, std::string trouble = {});
  void publish(bool now);

  SqliteApplier& applier_;
  FollowOptions options_;
  std::size_t current_ = 0;  // of options_.sources
  bool was_connected_ = false;
  bool reached_ = false;         // stop_at_current
  bool heard_anything_ = false;  // over this connection
  bool idle_ = false;            // the last thing that came was a heartbeat
  bool copy_due_ = false;        // a table was quarantined: end the stream and copy it
  std::set<std::tuple<std::string, std::string, std::string, std::uint64_t>> tried_;  // quarantines, by their place
  std::optional<BinlogPosition> ack_due_;
  LiveStatus status_;
};

}  // namespace binferry
