// AnyGtidSet: the GTIDs of a MySQL or a MariaDB history, or none yet. What a checkpoint stores and commands compare.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/gtid.hpp"
#include "binlog/coordinates/gtid_set.hpp"
#include "binlog/coordinates/mariadb_gtid_set.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace binferry {

// How one history stands to another. Diverged: each has something that the other lacks.
enum class GtidRelation : std::uint8_t { equal, ahead, behind, diverged };

std::string_view name_of(GtidRelation relation);

// Empty sets of all kinds are equal, and belong to either server.
class AnyGtidSet {
 public:
  AnyGtidSet() = default;
  explicit AnyGtidSet(GtidSet set) : set_(std::move(set)) {}
  explicit AnyGtidSet(MariadbGtidSet set) : set_(std::move(set)) {}

  // Which kind shows in the first item: `uuid…` is MySQL's, `0-1-100` MariaDB's. Usage error as of the kind's parser.
  static Result<AnyGtidSet> parse(std::string_view text);
  [[nodiscard]] std::string text() const;

  // A transaction without GTID changes nothing. One of the other server's kind is `wrong_source`.
  Status add(const AnyGtid& gtid);

  // As the kind's own; `wrong_source` where one is MySQL's and one MariaDB's and neither is empty.
  Status unite(const AnyGtidSet& other);
  Status subtract(const AnyGtidSet& other);
  Status intersect(const AnyGtidSet& other);

  // False for no GTID, and for the other kind.
  [[nodiscard]] bool contains(const AnyGtid& gtid) const;
  [[nodiscard]] bool contains(const AnyGtidSet& other) const;
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::uint64_t count() const { return count_beyond({}); }
  // Transactions here and not in `other`; see MariadbGtidSet on what that means there.
  [[nodiscard]] std::uint64_t count_beyond(const AnyGtidSet& other) const;

  // Null where it is of another kind, or none. Valid until the set changes.
  [[nodiscard]] const GtidSet* mysql() const& { return std::get_if<GtidSet>(&set_); }
  [[nodiscard]] const MariadbGtidSet* mariadb() const& { return std::get_if<MariadbGtidSet>(&set_); }
  const GtidSet* mysql() const&& = delete;
  const MariadbGtidSet* mariadb() const&& = delete;

  friend bool operator==(const AnyGtidSet& left, const AnyGtidSet& right) {
    return left.set_ == right.set_ || (left.empty() && right.empty());
  }

 private:
  std::variant<std::monostate, GtidSet, MariadbGtidSet> set_;
};

// How `left` stands to `right`. A MySQL history and a MariaDB one have diverged.
GtidRelation compare(const AnyGtidSet& left, const AnyGtidSet& right);

}  // namespace binferry
