#include "applier/replica_reader.hpp"
#include "binlog/format/json_string.hpp"
#include "binlog/ship/hub_fetch.hpp"
#include "cli/commands.hpp"
#include "cli/hub_login.hpp"
#include "cli/hub_status.hpp"
#include "cli/operand.hpp"
#include "cli/output.hpp"
#include "cli/position_show.hpp"
#include "cli/replica_applier.hpp"
#include "cli/report.hpp"
#include "cli/signals.hpp"
#include "position/locate.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>

#include <fmt/format.h>

namespace binferry::cli {
namespace {

using Action = PositionArguments::Action;
using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPollInterval{20};
constexpr int kHubTimeoutMs = 10'000;
// A file that a replay has just made is no replica for a moment.
constexpr std::chrono::milliseconds kBirthTime{1000};

std::string_view plural(std::uint64_t count) {
  return count == 1 ? "" : "s";
}

Result<ExitCode> show_hub(const std::string& where, const PositionArguments& arguments, std::string& out) {
  Result<HubAddress> hub = hub_address(where, arguments.hub);
  if (!hub) return propagate(hub);
  Result<std::string> status = get_from_hub(*hub, "/status.json", kHubTimeoutMs);
  if (!status) return propagate(status);
  Result<std::string> text = hub_status_text(where, *status);
  if (!text) return propagate(text);
  out += arguments.json ? *status : *text;
  return kDone;
}

Result<ExitCode> show(const PositionArguments& arguments, const Keys& keys, std::string& out) {
  const std::string& path = arguments.operands.front();
  if (is_hub_address(path)) return show_hub(path, arguments, out);
  if (is_sqlite_file(path)) {
    Result<ReplicaReader> reader = ReplicaReader::open(path);
    if (!reader) return propagate(reader);
    Result<ReplicaStatus> status = reader->read();
    if (!status) return propagate(status);
    Result<std::optional<LiveStatus>> live = read_live_status(path);
    if (!live) return propagate(live);
    if (arguments.json) {
      append_replica_json(*status, *live, now_us(), out);
    } else {
      append_replica_text(path, *status, *live, now_us(), out);
    }
    return kDone;
  }
  Result<std::vector<LogFile>> logs = logs_of(path);
  if (!logs) return propagate(logs);
  Result<LogExtent> extent = read_log_extent(*logs, reading_options(keys));
  if (!extent) return propagate(extent);
  if (arguments.json) {
    append_extent_json(*extent, out);
  } else {
    append_extent_text(path, *extent, out);
  }
  return kDone;
}

Result<ExitCode> locate(const PositionArguments& arguments, const Keys& keys, std::string& out) {
  Result<std::vector<LogFile>> logs = logs_of(arguments.operands.front());
  if (!logs) return propagate(logs);
  const FileSourceOptions options = reading_options(keys);
  Result<Location> found = arguments.datetime ? locate_time(*logs, *arguments.datetime, options)
                                              : locate_gtid(*logs, *arguments.gtid, options);
  if (!found) return propagate(found);
  if (!arguments.json) {
    out += found->position.text() + '\n';
    return kDone;
  }
  out += "{\"file\":";
  append_json_quoted(found->position.file, out);
  fmt::format_to(std::back_inserter(out), ",\"offset\":{},\"gtid\":", found->position.offset);
  const std::string gtid = text_of(found->gtid);
  out += gtid.empty() ? "null" : '"' + gtid + '"';
  out += ",\"time\":";
  if (found->begins_group) {
    out += '"';
    append_utc_time(found->timestamp, out);
    out += '"';
  } else {
    out += "null";
  }
  out += "}\n";
  return kDone;
}

void append_comparison_json(const Comparison& result, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{{\"relation\":\"{}\",\"by\":\"{}\"", name_of(result.relation),
                 name_of(result.by));
  if (result.by == Comparison::By::gtids) {
    fmt::format_to(
        std::back_inserter(out), ",\"only_a\":\"{}\",\"only_b\":\"{}\",\"transactions_a\":{},\"transactions_b\":{}}}\n",
        result.only_left.text(), result.only_right.text(), result.transactions_left, result.transactions_right);
  } else {
    fmt::format_to(std::back_inserter(out), ",\"bytes\":{}}}\n", result.bytes ? std::to_string(*result.bytes) : "null");
  }
}

std::string transactions_text(std::uint64_t count, const AnyGtidSet& set) {
  // Numbers may be left out in a MariaDB domain, so the difference is the most that it can be.
  return fmt::format("{}{} transaction{}: {}", set.mariadb() != nullptr ? "at most " : "", count, plural(count),
                     set.text());
}

void append_comparison_text(const Comparison& result, std::string& out) {
  const auto append = std::back_inserter(out);
  out += name_of(result.relation);
  if (result.by == Comparison::By::position) {
    if (result.relation != GtidRelation::equal && result.bytes) {
      fmt::format_to(append, " by {} byte{} of one log", *result.bytes, plural(*result.bytes));
    }
    out += '\n';
    return;
  }
  switch (result.relation) {
    case GtidRelation::equal: break;
    case GtidRelation::ahead: out += " by " + transactions_text(result.transactions_left, result.only_left); break;
    case GtidRelation::behind: out += " by " + transactions_text(result.transactions_right, result.only_right); break;
    case GtidRelation::diverged:
      out += "\nonly A: " + transactions_text(result.transactions_left, result.only_left);
      out += "\nonly B: " + transactions_text(result.transactions_right, result.only_right);
      break;
  }
  out += '\n';
}

Result<ExitCode> compare_operands(const PositionArguments& arguments, const Keys& keys, std::string& out) {
  Result<Standpoint> left = standpoint_of_operand(arguments.operands.at(0), keys);
  if (!left) return propagate(left);
  Result<Standpoint> right = standpoint_of_operand(arguments.operands.at(1), keys);
  if (!right) return propagate(right);
  Result<Comparison> result = compare(*left, *right);
  if (!result) return propagate(result, arguments.operands[0] + " and " + arguments.operands[1]);
  if (arguments.json) {
    append_comparison_json(*result, out);
  } else {
    append_comparison_text(*result, out);
  }
  return result->relation == GtidRelation::equal ? kDone : kDifferences;
}

// Where the replica stands. `begun`: since when it is looked for.
Result<std::optional<Checkpoint>> look(std::optional<ReplicaReader>& reader, const std::string& path,
                                       Clock::time_point begun) {
  const auto may_come = [&](const Error& error) {
    return error.code == Errc::not_found || error.code == Errc::busy ||
           (error.code == Errc::replica && Clock::now() - begun < kBirthTime);
  };
  if (!reader) {
    Result<ReplicaReader> opened = ReplicaReader::open(path);
    if (!opened && may_come(opened.error())) return std::nullopt;
    if (!opened) return propagate(opened);
    reader.emplace(std::move(*opened));
  }
  Result<Checkpoint> checkpoint = reader->read_checkpoint();
  if (!checkpoint && may_come(checkpoint.error())) return std::nullopt;
  if (!checkpoint) return propagate(checkpoint);
  return std::move(*checkpoint);
}

Result<ExitCode> wait(const PositionArguments& arguments, std::string& out) {
  const std::string& path = arguments.operands.front();
  const Goal goal{.position = arguments.position, .gtids = arguments.gtid_set};
  const Clock::time_point begun = Clock::now();
  std::optional<ReplicaReader> reader;
  std::optional<Checkpoint> seen;
  for (;;) {
    Result<std::optional<Checkpoint>> checkpoint = look(reader, path, begun);
    if (!checkpoint) return propagate(checkpoint);
    if (*checkpoint) seen = std::move(**checkpoint);
    if (seen) {
      Result<bool> reached = has_reached(standpoint_of(*seen), goal);
      if (!reached) return propagate(reached, path);
      if (*reached) {
        if (!arguments.json) return kDone;
        out += "{\"reached\":true,\"checkpoint\":" + to_json(*seen) + "}\n";
        return kDone;
      }
    }
    const bool is_late =
        arguments.timeout_ms && Clock::now() - begun >= std::chrono::milliseconds(*arguments.timeout_ms);
    if (is_late || stop_requested()) break;
    std::this_thread::sleep_for(kPollInterval);
  }
  if (arguments.json) {
    out += "{\"reached\":false,\"checkpoint\":" + (seen ? to_json(*seen) : "null") + "}\n";
    return kFailed;
  }
  const std::string why = stop_requested() ? "stopped" : "not reached in time";
  if (!seen) return std::unexpected(Error{Errc::not_found, why + ", for there is no such replica", path, {}});
  std::string at = seen->position.file.empty() ? "nothing yet" : seen->position.text();
  if (!seen->gtids.empty()) at += ", " + seen->gtids.text();
  return std::unexpected(Error{Errc::cancelled, why + "; it has " + at, path, "`binferry position show` tells more"});
}

Result<ExitCode> gtid_algebra(const PositionArguments& arguments, std::string& out) {
  std::vector<AnyGtidSet> sets;
  for (const std::string& text : arguments.operands) {
    Result<AnyGtidSet> set = AnyGtidSet::parse(text);
    if (!set) return propagate(set);
    sets.push_back(std::move(*set));
  }
  AnyGtidSet result = sets.front();
  AnyGtidSet rest;  // of what is asked for, what the first set lacks
  for (std::size_t i = 1; i < sets.size(); ++i) {
    Status done;
    switch (arguments.action) {
      case Action::gtid_subtract: done = result.subtract(sets[i]); break;
      case Action::gtid_intersect: done = result.intersect(sets[i]); break;
      case Action::gtid_contains: done = rest.unite(sets[i]); break;
      default: done = result.unite(sets[i]); break;
    }
    if (!done) return propagate(done);
  }
  const auto append = std::back_inserter(out);
  if (arguments.action == Action::gtid_contains) {
    const bool contains = result.contains(rest);
    if (Status done = rest.subtract(result); !done) return propagate(done);
    if (arguments.json) {
      fmt::format_to(append, "{{\"contains\":{},\"missing\":\"{}\"}}\n", contains, rest.text());
    } else {
      out += contains ? "contains\n" : "lacks " + rest.text() + '\n';
    }
    return contains ? kDone : kDifferences;
  }
  if (arguments.json) {
    fmt::format_to(append, "{{\"gtids\":\"{}\",\"count\":{}}}\n", result.text(), result.count());
  } else if (arguments.action == Action::gtid_count) {
    fmt::format_to(append, "{}\n", result.count());
  } else {
    out += result.text() + '\n';
  }
  return kDone;
}

Result<ExitCode> act(const PositionArguments& arguments, std::string& out) {
  if (arguments.action == Action::wait) return wait(arguments, out);
  if (arguments.action >= Action::gtid_union) return gtid_algebra(arguments, out);
  Result<Keys> keys = load_keys(arguments.keys);
  if (!keys) return propagate(keys);
  if (arguments.action == Action::show) return show(arguments, *keys, out);
  if (arguments.action == Action::locate) return locate(arguments, *keys, out);
  return compare_operands(arguments, *keys, out);
}

}  // namespace

int run_position(const PositionArguments& arguments) {
  Output output;
  Result<ExitCode> code = act(arguments, output.buffer());
  if (!code) return report(code.error());
  const Status flushed = output.flush();
  return flushed ? *code : report(flushed.error());
}

}  // namespace binferry::cli
