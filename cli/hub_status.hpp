// What a hub says of itself: /status.json, /metrics, and the text of `position show http://hub`.
//
// Pure: a HubView is a moment, made by whoever runs the hub.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/ship/hub_monitor.hpp"
#include "binlog/ship/hub_server.hpp"
#include "binlog/ship/relay_store.hpp"
#include "cli/upward_acks.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::cli {

struct HubView {
  struct Follower {
    FollowerStatus status{};
    std::uint64_t lag_us = 0;
    std::uint64_t queue_bytes = 0;         // of the log, published and not sent yet
    std::vector<std::uint32_t> lags_ms{};  // every 2 s, oldest first
  };
  struct Seed {
    bool is_usable = false;
    BinlogPosition position{};
    std::string trouble{};
  };
  std::uint64_t now_us = 0;  // since 1970
  std::uint64_t uptime_s = 0;
  std::string source{};
  bool is_connected = false;
  std::optional<std::uint64_t> silent_ms{};  // since the source was known to have nothing newer
  std::string trouble{};                     // why it is not connected
  BinlogPosition published{};
  std::string gtids{};
  std::vector<RelayFile> files{};
  std::string ack_policy{};
  std::string ack_level{};
  std::uint64_t ack_timeout_ms = 0;
  bool is_semi_sync = false;
  UpwardAcks::State acks{};
  std::optional<Seed> seed{};
  std::vector<Follower> followers{};
  HubFigures figures{};
};

// Bytes of the published log behind `sent`.
std::uint64_t bytes_behind(const std::vector<RelayFile>& files, const BinlogPosition& sent);

// One line. The contract is docs/hub.md.
std::string hub_status_json(const HubView& view, bool with_history);
// Prometheus' text format.
std::string hub_metrics(const HubView& view);

// Where that JSON says that the hub's log ends; nothing: it has none yet. Errors: as hub_status_text().
Result<std::optional<BinlogPosition>> hub_status_position(std::string_view status_json);
// /status.json as text for people. Errors: `protocol`, if that is not what it is.
Result<std::string> hub_status_text(const std::string& where, std::string_view status_json);

}  // namespace binferry::cli
