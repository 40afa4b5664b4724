// Which file the log itself says comes next.
#pragma once

#include "binlog/event/control_events.hpp"
#include "binlog/event/raw_event.hpp"
#include "binlog/source/log_directory.hpp"

#include <string>

namespace binferry {

// Watches the events of one file for the ROTATE that ends it. In a relay log the source's own ROTATE events pass by,
// too: only one flagged as the relay log's ends the file.
class Rotation {
 public:
  void observe(const RawEvent& event, bool is_relay_log) {
    if (!next_.empty()) next_.clear();
    const bool is_real = (event.header.flags & EventHeader::kArtificial) == 0 &&
                         (!is_relay_log || (event.header.flags & EventHeader::kRelayLog) != 0);
    if (event.header.type != EventType::rotate || !is_real) [[likely]]
      return;
    if (const Result<Rotate> rotate = decode_rotate(event.body)) next_ = base_name_of(rotate->file);
  }
  void clear() { next_.clear(); }
  // Base name of the next file if the last event was such a ROTATE, else empty.
  [[nodiscard]] const std::string& next() const { return next_; }

 private:
  std::string next_;
};

}  // namespace binferry
