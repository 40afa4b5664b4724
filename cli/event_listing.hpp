// `inspect --events`: one line an event, as SHOW BINLOG EVENTS. Needs no grammar, so it lists what other modes refuse.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/filter.hpp"
#include "binlog/source/event_source.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"

namespace binferry::cli {

// Lists until the source ends, or the filter's stop position or time: the first event that ends beyond the one or is as
// old as the other is not listed, nor anything after. Of the filter, start time and server ids choose events, too
// (FORMAT_DESCRIPTION is always listed); what it says of tables and GTIDs is not for events. Events inside a
// TRANSACTION_PAYLOAD follow it.
Status list_events(EventSource& source, OutputFormat format, const TransactionFilter& filter, Output& output);

}  // namespace binferry::cli
