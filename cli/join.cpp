#include "applier/replay.hpp"
#include "binlog/ship/hub_source.hpp"
#include "binlog/source/log_directory.hpp"
#include "cli/commands.hpp"
#include "cli/replica_applier.hpp"
#include "cli/report.hpp"
#include "cli/signals.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace binferry::cli {
namespace {

constexpr int kWaitMs = 200;
constexpr int kFirstPauseMs = 250;
constexpr int kLongestPauseMs = 15'000;

std::string default_name(const std::string& path) {
  const std::string_view name = base_name_of(path);
  return std::string(name.substr(0, name.find('.')));
}

Result<std::unique_ptr<SqliteApplier>> open_applier(const JoinArguments& arguments) {
  Result<std::unique_ptr<Replica>> replica = Replica::open(arguments.into, options_of_schemas(arguments.schemas, {}));
  if (!replica) return propagate(replica);
  if (!arguments.schemas.empty() && (*replica)->options().schemas != arguments.schemas) {
    return fail(Errc::usage, "the replica was made for other schemas", "leave --schema out, or make another replica");
  }
  // An acknowledgement says that a power loss takes nothing, so that every commit is synced.
  ApplierOptions options;
  options.strict = arguments.strict;
  return make_applier(std::move(*replica), Durability::full, std::move(options));
}

// One connection, until it breaks or a signal comes. `progressed`: something was applied.
Status follow_hub(const JoinArguments& arguments, const HubAddress& hub, const std::string& name,
                  SqliteApplier& applier, bool& progressed) {
  HubSourceOptions source_options;
  source_options.name = name;
  source_options.counts = arguments.counts;
  source_options.position = applier.checkpoint().position;
  Result<std::unique_ptr<HubSource>> source = HubSource::open(hub, source_options);
  if (!source) return propagate(source);
  ReplayOptions options;
  options.start = std::max(source_options.position.offset, kFirstEventOffset);
  // A follower's replica is its only store, so that what is applied is logged, too.
  options.on_sealed = [&]() -> Status {
    progressed = true;
    return (*source)->acknowledge(ship::AckLevel::applied, applier.checkpoint().position);
  };
  Replay run(applier, **source, options);
  return run.run(stop_requested, {});
}

Result<int> join(const JoinArguments& arguments) {
  Result<HubAddress> hub = parse_hub_address(arguments.hub);
  if (!hub) return propagate(hub);
  const std::string name = arguments.name.empty() ? default_name(arguments.into) : arguments.name;
  if (Status named = ship::check_follower_name(name); !named) return propagate(named);
  Result<std::unique_ptr<SqliteApplier>> applier = open_applier(arguments);
  if (!applier) return propagate(applier);
  int pause_ms = kFirstPauseMs;
  while (!stop_requested()) {
    bool progressed = false;
    Status done = follow_hub(arguments, *hub, name, **applier, progressed);
    if (done) break;
    if (!is_retryable(done.error().code)) return propagate(done);
    if (progressed) pause_ms = kFirstPauseMs;
    note(fmt::format("{}; again in {} ms", done.error().message(), pause_ms));
    for (int left = pause_ms; left > 0 && !stop_requested(); left -= kWaitMs) {
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, kWaitMs)));
    }
    pause_ms = std::min(pause_ms * 2, kLongestPauseMs);
  }
  fmt::print(stderr, "binferry: the replica stands at {}\n", (*applier)->checkpoint().position.text());
  return report_quarantined(**applier);
}

}  // namespace

int run_join(const JoinArguments& arguments) {
  Result<int> done = join(arguments);
  return done ? *done : report(done.error());
}

}  // namespace binferry::cli
