// FollowerSession: the follower's side of a connection to a hub. Sans-io: messages in, whole events out.
//
// It puts events together from the pieces the hub sends; memory is one message and the event in hand. One thread.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/base/zstd_stream.hpp"
#include "binlog/ship/ship_frame.hpp"

#include <optional>
#include <string>

namespace binferry {

class FollowerSession {
 public:
  FollowerSession(ship::Hello hello, const Limits& limits)
      : hello_(std::move(hello)), limits_(limits), zstd_(ship::kWindowLog) {}

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
    tip,  // everything up to tip() was given
  };
  // Errors: what the hub refuses, `protocol`, `corrupt`, `limit`.
  Result<Item> next();

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] Bytes event() const { return event_; }
  [[nodiscard]] const BinlogPosition& tip() const { return tip_; }
  // The hub is never silent for longer than this; 0 before its WELCOME.
  [[nodiscard]] std::uint32_t heartbeat_ms() const { return heartbeat_ms_; }

 private:
  Result<bool> cut_event();
  Result<Item> on_data(const ship::Data& data);

  ship::Hello hello_;
  Limits limits_;
  ZstdDecompressor zstd_;
  bool compressed_ = false;
  bool welcomed_ = false;
  bool in_file_ = false;
  std::uint32_t heartbeat_ms_ = 0;
  std::string plain_;      // frames of the message in hand
  Bytes frames_;           // what is left of them
  std::string pieces_;     // of the current file, from offset_ on
  std::size_t given_ = 0;  // of pieces_, in front
  std::string file_;
  std::uint64_t offset_ = 0;     // of event_
  std::uint64_t pieces_at_ = 0;  // of pieces_[0] in the file
  Bytes event_;
  BinlogPosition tip_;
};

}  // namespace binferry
