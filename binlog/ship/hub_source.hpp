// HubSource: a hub's log as an EventSource, for replicas that follow a hub.
//
// Owns one connection; when it breaks the source is done, and whoever keeps the position makes another. One thread.
#pragma once

#include "binlog/event/event_framer.hpp"
#include "binlog/ship/follower_session.hpp"
#include "binlog/ship/hub_connection.hpp"
#include "binlog/source/event_source.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace binferry {

struct HubSourceOptions {
  std::string name;  // this follower's
  bool counts = false;
  BinlogPosition position{};                // an empty file name: from the oldest log
  std::vector<std::string> schemas{};       // ship::Hello
  std::vector<std::string> tables{};        // the same
  int timeout_ms = 10'000;                  // for connecting and sending
  std::function<std::uint64_t()> now_us{};  // for HubTip::at_us; null: 0
  Limits limits{};
};

// What the hub last said of its log's end.
struct HubTip {
  BinlogPosition position;
  std::uint64_t at_us = 0;                   // when it said so
  std::optional<std::uint64_t> silent_ms{};  // ship::Tip, where the hub knows it
};

class HubSource final : public EventSource {
 public:
  static Result<std::unique_ptr<HubSource>> open(const HubAddress& address, const HubSourceOptions& options);

  // Errors: what the hub refuses, `connection`, and those of FollowerSession and EventFramer.
  Result<SourceState> next(RawEvent& event) override;
  [[nodiscard]] const FormatDescription& format() const override;
  [[nodiscard]] const std::string& file() const override { return file_; }
  // The hub's address.
  [[nodiscard]] const std::string& path() const override { return path_; }
  // Errors: `timeout` once the hub has been silent for three heartbeats.
  Status wait(int timeout_ms) override;

  // Nothing before the first.
  [[nodiscard]] const std::optional<HubTip>& tip() const { return tip_; }
  // Nothing more is at hand without the network.
  [[nodiscard]] bool is_drained() const { return session_.is_drained(); }

  // Tells the hub. Positions go forward only; those at the beginning of a file are the hub's own matter and not sent.
  Status acknowledge(ship::AckLevel level, const BinlogPosition& position);

 private:
  HubSource(std::string path, HubSourceOptions options, ship::Hello hello)
      : path_(std::move(path)),
        options_(std::move(options)),
        session_(std::move(hello), options_.limits),
        framer_(FramerOptions{.limits = options_.limits}) {}

  std::string path_;
  HubSourceOptions options_;
  std::unique_ptr<HubConnection> connection_;
  FollowerSession session_;
  EventFramer framer_;
  std::string file_;
  std::optional<HubTip> tip_;
  BinlogPosition acknowledged_[3];  // by level
  int silent_ms_ = 0;
};

}  // namespace binferry
