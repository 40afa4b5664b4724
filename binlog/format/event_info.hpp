// One line on what an event says, as the Info column of SHOW BINLOG EVENTS.
#pragma once

#include "binlog/event/format_description.hpp"
#include "binlog/event/raw_event.hpp"

#include <string>

namespace binferry {

// Appends the text, which is one line of UTF-8 without control characters. An event whose body cannot be decoded says
// so in its line. Passwords never show: the statements of accounts are named, not quoted.
void append_event_info(const RawEvent& event, const FormatDescription& format, std::string& out);

}  // namespace binferry
