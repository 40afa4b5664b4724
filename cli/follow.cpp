#include "applier/follow.hpp"

#include "applier/resync.hpp"
#include "applier/snapshot.hpp"
#include "binlog/source/mysql/preflight.hpp"
#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/reading.hpp"
#include "cli/replica_applier.hpp"
#include "cli/report.hpp"
#include "cli/resync_request.hpp"
#include "cli/server_address.hpp"
#include "cli/service_notify.hpp"
#include "cli/signals.hpp"
#include "cli/status_line.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

namespace binferry::cli {
namespace {

// An idle source is heard of this often, so that lag is known to a second.
constexpr std::uint32_t kHeartbeatMs = 1000;
constexpr int kReadDeadlineMs = 30'000;
constexpr std::uint64_t kLookForRequestsUs = 500'000;
constexpr int kRequestPatienceMs = 30'000;

mysql::SemiSync semi_sync_of(FollowArguments::SemiSync asked) {
  switch (asked) {
    case FollowArguments::SemiSync::off: return mysql::SemiSync::off;
    case FollowArguments::SemiSync::preferred: return mysql::SemiSync::preferred;
    case FollowArguments::SemiSync::required: return mysql::SemiSync::required;
  }
  return mysql::SemiSync::off;
}

struct Sources {
  std::vector<mysql::Address> addresses;
  std::vector<std::string> schemas;  // patterns of what the replica is to hold
  ReplicaOptions settings;           // of a new replica: what the source has set
};

Result<Sources> load_sources(const FollowArguments& arguments) {
  Result<std::optional<Secret>> password = ask_password(arguments.login);
  if (!password) return propagate(password);
  Sources sources;
  std::vector<std::string> texts = {arguments.source};
  texts.insert(texts.end(), arguments.more_sources.begin(), arguments.more_sources.end());
  for (const std::string& text : texts) {
    Result<mysql::Address> address = server_address(text, arguments.login, *password);
    if (!address) return propagate(address);
    if (sources.addresses.empty()) sources.schemas = address->schemas;
    sources.addresses.push_back(std::move(*address));
  }
  sources.schemas.insert(sources.schemas.end(), arguments.schemas.begin(), arguments.schemas.end());
  return sources;
}

ReplicaOptions replica_options(const FollowArguments& arguments, const Sources& sources) {
  ReplicaOptions options = options_of_schemas(sources.schemas, arguments.tables);
  options.decimal_real = arguments.decimal_real;
  options.lower_case_names = sources.settings.lower_case_names;
  options.system_time_zone = sources.settings.system_time_zone;
  return options;
}

// A replica that is there, or an empty one that begins at a place of the log.
Result<std::unique_ptr<Replica>> open_replica(const FollowArguments& arguments, const Sources& sources) {
  Result<std::unique_ptr<Replica>> replica = Replica::open(arguments.into, replica_options(arguments, sources));
  if (!replica) return replica;
  if (!(*replica)->is_new()) {
    if (arguments.start_position || arguments.start_gtids) {
      return fail(Errc::usage, "the replica has a position of its own: " + (*replica)->checkpoint.position.text(),
                  "leave --start-position and --gtid-set out: follow goes on from there");
    }
    if (!sources.schemas.empty() && (*replica)->options().schemas != sources.schemas) {
      return fail(Errc::usage,
                  fmt::format("the replica was made for {}",
                              (*replica)->options().schemas.empty()
                                  ? std::string("every schema")
                                  : fmt::format("{}", fmt::join((*replica)->options().schemas, ", "))),
                  "name the same schemas, or none, or make another replica");
    }
  } else if (!arguments.schema_file.empty()) {
    ReadArguments read;
    read.schema_file = arguments.schema_file;
    Result<Catalogue> catalogue = load_catalogue(read, (*replica)->catalogue);
    if (!catalogue) return propagate(catalogue);
    (*replica)->catalogue = std::move(*catalogue);
  }
  return replica;
}

FollowOptions follow_options(const FollowArguments& arguments, Sources sources) {
  FollowOptions options;
  options.sources = std::move(sources.addresses);
  take_identity_of(arguments.into, options.source.dump);
  if (arguments.server_id) options.source.dump.server_id = *arguments.server_id;
  options.source.dump.semi_sync = semi_sync_of(arguments.semi_sync);
  options.source.dump.heartbeat_ms = kHeartbeatMs;
  options.source.dump.report_host = "binferry";
  options.source.read_deadline_ms = kReadDeadlineMs;
  options.stop_at_current = arguments.stop_at_current;
  options.start_position = arguments.start_position;
  options.start_gtids = arguments.start_gtids;
  options.now_us = now_us;
  options.random = [random = std::make_shared<std::random_device>()] { return (*random)(); };
  options.pause = [](std::uint32_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
  options.note = [](const std::string& text) { note(text); };
  return options;
}

Result<std::unique_ptr<SqliteApplier>> open_applier(const FollowArguments& arguments, const Sources& sources) {
  Result<std::unique_ptr<Replica>> replica = open_replica(arguments, sources);
  if (!replica) return propagate(replica);
  ApplierOptions options;
  options.batch_transactions = arguments.batch;
  options.strict = arguments.strict;
  options.bad_text = arguments.bad_text;
  return make_applier(std::move(*replica), Durability::full, std::move(options));
}

ResyncOptions resync_options(const FollowArguments& arguments) {
  ResyncOptions options;
  options.connections = arguments.connections;
  options.bad_text = arguments.bad_text;
  options.should_stop = stop_requested;
  options.note = [](const std::string& text) { note(text); };
  return options;
}

Status resync(const FollowArguments& arguments, const mysql::Address& source, SqliteApplier& applier,
              const std::vector<TableRegistry::Key>& tables) {
  Result<ResyncOutcome> copied = copy_tables(source, applier, tables, resync_options(arguments));
  if (!copied) return propagate(copied);
  for (const TableRegistry::Key& key : copied->copied) {
    note(fmt::format("table {}.{} was copied anew and goes on at {}", key.first, key.second, copied->position.text()));
  }
  for (const TableRegistry::Key& key : copied->gone) {
    note(fmt::format("table {}.{} is not at the source any more", key.first, key.second));
  }
  return {};
}

Result<int> stream(const FollowArguments& arguments, const Sources& sources) {
  Result<std::unique_ptr<SqliteApplier>> made = open_applier(arguments, sources);
  if (!made) return propagate(made);
  SqliteApplier& applier = **made;
  Result<std::unique_ptr<RelayLog>> relay = open_relay(arguments.into, arguments.ack_logged, applier);
  if (!relay) return propagate(relay);

  StatusLine line(arguments.json_status);
  bool is_ready = false;
  FollowOptions options = follow_options(arguments, sources);
  options.on_status = [&](const LiveStatus& status, const Checkpoint& checkpoint) {
    LiveStatus stamped = status;
    stamped.pid = static_cast<std::uint32_t>(::getpid());
    // A full disk must not end a stream that could still go on; the replica's own commit tells.
    (void)write_live_status(arguments.into, stamped);
    line.show(stamped, checkpoint);
    if (status.state == LiveState::streaming && !std::exchange(is_ready, true)) notify_service("READY=1");
  };
  options.relay = relay->get();
  options.refresh_quarantined = arguments.auto_resync;
  options.refresh = [&](const mysql::Address& source, const std::vector<TableRegistry::Key>& tables) {
    MysqlSourceOptions stream;
    take_random_identity(stream.dump);
    stream.dump.heartbeat_ms = kHeartbeatMs;
    stream.read_deadline_ms = kReadDeadlineMs;
    return TableRefresh::start(applier.replica(), source, tables, std::move(stream), resync_options(arguments));
  };
  options.requested = [&, looked_us = std::uint64_t{0}](const TableRegistry& tables) mutable {
    if (now_us() < looked_us + kLookForRequestsUs) return std::vector<TableRegistry::Key>();
    looked_us = now_us();
    return take_resync_request(arguments.into, tables);
  };
  Follow follow(applier, std::move(options));
  const Status done = follow.run(stop_requested);
  notify_service("STOPPING=1");
  fmt::print(stderr, "binferry: {} transactions applied with {} rows; the replica stands at {}{}{}\n",
             applier.totals().transactions, applier.totals().rows, applier.checkpoint().position.text(),
             applier.checkpoint().gtids.empty() ? "" : ", GTIDs ", applier.checkpoint().gtids.text());
  if (!done) return std::unexpected(done.error());
  return report_quarantined(applier);
}

// Says what is wrong at the source, and the statement that mends it. Whether it is fit. Learns the settings that an
// empty replica is made with.
Result<bool> check_source(const FollowArguments& arguments, Sources& sources, bool needs_snapshot) {
  const mysql::Address& address = sources.addresses.front();
  Result<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::open(address);
  if (!connection) return propagate(connection, address.text());
  mysql::PreflightOptions options;
  options.schemas = sources.schemas;
  options.server_id = arguments.server_id.value_or(0);
  options.semi_sync = arguments.semi_sync == FollowArguments::SemiSync::required;
  options.needs_snapshot = needs_snapshot;
  Result<std::vector<mysql::Finding>> findings = mysql::preflight(**connection, options);
  if (!findings) return propagate(findings, address.text());
  if (!needs_snapshot) {  // which asks for them itself
    Status learned = learn_settings(**connection, sources.settings);
    if (!learned) return propagate(learned, address.text());
  }
  std::size_t problems = 0;
  for (const mysql::Finding& finding : *findings) {
    const bool is_problem = finding.severity == mysql::Finding::Severity::problem;
    problems += is_problem ? 1 : 0;
    // A check's answer is what was asked for; otherwise it is a word beside the work.
    std::FILE* const out = arguments.check ? stdout : stderr;
    fmt::print(out, "{}: {}\n", is_problem ? "problem" : "warning", finding.what);
    if (!finding.mend.empty()) fmt::print(out, "  mend: {}\n", finding.mend);
  }
  if (arguments.check && findings->empty()) fmt::print("nothing is wrong with {}\n", address.text());
  return problems == 0;
}

Status snapshot(const FollowArguments& arguments, const Sources& sources, const std::string& path) {
  SnapshotOptions options;
  options.schemas = sources.schemas;
  options.tables = arguments.tables;
  options.connections = arguments.connections;
  options.replica = replica_options(arguments, sources);
  options.bad_text = arguments.bad_text;
  options.now_us = now_us;
  options.should_stop = stop_requested;
  options.note = [](const std::string& text) { note(text); };
  std::unique_ptr<Progress> progress;
  SnapshotProgress last;
  options.on_progress = [&](const SnapshotProgress& now) {
    if (!progress) progress = std::make_unique<Progress>(now.estimated_bytes);
    progress->update(now.bytes, now.rows);
    last = now;
  };
  Status taken;
  for (const mysql::Address& address : sources.addresses) {
    taken = take_snapshot(address, path, options);
    if (taken || !is_retryable(taken.error().code)) break;
  }
  progress.reset();
  if (!taken) return taken;
  fmt::print(stderr, "binferry: snapshot of {} tables with {} rows taken\n", last.tables_total, last.rows);
  return {};
}

// The source no longer has what the replica needs: a new snapshot is made beside it and takes its place when it is
// complete. Until then the old replica stays as it is.
Status reseed(const FollowArguments& arguments, Sources& sources) {
  const std::string beside = arguments.into + ".reseed";
  std::error_code error;
  std::filesystem::remove(beside, error);
  if (Status taken = snapshot(arguments, sources, beside); !taken) return taken;
  // The old one was closed in order, so that nothing of it is left in these; they must not meet the new one.
  std::filesystem::remove(arguments.into + "-wal", error);
  std::filesystem::remove(arguments.into + "-shm", error);
  std::filesystem::rename(beside, arguments.into, error);
  if (error) return fail(Errc::io, "put the new replica in its place: " + error.message());
  return {};
}

Result<int> follow(const FollowArguments& arguments) {
  Result<Sources> sources = load_sources(arguments);
  if (!sources) return propagate(sources);
  const bool is_new = !std::filesystem::exists(arguments.into);
  const bool needs_snapshot = is_new && !arguments.no_snapshot;
  if (is_new && !arguments.check && std::filesystem::exists(RelayLog::folder_of(arguments.into))) {
    return std::unexpected(Error{Errc::replica, "there is the relay log of a replica that is gone",
                                 RelayLog::folder_of(arguments.into), "put the replica back, or remove the folder"});
  }
  if (arguments.check || is_new) {
    Result<bool> fit = check_source(arguments, *sources, needs_snapshot);
    if (!fit) return propagate(fit);
    if (arguments.check) return *fit ? kDone : kBadSource;
    if (!*fit) return fail(Errc::refused, "the source is not fit to be followed", "mend what is said above");
  }
  if (needs_snapshot) {
    if (Status taken = snapshot(arguments, *sources, arguments.into); !taken) {
      // Nothing is half-made: a snapshot that was stopped is none.
      if (taken.error().code == Errc::cancelled) return kDone;
      return std::unexpected(taken.error());
    }
  }
  Result<int> done = stream(arguments, *sources);
  while (!done && done.error().code == Errc::purged && arguments.on_purged == FollowArguments::OnPurged::reseed) {
    note(done.error().message() + ": the replica is made again");
    if (Status made = reseed(arguments, *sources); !made) return std::unexpected(made.error());
    done = stream(arguments, *sources);
  }
  return done;
}

// Somebody follows into the replica: that process is asked to copy the tables beside its stream.
Result<int> request_of_follower(const FollowArguments& arguments, const Error& busy) {
  if (Status requested = request_resync(arguments.into, arguments.resync_tables); !requested) {
    return propagate(requested);
  }
  for (int waited = 0; is_resync_requested(arguments.into) && !stop_requested(); waited += 100) {
    if (waited >= kRequestPatienceMs) {
      withdraw_resync(arguments.into);
      return std::unexpected(busy);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  withdraw_resync(arguments.into);
  note("the process that follows copies the tables anew beside its stream; `binferry position show` tells of them");
  return kDone;
}

// Copies tables anew; the next follow brings them to where the others are.
Result<int> resync_once(const FollowArguments& arguments) {
  Result<Sources> sources = load_sources(arguments);
  if (!sources) return propagate(sources);
  if (!std::filesystem::exists(arguments.into)) return fail(Errc::not_found, "there is no replica " + arguments.into);
  Result<std::unique_ptr<SqliteApplier>> applier = open_applier(arguments, *sources);
  if (!applier && applier.error().code == Errc::busy) return request_of_follower(arguments, applier.error());
  if (!applier) return propagate(applier);
  const std::vector<TableRegistry::Key> keys = chosen_tables((*applier)->replica().tables, arguments.resync_tables);
  if (keys.empty()) {
    if (!arguments.resync_tables.empty()) return fail(Errc::not_found, "the replica has no such table");
    note("no table is quarantined");
    return kDone;
  }
  if (Status copied = resync(arguments, sources->addresses.front(), **applier, keys); !copied) {
    return std::unexpected(copied.error());
  }
  return kDone;
}

}  // namespace

int run_follow(const FollowArguments& arguments) {
  Result<int> done = arguments.is_resync ? resync_once(arguments) : follow(arguments);
  return done ? *done : report(done.error());
}

}  // namespace binferry::cli
