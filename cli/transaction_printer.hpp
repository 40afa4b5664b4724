// Whole transactions to standard output: what `inspect` and `tail` have in common.
//
// A transaction is judged by the filter, proved readable, formatted into the output's buffer and only then let out; one
// larger than the buffer goes out in pieces once every row of it has been proved. One thread.
#pragma once

#include "binlog/changes.hpp"
#include "binlog/filter.hpp"
#include "binlog/format/formatter.hpp"
#include "cli/output.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace binferry::cli {

struct Totals {
  std::uint64_t transactions = 0;  // delivered
  std::uint64_t filtered = 0;      // transactions
  std::uint64_t inserts = 0;
  std::uint64_t updates = 0;
  std::uint64_t deletes = 0;
  std::uint64_t ddl = 0;
  std::uint64_t statements = 0;  // that changed rows without row events

  [[nodiscard]] std::uint64_t rows() const { return inserts + updates + deletes; }
};

class TransactionPrinter {
 public:
  // `formatter` may be null: everything is decoded and counted, nothing printed. The others must outlive the printer.
  TransactionPrinter(std::unique_ptr<Formatter> formatter, const TransactionFilter& filter, Catalogue& catalogue,
                     Output& output);

  // Sees every change that is delivered.
  std::function<void(const Transaction&, const Change&)> on_change;

  // After an error the output holds only whole transactions, unless one larger than the buffer met a value that has no
  // text. Errors carry their place.
  Result<TransactionFilter::Judgement> print(const Transaction& transaction);

  // Prints nothing of it, but learns the tables that it defines.
  Status skip(const Transaction& transaction);

  [[nodiscard]] const Totals& totals() const { return totals_; }

 private:
  // Beyond this a transaction is let out in pieces.
  static constexpr std::size_t kPieceBytes = 1 << 20;

  Result<bool> deliver(const Transaction& transaction);
  [[nodiscard]] bool wants(const Change& change) const;
  void count(const Change& change);

  std::unique_ptr<Formatter> formatter_;
  const TransactionFilter& filter_;
  Output& output_;
  ChangeReader reader_;
  Totals totals_;
};

}  // namespace binferry::cli
