// GnoIntervals: a set of transaction numbers of one origin, as the fewest intervals that hold it.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

namespace binferry {

// start … end − 1, with 1 ≤ start < end ≤ 2^63−1. The end is exclusive, as in the binary encoding (PROTOCOL 3.12).
struct GnoInterval {
  std::int64_t start = 0;
  std::int64_t end = 0;

  friend auto operator<=>(const GnoInterval&, const GnoInterval&) = default;
};

// Ascending, disjoint and never touching: two equal sets have equal intervals.
class GnoIntervals {
 public:
  GnoIntervals() = default;
  // Any order, overlapping as they like; O(n log n), where adding them one by one would be quadratic at worst.
  static GnoIntervals from_unordered(std::vector<GnoInterval> intervals);

  [[nodiscard]] bool empty() const { return intervals_.empty(); }
  [[nodiscard]] std::span<const GnoInterval> view() const& { return intervals_; }
  std::span<const GnoInterval> view() const&& = delete;

  // Constant time at and beyond the last interval: the next transaction only moves an end.
  void add(GnoInterval added) {
    if (!intervals_.empty() && added.start == intervals_.back().end) [[likely]] {
      intervals_.back().end = added.end;
    } else if (intervals_.empty() || added.start > intervals_.back().end) {
      intervals_.push_back(added);
    } else {
      insert(added);
    }
  }
  void unite(const GnoIntervals& other);
  void subtract(const GnoIntervals& other);
  void intersect(const GnoIntervals& other);

  [[nodiscard]] bool contains(std::int64_t gno) const;
  [[nodiscard]] bool contains(const GnoIntervals& other) const;
  // How many numbers; at most 2^63−2.
  [[nodiscard]] std::uint64_t count() const;

  friend bool operator==(const GnoIntervals&, const GnoIntervals&) = default;

 private:
  void insert(GnoInterval added);

  std::vector<GnoInterval> intervals_;
};

}  // namespace binferry
