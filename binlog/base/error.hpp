// The one error type: what went wrong, where, and the next thing to try.
//
// The code decides what a program does (exit code, retry or stop); the texts are for the operator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

// Closed list. Each comment is what the operator should do.
enum class Errc : std::uint8_t {
  usage,            // mend the command line
  io,               // look at the file or the disk; the system's own message is in `what`
  truncated,        // the input ends inside an item: fetch the file again, or wait if it is being written
  corrupt,          // bytes contradict the format: fetch the file again, or restore from another copy
  checksum,         // CRC mismatch: as corrupt
  limit,            // an announced size is beyond the cap: raise the limit, or treat as corrupt
  unsupported,      // a format, event or type that is known and not read (obsolete or refused)
  unknown_event,    // an event type this version does not know: upgrade binferry
  out_of_order,     // events in an order that the grammar forbids: start at a transaction boundary
  incident,         // the source itself lost events: take a new snapshot
  encrypted,        // give the key file or keyring
  statement_based,  // a change logged as a statement: set binlog_format=ROW at the source
  ddl,              // a table statement that cannot be parsed: report it, or give the schema by file
  schema_mismatch,  // the catalogue and a TABLE_MAP disagree: give the right schema
  undecodable,      // a value's bytes are not valid in its type or character set
  not_found,        // the named file, position or GTID is not there
  connection,       // the link broke: binferry reconnects
  timeout,          // no answer in time: binferry reconnects
  refused,          // the source said no (credentials, privileges, configuration)
  purged,           // the source no longer has what the replica needs: reseed
  diverged,         // the two sides have different histories: reseed
  wrong_source,     // the data comes from another server than the replica's: check the address
  protocol,         // the peer broke the protocol: upgrade or report
  replica,          // the SQLite replica cannot be used as asked
  busy,             // someone else holds the replica: wait, or end the other process
  no_space,         // the disk is full: make room, then run again
  cancelled,        // stopped by the operator
  internal,         // a defect of binferry: report it
};

std::string_view name_of(Errc code);

// True if the same attempt may succeed later without anyone changing anything (connection, timeout, busy).
bool is_retryable(Errc code);

struct Error {
  Errc code = Errc::internal;
  std::string what;   // one clause, no full stop
  std::string where;  // `binlog.000003:1547`, a table, a GTID; empty until someone knows it
  std::string hint;   // the next thing to try; may be empty

  // `where: what`, and the hint in parentheses after "; " is left to the caller.
  [[nodiscard]] std::string message() const;

  // Puts a place in front, outermost first: `binlog.000003:1547: WRITE_ROWS`.
  Error at(std::string_view place) &&;
};

}  // namespace binferry
