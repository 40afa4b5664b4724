#include "applier/hub_follow.hpp"
#include "applier/hub_seeding.hpp"
#include "binlog/ship/snapshot_client.hpp"
#include "binlog/source/log_directory.hpp"
#include "cli/commands.hpp"
#include "cli/hub_login.hpp"
#include "cli/progress.hpp"
#include "cli/replica_applier.hpp"
#include "cli/report.hpp"
#include "cli/service_notify.hpp"
#include "cli/signals.hpp"
#include "cli/status_line.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace binferry::cli {
namespace {

std::string default_name(const std::string& path) {
  const std::string_view name = base_name_of(path);
  return std::string(name.substr(0, name.find('.')));
}

std::function<std::uint32_t()> any_number() {
  return [device = std::make_shared<std::random_device>()] { return (*device)(); };
}

void pause_ms(std::uint32_t ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

Result<std::unique_ptr<SqliteApplier>> open_applier(const JoinArguments& arguments) {
  Result<std::unique_ptr<Replica>> replica =
      Replica::open(arguments.into, options_of_schemas(arguments.schemas, arguments.tables));
  if (!replica) return propagate(replica);
  const ReplicaOptions& made = (*replica)->options();
  if ((!arguments.schemas.empty() && made.schemas != arguments.schemas) ||
      (!arguments.tables.empty() && made.tables != arguments.tables)) {
    return fail(Errc::usage, "the replica was made for other schemas or tables",
                "leave --schema and --table out, or make another replica");
  }
  // An acknowledgement says that a power loss takes nothing, so that every commit is synced.
  ApplierOptions options;
  options.strict = arguments.strict;
  return make_applier(std::move(*replica), Durability::full, std::move(options));
}

// The replica out of the hub's snapshot; one that is there is replaced when the new one is whole.
Status seed(const JoinArguments& arguments, const HubAddress& hub, const ReplicaOptions& wanted,
            const BinlogPosition& least) {
  SeedingOptions options;
  options.fetch = snapshot_fetch(hub);
  options.least = least;
  options.replica = wanted;
  options.replaces = std::filesystem::exists(arguments.into);
  options.random = any_number();
  options.pause = pause_ms;
  options.should_stop = stop_requested;
  options.note = [](const std::string& text) { note(text); };
  std::unique_ptr<Progress> progress;
  options.on_progress = [&](std::uint64_t bytes, std::uint64_t total) {
    if (!progress) progress = std::make_unique<Progress>(total);
    progress->update(bytes, 0);
  };
  Status taken = take_hub_snapshot(arguments.into, options);
  progress.reset();
  if (taken) note("the replica begins with the hub's snapshot");
  return taken;
}

// What a run came to, beside its end.
struct Ran {
  Status done;
  bool has_new_quarantine = false;
  BinlogPosition position;
  ReplicaOptions replica;
  ExitCode code = kDone;
};

Result<Ran> follow(const JoinArguments& arguments, const HubAddress& hub, const std::string& name) {
  Result<std::unique_ptr<SqliteApplier>> applier = open_applier(arguments);
  if (!applier) return propagate(applier);
  Result<std::unique_ptr<RelayLog>> relay =
      open_relay(arguments.into, arguments.ack == ship::AckLevel::logged, **applier);
  if (!relay) return propagate(relay);
  StatusLine line(arguments.json_status);
  bool is_ready = false;
  HubFollowOptions options;
  options.hub = hub;
  options.source.name = name;
  options.source.counts = arguments.counts;
  options.ack_received = arguments.ack == ship::AckLevel::received;
  options.relay = relay->get();
  options.stop_at_current = arguments.stop_at_current;
  options.stop_at_quarantine = arguments.auto_resync;
  options.now_us = now_us;
  options.random = any_number();
  options.pause = pause_ms;
  options.note = [](const std::string& text) { note(text); };
  options.on_status = [&](const LiveStatus& status, const Checkpoint& checkpoint) {
    LiveStatus stamped = status;
    stamped.pid = static_cast<std::uint32_t>(::getpid());
    // A full disk must not end a stream that could still go on; the replica's own commit tells.
    (void)write_live_status(arguments.into, stamped);
    line.show(stamped, checkpoint);
    if (status.state == LiveState::streaming && !std::exchange(is_ready, true)) notify_service("READY=1");
  };
  HubFollow run(**applier, std::move(options));
  Ran ran;
  ran.done = run.run(stop_requested);
  ran.has_new_quarantine = run.has_new_quarantine();
  ran.position = (*applier)->checkpoint().position;
  ran.replica = (*applier)->replica().options();
  ran.code = report_quarantined(**applier);
  return ran;
}

Result<int> join(const JoinArguments& arguments) {
  Result<HubAddress> hub = hub_address(arguments.hub, arguments.login);
  if (!hub) return propagate(hub);
  const std::string name = arguments.name.empty() ? default_name(arguments.into) : arguments.name;
  if (Status named = ship::check_follower_name(name); !named) return propagate(named);
  if (!arguments.no_snapshot && !std::filesystem::exists(arguments.into)) {
    Status taken = seed(arguments, *hub, options_of_schemas(arguments.schemas, arguments.tables), {});
    // Nothing is half-made: a snapshot that was stopped goes on the next time.
    if (!taken && taken.error().code == Errc::cancelled) return kDone;
    if (!taken) return propagate(taken);
  }
  Result<Ran> ran = follow(arguments, *hub, name);
  while (ran && !stop_requested()) {
    const bool is_purged = !ran->done && ran->done.error().code == Errc::purged;
    const bool must_begin = is_purged && arguments.on_purged == FollowArguments::OnPurged::reseed;
    if (!must_begin && !(arguments.auto_resync && ran->done && ran->has_new_quarantine)) break;
    note((is_purged ? ran->done.error().message() : "a table is quarantined") + ": the replica is made again");
    Status taken = seed(arguments, *hub, ran->replica, ran->position);
    if (!taken && taken.error().code == Errc::cancelled) break;
    if (!taken) return propagate(taken);
    ran = follow(arguments, *hub, name);
  }
  notify_service("STOPPING=1");
  if (!ran) return propagate(ran);
  fmt::print(stderr, "binferry: the replica stands at {}\n", ran->position.text());
  if (!ran->done) return propagate(ran->done);
  return ran->code;
}

}  // namespace

int run_join(const JoinArguments& arguments) {
  Result<int> done = join(arguments);
  return done ? *done : report(done.error());
}

}  // namespace binferry::cli
