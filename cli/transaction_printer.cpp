#include "cli/transaction_printer.hpp"

#include "cli/report.hpp"

#include <algorithm>
#include <utility>

namespace binferry::cli {
namespace {

ChangeOptions change_options(const TransactionFilter& filter) {
  ChangeOptions options;
  if (filter.filters_tables()) {
    options.wants = [&filter](std::string_view schema, std::string_view table) { return filter.wants(schema, table); };
  }
  options.stop_on_mismatch = false;
  options.on_mismatch = [](const Error& error) {
    note(error.message() + "; going on with what the log itself says of the table");
  };
  return options;
}

}  // namespace

TransactionPrinter::TransactionPrinter(std::unique_ptr<Formatter> formatter, const TransactionFilter& filter,
                                       Catalogue& catalogue, Output& output)
    : formatter_(std::move(formatter)), filter_(filter), output_(output), reader_(catalogue, change_options(filter)) {}

Result<TransactionFilter::Judgement> TransactionPrinter::print(const Transaction& transaction) {
  using Verdict = TransactionFilter::Verdict;
  TransactionFilter::Judgement judgement = filter_.judge(transaction);
  if (judgement.verdict == Verdict::stop) return judgement;
  if (judgement.verdict == Verdict::skip) {
    if (Status skipped = skip(transaction); !skipped) return propagate(skipped);
    ++totals_.filtered;
    return judgement;
  }
  const std::size_t before = output_.buffer().size();
  Result<bool> delivered = deliver(transaction);
  if (!delivered) {
    if (output_.buffer().size() > before) output_.buffer().resize(before);
    return propagate(delivered);
  }
  if (!*delivered) {
    ++totals_.filtered;
    return TransactionFilter::Judgement{Verdict::skip, filter_.tables.empty() ? "database" : "table"};
  }
  ++totals_.transactions;
  return judgement;
}

// What is not wanted may still define the tables of what is.
Status TransactionPrinter::skip(const Transaction& transaction) {
  reader_.start(transaction);
  for (;;) {
    Result<const Change*> change = reader_.next();
    if (!change) return propagate(change);
    if (*change == nullptr) return {};
  }
}

Result<bool> TransactionPrinter::deliver(const Transaction& transaction) {
  std::string& out = output_.buffer();
  // A transaction in which the filter finds nothing is left out; without a filter even an empty one is shown.
  bool any = !filter_.filters_tables() || transaction.outcome == Outcome::xa_committed ||
             transaction.outcome == Outcome::xa_rolled_back;
  std::uint64_t rows = 0;
  if (formatter_) {
    Result<ChangeReader::Counts> counts = reader_.check(transaction);
    if (!counts) return propagate(counts);
    rows = counts->rows;
  }
  bool begun = false;
  const auto begin = [&] {
    if (formatter_ && any && !std::exchange(begun, true)) formatter_->begin(transaction, rows, out);
  };
  begin();
  reader_.start(transaction);
  for (;;) {
    Result<const Change*> change = reader_.next();
    if (!change) return propagate(change);
    if (*change == nullptr) break;
    if (!wants(**change)) continue;
    if ((*change)->kind != Change::Kind::note) any = true;
    count(**change);
    if (on_change) on_change(transaction, **change);
    if (!formatter_) continue;
    begin();
    if (Status done = formatter_->change(**change, out); !done) {
      return propagate(done, transaction.file + ":" + std::to_string((*change)->offset));
    }
    if (out.size() > kPieceBytes) {
      if (Status flushed = output_.flush(); !flushed) return propagate(flushed);
      if (output_.is_closed()) return true;
    }
  }
  if (begun) formatter_->end(out);
  return any;
}

bool TransactionPrinter::wants(const Change& change) const {
  if (!filter_.filters_tables()) return true;
  switch (change.kind) {
    case Change::Kind::row: return true;    // the reader asks itself
    case Change::Kind::note: return false;  // it may belong to rows of another table
    case Change::Kind::ddl:
      if (change.ddl.changes.empty()) return filter_.tables.empty() && filter_.wants_schema(change.ddl.schema);
      return std::ranges::any_of(change.ddl.changes, [this](const TableChange& table) {
        return filter_.wants(table.old_name.schema, table.old_name.name) ||
               filter_.wants(table.new_name.schema, table.new_name.name);
      });
    case Change::Kind::statement: return filter_.tables.empty() && filter_.wants_schema(change.statement.schema);
  }
  return true;
}

void TransactionPrinter::count(const Change& change) {
  switch (change.kind) {
    case Change::Kind::row:
      switch (change.row.op) {
        case RowOp::write: ++totals_.inserts; break;
        case RowOp::update: ++totals_.updates; break;
        case RowOp::remove: ++totals_.deletes; break;
      }
      break;
    case Change::Kind::ddl: ++totals_.ddl; break;
    case Change::Kind::statement:
      if (change.statement.kind == StatementClass::statement_based) ++totals_.statements;
      break;
    case Change::Kind::note: break;
  }
}

}  // namespace binferry::cli
