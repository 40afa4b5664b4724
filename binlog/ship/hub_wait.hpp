// `GET /v1/wait`: an application waits until followers have applied what it wrote, and then reads it there.
//
// HubGtids says where in the log a set of GTIDs is complete; answer_wait() is the rule for one request. All functions
// may be called from any thread.
#pragma once

#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/ship/hub_http.hpp"
#include "binlog/ship/hub_server.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace binferry {

class HubGtids {
 public:
  // The newest `most` transactions are known one by one.
  explicit HubGtids(std::size_t most = 65'536) : most_(most) {}

  // What the log holds up to here.
  void begin(AnyGtidSet gtids, BinlogPosition position);
  // The next transaction; it ends at `end`. One of the other server's kind is passed over: begin() then comes again.
  void add(const AnyGtid& gtid, const BinlogPosition& end);

  // The first known position up to which the log holds all of them: exactly that, or, for what is older than the newest
  // transactions, the oldest position known. Nothing: the log does not hold them all.
  [[nodiscard]] std::optional<BinlogPosition> position_of(const AnyGtidSet& gtids) const;
  [[nodiscard]] AnyGtidSet gtids() const;

 private:
  struct Entry {
    AnyGtid gtid;
    BinlogPosition end;
  };
  std::size_t most_;
  mutable std::mutex mutex_;
  AnyGtidSet gtids_;
  BinlogPosition floor_;       // up to here single transactions are not known
  std::deque<Entry> entries_;  // by position
};

// `?position=FILE:OFFSET` or `?gtid_set=…`, `replicas` (1), `timeout_ms` (10000, at most 600000). 200 once so many
// followers have applied it, 504 if they have not in that time, 400 for what cannot be understood; else nothing yet.
std::optional<HttpReply> answer_wait(HttpRequest& request, const HubGtids& gtids,
                                     const std::vector<FollowerStatus>& followers);

}  // namespace binferry
