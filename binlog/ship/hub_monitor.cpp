#include "binlog/ship/hub_monitor.hpp"

#include <algorithm>

namespace binferry {

void PublicationTimes::add(const BinlogPosition& position, std::uint64_t at_us) {
  if (!entries_.empty() && position <= entries_.back().position) return;
  entries_.push_back({position, at_us});
  if (entries_.size() <= most_) return;
  // Of two neighbours the later one stays: a time may then be too late, never too early.
  std::deque<Entry> kept;
  const std::size_t half = entries_.size() / 2;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (i >= half || i % 2 == 1) kept.push_back(std::move(entries_[i]));
  }
  entries_ = std::move(kept);
}

std::optional<std::uint64_t> PublicationTimes::of(const BinlogPosition& position) const {
  const auto found = std::ranges::lower_bound(entries_, position, {}, &Entry::position);
  return found == entries_.end() ? std::nullopt : std::optional(found->at_us);
}

std::optional<std::uint64_t> PublicationTimes::of_next(const BinlogPosition& position) const {
  const auto found = std::ranges::upper_bound(entries_, position, {}, &Entry::position);
  return found == entries_.end() ? std::nullopt : std::optional(found->at_us);
}

void LatencyHistogram::add(std::uint64_t us) {
  for (std::size_t i = 0; i < kBoundsMs.size(); ++i) {
    if (us <= std::uint64_t{kBoundsMs[i]} * 1000) ++at_most[i];
  }
  ++count;
  sum_us += us;
}

const BinlogPosition& lag_position(const FollowerStatus& follower) {
  if (!follower.applied.file.empty()) return follower.applied;
  return follower.received.file.empty() ? follower.needs : follower.received;
}

HubMonitor::HubMonitor(std::function<std::uint64_t()> clock_us) : clock_us_(std::move(clock_us)) {
  for (const std::string_view kind : hub_error::kAll) figures_.errors[std::string(kind)] = 0;
}

void HubMonitor::on_transaction(std::uint64_t bytes) {
  const std::lock_guard guard(mutex_);
  ++figures_.transactions;
  figures_.bytes += bytes;
}

void HubMonitor::on_published(const BinlogPosition& position) {
  const std::lock_guard guard(mutex_);
  times_.add(position, clock_us_());
}

void HubMonitor::on_ack(ship::AckLevel level, const BinlogPosition& position) {
  const std::lock_guard guard(mutex_);
  const std::optional<std::uint64_t> since = times_.of(position);
  const std::uint64_t now = clock_us_();
  if (since) figures_.acks.at(static_cast<std::size_t>(level) - 1).add(now > *since ? now - *since : 0);
}

void HubMonitor::on_error(std::string_view kind) {
  const std::lock_guard guard(mutex_);
  const auto found = figures_.errors.find(kind);
  if (found != figures_.errors.end()) ++found->second;
}

HubFigures HubMonitor::figures() const {
  const std::lock_guard guard(mutex_);
  return figures_;
}

std::uint64_t HubMonitor::lag_at(const BinlogPosition& applied, std::uint64_t now_us) const {
  const std::optional<std::uint64_t> since = times_.of_next(applied);
  return since && now_us > *since ? now_us - *since : 0;
}

std::uint64_t HubMonitor::lag_us(const BinlogPosition& applied) const {
  const std::lock_guard guard(mutex_);
  return lag_at(applied, clock_us_());
}

void HubMonitor::sample(const std::vector<FollowerStatus>& followers) {
  const std::lock_guard guard(mutex_);
  const std::uint64_t now = clock_us_();
  if (sampled_us_ != 0 && now < sampled_us_ + kSampleUs) return;
  sampled_us_ = now;
  // Those of whoever has been away for as long as a history reaches are forgotten.
  std::erase_if(histories_, [now](const auto& one) { return now > one.second.last_us + kHistory * kSampleUs; });
  for (const FollowerStatus& follower : followers) {
    if (histories_.size() >= kMostHistories && !histories_.contains(follower.name)) continue;
    History& history = histories_[follower.name];
    if (history.last_us == now) continue;  // two of one name
    history.last_us = now;
    const std::uint64_t lag_ms = lag_at(lag_position(follower), now) / 1000;
    history.lags_ms.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(lag_ms, UINT32_MAX)));
    if (history.lags_ms.size() > kHistory) history.lags_ms.pop_front();
  }
}

std::vector<std::uint32_t> HubMonitor::history(const std::string& name) const {
  const std::lock_guard guard(mutex_);
  const auto found = histories_.find(name);
  if (found == histories_.end()) return {};
  return {found->second.lags_ms.begin(), found->second.lags_ms.end()};
}

}  // namespace binferry
