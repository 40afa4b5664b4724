#include "binlog/source/tail_source.hpp"
#include "binlog/source/transaction_stream.hpp"
#include "cli/commands.hpp"
#include "cli/reading.hpp"
#include "cli/report.hpp"
#include "cli/signals.hpp"
#include "cli/transaction_printer.hpp"

namespace binferry::cli {
namespace {

// How long a signal may go unseen while nothing happens.
constexpr int kWaitMs = 200;

TailOptions tail_options(const TailArguments& arguments, const Keys& keys) {
  TailOptions options;
  options.file.mariadb_keys = keys.mariadb_or_null();
  options.file.mysql_keyring = keys.mysql_or_null();
  options.stop_at_end = arguments.stop_at_end;
  options.start_file = arguments.start_file;
  if (arguments.read.start_position || !arguments.start_file.empty()) {
    options.start = TailStart::at_position;
    options.start_offset = arguments.read.start_position.value_or(kFirstEventOffset);
  } else if (arguments.from_start) {
    options.start = TailStart::from_start;
  }
  return options;
}

Status tail(const TailArguments& arguments) {
  Result<Keys> keys = load_keys(arguments.read);
  if (!keys) return propagate(keys);
  Result<Catalogue> catalogue = load_catalogue(arguments.read);
  if (!catalogue) return propagate(catalogue);
  Result<std::unique_ptr<TailSource>> opened = TailSource::open(arguments.input, tail_options(arguments, *keys));
  if (!opened) return propagate(opened);
  TailSource& source = **opened;

  Output output;
  TransactionStream stream(source);
  TransactionPrinter printer(make_formatter(arguments.read, output.wants_colour()), arguments.read.filter, *catalogue,
                             output);
  bool in_first_file = true;
  while (!stop_requested() && !output.is_closed()) {
    Result<TransactionStream::Item> item = stream.next();
    if (!item) return propagate(item);
    switch (*item) {
      case TransactionStream::Item::transaction: {
        if (in_first_file && stream.transaction().end <= source.history_end()) {
          if (Status learned = printer.skip(stream.transaction()); !learned) return learned;
          break;
        }
        Result<TransactionFilter::Judgement> judgement = printer.print(stream.transaction());
        if (!judgement) return propagate(judgement);
        if (judgement->verdict == TransactionFilter::Verdict::stop) return {};
        if (Status flushed = output.flush(); !flushed) return flushed;
        break;
      }
      case TransactionStream::Item::file_begin: break;
      case TransactionStream::Item::file_end: in_first_file = false; break;
      case TransactionStream::Item::wait:
        if (Status waited = source.wait(kWaitMs); !waited) return waited;
        break;
      case TransactionStream::Item::end: return {};
    }
  }
  return {};
}

}  // namespace

int run_tail(const TailArguments& arguments) {
  const Status done = tail(arguments);
  return done ? kDone : report(done.error());
}

}  // namespace binferry::cli
