#include "binlog/coordinates/gno_intervals.hpp"

#include <algorithm>

namespace binferry {
namespace {

// Appends in ascending order of start, merging what touches.
void append_merged(std::vector<GnoInterval>& out, GnoInterval next) {
  if (!out.empty() && next.start <= out.back().end) {
    out.back().end = std::max(out.back().end, next.end);
  } else {
    out.push_back(next);
  }
}

}  // namespace

GnoIntervals GnoIntervals::from_unordered(std::vector<GnoInterval> intervals) {
  GnoIntervals set;
  if (!std::ranges::is_sorted(intervals)) std::ranges::sort(intervals);
  for (const GnoInterval& interval : intervals) append_merged(set.intervals_, interval);
  return set;
}

void GnoIntervals::insert(GnoInterval added) {
  // What the new one overlaps or touches, [first, last), becomes one interval with it.
  const auto first = std::ranges::lower_bound(intervals_, added.start, {}, &GnoInterval::end);
  const auto last = std::ranges::upper_bound(first, intervals_.end(), added.end, {}, &GnoInterval::start);
  if (first == last) {
    intervals_.insert(first, added);
    return;
  }
  first->start = std::min(first->start, added.start);
  first->end = std::max((last - 1)->end, added.end);
  intervals_.erase(first + 1, last);
}

void GnoIntervals::unite(const GnoIntervals& other) {
  std::vector<GnoInterval> out;
  out.reserve(intervals_.size() + other.intervals_.size());
  auto left = intervals_.begin();
  auto right = other.intervals_.begin();
  while (left != intervals_.end() || right != other.intervals_.end()) {
    const bool take_left = right == other.intervals_.end() || (left != intervals_.end() && left->start < right->start);
    append_merged(out, take_left ? *left++ : *right++);
  }
  intervals_ = std::move(out);
}

void GnoIntervals::subtract(const GnoIntervals& other) {
  std::vector<GnoInterval> out;
  auto hole = other.intervals_.begin();
  for (GnoInterval rest : intervals_) {
    while (hole != other.intervals_.end() && hole->end <= rest.start) ++hole;
    // A hole that reaches beyond this interval may cut the next one too: it stays current.
    for (auto cut = hole; cut != other.intervals_.end() && cut->start < rest.end; ++cut) {
      if (cut->start > rest.start) out.push_back({rest.start, cut->start});
      rest.start = std::min(cut->end, rest.end);
      hole = cut;
    }
    if (rest.start < rest.end) out.push_back(rest);
  }
  intervals_ = std::move(out);
}

void GnoIntervals::intersect(const GnoIntervals& other) {
  std::vector<GnoInterval> out;
  auto left = intervals_.begin();
  auto right = other.intervals_.begin();
  while (left != intervals_.end() && right != other.intervals_.end()) {
    const GnoInterval common{std::max(left->start, right->start), std::min(left->end, right->end)};
    if (common.start < common.end) out.push_back(common);
    if (left->end < right->end) {
      ++left;
    } else {
      ++right;
    }
  }
  intervals_ = std::move(out);
}

bool GnoIntervals::contains(std::int64_t gno) const {
  const auto after = std::ranges::upper_bound(intervals_, gno, {}, &GnoInterval::start);
  return after != intervals_.begin() && gno < (after - 1)->end;
}

bool GnoIntervals::contains(const GnoIntervals& other) const {
  auto mine = intervals_.begin();
  for (const GnoInterval& wanted : other.intervals_) {
    while (mine != intervals_.end() && mine->end < wanted.end) ++mine;
    if (mine == intervals_.end() || mine->start > wanted.start) return false;
  }
  return true;
}

std::uint64_t GnoIntervals::count() const {
  std::uint64_t total = 0;
  for (const GnoInterval& interval : intervals_) total += static_cast<std::uint64_t>(interval.end - interval.start);
  return total;
}

}  // namespace binferry
