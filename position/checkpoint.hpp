// What a replica durably has: which source, up to which transaction, and how much it took.
//
// A value. The applier stores it in the same SQLite transaction as the rows it speaks of; commands print and compare
// it. Nothing here knows SQLite.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/coordinates/binlog_position.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

// Which server wrote the log, as far as the log tells.
struct SourceIdentity {
  std::string server_uuid;         // of MySQL, once a GTID of the server's own told it; else empty
  std::uint32_t server_id = 0;     // of the FORMAT_DESCRIPTION event
  std::string version;             // `8.0.40`, `10.11.19-MariaDB-log`
  std::uint32_t file_created = 0;  // timestamp of the FORMAT_DESCRIPTION of the checkpoint's file; it never changes
  // The last file that was read to its end, and its FORMAT_DESCRIPTION's timestamp; empty and 0: none yet.
  std::string closed_file{};
  std::uint32_t closed_created = 0;
  bool operator==(const SourceIdentity&) const = default;

  [[nodiscard]] bool known() const { return !version.empty(); }
};

struct Checkpoint {
  SourceIdentity source;
  BinlogPosition position;             // behind the last transaction applied; empty file: nothing was read yet
  AnyGtidSet gtids;                    // everything the replica holds, with what was there before it began
  std::uint64_t source_commit_us = 0;  // when the last transaction committed at the source; 0 if the log has not told
  std::uint32_t timestamp = 0;         // when it began at the source, seconds since 1970
  std::uint64_t applied_at_us = 0;     // when the replica committed it
  std::uint64_t transactions = 0;      // applied since the replica was made
  std::uint64_t rows = 0;
  bool indexes_pending = false;  // secondary indexes of tables that were made while catching up wait for its end
  bool operator==(const Checkpoint&) const = default;
};

// One JSON object, without line end: what is stored and what `position show --format=json` has under `checkpoint`.
std::string to_json(const Checkpoint& checkpoint);
// Errc::replica if it is not such an object. Members that are not known are an error: a newer version wrote them.
Result<Checkpoint> parse_checkpoint(std::string_view json);

// Errc::wrong_source, saying how, if `found` cannot be the server that wrote `expected`: another UUID, another server
// id where UUIDs do not decide, another kind of server.
Status check_same_source(const SourceIdentity& expected, const SourceIdentity& found);
// The same of the log `file`, as its head tells; and Errc::diverged if it is by name the one that the checkpoint stands
// in, but was begun at another time.
Status check_same_file(const Checkpoint& checkpoint, std::string_view file, const SourceIdentity& found);

}  // namespace binferry
