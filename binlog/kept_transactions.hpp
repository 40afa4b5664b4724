// Copies of whole transactions, in order: of what may have to be done once more.
//
// They are kept as the log's events, in memory up to a budget and beyond it in an unlinked temporary file, and go
// through the grammar again when they are read. One thread.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/base/spool.hpp"
#include "binlog/event/format_description.hpp"
#include "binlog/transaction.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace binferry {

class KeptTransactions {
 public:
  explicit KeptTransactions(const Limits& limits, std::size_t memory_bytes = 16 << 20)
      : limits_(limits), events_(memory_bytes) {}

  // Errc::no_space or Errc::io if the temporary file cannot be written, or whatever reading the transaction gives: then
  // nothing can be read any more until clear().
  Status add(const Transaction& transaction);
  void clear();
  [[nodiscard]] bool empty() const { return runs_.empty(); }

  // Reads from the first on. Nothing may be added or cleared meanwhile.
  class Cursor {
   public:
    explicit Cursor(const KeptTransactions& from) : from_(&from), events_(from.events_) {}
    // Null at the end. The transaction lives until the next call.
    Result<const Transaction*> next();

   private:
    const KeptTransactions* from_;
    Spool::Cursor events_;
    std::size_t run_ = 0;
    std::uint64_t done_ = 0;  // events of that run
    std::unique_ptr<TransactionAssembler> assembler_;
  };

 private:
  // Events on end that were written by one server to one file.
  struct Run {
    std::string file;
    std::shared_ptr<const FormatDescription> format;
    std::uint64_t events = 0;
  };

  Limits limits_;
  std::vector<Run> runs_;
  Spool events_;
};

}  // namespace binferry
