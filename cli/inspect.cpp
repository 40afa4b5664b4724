#include "binlog/source/log_directory.hpp"
#include "binlog/source/multi_file_source.hpp"
#include "binlog/source/transaction_stream.hpp"
#include "cli/commands.hpp"
#include "cli/coverage_report.hpp"
#include "cli/event_listing.hpp"
#include "cli/reading.hpp"
#include "cli/report.hpp"
#include "cli/signals.hpp"
#include "cli/statistics.hpp"
#include "cli/transaction_printer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include <sys/stat.h>

namespace binferry::cli {
namespace {

using Mode = InspectArguments::Mode;

class Inspection {
 public:
  Inspection(const InspectArguments& arguments, MultiFileSource& source, Catalogue& catalogue)
      : arguments_(arguments),
        filter_(arguments.read.filter),
        source_(source),
        stream_(source),
        printer_(arguments.mode == Mode::changes ? make_formatter(arguments.read, output_.wants_colour()) : nullptr,
                 filter_, catalogue, output_) {
    filter_.stop_file = base_name_of(source.paths().back());
    if (arguments.mode == Mode::stats) {
      printer_.on_change = [this](const Transaction&, const Change& change) { statistics_.add(change); };
    }
  }

  Status run();
  Status run_events();

 private:
  Result<bool> step(TransactionStream::Item item);
  Result<bool> take_transaction();
  void end_file();
  void abandon(std::string_view rule);
  void print_coverage(const FileCoverage& coverage);
  void print_summary();

