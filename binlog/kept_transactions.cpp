#include "binlog/kept_transactions.hpp"

#include "binlog/spooled_event.hpp"

namespace binferry {

Status KeptTransactions::add(const Transaction& transaction) {
  if (runs_.empty() || runs_.back().file != transaction.file || runs_.back().format != transaction.format) {
    runs_.push_back({transaction.file, transaction.format});
  }
  Transaction::Cursor cursor(transaction);
  for (;;) {
    Result<const RawEvent*> next = cursor.next();
    if (!next) return propagate(next);
    if (*next == nullptr) return {};
    if (Status kept = append_event(events_, **next); !kept) return kept;
    ++runs_.back().events;
  }
}

void KeptTransactions::clear() {
  runs_.clear();
  events_.clear();
}

Result<const Transaction*> KeptTransactions::Cursor::next() {
  for (;;) {
    if (run_ < from_->runs_.size() && done_ == from_->runs_[run_].events) {
      ++run_;
      done_ = 0;
    }
    if (run_ == from_->runs_.size()) return nullptr;
    const Run& run = from_->runs_[run_];
    if (done_++ == 0) assembler_ = std::make_unique<TransactionAssembler>(from_->limits_);
    RawEvent event;
    event.file = run.file;
    if (Status read = read_event(events_, event); !read) return propagate(read);
    Result<EventRole> role = assembler_->push(event, *run.format);
    if (!role) return propagate(role);
    if (*role == EventRole::complete) return &assembler_->transaction();
  }
}

}  // namespace binferry
