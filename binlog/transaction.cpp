#include "binlog/transaction.hpp"

#include "binlog/spooled_event.hpp"

namespace binferry {

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::committed: return "committed";
    case Outcome::rolled_back: return "rolled back";
    case Outcome::prepared: return "prepared";
    case Outcome::xa_committed: return "xa committed";
    case Outcome::xa_rolled_back: return "xa rolled back";
  }
  return "committed";
}

std::string Transaction::place() const {
  return file + ':' + std::to_string(offset);
}

void Transaction::clear() {
  gtid = {};
  commit_us = original_commit_us = 0;
  xid.reset();
  xa.clear();
  outcome = Outcome::committed;
  compressed = standalone = false;
  alter_flags = 0;
  start_alter = event_count = stored_bytes = 0;
  events_.clear();
  undone_.clear();
}

Status Transaction::append(const RawEvent& event) {
  ++event_count;
  return append_event(events_, event);
}

Transaction::Cursor::Cursor(const Transaction& transaction) : transaction_(&transaction), cursor_(transaction.events_) {
  event_.file = transaction.file;
}

Result<const RawEvent*> Transaction::Cursor::next() {
  if (cursor_.at_end()) return nullptr;
  if (Status read = read_event(cursor_, event_); !read) return propagate(read);
  undone_ = false;
  for (const Range& range : transaction_->undone_) undone_ |= index_ >= range.begin && index_ < range.end;
  ++index_;
  return &event_;
}

}  // namespace binferry
