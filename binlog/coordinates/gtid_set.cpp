#include "binlog/coordinates/gtid_set.hpp"

#include "binlog/coordinates/gtid_text.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace binferry {
namespace {

bool is_valid_interval(std::int64_t first, std::int64_t last) {
  return first >= 1 && first <= last && last <= kMaxGno;
}

// One `:tag` or `:first-last` behind a UUID. A tag changes `origin`; an interval goes to the one in force.
Status parse_item(gtid_text::Cursor& cursor, GtidOrigin& origin,
                  std::map<GtidOrigin, std::vector<GnoInterval>>& gathered) {
  if (cursor.at_tag()) {
    auto tag = cursor.tag();
    if (!tag) return propagate(tag);
    origin.tag = std::move(*tag);
    return {};
  }
  const auto first = cursor.gno(1);
  if (!first) return std::unexpected(first.error());
  std::int64_t last = *first;
  if (cursor.accept('-')) {
    const auto end = cursor.gno(0);
    if (!end) return std::unexpected(end.error());
    last = *end;
  }
  if (last >= *first) gathered[origin].push_back({*first, last + 1});
  return {};
}

}  // namespace

Result<GtidSet> GtidSet::parse(std::string_view text) {
  gtid_text::Cursor cursor(text, "GTID set");
  Gathered gathered;
  cursor.skip_space();
  while (true) {
    while (cursor.accept(',')) {
    }
    if (cursor.done()) break;
    auto uuid = cursor.uuid();
    if (!uuid) return propagate(uuid);
    GtidOrigin origin{*uuid, {}};
    while (cursor.accept(':')) {
      if (Status status = parse_item(cursor, origin, gathered); !status) return propagate(status);
    }
    if (!cursor.done() && cursor.peek() != ',') return cursor.expected("':', ',' or the end");
  }
  return from(std::move(gathered));
}

GtidSet GtidSet::from(Gathered&& gathered) {
  GtidSet set;
  for (auto& [origin, intervals] : gathered) {
    if (intervals.empty()) continue;
    set.origins_.emplace_hint(set.origins_.end(), origin, GnoIntervals::from_unordered(std::move(intervals)));
  }
  return set;
}

std::string GtidSet::text(std::string_view separator) const {
  std::string out;
  const Uuid* previous = nullptr;
  for (const auto& [origin, intervals] : origins_) {
    if (previous == nullptr || *previous != origin.uuid) {
      if (previous != nullptr) out.append(separator);
      origin.uuid.append_to(out);
    }
    previous = &origin.uuid;
    if (!origin.tag.empty()) out.append(":").append(origin.tag);
    for (const GnoInterval& interval : intervals.view()) {
      out.push_back(':');
      gtid_text::append_number(out, interval.start);
      if (interval.end - interval.start == 1) continue;
      out.push_back('-');
      gtid_text::append_number(out, interval.end - 1);
    }
  }
  return out;
}

Status GtidSet::add(const Gtid& gtid) {
  const auto found = origins_.find(gtid);
  if (found != origins_.end() && is_valid_interval(gtid.gno, gtid.gno)) [[likely]] {
    found->second.add({gtid.gno, gtid.gno + 1});
    return {};
  }
  return add(GtidOrigin{gtid.uuid, gtid.tag}, gtid.gno, gtid.gno);
}

Status GtidSet::add(const GtidOrigin& origin, std::int64_t first, std::int64_t last) {
  if (!is_valid_interval(first, last)) {
    return fail(Errc::corrupt, "no GTIDs have the numbers " + std::to_string(first) + " to " + std::to_string(last));
  }
  if (!origin.tag.empty() && !is_valid_tag(origin.tag)) return fail(Errc::corrupt, "malformed GTID tag");
  origins_[origin].add({first, last + 1});
  return {};
}

void GtidSet::unite(const GtidSet& other) {
  for (const auto& [origin, intervals] : other.origins_) origins_[origin].unite(intervals);
}

void GtidSet::subtract(const GtidSet& other) {
  for (auto& [origin, intervals] : origins_) {
    const auto found = other.origins_.find(origin);
    if (found != other.origins_.end()) intervals.subtract(found->second);
  }
  erase_empty();
}

void GtidSet::intersect(const GtidSet& other) {
  for (auto& [origin, intervals] : origins_) {
    const auto found = other.origins_.find(origin);
    intervals.intersect(found != other.origins_.end() ? found->second : GnoIntervals());
  }
  erase_empty();
}

void GtidSet::erase_empty() {
  std::erase_if(origins_, [](const auto& entry) { return entry.second.empty(); });
}

bool GtidSet::contains(const Gtid& gtid) const {
  const auto found = origins_.find(gtid);
  return found != origins_.end() && found->second.contains(gtid.gno);
}

bool GtidSet::contains(const GtidSet& other) const {
  return std::ranges::all_of(other.origins_, [&](const auto& entry) {
    const auto found = origins_.find(entry.first);
    return found != origins_.end() && found->second.contains(entry.second);
  });
}

bool GtidSet::has_tags() const {
  return std::ranges::any_of(origins_, [](const auto& entry) { return !entry.first.tag.empty(); });
}

std::uint64_t GtidSet::count() const {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t total = 0;
  for (const auto& [origin, intervals] : origins_) {
    const std::uint64_t count = intervals.count();
    if (count > kMost - total) return kMost;
    total += count;
  }
  return total;
}

}  // namespace binferry
