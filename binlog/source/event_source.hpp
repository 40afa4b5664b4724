// Where events come from: a file, several files, a growing file, a live server, a hub.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/event/format_description.hpp"
#include "binlog/event/raw_event.hpp"

#include <cstdint>
#include <string>

namespace binferry {

// What next() met besides an event.
enum class SourceState : std::uint8_t {
  event,       // `event` is filled
  file_begin,  // a new log file begins: file() names it; the offset of its first event follows
  file_end,    // the file ended at a clean boundary or in a torn tail that is allowed there: see torn_tail_bytes()
  wait,        // nothing more for now (only sources that follow growth); call wait() and try again
  end,         // no more, ever
};

// One reader, one thread. Views in the RawEvent live until the next call of next().
class EventSource {
 public:
  virtual ~EventSource() = default;
  // Errors carry `file:offset` and leave the source unusable.
  virtual Result<SourceState> next(RawEvent& event) = 0;
  // FORMAT_DESCRIPTION in force for the last event.
  [[nodiscard]] virtual const FormatDescription& format() const = 0;
  // Base name and path of the current file.
  [[nodiscard]] virtual const std::string& file() const = 0;
  [[nodiscard]] virtual const std::string& path() const = 0;
  // Bytes of the current file that were read past without becoming events (torn tail of a file still in use).
  [[nodiscard]] virtual std::uint64_t torn_tail_bytes() const { return 0; }
  // Bytes of the current file in front of its first event: the magic number, 512 more in an encrypted MySQL log.
  [[nodiscard]] virtual std::uint64_t header_bytes() const { return 0; }
  // Bytes of the current file that were passed over because reading started behind them.
  [[nodiscard]] virtual std::uint64_t skipped_bytes() const { return 0; }
  // Bytes of the current file: its size now, or what was read of a stream without size.
  [[nodiscard]] virtual std::uint64_t file_bytes() const { return 0; }
  // Blocks up to `timeout_ms` until there may be more; only meaningful after SourceState::wait.
  virtual Status wait(int timeout_ms) {
    (void)timeout_ms;
    return {};
  }
};

}  // namespace binferry
