#include "binlog/transaction.hpp"

#include <cstring>

namespace binferry {
namespace {

// What precedes an event in the spool.
struct Record {
  std::uint64_t offset;
  std::uint64_t end;
  EventHeader header;
  std::uint32_t bytes;
  std::uint32_t body_offset;
  std::uint32_t body_bytes;
};

}  // namespace

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
  const Record record{event.offset,
                      event.end,
                      event.header,
                      static_cast<std::uint32_t>(event.bytes.size()),
                      static_cast<std::uint32_t>(event.body.data() - event.bytes.data()),
                      static_cast<std::uint32_t>(event.body.size())};
  ++event_count;
  return events_.append({reinterpret_cast<const std::uint8_t*>(&record), sizeof record}, event.bytes);
}

Transaction::Cursor::Cursor(const Transaction& transaction) : transaction_(&transaction), cursor_(transaction.events_) {
  event_.file = transaction.file;
}

Result<const RawEvent*> Transaction::Cursor::next() {
  if (cursor_.at_end()) return nullptr;
  Result<Bytes> head = cursor_.read(sizeof(Record));
  if (!head) return propagate(head);
  Record record;
  std::memcpy(&record, head->data(), sizeof record);
  Result<Bytes> bytes = cursor_.read(record.bytes);
  if (!bytes) return propagate(bytes);
  event_.header = record.header;
  event_.bytes = *bytes;
  event_.body = bytes->subspan(record.body_offset, record.body_bytes);
  event_.offset = record.offset;
  event_.end = record.end;
  undone_ = false;
  for (const Range& range : transaction_->undone_) undone_ |= index_ >= range.begin && index_ < range.end;
  ++index_;
  return &event_;
}

}  // namespace binferry
