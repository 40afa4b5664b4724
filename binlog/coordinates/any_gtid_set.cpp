#include "binlog/coordinates/any_gtid_set.hpp"

#include <algorithm>

namespace binferry {
namespace {

std::unexpected<Error> mixed() {
  return fail(Errc::wrong_source, "MySQL and MariaDB GTIDs do not mix", "compare histories of the same kind of server");
}

// MySQL's items have a colon, or are a bare UUID with its four dashes; MariaDB's have two dashes.
bool looks_like_mariadb(std::string_view text) {
  const std::size_t start = text.find_first_not_of(", \t\n\v\f\r");
  if (start == std::string_view::npos) return false;
  const std::string_view item = text.substr(start, text.find(',', start) - start);
  return item.find(':') == std::string_view::npos && std::ranges::count(item, '-') <= 2 && item[0] >= '0' &&
         item[0] <= '9';
}

}  // namespace

std::string_view name_of(GtidRelation relation) {
  switch (relation) {
    case GtidRelation::equal: return "equal";
    case GtidRelation::ahead: return "ahead";
    case GtidRelation::behind: return "behind";
    case GtidRelation::diverged: return "diverged";
  }
  return "diverged";
}

Result<AnyGtidSet> AnyGtidSet::parse(std::string_view text) {
  if (looks_like_mariadb(text)) {
    auto position = MariadbGtidSet::parse(text);
    if (!position) return propagate(position);
    return AnyGtidSet(std::move(*position));
  }
  auto set = GtidSet::parse(text);
  if (!set) return propagate(set);
  return set->empty() ? AnyGtidSet() : AnyGtidSet(std::move(*set));
}

std::string AnyGtidSet::text() const {
  if (const auto* set = mysql()) return set->text();
  if (const auto* set = mariadb()) return set->text();
  return {};
}

bool AnyGtidSet::empty() const {
  if (const auto* set = mysql()) return set->empty();
  if (const auto* set = mariadb()) return set->empty();
  return true;
}

Status AnyGtidSet::add(const AnyGtid& gtid) {
  if (const auto* added = std::get_if<Gtid>(&gtid)) {
    if (auto* set = std::get_if<GtidSet>(&set_)) return set->add(*added);
    if (!empty()) return mixed();
    return set_.emplace<GtidSet>().add(*added);
  }
  if (const auto* added = std::get_if<MariadbGtid>(&gtid)) {
    if (!mariadb() && !empty()) return mixed();
    if (!mariadb()) set_.emplace<MariadbGtidSet>();
    std::get<MariadbGtidSet>(set_).set(*added);
  }
  return {};
}

Status AnyGtidSet::unite(const AnyGtidSet& other) {
  if (other.empty()) return {};
  if (empty()) {
    set_ = other.set_;
    return {};
  }
  if (set_.index() != other.set_.index()) return mixed();
  if (auto* set = std::get_if<GtidSet>(&set_)) set->unite(*other.mysql());
  if (auto* set = std::get_if<MariadbGtidSet>(&set_)) set->unite(*other.mariadb());
  return {};
}

Status AnyGtidSet::subtract(const AnyGtidSet& other) {
  if (empty() || other.empty()) return {};
  if (set_.index() != other.set_.index()) return mixed();
  if (auto* set = std::get_if<GtidSet>(&set_)) set->subtract(*other.mysql());
  if (auto* set = std::get_if<MariadbGtidSet>(&set_)) set->subtract(*other.mariadb());
  return {};
}

Status AnyGtidSet::intersect(const AnyGtidSet& other) {
  if (empty() || other.empty()) {
    set_ = {};
    return {};
  }
  if (set_.index() != other.set_.index()) return mixed();
  if (auto* set = std::get_if<GtidSet>(&set_)) set->intersect(*other.mysql());
  if (auto* set = std::get_if<MariadbGtidSet>(&set_)) set->intersect(*other.mariadb());
  return {};
}

bool AnyGtidSet::contains(const AnyGtid& gtid) const {
  if (const auto* set = mysql()) {
    const auto* wanted = std::get_if<Gtid>(&gtid);
    return wanted != nullptr && set->contains(*wanted);
  }
  if (const auto* set = mariadb()) {
    const auto* wanted = std::get_if<MariadbGtid>(&gtid);
    return wanted != nullptr && set->contains(*wanted);
  }
  return false;
}

bool AnyGtidSet::contains(const AnyGtidSet& other) const {
  if (other.empty()) return true;
  if (set_.index() != other.set_.index()) return false;
  return mysql() ? mysql()->contains(*other.mysql()) : mariadb()->contains(*other.mariadb());
}

std::uint64_t AnyGtidSet::count_beyond(const AnyGtidSet& other) const {
  if (const auto* set = mysql()) {
    if (!other.mysql()) return set->count();
    GtidSet rest = *set;
    rest.subtract(*other.mysql());
    return rest.count();
  }
  if (const auto* set = mariadb()) return set->count_beyond(other.mariadb() ? *other.mariadb() : MariadbGtidSet());
  return 0;
}

GtidRelation compare(const AnyGtidSet& left, const AnyGtidSet& right) {
  const bool has_all = left.contains(right);
  const bool is_covered = right.contains(left);
  if (has_all) return is_covered ? GtidRelation::equal : GtidRelation::ahead;
  return is_covered ? GtidRelation::behind : GtidRelation::diverged;
}

}  // namespace binferry
