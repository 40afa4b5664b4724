// GtidSet: a set of MySQL GTIDs, tags included, in its text and binary forms, with set algebra.
//
// A value: copy it, compare it, move it between threads. Adding the transaction that follows the last one costs a look
// into a small map and moving the end of an interval.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"
#include "binlog/coordinates/gno_intervals.hpp"
#include "binlog/coordinates/gtid.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace binferry {

// What numbers transactions: a server's UUID and a tag (MySQL's TSID). Ordered as servers print: by UUID, and the
// untagged one before the tagged.
struct GtidOrigin {
  Uuid uuid;
  std::string tag;  // empty: none

  friend auto operator<=>(const GtidOrigin&, const GtidOrigin&) = default;
};

class GtidSet {
 public:
  // Lets a Gtid find its origin without a copy of the tag.
  struct OriginLess {
    using is_transparent = void;
    bool operator()(const auto& left, const auto& right) const {
      return std::tie(left.uuid, left.tag) < std::tie(right.uuid, right.tag);
    }
  };
  using Origins = std::map<GtidOrigin, GnoIntervals, OriginLess>;

  // What the server's GTID functions and variables take, and the whole text: UUIDs repeated and in any case, intervals
  // in any order and overlapping, `uuid:1-5:7:tag_a:1-3` (a tag holds for all intervals up to the next tag or UUID),
  // white space between words, empty items between commas, an interval whose end is before its start (it is empty).
  // Not taken: octal and hexadecimal numbers, which servers read differently. Usage error with column and expectation.
  static Result<GtidSet> parse(std::string_view text);

  // Both binary forms (PROTOCOL 3.12: PREVIOUS_GTIDS, COM_BINLOG_DUMP_GTID), told apart by their first eight bytes.
  // The bytes must be used up. `truncated`, `corrupt`, or `unsupported` for a form later than the tagged one.
  static Result<GtidSet> decode(Bytes bytes);
  // The untagged form, which every server since 5.6 reads, unless the set has tags (8.3+).
  [[nodiscard]] std::string encode() const;

  // Canonical, on one line. Servers print the same with ",\n" between UUIDs.
  [[nodiscard]] std::string text(std::string_view separator = ",") const;

  // Corrupt where the number or the tag is one that no server gives; the set is then as before.
  Status add(const Gtid& gtid);
  // Both ends inclusive.
  Status add(const GtidOrigin& origin, std::int64_t first, std::int64_t last);

  void unite(const GtidSet& other);
  void subtract(const GtidSet& other);
  void intersect(const GtidSet& other);

  [[nodiscard]] bool contains(const Gtid& gtid) const;
  // Every GTID of `other` is here (the server's GTID_SUBSET(other, this)).
  [[nodiscard]] bool contains(const GtidSet& other) const;
  [[nodiscard]] bool empty() const { return origins_.empty(); }
  [[nodiscard]] bool has_tags() const;
  // How many GTIDs; 2^64−1 stands for that many or more.
  [[nodiscard]] std::uint64_t count() const;

  // In canonical order; no origin is without intervals. Valid until the set changes.
  [[nodiscard]] const Origins& origins() const& { return origins_; }
  const Origins& origins() const&& = delete;

  friend bool operator==(const GtidSet&, const GtidSet&) = default;

 private:
  // Intervals as they come; sorted once at the end, so that hostile order costs no more than a sort.
  using Gathered = std::map<GtidOrigin, std::vector<GnoInterval>>;
  static GtidSet from(Gathered&& gathered);
  void erase_empty();

  Origins origins_;
};

}  // namespace binferry
