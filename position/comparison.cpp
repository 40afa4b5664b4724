#include "position/comparison.hpp"

#include <algorithm>

namespace binferry {
namespace {

bool is_bare_set(const Standpoint& point) {
  return point.position.file.empty();
}

const BinlogPosition& until(const Standpoint& point) {
  return point.until.file.empty() ? point.position : point.until;
}

std::string_view base_of(std::string_view log) {
  return log.substr(0, log.rfind('.'));
}

Comparison compare_gtids(const AnyGtidSet& left, const AnyGtidSet& right) {
  Comparison result{.relation = compare(left, right), .only_left = left, .only_right = right};
  // Fails only for sets of two kinds, which have nothing in common to take away.
  (void)result.only_left.subtract(right);
  (void)result.only_right.subtract(left);
  result.transactions_left = left.count_beyond(right);
  result.transactions_right = right.count_beyond(left);
  return result;
}

}  // namespace

Standpoint standpoint_of(const Checkpoint& checkpoint) {
  return {.source = checkpoint.source,
          .position = checkpoint.position,
          .gtids = checkpoint.gtids,
          .source_commit_us = checkpoint.source_commit_us};
}

std::string_view name_of(Comparison::By by) {
  return by == Comparison::By::gtids ? "gtids" : "position";
}

Result<Comparison> compare(const Standpoint& left, const Standpoint& right) {
  const bool left_is_bare = is_bare_set(left);
  const bool right_is_bare = is_bare_set(right);
  const bool has_gtids = !left.gtids.empty() || !right.gtids.empty();
  const bool both_have = !left.gtids.empty() && !right.gtids.empty();
  if (both_have || (has_gtids && (left_is_bare || right_is_bare)) || (left_is_bare && right_is_bare)) {
    // A position without GTIDs says nothing about a set of them.
    const bool left_is_blind = left.gtids.empty() && !left_is_bare;
    const bool right_is_blind = right.gtids.empty() && !right_is_bare;
    if (left_is_blind || right_is_blind) {
      return fail(Errc::wrong_source, "one side has GTIDs and the other has only a position",
                  "compare replicas of the same source, or turn GTIDs on at the source");
    }
    return compare_gtids(left.gtids, right.gtids);
  }
  if (left_is_bare || right_is_bare) {  // one has read nothing yet
    return Comparison{.relation = left_is_bare ? GtidRelation::behind : GtidRelation::ahead,
                      .by = Comparison::By::position};
  }
  if (left.source.known() && right.source.known()) {
    if (Status same = check_same_source(left.source, right.source); !same) {
      Error error = std::move(same.error());
      error.hint = "positions of two servers cannot be compared; GTIDs could be";
      return std::unexpected(std::move(error));
    }
  }
  if (base_of(left.position.file) != base_of(right.position.file)) {
    return fail(Errc::wrong_source, left.position.file + " and " + right.position.file + " are logs of different names",
                "positions of two servers cannot be compared; GTIDs could be");
  }
  Comparison result{.by = Comparison::By::position};
  const auto order = left.position <=> right.position;
  if (order > 0 ? left.position <= until(right) : right.position <= until(left)) return result;
  if (order != 0) result.relation = order > 0 ? GtidRelation::ahead : GtidRelation::behind;
  if (left.position.file == right.position.file) {
    const auto [low, high] = std::minmax(left.position.offset, right.position.offset);
    result.bytes = high - low;
  }
  return result;
}

Result<bool> has_reached(const Standpoint& standpoint, const Goal& goal) {
  if (goal.position && !standpoint.position.file.empty()) {
    if (base_of(goal.position->file) != base_of(standpoint.position.file)) {
      return fail(Errc::wrong_source,
                  "the replica is at " + standpoint.position.text() + ", so it never reaches " + goal.position->text(),
                  "give a position in the logs of the replica's own source");
    }
    if (standpoint.position < *goal.position) return false;
  } else if (goal.position) {
    return false;
  }
  if (!goal.gtids) return true;
  if (!standpoint.gtids.empty() && !goal.gtids->empty() &&
      (standpoint.gtids.mysql() == nullptr) != (goal.gtids->mysql() == nullptr)) {
    return fail(Errc::wrong_source,
                "the replica has " + standpoint.gtids.text() + ", so it never has " + goal.gtids->text(),
                "give GTIDs of the replica's own source");
  }
  return standpoint.gtids.contains(*goal.gtids);
}

std::optional<std::uint64_t> lag_us(std::uint64_t source_commit_us, std::uint64_t heard_us, std::uint64_t now_us) {
  const std::uint64_t since_us = std::max(source_commit_us, heard_us);
  if (since_us == 0) return std::nullopt;
  return now_us > since_us ? now_us - since_us : 0;
}

}  // namespace binferry
