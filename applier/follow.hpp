// Follow: a live source into a replica, for as long as it goes on. Connects, streams, reconnects, fails over, and
// acknowledges what the replica durably has.
//
//   connect → stream → (broken: wait, connect again) → …
//
// Every connection begins where the replica stands, so that nothing is lost or repeated, and only after the server has
// proved to be one that can go on from there (position/dump_plan.hpp). What a network can cause is tried again with
// growing, jittered pauses; what a person must mend ends the run.
//
// With a relay log, the connection's thread only receives, keeps and acknowledges, and a second one applies. The next
// connection goes on where the log ends, while the replica catches up; if no source can, everything kept is applied
// first. Without one, all is done by the thread that calls run().
#pragma once

#include "applier/applier.hpp"
#include "applier/relay_log.hpp"
#include "applier/relayed_replay.hpp"
#include "applier/table_refresh.hpp"
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

  // Begins to copy these tables anew beside the stream; null: nothing is copied.
  std::function<Result<std::unique_ptr<TableRefresh>>(const mysql::Address&, const std::vector<TableRegistry::Key>&)>
      refresh{};
  bool refresh_quarantined = false;  // those that are quarantined, each once for every quarantine, by itself
  // Others that somebody asks for: asked often, by the thread that applies. May be null.
  std::function<std::vector<TableRegistry::Key>(const TableRegistry&)> requested{};

  // Acknowledge what is kept here instead of what is applied; null: there is none.
  RelayLog* relay = nullptr;

  std::uint32_t first_pause_ms = 100;  // between attempts to connect, twice as long each time
  std::uint32_t longest_pause_ms = 10'000;
  std::function<std::uint64_t()> now_us{};        // microseconds since 1970
  std::function<std::uint32_t()> random{};        // for jitter
  std::function<void(std::uint32_t ms)> pause{};  // at most 200 ms at a time
  // About once a second, and when the state changes; with what the replica has.
  std::function<void(const LiveStatus&, const Checkpoint&)> on_status{};
  std::function<void(const std::string&)> note{};  // may be null; any of the threads
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
    bool behind_relay = false;  // it goes on where the relay log ends
  };

  // A link that broke, or an answer that did not come. Everything else would fail again in the same way.
  static bool may_reconnect(Errc code);
  Result<Target> connect();
  Result<Target> try_source(const mysql::Address& address, const Checkpoint& from);
  [[nodiscard]] Checkpoint place() const;
  void enter(const Target& target);
  [[nodiscard]] std::vector<TableRegistry::Key> to_copy() const;
  // follow_refresh.cpp; the thread that applies
  void tend_tables(const mysql::Address& source);
  void begin_refresh(const mysql::Address& source);
  void end_refresh();
  void drop_refresh(const std::string& why, bool try_again);
  Status stream(const Target& target, const std::function<bool()>& should_stop);
  void watch(const MysqlSource& source, const RawEvent& event);
  Status on_sealed(MysqlSource& source, const Target& target);
  // follow_relayed.cpp
  std::optional<Target> connect_behind_relay();
  Status stream_relayed(MysqlSource& source, const Target& target, const std::function<bool()>& should_stop);
  Status receive(MysqlSource& source, const Target& target, const std::function<bool()>& should_stop);
  void acknowledge_kept(MysqlSource& source);
  void end_stream(MysqlSource& source);
  void enter_state(LiveState state, std::string trouble = {});
  void publish(bool now);

  SqliteApplier& applier_;
  FollowOptions options_;
  std::size_t current_ = 0;  // of options_.sources
  bool was_connected_ = false;
  bool reached_ = false;                   // stop_at_current
  bool heard_anything_ = false;            // over this connection
  bool idle_ = false;                      // the last thing that came was a heartbeat
  std::optional<BinlogPosition> idle_at_;  // the source had nothing more when it had sent everything before this
  std::unique_ptr<TableRefresh> refresh_;
  std::vector<TableRegistry::Key> refreshing_;
  const mysql::Address* refresh_source_ = nullptr;
  std::set<std::tuple<std::string, std::string, std::string, std::uint64_t>> tried_;  // quarantines, by their place
  std::optional<BinlogPosition> ack_due_;
  LiveStatus status_;
  std::unique_ptr<RelayedReplay> relayed_;  // while a connection's events go by way of the relay log
};

}  // namespace binferry