  const InspectArguments& arguments_;
  TransactionFilter filter_;
  MultiFileSource& source_;
  TransactionStream stream_;
  Output output_;
  TransactionPrinter printer_;
  Statistics statistics_;
  bool in_file_ = false;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t incomplete_groups_ = 0;  // that were told
};

// Everything that was read before an error goes out before the error is told.
Status Inspection::run() {
  Status result;
  for (bool go_on = true; go_on && !stop_requested() && !output_.is_closed();) {
    Result<TransactionStream::Item> item = stream_.next();
    Result<bool> stepped = item ? step(*item) : Result<bool>(propagate(item));
    if (!stepped) {
      if (in_file_ && arguments_.mode == Mode::coverage) {
        if (item) stream_.settle();
        print_coverage(stream_.coverage());
      }
      result = propagate(stepped);
      break;
    }
    go_on = *stepped;
  }
  if (result && arguments_.mode == Mode::quiet) print_summary();
  if (result && arguments_.mode == Mode::stats) statistics_.print(arguments_.read.format, output_.buffer());
  if (Status flushed = output_.flush(); !flushed && result) return flushed;
  return result;
}

Status Inspection::run_events() {
  Status result = list_events(source_, arguments_.read.format, filter_, output_);
  if (Status flushed = output_.flush(); !flushed && result) return flushed;
  return result;
}

// False: done.
Result<bool> Inspection::step(TransactionStream::Item item) {
  switch (item) {
    case TransactionStream::Item::transaction: return take_transaction();
    case TransactionStream::Item::file_begin: in_file_ = true; return true;
    case TransactionStream::Item::file_end: end_file(); return true;
    case TransactionStream::Item::wait: return fail(Errc::internal, "a file that does not grow asks to wait");
    case TransactionStream::Item::end: return false;
  }
  return false;
}

Result<bool> Inspection::take_transaction() {
  const Transaction& transaction = stream_.transaction();
  Result<TransactionFilter::Judgement> judgement = printer_.print(transaction);
  if (!judgement) return propagate(judgement);
  switch (judgement->verdict) {
    case TransactionFilter::Verdict::deliver:
      stream_.coverage().add_delivered(transaction.stored_bytes);
      if (arguments_.mode == Mode::stats) statistics_.add(transaction);
      break;
    case TransactionFilter::Verdict::skip:
      stream_.coverage().add_filtered(judgement->rule, transaction.stored_bytes);
      break;
    case TransactionFilter::Verdict::stop: abandon(judgement->rule); return false;
  }
  if (Status flushed = output_.flush_if_large(); !flushed) return propagate(flushed);
  return true;
}

void Inspection::end_file() {
  in_file_ = false;
  ++files_;
  bytes_ += stream_.coverage().bytes;
  if (const std::uint64_t torn = source_.torn_tail_bytes(); torn != 0) {
    note(fmt::format("{}: the file is still open or was not closed; the last {} bytes are not a whole event yet",
                     source_.file(), torn));
  }
  if (const std::uint64_t groups = stream_.discarded_groups(); groups != incomplete_groups_) {
    note(fmt::format("{}: {} incomplete transaction{} left out", source_.file(), groups - incomplete_groups_,
                     groups - incomplete_groups_ == 1 ? "" : "s"));
    incomplete_groups_ = groups;
  }
  if (arguments_.mode == Mode::coverage) print_coverage(stream_.coverage());
}

// The filter wants no more, of this file and of those behind it.
void Inspection::abandon(std::string_view rule) {
  stream_.abandon(rule);
  ++files_;
  bytes_ += stream_.coverage().bytes;
  if (arguments_.mode != Mode::coverage) return;
  print_coverage(stream_.coverage());
  const auto current = std::ranges::find(source_.paths(), source_.path());
  for (auto path = current == source_.paths().end() ? current : current + 1; path != source_.paths().end(); ++path) {
    struct stat status{};
    if (::stat(path->c_str(), &status) != 0) continue;
    FileCoverage coverage;
    coverage.file = base_name_of(*path);
    coverage.bytes = static_cast<std::uint64_t>(status.st_size);
    coverage.add_filtered(rule, coverage.bytes);
    print_coverage(coverage);
  }
}

void Inspection::print_coverage(const FileCoverage& coverage) {
  if (arguments_.read.format == OutputFormat::json) {
    append_coverage_json(coverage, output_.buffer());
  } else {
    append_coverage_text(coverage, output_.buffer());
  }
}

void Inspection::print_summary() {
  const Totals& totals = printer_.totals();
  const auto out = std::back_inserter(output_.buffer());
  if (arguments_.read.format == OutputFormat::json) {
    fmt::format_to(out,
                   "{{\"files\":{},\"bytes\":{},\"transactions\":{},\"filtered\":{},\"rows\":{},\"inserts\":{},"
                   "\"updates\":{},\"deletes\":{},\"ddl\":{},\"statements\":{},\"incomplete\":{}}}\n",
                   files_, bytes_, totals.transactions, totals.filtered, totals.rows(), totals.inserts, totals.updates,
                   totals.deletes, totals.ddl, totals.statements, stream_.discarded_groups());
    return;
  }
  fmt::format_to(out,
                 "files         {:>14}\nbytes         {:>14}\ntransactions  {:>14}\nfiltered      {:>14}\n"
                 "incomplete    {:>14}\nrows          {:>14}\n  inserts     {:>14}\n  updates     {:>14}\n"
                 "  deletes     {:>14}\nddl           {:>14}\nstatements    {:>14}\n",
                 files_, bytes_, totals.transactions, totals.filtered, stream_.discarded_groups(), totals.rows(),
                 totals.inserts, totals.updates, totals.deletes, totals.ddl, totals.statements);
}

Status inspect(const InspectArguments& arguments) {
  Result<Keys> keys = load_keys(arguments.read);
  if (!keys) return propagate(keys);
  Result<Catalogue> catalogue = load_catalogue(arguments.read);
  if (!catalogue) return propagate(catalogue);
  MultiFileOptions options;
  options.file.mariadb_keys = keys->mariadb_or_null();
  options.file.mysql_keyring = keys->mysql_or_null();
  options.file.start = arguments.read.start_position.value_or(kFirstEventOffset);
  options.note = [](const std::string& text) { note(text); };
  Result<std::unique_ptr<MultiFileSource>> source = MultiFileSource::open(arguments.inputs, options);
  if (!source) return propagate(source);
  Inspection inspection(arguments, **source, *catalogue);
  return arguments.mode == Mode::events ? inspection.run_events() : inspection.run();
}

}  // namespace

int run_inspect(const InspectArguments& arguments) {
  const Status done = inspect(arguments);
  return done ? kDone : report(done.error());
}

}  // namespace binferry::cli
