#include "binlog/kept_transactions.hpp"

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

Status KeptTransactions::add(const Transaction& transaction) {
  if (runs_.empty() || runs_.back().file != transaction.file || runs_.back().format != transaction.format) {
    runs_.push_back({transaction.file, transaction.format});
  }
  Transaction::Cursor cursor(transaction);
  for (;;) {
    Result<const RawEvent*> next = cursor.next();
    if (!next) return propagate(next);
    if (*next == nullptr) return {};
    const RawEvent& event = **next;
    const Record record{event.offset,
                        event.end,
                        event.header,
                        static_cast<std::uint32_t>(event.bytes.size()),
                        static_cast<std::uint32_t>(event.body.data() - event.bytes.data()),
                        static_cast<std::uint32_t>(event.body.size())};
    const Bytes head{reinterpret_cast<const std::uint8_t*>(&record), sizeof record};
    if (Status kept = events_.append(head, event.bytes); !kept) return kept;
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
    Result<Bytes> head = events_.read(sizeof(Record));
    if (!head) return propagate(head);
    Record record;
    std::memcpy(&record, head->data(), sizeof record);
    Result<Bytes> bytes = events_.read(record.bytes);
    if (!bytes) return propagate(bytes);
    RawEvent event;
    event.header = record.header;
    event.bytes = *bytes;
    event.body = bytes->subspan(record.body_offset, record.body_bytes);
    event.file = run.file;
    event.offset = record.offset;
    event.end = record.end;
    Result<EventRole> role = assembler_->push(event, *run.format);
    if (!role) return propagate(role);
    if (*role == EventRole::complete) return &assembler_->transaction();
  }
}

}  // namespace binferry
