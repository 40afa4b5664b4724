#include "binlog/ship/relay_pump.hpp"

namespace binferry {
namespace {

// Under load this much is received before it is synced and shipped: one sync for many transactions.
constexpr std::uint64_t kPublishBytes = 512 << 10;

}  // namespace

Result<RelayPump::State> RelayPump::step() {
  Result<State> state = advance();
  if (!state) (void)publish();  // the first error is the one to tell
  return state;
}

Result<RelayPump::State> RelayPump::advance() {
  Result<SourceState> state = source_.next(event_);
  if (!state) return propagate(state);
  switch (*state) {
    case SourceState::event: {
      if (on_event) on_event(event_);
      if (Status appended = store_.append(event_); !appended) return propagate(appended);
      Result<EventRole> role = assembler_.push(event_, source_.format());
      if (!role) return propagate(role);
      const bool tells_gtids =
          event_.header.type == EventType::previous_gtids || event_.header.type == EventType::gtid_list;
      if (tells_gtids && on_gtids && event_.end != event_.offset) {
        if (Status told = on_gtids(event_); !told) return propagate(told);
      }
      if (assembler_.idle()) store_.mark_boundary();
      if (*role == EventRole::complete && on_transaction) on_transaction(assembler_.transaction());
      if (assembler_.idle() && store_.unpublished() >= kPublishBytes) {
        if (Status published = publish(); !published) return propagate(published);
      }
      return State::more;
    }
    case SourceState::file_begin:
      if (Status begun = store_.begin_file(source_.file()); !begun) return propagate(begun);
      return State::more;
    case SourceState::file_end:
      (void)assembler_.discard_open_group();
      if (Status ended = store_.end_file(); !ended) return propagate(ended);
      if (on_published) on_published();
      return State::more;
    case SourceState::wait:
      if (Status published = publish(); !published) return propagate(published);
      return State::wait;
    case SourceState::end:
      if (Status published = publish(); !published) return propagate(published);
      return State::end;
  }
  return fail(Errc::internal, "a source in no state");
}

Status RelayPump::publish() {
  if (store_.unpublished() == 0) return {};
  if (Status published = store_.publish(); !published) return published;
  if (on_published) on_published();
  return {};
}

}  // namespace binferry
