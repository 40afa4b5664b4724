// Reads a source to its end and keeps what tests ask about.
#pragma once

#include "binlog/source/event_source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace binferry::test {

struct Drained {
  std::vector<EventType> types;
  std::vector<std::uint64_t> offsets;
  std::vector<std::string> files;  // by file_begin
  std::uint64_t event_bytes = 0;
  std::uint64_t torn = 0;  // of all files
  int file_ends = 0;
  SourceState last = SourceState::end;
  std::optional<Error> error;
};

// Until `end`, `wait` or an error.
inline Drained drain(EventSource& source) {
  Drained result;
  RawEvent event;
  for (;;) {
    Result<SourceState> state = source.next(event);
    if (!state) {
      result.error = std::move(state.error());
      return result;
    }
    result.last = *state;
    switch (*state) {
      case SourceState::event:
        result.types.push_back(event.header.type);
        result.offsets.push_back(event.offset);
        result.event_bytes += event.bytes.size();
        break;
      case SourceState::file_begin: result.files.push_back(source.file()); break;
      case SourceState::file_end:
        ++result.file_ends;
        result.torn += source.torn_tail_bytes();
        break;
      case SourceState::wait:
      case SourceState::end: return result;
    }
  }
}

}  // namespace binferry::test
