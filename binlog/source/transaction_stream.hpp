// A source's events as whole transactions, with every byte accounted for. What commands and appliers read from.
#pragma once

#include "binlog/source/coverage.hpp"
#include "binlog/source/event_source.hpp"
#include "binlog/transaction.hpp"

#include <cstdint>
#include <functional>

namespace binferry {

class TransactionStream {
 public:
  enum class Item : std::uint8_t {
    transaction,  // transaction() is whole until the next call; account for it with coverage()
    file_begin,   // source().file() names the file; coverage() starts anew
    file_end,     // coverage() is complete
    wait,         // as SourceState::wait
    end,
  };

  // `source` must outlive the stream.
  explicit TransactionStream(EventSource& source, const Limits& limits = {}) : source_(source), assembler_(limits) {}

  // Called with every event before it is assembled (`inspect --events`, statistics). May be null.
  std::function<void(const RawEvent&)> on_event;

  // Errors carry `file:offset`; afterwards coverage() tells how far the file was read and the stream must not be used.
  Result<Item> next();

  // The reader wants no more of the current file: completes coverage(), the rest filtered by `rule`.
  void abandon(std::string_view rule);
  // Gives the current file up as it is: completes coverage(), the rest unknown. An error of next() has done it already.
  void settle();

  [[nodiscard]] const Transaction& transaction() const { return assembler_.transaction(); }
  [[nodiscard]] FileCoverage& coverage() { return coverage_; }
  [[nodiscard]] EventSource& source() { return source_; }
  // No group is open: everything read so far was delivered.
  [[nodiscard]] bool between_groups() const { return assembler_.idle(); }
  // Groups that never ended, because the server that wrote them died, and their bytes.
  [[nodiscard]] std::uint64_t discarded_groups() const { return discarded_groups_; }
  // Behind the last event read; a safe position while between_groups().
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  Result<Item> read();
  void account_cut_groups();

  EventSource& source_;
  TransactionAssembler assembler_;
  FileCoverage coverage_;
  RawEvent event_;
  std::uint64_t offset_ = 0;
  std::uint64_t cut_bytes_ = 0;  // of assembler_.discarded_bytes(), already accounted for
  std::uint64_t discarded_groups_ = 0;
};

}  // namespace binferry
