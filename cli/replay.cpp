#include "applier/replay.hpp"

#include "binlog/schema/schema_dump.hpp"
#include "binlog/source/log_directory.hpp"
#include "binlog/source/multi_file_source.hpp"
#include "binlog/source/tail_source.hpp"
#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/reading.hpp"
#include "cli/replica_applier.hpp"
#include "cli/report.hpp"
#include "cli/signals.hpp"

#include <chrono>

#include <fmt/format.h>

namespace binferry::cli {
namespace {

std::string joined(const std::vector<std::string>& names) {
  return names.empty() ? std::string("everything") : fmt::format("{}", fmt::join(names, ", "));
}

// What a replica holds is decided when it is made: a table left out for a while could not be joined again.
Status check_same_choice(const ReplicaOptions& kept, const TransactionFilter& asked) {
  const auto check = [](const char* option, const auto& mine, const auto& theirs) -> Status {
    if (theirs.empty() || mine == theirs) return {};
    return fail(Errc::usage, fmt::format("the replica was made with {} {}", option, joined(mine)),
                fmt::format("leave {} out, or make another replica", option));
  };
  if (Status same = check("--schema", kept.schemas, asked.databases); !same) return same;
  return check("--table", kept.tables, asked.tables);
}

Result<std::unique_ptr<Replica>> open_replica(const ReplayArguments& arguments) {
  const TransactionFilter& filter = arguments.read.filter;
  ReplicaOptions options = options_of_schemas(filter.databases, filter.tables);
  options.lower_case_names = arguments.lower_case_names;
  options.system_time_zone = arguments.system_time_zone;
  options.decimal_real = arguments.decimal_real;
  Result<std::unique_ptr<Replica>> replica = Replica::open(arguments.into, options);
  if (!replica) return replica;
  if (Status same = check_same_choice((*replica)->options(), filter); !same) return propagate(same, arguments.into);
  if (!arguments.read.schema_file.empty()) {
    if (!(*replica)->is_new()) {
      return fail(Errc::usage, "--schema-file is for a new replica", "leave it out: the replica knows its tables");
    }
    Result<Catalogue> catalogue = load_catalogue(arguments.read, (*replica)->catalogue);
    if (!catalogue) return propagate(catalogue);
    (*replica)->catalogue = std::move(*catalogue);
  }
  return replica;
}

Result<std::unique_ptr<EventSource>> open_source(const ReplayArguments& arguments, const ReplayStart& start,
                                                 const FileSourceOptions& file) {
  if (arguments.follow) {
    TailOptions options;
    options.file = file;
    options.start = TailStart::at_position;
    options.start_file = start.file;
    options.start_offset = start.offset;
    Result<std::unique_ptr<TailSource>> source = TailSource::open(arguments.inputs.front(), options);
    if (!source) return propagate(source);
    return std::move(*source);
  }
  MultiFileOptions options;
  options.file = file;
  options.file.start = start.offset;
  options.start_file = start.file;
  options.note = [](const std::string& text) { note(text); };
  Result<std::unique_ptr<MultiFileSource>> source = MultiFileSource::open(arguments.inputs, options);
  if (!source) return propagate(source);
  return std::move(*source);
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// One line for people, and the notes that a position alone does not tell.
void print_summary(SqliteApplier& applier, bool was_stopped, double seconds) {
  const SqliteApplier::Totals& totals = applier.totals();
  const Checkpoint& checkpoint = applier.checkpoint();
  std::string line;
  if (totals.transactions == 0 && totals.passed == 0) {
    line = "nothing new; the replica stands at " + checkpoint.position.text();
  } else {
    line = fmt::format("{} applied with {} in {:.1f} s", plural(totals.transactions, "transaction"),
                       plural(totals.rows, "row"), seconds);
    if (totals.passed != 0) line += fmt::format(", {} left out", totals.passed);
    line += "; the replica stands at " + checkpoint.position.text();
  }
  if (!checkpoint.gtids.empty()) line += ", GTIDs " + checkpoint.gtids.text();
  if (was_stopped) line += " (stopped)";
  fmt::print(stderr, "binferry: {}\n", line);
}

Result<int> replay(const ReplayArguments& arguments) {
  Result<Keys> keys = load_keys(arguments.read);
  if (!keys) return propagate(keys);
  Result<std::unique_ptr<Replica>> replica = open_replica(arguments);
  if (!replica) return propagate(replica);
  FileSourceOptions file;
  file.mariadb_keys = keys->mariadb_or_null();
  file.mysql_keyring = keys->mysql_or_null();
  Result<ReplayStart> start =
      plan_replay(arguments.inputs, (*replica)->checkpoint, arguments.read.start_position, file);
  if (!start) return propagate(start);

  ApplierOptions applier_options;
  applier_options.batch_transactions = arguments.batch;
  applier_options.strict = arguments.strict;
  applier_options.bad_text = arguments.bad_text;
  Result<std::unique_ptr<SqliteApplier>> applier = make_applier(
      std::move(*replica), arguments.durable ? Durability::full : Durability::normal, std::move(applier_options));
  if (!applier) return propagate(applier);
  if (start->nothing_new && !arguments.follow) {
    // An earlier run may have been ended while it made them.
    if (Status made = (*applier)->make_pending_indexes(stop_requested); !made) return propagate(made);
    print_summary(**applier, false, 0);
    return report_quarantined(**applier);
  }

  ReplayOptions options;
  options.filter = arguments.read.filter;
  options.filter.databases.clear();  // tables are chosen by the applier, which must see the statements of all
  options.filter.tables.clear();
  options.filter.stop_file = start->last_file;
  options.start = start->offset;
  Result<std::unique_ptr<EventSource>> source = open_source(arguments, *start, file);
  if (!source) return propagate(source);

  Replay run(**applier, **source, options);
  Progress progress(arguments.follow ? 0 : start->bytes);
  const auto began = std::chrono::steady_clock::now();
  const Status done =
      run.run(stop_requested, [&](std::uint64_t bytes) { progress.update(bytes, (*applier)->totals().rows); });
  progress.clear();
  print_summary(**applier, run.was_stopped(),
                std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  if (!done) return std::unexpected(done.error());
  return report_quarantined(**applier);
}

}  // namespace

int run_replay(const ReplayArguments& arguments) {
  Result<int> done = replay(arguments);
  return done ? *done : report(done.error());
}

}  // namespace binferry::cli
