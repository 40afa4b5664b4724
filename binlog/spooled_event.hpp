// How an event lies in a spool: what a RawEvent holds beside its bytes, then they. Its file is the reader's to know.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/base/spool.hpp"
#include "binlog/event/raw_event.hpp"

namespace binferry {

// Errors: those of Spool::append.
Status append_event(Spool& spool, const RawEvent& event);
// All but `event.file`. Views live until the next call; the spool must hold another event. Errors: those of reading it.
Status read_event(Spool::Cursor& cursor, RawEvent& event);

}  // namespace binferry
