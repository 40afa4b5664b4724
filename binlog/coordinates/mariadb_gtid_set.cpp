#include "binlog/coordinates/mariadb_gtid_set.hpp"

#include "binlog/coordinates/gtid_text.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace binferry {

Result<MariadbGtidSet> MariadbGtidSet::parse(std::string_view text) {
  gtid_text::Cursor cursor(text, "MariaDB GTID position");
  MariadbGtidSet position;
  cursor.skip_space();
  if (cursor.done()) return position;
  do {
    const std::size_t start = cursor.offset();
    auto gtid = cursor.mariadb_gtid();
    if (!gtid) return propagate(gtid);
    if (!position.last_.emplace(gtid->domain, *gtid).second) {
      return cursor.expected_at(start,
                                "another domain than " + std::to_string(gtid->domain) + ", which has a GTID already");
    }
  } while (cursor.accept(','));
  if (!cursor.done()) return cursor.expected("',' or the end");
  return position;
}

std::string MariadbGtidSet::text() const {
  std::string out;
  for (const auto& [domain, gtid] : last_) {
    if (!out.empty()) out.push_back(',');
    gtid.append_to(out);
  }
  return out;
}

void MariadbGtidSet::unite(const MariadbGtidSet& other) {
  for (const auto& [domain, gtid] : other.last_) {
    const auto [mine, is_new] = last_.emplace(domain, gtid);
    if (!is_new && gtid.seq_no > mine->second.seq_no) mine->second = gtid;
  }
}

void MariadbGtidSet::subtract(const MariadbGtidSet& other) {
  std::erase_if(last_, [&](const auto& entry) { return other.contains(entry.second); });
}

void MariadbGtidSet::intersect(const MariadbGtidSet& other) {
  std::map<std::uint32_t, MariadbGtid> common;
  for (const auto& [domain, mine] : last_) {
    const auto found = other.last_.find(domain);
    if (found == other.last_.end()) continue;
    const MariadbGtid& theirs = found->second;
    if (mine.seq_no == theirs.seq_no && mine.server_id != theirs.server_id) continue;
    common.emplace(domain, theirs.seq_no < mine.seq_no ? theirs : mine);
  }
  last_ = std::move(common);
}

bool MariadbGtidSet::contains(const MariadbGtid& gtid) const {
  const auto found = last_.find(gtid.domain);
  return found != last_.end() && (found->second.seq_no > gtid.seq_no || found->second == gtid);
}

bool MariadbGtidSet::contains(const MariadbGtidSet& other) const {
  return std::ranges::all_of(other.last_, [&](const auto& entry) { return contains(entry.second); });
}

std::uint64_t MariadbGtidSet::count_beyond(const MariadbGtidSet& other) const {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t total = 0;
  for (const auto& [domain, gtid] : last_) {
    const auto theirs = other.last_.find(domain);
    const std::uint64_t reached = theirs == other.last_.end() ? 0 : theirs->second.seq_no;
    if (gtid.seq_no <= reached) continue;
    if (gtid.seq_no - reached > kMost - total) return kMost;
    total += gtid.seq_no - reached;
  }
  return total;
}

}  // namespace binferry
