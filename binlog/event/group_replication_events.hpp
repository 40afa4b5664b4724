// TRANSACTION_CONTEXT and VIEW_CHANGE of MySQL's group replication (PROTOCOL 3.19). Nothing a replica needs.
//
// Both take RawEvent::body; views live as long as the body. Errors: `truncated`, `corrupt`.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace binferry {

struct TransactionContext {
  std::string_view server_uuid;  // text
  std::uint32_t thread_id = 0;
  bool gtid_specified = false;
  Bytes snapshot;  // GtidSet::decode reads it
  std::vector<std::string_view> write_set;
  std::vector<std::string_view> read_set;
};
Result<TransactionContext> decode_transaction_context(Bytes body);

struct ViewChange {
  std::string_view view_id;
  std::uint64_t sequence_number = 0;
  std::vector<std::pair<std::string_view, Bytes>> certification;  // key, encoded GTID set
};
Result<ViewChange> decode_view_change(Bytes body);

}  // namespace binferry
