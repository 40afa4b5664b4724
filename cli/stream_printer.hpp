// Prints what a source gives, transaction by transaction, as it comes.
#pragma once

#include "binlog/source/event_source.hpp"
#include "binlog/source/transaction_stream.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "cli/transaction_printer.hpp"

#include <cstdint>
#include <functional>

namespace binferry::cli {

class StreamPrinter {
 public:
  // Both must outlive it.
  StreamPrinter(const ReadArguments& read, Catalogue& catalogue);

  // Told of every event, of every file that begins, and of every transaction that was dealt with; asked before one is
  // printed, and whether what has come is all that is wanted. May be null.
  std::function<void(const RawEvent&)> on_event;
  std::function<void(const std::string& file)> on_file;
  std::function<Status()> check;
  std::function<Status(const Transaction&)> on_transaction;
  std::function<bool()> is_at_end;

  // Until the source's end, a signal, or a closed pipe. Groups of the first file that end at or before `history_end`
  // were there before, and are only learned from. May be called again with another source.
  Status print(EventSource& source, std::uint64_t history_end = 0);

 private:
  Result<bool> take(const Transaction& transaction, bool is_history);

  Output output_;
  TransactionPrinter printer_;
};

}  // namespace binferry::cli
