#include "binlog/ship/hub_source.hpp"

#include <algorithm>

namespace binferry {

Result<std::unique_ptr<HubSource>> HubSource::open(const HubAddress& address, const HubSourceOptions& options) {
  ship::Hello hello;
  hello.counts = options.counts;
  hello.name = options.name;
  hello.position = options.position;
  hello.schemas = options.schemas;
  hello.tables = options.tables;
  std::unique_ptr<HubSource> source(new HubSource(address.text(), options, std::move(hello)));
  Result<std::unique_ptr<HubConnection>> connection = HubConnection::open(address, options.timeout_ms);
  if (!connection) return propagate(connection);
  source->connection_ = std::move(*connection);
  if (Status sent = source->connection_->send(source->session_.hello(), options.timeout_ms); !sent) {
    return propagate(sent, source->path_);
  }
  return source;
}

Result<SourceState> HubSource::next(RawEvent& event) {
  for (;;) {
    Result<FollowerSession::Item> item = session_.next();
    if (!item) return propagate(item, path_);
    switch (*item) {
      case FollowerSession::Item::event:
        event.is_mapped = session_.is_mapped();
        if (Status framed = framer_.frame(session_.event(), session_.offset(), file_, event); !framed) {
          return propagate(framed, path_);
        }
        return SourceState::event;
      case FollowerSession::Item::file_begin: file_ = session_.file(); return SourceState::file_begin;
      case FollowerSession::Item::file_end: return SourceState::file_end;
      case FollowerSession::Item::tip: {
        tip_ = HubTip{session_.tip(), options_.now_us ? options_.now_us() : 0};
        if (session_.silent_ms() != ship::kUnknownSilence) tip_->silent_ms = session_.silent_ms();
        continue;
      }
      case FollowerSession::Item::none: break;
    }
    Result<bool> ready = connection_->poll();
    if (!ready) return propagate(ready, path_);
    if (!*ready) return SourceState::wait;
    silent_ms_ = 0;
    if (Status taken = session_.on_message(connection_->message()); !taken) return propagate(taken, path_);
  }
}

Status HubSource::wait(int timeout_ms) {
  constexpr int kHeartbeats = 3;
  Result<bool> ready = connection_->wait(timeout_ms);
  if (!ready) return propagate(ready, path_);
  if (*ready) return {};
  silent_ms_ += timeout_ms;
  const int most_ms = std::max(kHeartbeats * static_cast<int>(session_.heartbeat_ms()), options_.timeout_ms);
  if (silent_ms_ < most_ms) return {};
  return std::unexpected(Error{Errc::timeout, "the hub has been silent for " + std::to_string(silent_ms_) + " ms",
                               path_, "check the hub and the network"});
}

Status HubSource::acknowledge(ship::AckLevel level, const BinlogPosition& position) {
  constexpr std::uint64_t kBehindMagic = 4;
  BinlogPosition& acknowledged = acknowledged_[static_cast<std::size_t>(level) - 1];
  if (position.offset <= kBehindMagic || position <= acknowledged) return {};
  acknowledged = position;
  Status sent = connection_->send(FollowerSession::ack(level, position), options_.timeout_ms);
  if (!sent) return propagate(sent, path_);
  return {};
}

const FormatDescription& HubSource::format() const {
  static const FormatDescription kNone;
  const FormatDescription* const format = framer_.format();
  return format != nullptr ? *format : kNone;
}

}  // namespace binferry
