#include "binlog/event/raw_event.hpp"

namespace binferry {

std::string RawEvent::place() const {
  std::string text(file);
  text += ':';
  text += std::to_string(offset);
  text += ": ";
  text += name_of(header.type);
  if (header.type == EventType::unknown || duty_of(header.type) == EventDuty::unknown) {
    text += ' ';
    text += std::to_string(static_cast<unsigned>(header.type));
  }
  return text;
}

}  // namespace binferry
