// FollowerSession: the follower's side of a connection to a hub. Sans-io: messages in, whole events out.
//
// It puts events together from the pieces the hub sends; memory is one message and the event in hand, which stands in a
// temporary file if it is large (event_cutter.hpp). One thread.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/base/zstd_stream.hpp"
#include "binlog/ship/event_cutter.hpp"
#include "binlog/ship/ship_frame.hpp"

#include <optional>
#include <string>

namespace binferry {

class FollowerSession {
 public:
  FollowerSession(ship::Hello hello, const Limits& limits)
      : hello_(std::move(hello)), zstd_(ship::kWindowLog), cutter_(limits) {}

  // The first message to send.
  [[nodiscard]] std::string hello() const;
  [[nodiscard]] static std::string ack(ship::AckLevel level, const BinlogPosition& position);

  // Takes a message; only when next() has said `none`. Errors: `protocol`, `limit`, `corrupt`.
  Status on_message(Bytes message);

  enum class Item : std::uint8_t {
    none,        // give the next message
    file_begin,  // file() names it
    event,       // event() stands at offset(); valid until the next call
    file_end,
    tip,  // the hub has the log up to tip()
  };
  // Errors: what the hub refuses, `protocol`, `corrupt`, `limit`.
  Result<Item> next();

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::uint64_t offset() const { return cutter_.offset(); }
  [[nodiscard]] Bytes event() const { return cutter_.event(); }
  [[nodiscard]] bool is_mapped() const { return cutter_.is_mapped(); }
  // Nothing of the last message is left to be given.
  [[nodiscard]] bool is_drained() const { return frames_.empty(); }
  [[nodiscard]] const BinlogPosition& tip() const { return tip_; }
  // Tip::silent_ms of it.
  [[nodiscard]] std::uint32_t silent_ms() const { return silent_ms_; }
  // The hub is never silent for longer than this; 0 before its WELCOME.
  [[nodiscard]] std::uint32_t heartbeat_ms() const { return heartbeat_ms_; }

 private:
  ship::Hello hello_;
  ZstdDecompressor zstd_;
  EventCutter cutter_;
  bool compressed_ = false;
  bool welcomed_ = false;
  bool in_file_ = false;
  std::uint32_t heartbeat_ms_ = 0;
  std::string plain_;  // frames of the message in hand
  Bytes frames_;       // what is left of them
  std::string file_;
  BinlogPosition tip_;
  std::uint32_t silent_ms_ = ship::kUnknownSilence;
};

}  // namespace binferry
