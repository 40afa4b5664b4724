// One transaction's global name: MySQL's Gtid, MariaDB's MariadbGtid, and AnyGtid, which is either or none.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/uuid.hpp"

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>

namespace binferry {

// A GNO is 1 … 2^63−2 (PROTOCOL 3.10).
inline constexpr std::int64_t kMaxGno = std::numeric_limits<std::int64_t>::max() - 1;

// `[a-z_][a-z0-9_]{0,31}`, as stored: lower case (PROTOCOL 3.11). The empty tag, which means none, is not one.
inline constexpr std::size_t kMaxTagLength = 32;
bool is_valid_tag(std::string_view tag);

// MySQL: the origin's UUID, an optional tag (8.3+), and the transaction's number there.
// A default value names no transaction; what comes from outside is checked by parse() or where it joins a set.
struct Gtid {
  Uuid uuid;
  std::string tag;  // empty: none
  std::int64_t gno = 0;

  // `uuid:gno` or `uuid:tag:gno`, with the tolerance for spaces and case that GtidSet::parse has. Usage error.
  static Result<Gtid> parse(std::string_view text);

  [[nodiscard]] std::string text() const;
  void append_to(std::string& out) const;

  friend auto operator<=>(const Gtid&, const Gtid&) = default;
};

// MariaDB: a domain, the server that committed first, and a sequence number that grows within the domain.
struct MariadbGtid {
  std::uint32_t domain = 0;
  std::uint32_t server_id = 0;
  std::uint64_t seq_no = 0;

  // `0-1-100`. Usage error.
  static Result<MariadbGtid> parse(std::string_view text);

  [[nodiscard]] std::string text() const;
  void append_to(std::string& out) const;

  friend auto operator<=>(const MariadbGtid&, const MariadbGtid&) = default;
};

// monostate: the transaction has no GTID (an anonymous one, or a server without GTIDs).
using AnyGtid = std::variant<std::monostate, Gtid, MariadbGtid>;

// The text of either kind; empty for none.
std::string text_of(const AnyGtid& gtid);
void append_to(std::string& out, const AnyGtid& gtid);

// Which kind it is shows in the text (only MySQL's has a colon). Usage error; never none.
Result<AnyGtid> parse_any_gtid(std::string_view text);

}  // namespace binferry
