// MariadbGtidSet: where a replica stands in MariaDB's terms: the last GTID applied in each domain (gtid_slave_pos).
//
// A position is not a set: it stands for everything up to that GTID in the domain, and MariaDB may leave numbers out.
// The set operations below read it that way. Within a domain a higher sequence number is later, as gtid_strict_mode
// demands; two servers that used the same number in the same domain have diverged.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/gtid.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace binferry {

class MariadbGtidSet {
 public:
  // `0-1-100,5-71-30`, spaces between words allowed; empty text is the empty position. A domain may stand only once,
  // as the server demands of a position. Usage error with column and expectation.
  static Result<MariadbGtidSet> parse(std::string_view text);
  // Ordered by domain.
  [[nodiscard]] std::string text() const;

  // This is now the domain's last GTID, whatever was there: the log's order decides, not the number.
  void set(const MariadbGtid& gtid) { last_[gtid.domain] = gtid; }

  // The newer of the two in every domain. Of two servers with the same number, the one here stays.
  void unite(const MariadbGtidSet& other);
  // The domains in which `other` has not reached what is here: what it takes to get from there to here.
  void subtract(const MariadbGtidSet& other);
  // The older of the two in the domains that both have: what both have reached. A domain in which the same number
  // came from two servers is left out, for nothing is known of what is common there.
  void intersect(const MariadbGtidSet& other);

  // This GTID has been reached: its domain stands at it or beyond.
  [[nodiscard]] bool contains(const MariadbGtid& gtid) const;
  // Every domain of `other` has been reached.
  [[nodiscard]] bool contains(const MariadbGtidSet& other) const;
  [[nodiscard]] bool empty() const { return last_.empty(); }

  // Sum of the last sequence numbers: how many transactions, if the source left no number out, else at most that many.
  // 2^64−1 stands for that many or more.
  [[nodiscard]] std::uint64_t count() const { return count_beyond({}); }
  // The same for what is here and not in `other`, which is how far `other` is behind.
  [[nodiscard]] std::uint64_t count_beyond(const MariadbGtidSet& other) const;

  // By domain. Valid until the position changes.
  [[nodiscard]] const std::map<std::uint32_t, MariadbGtid>& last_by_domain() const& { return last_; }
  const std::map<std::uint32_t, MariadbGtid>& last_by_domain() const&& = delete;

  friend bool operator==(const MariadbGtidSet&, const MariadbGtidSet&) = default;

 private:
  std::map<std::uint32_t, MariadbGtid> last_;
};

}  // namespace binferry
