// The events that open a group and name it (GTID of every server and version), and the lists of GTIDs at a file's head.
//
// Every decoder takes RawEvent::body. Results own their data. Errors: `truncated`, `corrupt`.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"
#include "binlog/coordinates/gtid.hpp"
#include "binlog/coordinates/gtid_set.hpp"
#include "binlog/event/xa.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace binferry {

// GTID, ANONYMOUS_GTID and GTID_TAGGED (PROTOCOL 3.10, 3.11). What old servers do not write is empty.
struct GtidEvent {
  static constexpr std::uint8_t kMayHaveStatements = 1;
  static constexpr std::uint32_t kUnknownVersion = 999999;

  std::uint8_t flags = 0;
  Gtid gtid;                                   // zero UUID and number for an anonymous one
  std::optional<std::int64_t> last_committed;  // the logical clock, within one file
  std::optional<std::int64_t> sequence_number;
  std::optional<std::uint64_t> immediate_commit_us;  // microseconds since 1970 UTC, at the server that wrote the event
  std::optional<std::uint64_t> original_commit_us;   // the same, at the server where the transaction began
  std::optional<std::uint64_t> transaction_bytes;    // of the whole group as stored, this event included
  std::optional<std::uint32_t> immediate_server_version;  // 80040; kUnknownVersion
  std::optional<std::uint32_t> original_server_version;
  std::optional<std::uint64_t> commit_group_ticket;

  [[nodiscard]] bool is_anonymous() const { return gtid.gno == 0; }
  [[nodiscard]] bool may_have_statements() const { return (flags & kMayHaveStatements) != 0; }
};

// GTID and ANONYMOUS_GTID: one layout. A GTID whose number is not 1 … 2^63−2 is `corrupt`; whether 0 may stand there
// (anonymous) follows from `anonymous`.
Result<GtidEvent> decode_gtid(Bytes body, bool anonymous);
// Also `unsupported` if the event holds fields that must not be passed over and are not known.
Result<GtidEvent> decode_gtid_tagged(Bytes body);

// MARIADB_GTID (PROTOCOL 3.13). The GTID's server is the header's.
struct MariadbGtidEvent {
  static constexpr std::uint8_t kStandalone = 0x01;
  static constexpr std::uint8_t kGroupCommitId = 0x02;
  static constexpr std::uint8_t kTransactional = 0x04;
  static constexpr std::uint8_t kAllowParallel = 0x08;
  static constexpr std::uint8_t kWaited = 0x10;
  static constexpr std::uint8_t kDdl = 0x20;
  static constexpr std::uint8_t kPreparedXa = 0x40;
  static constexpr std::uint8_t kCompletedXa = 0x80;
  static constexpr std::uint8_t kMultiEngine = 0x01;  // of flags_extra, as are the following
  static constexpr std::uint8_t kStartAlter = 0x02;
  static constexpr std::uint8_t kCommitAlter = 0x04;
  static constexpr std::uint8_t kRollbackAlter = 0x08;
  static constexpr std::uint8_t kThreadId = 0x10;

  MariadbGtid gtid;
  std::uint8_t flags = 0;
  std::optional<std::uint64_t> commit_id;  // groups committed together share it
  std::optional<XaId> xid;                 // with kPreparedXa (this is the XA START) or kCompletedXa
  std::uint8_t flags_extra = 0;
  std::uint8_t extra_engines = 0;
  std::optional<std::uint64_t> start_alter;  // sequence number of the START ALTER that this group completes
};
Result<MariadbGtidEvent> decode_mariadb_gtid(Bytes body, std::uint32_t server_id);

// GTID_LIST (PROTOCOL 3.14): where the domains of a MariaDB server stood when the file began.
struct GtidList {
  static constexpr std::uint8_t kUntilReached = 1;
  static constexpr std::uint8_t kIgnoreGtids = 2;
  std::uint8_t flags = 0;
  std::vector<MariadbGtid> gtids;  // one a domain and server, in the event's order
};
Result<GtidList> decode_gtid_list(Bytes body);

// PREVIOUS_GTIDS (PROTOCOL 3.12): all GTIDs of earlier files.
Result<GtidSet> decode_previous_gtids(Bytes body);

}  // namespace binferry
