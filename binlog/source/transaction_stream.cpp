#include "binlog/source/transaction_stream.hpp"

namespace binferry {

Result<TransactionStream::Item> TransactionStream::next() {
  Result<Item> item = read();
  if (!item) settle();
  return item;
}

Result<TransactionStream::Item> TransactionStream::read() {
  for (;;) {
    Result<SourceState> state = source_.next(event_);
    if (!state) return propagate(state);
    switch (*state) {
      case SourceState::event: {
        if (on_event) on_event(event_);
        offset_ = event_.end;
        Result<EventRole> role = assembler_.push(event_, source_.format());
        if (!role) return propagate(role);
        account_cut_groups();
        if (*role == EventRole::inert) coverage_.add_inert(name_of(event_.header.type), event_.bytes.size());
        if (*role == EventRole::complete) return Item::transaction;
        break;
      }
      case SourceState::file_begin:
        coverage_ = {};
        coverage_.file = source_.file();
        offset_ = 0;
        return Item::file_begin;
      case SourceState::file_end:
        if (!assembler_.idle()) {
          ++discarded_groups_;
          coverage_.add_inert("incomplete group", assembler_.discard_open_group());
        }
        settle();
        return Item::file_end;
      case SourceState::wait: return Item::wait;
      case SourceState::end: return Item::end;
    }
  }
}

// What the source counts itself, once the file has been read or given up.
void TransactionStream::settle() {
  coverage_.add_inert("file header", source_.header_bytes());
  coverage_.add_inert("torn tail", source_.torn_tail_bytes());
  coverage_.add_filtered("start-position", source_.skipped_bytes());
  coverage_.bytes = source_.file_bytes();
}

void TransactionStream::abandon(std::string_view rule) {
  settle();
  coverage_.add_filtered(rule, coverage_.unknown());
}

void TransactionStream::account_cut_groups() {
  const std::uint64_t bytes = assembler_.discarded_bytes();
  if (bytes == cut_bytes_) return;
  coverage_.add_inert("incomplete group", bytes - cut_bytes_);
  cut_bytes_ = bytes;
  ++discarded_groups_;
}

}  // namespace binferry
