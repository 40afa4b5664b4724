// HubSession: the hub's side of one follower's connection. Sans-io: messages in, messages out.
//
// It holds the follower's place in the relay store and at most one message's bytes, so that a slow follower costs a
// file descriptor and no memory. One thread; the store must outlive it.
//
//   hello ─▶ waiting ─▶ streaming ─▶ ended        an error of either side ends it; the last message then says why
//
// A follower that has more than the hub waits for its answer: the hub may only not have got it yet. It is refused for
// good once the source has proved, after the HELLO, to have nothing that would reach it, and with `busy`, so that it
// asks again, while nothing has been heard of the source.
#pragma once

#include "binlog/base/zstd_stream.hpp"
#include "binlog/ship/relay_reader.hpp"
#include "binlog/ship/ship_filter.hpp"
#include "binlog/ship/ship_frame.hpp"

#include <functional>
#include <optional>
#include <string>

namespace binferry {

struct HubSessionOptions {
  std::uint32_t heartbeat_ms = 1'000;
  std::size_t message_bytes = 256 << 10;  // of log in one message, about
  int zstd_level = 1;
  std::function<std::uint32_t()> silent_ms{};  // Tip::silent_ms; null: not known
  // How often the source was known to have nothing newer than what is published; null: never.
  std::function<std::uint64_t()> times_heard{};
};

class HubSession {
 public:
  HubSession(const RelayStore& store, const HubSessionOptions& options)
      : options_(options), store_(store), reader_(store) {}

  // A message of the follower. After an error next_message() gives the refusal, then nothing.
  Status on_message(Bytes message);
  // The next message to send; false if there is none for now. `heartbeat`: send one even if there is no news.
  Result<bool> next_message(std::string& message, bool heartbeat);

  [[nodiscard]] bool is_streaming() const { return state_ == State::streaming; }
  [[nodiscard]] bool has_ended() const { return state_ == State::ended; }
  // Why the follower was refused; empty: it was not.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  [[nodiscard]] const ship::Hello& hello() const { return hello_; }
  // Behind what was given to be sent.
  [[nodiscard]] BinlogPosition position() const { return reader_.position(); }
  // If the connection broke now, the follower would ask for everything from here on: what it has acknowledged, else
  // where it began. An empty file name: the oldest log there is.
  [[nodiscard]] BinlogPosition needs() const;
  // What the follower last said of each level; an empty file name: nothing yet.
  [[nodiscard]] const BinlogPosition& acknowledged(ship::AckLevel level) const {
    return acknowledged_[static_cast<std::size_t>(level) - 1];
  }

 private:
  enum class State : std::uint8_t { hello, waiting, streaming, refusing, ended };

  Status on_frame(const ship::Frame& frame);
  Status on_hello(const ship::Hello& hello);
  Status judge_place();
  Status on_ack(const ship::Ack& ack);
  Status refuse(const Error& error);
  enum class Filled : std::uint8_t { all, some };
  Result<Filled> fill(std::string& frames);
  Status fill_data(std::string& frames);

  HubSessionOptions options_;
  const RelayStore& store_;
  RelayReader reader_;
  State state_ = State::hello;
  ship::Hello hello_;
  std::uint64_t heard_before_ = 0;  // times_heard() when it began to wait
  std::string refusal_;
  BinlogPosition acknowledged_[3];
  BinlogPosition told_tip_;
  std::string pending_;  // frames that go first
  std::optional<ShipFilter> filter_;
  std::optional<ZstdCompressor> zstd_;
};

}  // namespace binferry
