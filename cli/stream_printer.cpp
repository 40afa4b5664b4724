#include "cli/stream_printer.hpp"

#include "cli/reading.hpp"
#include "cli/signals.hpp"

namespace binferry::cli {
namespace {

// How long a signal may go unseen while nothing happens.
constexpr int kWaitMs = 200;

}  // namespace

StreamPrinter::StreamPrinter(const ReadArguments& read, Catalogue& catalogue)
    : printer_(make_formatter(read, output_.wants_colour()), read.filter, catalogue, output_) {}

// False: the filter says stop.
Result<bool> StreamPrinter::take(const Transaction& transaction, bool is_history) {
  if (is_history) {
    if (Status learned = printer_.skip(transaction); !learned) return propagate(learned);
    return true;
  }
  if (Status sound = check ? check() : Status{}; !sound) return propagate(sound);
  Result<TransactionFilter::Judgement> judgement = printer_.print(transaction);
  if (!judgement) return propagate(judgement);
  if (judgement->verdict == TransactionFilter::Verdict::stop) return false;
  if (Status flushed = output_.flush(); !flushed) return propagate(flushed);
  return true;
}

Status StreamPrinter::print(EventSource& source, std::uint64_t history_end) {
  TransactionStream stream(source);
  stream.on_event = on_event;
  bool in_first_file = true;
  while (!stop_requested() && !output_.is_closed()) {
    Result<TransactionStream::Item> item = stream.next();
    if (!item) return propagate(item);
    switch (*item) {
      case TransactionStream::Item::transaction: {
        const Transaction& transaction = stream.transaction();
        Result<bool> more = take(transaction, in_first_file && transaction.end <= history_end);
        if (!more) return propagate(more);
        if (!*more) return {};
        if (Status told = on_transaction ? on_transaction(transaction) : Status{}; !told) return told;
        break;
      }
      case TransactionStream::Item::file_begin:
        if (on_file) on_file(source.file());
        break;
      case TransactionStream::Item::file_end: in_first_file = false; break;
      case TransactionStream::Item::wait:
        if (is_at_end && is_at_end()) return {};
        if (Status waited = source.wait(kWaitMs); !waited) return waited;
        break;
      case TransactionStream::Item::end: return {};
    }
  }
  return {};
}

}  // namespace binferry::cli
