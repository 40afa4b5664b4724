// HubMonitor: what a hub knows of itself beside its store and its followers: counts, how long acknowledgements take,
// and how far behind in time a place in the log is.
//
// Bounded, whatever happens. All functions may be called from any thread.
#pragma once

#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/ship/hub_server.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

// When the hub came to have which part of the log. Not for several threads.
class PublicationTimes {
 public:
  // Beyond so many entries the older half gets coarser.
  explicit PublicationTimes(std::size_t most = 8192) : most_(most) {}
  // Positions and times only go forward.
  void add(const BinlogPosition& position, std::uint64_t at_us);
  // When everything up to there was here. Nothing: it is not here yet.
  [[nodiscard]] std::optional<std::uint64_t> of(const BinlogPosition& position) const;
  // When the first of what lies behind it came. Nothing: nothing does.
  [[nodiscard]] std::optional<std::uint64_t> of_next(const BinlogPosition& position) const;

 private:
  struct Entry {
    BinlogPosition position;
    std::uint64_t at_us = 0;
  };
  std::size_t most_;
  std::deque<Entry> entries_;  // by position
};

// As Prometheus has it: counts of what took at most so long.
struct LatencyHistogram {
  static constexpr std::array<std::uint32_t, 14> kBoundsMs{1,   2,   5,    10,   20,   50,     100,
                                                           200, 500, 1000, 2000, 5000, 10'000, 60'000};
  std::array<std::uint64_t, kBoundsMs.size()> at_most{};
  std::uint64_t count = 0;
  std::uint64_t sum_us = 0;
  void add(std::uint64_t us);
};

struct HubFigures {
  std::uint64_t transactions = 0;                              // from the source, since the start
  std::uint64_t bytes = 0;                                     // of them
  std::array<LatencyHistogram, 3> acks{};                      // by level: from publication to the acknowledgement
  std::map<std::string, std::uint64_t, std::less<>> errors{};  // by kind (hub_error)
};

// What a follower's lag is measured by: what it has applied, or, as those that are no replicas only receive, that.
const BinlogPosition& lag_position(const FollowerStatus& follower);

class HubMonitor {
 public:
  static constexpr std::size_t kHistory = 150;           // samples a follower
  static constexpr std::uint64_t kSampleUs = 2'000'000;  // apart
  static constexpr std::size_t kMostHistories = 1024;    // followers' names

  // `clock_us` only goes forward.
  explicit HubMonitor(std::function<std::uint64_t()> clock_us);

  void on_transaction(std::uint64_t bytes);
  void on_published(const BinlogPosition& position);
  void on_ack(ship::AckLevel level, const BinlogPosition& position);
  void on_error(std::string_view kind);

  [[nodiscard]] HubFigures figures() const;
  // How long a follower that has applied up to there has lacked the next of what the hub has; 0: it lacks nothing.
  [[nodiscard]] std::uint64_t lag_us(const BinlogPosition& applied) const;

  // Remembers their lags, if it is time to.
  void sample(const std::vector<FollowerStatus>& followers);
  // Milliseconds of lag, oldest first, the last at most kSampleUs old.
  [[nodiscard]] std::vector<std::uint32_t> history(const std::string& name) const;

 private:
  struct History {
    std::deque<std::uint32_t> lags_ms;
    std::uint64_t last_us = 0;
  };
  [[nodiscard]] std::uint64_t lag_at(const BinlogPosition& applied, std::uint64_t now_us) const;

  std::function<std::uint64_t()> clock_us_;
  mutable std::mutex mutex_;
  PublicationTimes times_;
  HubFigures figures_;
  std::map<std::string, History> histories_;
  std::uint64_t sampled_us_ = 0;
};

}  // namespace binferry
