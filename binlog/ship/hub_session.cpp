#include "binlog/ship/hub_session.hpp"

namespace binferry {

using namespace ship;

namespace {

// A source that the hub has not heard of for longer may have more by now.
constexpr std::uint32_t kStaleHeartbeats = 5;
// The first sign of life may have been on its way before the follower came.
constexpr std::uint64_t kProvingTimes = 2;

}  // namespace

Status HubSession::on_message(Bytes message) {
  if (state_ == State::refusing || state_ == State::ended) return {};
  if (message.empty() || message[0] != static_cast<std::uint8_t>(Storing::plain)) {
    return refuse({Errc::protocol, "a follower's messages are not compressed", {}, {}});
  }
  if (message.size() > kLargestFollowerMessage) return refuse({Errc::limit, "the message is too large", {}, {}});
  for (Bytes frames = message.subspan(1); !frames.empty();) {
    Result<Frame> frame = take_frame(frames);
    if (!frame) return refuse(frame.error());
    if (Status taken = on_frame(*frame); !taken) return refuse(taken.error());
  }
  return {};
}

Status HubSession::on_frame(const Frame& frame) {
  if (const auto* const hello = std::get_if<Hello>(&frame)) return on_hello(*hello);
  if (const auto* const ack = std::get_if<Ack>(&frame)) return on_ack(*ack);
  return fail(Errc::protocol, "a frame that only a hub may send");
}

Status HubSession::on_hello(const Hello& hello) {
  if (state_ != State::hello) return fail(Errc::protocol, "a second HELLO");
  if (hello.version != kVersion) {
    return fail(Errc::unsupported, "the hub speaks version 1, not " + std::to_string(hello.version),
                "use binferry of the same version at both ends");
  }
  if (Status named = check_follower_name(hello.name); !named) return named;
  if (Status found = reader_.seek(hello.position); !found) return found;
  hello_ = hello;
  if (!hello.schemas.empty() || !hello.tables.empty()) filter_.emplace(hello.schemas, hello.tables);
  heard_before_ = options_.times_heard ? options_.times_heard() : 0;
  state_ = State::waiting;
  return judge_place();
}

// Whether a follower that waits can be sent what it asks for, now, never, or perhaps later.
Status HubSession::judge_place() {
  // Asked first: what was published before the source was heard must be seen.
  const std::uint64_t heard = options_.times_heard ? options_.times_heard() : 0;
  const std::optional<Error> beyond = reader_.is_beyond_all();
  if (!beyond) {
    // What it has said meanwhile of what it has must hold by now.
    const BinlogPosition& said = acknowledged(AckLevel::received);
    if (said > store_.published()) {
      return fail(Errc::protocol, "an ACK of " + said.text() + ", which the hub has not sent");
    }
    state_ = State::streaming;
    // The answer tells how the rest is stored, so it goes ahead in plain.
    append(pending_, Welcome{.sends_zstd = hello_.takes_zstd, .heartbeat_ms = options_.heartbeat_ms});
    return {};
  }
  if (heard >= heard_before_ + kProvingTimes) return std::unexpected(*beyond);
  const std::uint32_t silent_ms = options_.silent_ms ? options_.silent_ms() : kUnknownSilence;
  if (silent_ms <= kStaleHeartbeats * options_.heartbeat_ms) return {};
  return fail(Errc::busy, beyond->what + ", and has not come to its source's end yet",
              "look whether the hub is connected to its source");
}

// Nobody may promise what was never published, nor take a promise back.
Status HubSession::on_ack(const Ack& ack) {
  if (state_ == State::hello) return fail(Errc::protocol, "an ACK before HELLO");
  if (state_ == State::streaming && ack.position > store_.published()) {
    return fail(Errc::protocol, "an ACK of " + ack.position.text() + ", which the hub has not sent");
  }
  BinlogPosition& last = acknowledged_[static_cast<std::size_t>(ack.level) - 1];
  if (ack.position < last) {
    return fail(Errc::protocol, "an ACK of " + ack.position.text() + " after one of " + last.text());
  }
  // Each level includes those below it.
  for (std::size_t level = 0; level < static_cast<std::size_t>(ack.level); ++level) {
    if (acknowledged_[level] < ack.position) acknowledged_[level] = ack.position;
  }
  return {};
}

Status HubSession::refuse(const Error& error) {
  pending_.clear();
  append(pending_, Refusal{error.code, error.message(), error.hint});
  zstd_.reset();
  state_ = State::refusing;
  refusal_ = error.message();
  return std::unexpected(error);
}

Result<bool> HubSession::next_message(std::string& message, bool heartbeat) {
  message.clear();
  if (state_ == State::waiting) {
    if (Status judged = judge_place(); !judged) (void)refuse(judged.error());
  }
  if (state_ == State::hello || state_ == State::waiting || state_ == State::ended) return false;
  if (!pending_.empty()) {
    message.push_back(static_cast<char>(Storing::plain));
    message.append(pending_);
    pending_.clear();
    if (state_ == State::refusing) {
      state_ = State::ended;
    } else if (hello_.takes_zstd) {
      zstd_.emplace(options_.zstd_level, kWindowLog);
    }
    return true;
  }
  std::string frames;
  Result<Filled> filled = fill(frames);
  if (!filled) {
    (void)refuse(filled.error());
    return next_message(message, heartbeat);
  }
  const BinlogPosition tip = store_.published();
  // Told once when the follower has all of it, again as a sign of life, and for want of anything else to say.
  const bool is_news = *filled == Filled::all ? tip != told_tip_ : frames.empty();
  if (heartbeat || is_news) {
    append(frames, Tip{tip, options_.silent_ms ? options_.silent_ms() : kUnknownSilence});
    told_tip_ = tip;
  }
  if (frames.empty()) return false;
  message.push_back(static_cast<char>(zstd_ ? Storing::zstd : Storing::plain));
  if (!zstd_) {
    message.append(frames);
    return true;
  }
  if (Status packed = zstd_->flush(bytes_of(frames), message); !packed) return propagate(packed);
  return true;
}

// What is read for one message is bounded, and not only what is sent: a filter may leave little of it.
Result<HubSession::Filled> HubSession::fill(std::string& frames) {
  for (std::size_t read = 0; std::max(read, frames.size()) < options_.message_bytes;) {
    Result<RelayReader::Item> item = reader_.next(std::min(options_.message_bytes, kLargestFrame / 2));
    if (!item) return propagate(item);
    switch (*item) {
      case RelayReader::Item::none: return Filled::all;
      case RelayReader::Item::file_begin:
        append(frames, FileBegin{reader_.file()});
        if (filter_) filter_->begin_file();
        break;
      case RelayReader::Item::data:
        read += reader_.data().size();
        if (Status filled = fill_data(frames); !filled) return propagate(filled);
        break;
      case RelayReader::Item::file_end: append(frames, FileEnd{}); break;
    }
  }
  return Filled::some;
}

Status HubSession::fill_data(std::string& frames) {
  const auto send = [&frames](std::uint64_t offset, Bytes bytes) { append(frames, Data{offset, bytes}); };
  if (filter_) return filter_->add(reader_.offset(), reader_.data(), send);
  send(reader_.offset(), reader_.data());
  return {};
}

BinlogPosition HubSession::needs() const {
  const BinlogPosition& applied = acknowledged(AckLevel::applied);
  return applied.file.empty() ? hello_.position : applied;
}

}  // namespace binferry
