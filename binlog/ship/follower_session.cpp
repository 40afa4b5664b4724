#include "binlog/ship/follower_session.hpp"

namespace binferry {

using namespace ship;

namespace {

std::string plain_message(auto&& frame) {
  std::string message(1, static_cast<char>(Storing::plain));
  append(message, frame);
  return message;
}

}  // namespace

std::string FollowerSession::hello() const {
  return plain_message(hello_);
}

std::string FollowerSession::ack(AckLevel level, const BinlogPosition& position) {
  return plain_message(Ack{level, position});
}

Status FollowerSession::on_message(Bytes message) {
  if (message.empty()) return fail(Errc::protocol, "an empty message from the hub");
  const auto storing = Storing{message[0]};
  message = message.subspan(1);
  plain_.clear();
  if (storing == Storing::plain) {
    plain_.assign(text_of(message));
  } else if (storing == Storing::zstd && compressed_) {
    // One byte more than may be, so that too much shows.
    plain_.resize(kLargestMessage + 1);
    Result<std::size_t> size = zstd_.read(message, {reinterpret_cast<std::uint8_t*>(plain_.data()), plain_.size()});
    if (!size) return propagate(size);
    if (*size > kLargestMessage) return fail(Errc::limit, "a message of the hub is too large");
    plain_.resize(*size);
  } else {
    return fail(Errc::protocol, "a message of the hub is stored in an unknown way");
  }
  frames_ = bytes_of(plain_);
  return {};
}

Result<FollowerSession::Item> FollowerSession::next() {
  for (;;) {
    Result<bool> whole = cutter_.next();
    if (!whole) return propagate(whole, file_);
    if (*whole) return Item::event;
    if (frames_.empty()) return Item::none;
    Result<Frame> frame = take_frame(frames_);
    if (!frame) return propagate(frame);
    if (const auto* const refusal = std::get_if<Refusal>(&*frame)) {
      return fail(refusal->code, "the hub: " + std::string(refusal->what), std::string(refusal->hint));
    }
    if (const auto* const welcome = std::get_if<Welcome>(&*frame); welcome != nullptr && !welcomed_) {
      if (welcome->version != kVersion) return fail(Errc::unsupported, "the hub speaks another version");
      welcomed_ = true;
      compressed_ = welcome->sends_zstd;
      heartbeat_ms_ = welcome->heartbeat_ms;
      continue;
    }
    if (!welcomed_) return fail(Errc::protocol, "the hub did not begin with WELCOME");
    if (const auto* const begin = std::get_if<FileBegin>(&*frame); begin != nullptr && !in_file_) {
      in_file_ = true;
      file_ = begin->file;
      cutter_.begin_file();
      return Item::file_begin;
    }
    if (const auto* const data = std::get_if<Data>(&*frame); data != nullptr && in_file_) {
      if (Status added = cutter_.add(data->offset, data->bytes); !added) return propagate(added, "the hub: " + file_);
      continue;
    }
    if (std::holds_alternative<FileEnd>(*frame) && in_file_) {
      if (!cutter_.between_events()) return fail(Errc::corrupt, file_ + " ends inside an event");
      in_file_ = false;
      return Item::file_end;
    }
    if (const auto* const tip = std::get_if<Tip>(&*frame)) {
      tip_ = tip->position;
      silent_ms_ = tip->silent_ms;
      return Item::tip;
    }
    return fail(Errc::protocol, "the hub sent a frame that has no place here");
  }
}

}  // namespace binferry
