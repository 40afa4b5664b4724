// `inspect --events`: one line an event, as SHOW BINLOG EVENTS. Needs no grammar, so it lists what other modes refuse.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/source/event_source.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace binferry::cli {

// Lists until the source ends. `stop_position` counts in `stop_file`: the first event that ends beyond it is not
// listed, nor anything after. Events inside a TRANSACTION_PAYLOAD follow it.
Status list_events(EventSource& source, OutputFormat format, std::optional<std::uint64_t> stop_position,
                   std::string_view stop_file, Output& output);

}  // namespace binferry::cli
