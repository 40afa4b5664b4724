// HubFollow: a hub's log into a replica, for as long as it goes on. Connects, streams, acknowledges, reconnects.
//
//   connect → stream → (broken: wait, connect again) → …
//
// Every connection begins where the replica stands, or where its relay log ends, and only goes on if the log is the
// replica's source's (SqliteApplier::begin_file). What a network can cause is tried again with growing, jittered
// pauses; what a person must mend ends the run. A replica of some schemas and tables asks the hub for those only.
//
// With a relay log, as in follow.hpp: the connection's thread receives, keeps and acknowledges, and a second one
// applies. Then the hub is asked for its whole log, for a statement applied later may need any part of what is kept.
// Without one, all is done by the thread that calls run().
#pragma once

#include "applier/applier.hpp"
#include "applier/relay_log.hpp"
#include "applier/relayed_replay.hpp"
#include "binlog/ship/hub_source.hpp"
#include "position/live_status.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace binferry {

struct HubFollowOptions {
  HubAddress hub{};
  HubSourceOptions source{};  // where to begin, and what to ask for, is decided here
  // Acknowledge transactions as soon as they are whole in memory, beside those that are applied.
  bool ack_received = false;
  // Acknowledge as logged what is kept here, beside what is applied; null: there is none.
  RelayLog* relay = nullptr;
  bool stop_at_current = false;     // end when everything that the hub had at the beginning is applied
  bool stop_at_quarantine = false;  // end when a table was quarantined that was not before

  std::uint32_t first_pause_ms = 250;
  std::uint32_t longest_pause_ms = 15'000;
  std::function<std::uint64_t()> now_us{};        // microseconds since 1970
  std::function<std::uint32_t()> random{};        // for jitter
  std::function<void(std::uint32_t ms)> pause{};  // at most 200 ms at a time
  // About once a second, and when the state changes; with what the replica has.
  std::function<void(const LiveStatus&, const Checkpoint&)> on_status{};
  std::function<void(const std::string&)> note{};  // may be null
};

class HubFollow {
 public:
  // The applier must outlive it. All functions but `note` are required.
  HubFollow(SqliteApplier& applier, HubFollowOptions options);

  // Until `should_stop` (asked between transactions), or an end that the options name; then everything applied is
  // durable and acknowledged. Errors: `purged`, `not_found`, `wrong_source`, `diverged` and the like; the applier's.
  Status run(const std::function<bool()>& should_stop);

  // stop_at_quarantine ended the run.
  [[nodiscard]] bool has_new_quarantine() const { return applier_.replica().tables.quarantined() > quarantined_; }

 private:
  Status stream(const std::function<bool()>& should_stop);
  Status stream_applied(HubSource& source, const std::function<bool()>& should_stop);
  Status stream_relayed(HubSource& source, const std::function<bool()>& should_stop);
  Status receive(HubSource& source, const Checkpoint& begun, const std::function<bool()>& should_stop);
  Status on_sealed(HubSource& source);
  Status tell_applied(HubSource& source);
  Status acknowledge(HubSource& source, ship::AckLevel level, const BinlogPosition& position);
  void compare_with_tip(const HubSource& source, const BinlogPosition& applied);
  bool must_end();
  void choose_tables();
  void watch(const RawEvent& event);
  void enter_state(LiveState state, std::string trouble = {});
  void publish(bool now);

  SqliteApplier& applier_;
  HubFollowOptions options_;
  std::size_t quarantined_;  // when the run began
  bool was_connected_ = false;
  bool heard_anything_ = false;        // over this connection
  BinlogPosition read_;                // over this connection, behind the last event
  bool may_leave_backlog_ = true;      // while connections come to anything
  bool reached_ = false;               // stop_at_current
  bool outgrown_ = false;              // the hub must be asked for other tables
  std::uint64_t statements_seen_ = 0;  // table statements, when the tables were looked at last
  LiveStatus status_;
  std::unique_ptr<RelayedReplay> relayed_;  // while a connection's events go by way of the relay log
};

}  // namespace binferry
