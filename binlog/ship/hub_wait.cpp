#include "binlog/ship/hub_wait.hpp"

#include <algorithm>
#include <charconv>
#include <ranges>

namespace binferry {
namespace {

constexpr std::uint64_t kMostReplicas = 100'000;
constexpr std::uint64_t kDefaultTimeoutMs = 10'000;
constexpr std::uint64_t kLongestTimeoutMs = 600'000;

HttpReply wrong(const std::string& what) {
  return {.status = 400, .body = what + "\n"};
}

// Nothing: it is no number up to `most`.
std::optional<std::uint64_t> number_of(const HttpRequest& request, std::string_view name, std::uint64_t otherwise,
                                       std::uint64_t most) {
  const std::string* const text = request.parameter(name);
  if (text == nullptr) return otherwise;
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || stop != text->data() + text->size() || number > most) return std::nullopt;
  return number;
}

HttpReply reply(bool reached, const std::string& position, std::uint64_t replicas, std::uint32_t waited_ms) {
  const std::string where = position.empty() ? "null" : '"' + position + '"';
  return {.status = reached ? 200U : 504U,
          .content_type = "application/json",
          .body = std::string("{\"reached\":") + (reached ? "true" : "false") + ",\"position\":" + where +
                  ",\"replicas\":" + std::to_string(replicas) + ",\"waited_ms\":" + std::to_string(waited_ms) + "}\n"};
}

}  // namespace

void HubGtids::begin(AnyGtidSet gtids, BinlogPosition position) {
  const std::lock_guard guard(mutex_);
  gtids_ = std::move(gtids);
  floor_ = std::move(position);
  entries_.clear();
}

void HubGtids::add(const AnyGtid& gtid, const BinlogPosition& end) {
  const std::lock_guard guard(mutex_);
  if (!gtids_.add(gtid)) return;
  entries_.push_back({gtid, end});
  if (entries_.size() <= most_) return;
  floor_ = std::move(entries_.front().end);
  entries_.pop_front();
}

AnyGtidSet HubGtids::gtids() const {
  const std::lock_guard guard(mutex_);
  return gtids_;
}

std::optional<BinlogPosition> HubGtids::position_of(const AnyGtidSet& gtids) const {
  const std::lock_guard guard(mutex_);
  if (!gtids_.contains(gtids)) return std::nullopt;
  for (const Entry& entry : entries_ | std::views::reverse) {
    if (gtids.contains(entry.gtid)) return entry.end;
  }
  return floor_;
}

std::optional<HttpReply> answer_wait(HttpRequest& request, const HubGtids& gtids,
                                     const std::vector<FollowerStatus>& followers) {
  const std::string* const place = request.parameter("position");
  const std::string* const set = request.parameter("gtid_set");
  if ((place == nullptr) == (set == nullptr)) return wrong("give position=FILE:OFFSET or gtid_set=SET");
  const auto replicas = number_of(request, "replicas", 1, kMostReplicas);
  if (!replicas || *replicas == 0) return wrong("replicas is a number from 1 on");
  const auto timeout_ms = number_of(request, "timeout_ms", kDefaultTimeoutMs, kLongestTimeoutMs);
  if (!timeout_ms) return wrong("timeout_ms is a number up to 600000");
  std::optional<BinlogPosition> goal;
  // What a set comes to is found once.
  if (const std::string& text = request.memo.empty() && place != nullptr ? *place : request.memo; !text.empty()) {
    Result<BinlogPosition> position = BinlogPosition::parse(text);
    if (!position) return wrong("position: " + position.error().what);
    goal = std::move(*position);
  } else {
    if (set == nullptr) return wrong("position is FILE:OFFSET");
    Result<AnyGtidSet> wanted = AnyGtidSet::parse(*set);
    if (!wanted) return wrong("gtid_set: " + wanted.error().what);
    goal = gtids.position_of(*wanted);
    if (goal && !goal->file.empty()) request.memo = goal->text();
  }
  std::uint64_t reached = 0;
  if (goal) {
    reached = static_cast<std::uint64_t>(
        std::ranges::count_if(followers, [&goal](const FollowerStatus& one) { return one.applied >= *goal; }));
  }
  const std::string where = goal && !goal->file.empty() ? goal->text() : std::string();
  if (goal && reached >= *replicas) return reply(true, where, reached, request.waited_ms);
  if (request.waited_ms >= *timeout_ms) return reply(false, where, reached, request.waited_ms);
  return std::nullopt;
}

}  // namespace binferry
