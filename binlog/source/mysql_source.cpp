#include "binlog/source/mysql_source.hpp"

#include "binlog/event/control_events.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

constexpr std::uint64_t kWrap = std::uint64_t{1} << 32;

// The smallest 64-bit offset with these low 32 bits that is not before `from`.
std::uint64_t unwrapped(std::uint64_t from, std::uint32_t low) {
  std::uint64_t offset = (from & ~(kWrap - 1)) | low;
  if (offset < from) offset += kWrap;
  return offset;
}

}  // namespace

Result<std::unique_ptr<MysqlSource>> MysqlSource::open(const mysql::Address& address,
                                                       const MysqlSourceOptions& options) {
  std::unique_ptr<MysqlSource> source(new MysqlSource(address.text(), options));
  if (Status started = source->start(address); !started) return propagate(started, source->path_);
  return source;
}

Status MysqlSource::start(const mysql::Address& address) {
  mysql::ConnectionOptions connection;
  connection.codec.packet_bytes = options_.limits.event_bytes + 16;
  connection.codec.temporary_directory = options_.temporary_directory;
  connection.read_deadline_ms = options_.read_deadline_ms;
  connection.wakeup = &wakeup_;
  Result<std::unique_ptr<mysql::Connection>> opened = mysql::Connection::open(address, connection);
  if (!opened) return propagate(opened);
  connection_ = std::move(*opened);

  mysql::DumpOptions dump = options_.dump;
  const auto longest_ms = static_cast<std::uint32_t>(std::max(options_.read_deadline_ms / 2, 1));
  dump.heartbeat_ms = dump.heartbeat_ms == 0 ? longest_ms : std::min(dump.heartbeat_ms, longest_ms);
  session_ = std::make_unique<mysql::DumpSession>(connection_->packets(), connection_->greeting(), std::move(dump));
  if (Status started = session_->start(); !started) return started;
  while (!session_->streaming()) {
    if (Status sent = connection_->flush(); !sent) return sent;
    Result<Bytes> packet = connection_->receive();
    if (!packet) return propagate(packet);
    if (Result<mysql::DumpSession::Step> step = session_->resume(*packet); !step) return propagate(step);
  }
  if (Status sent = connection_->flush(); !sent) return sent;
  framer_ = std::make_unique<EventFramer>(
      FramerOptions{.network = true, .session_checksum = session_->facts().checksum, .limits = options_.limits});
  return {};
}

void MysqlSource::acknowledge(BinlogPosition position) {
  {
    const std::lock_guard lock(acks_mutex_);
    acks_.push_back(std::move(position));
  }
  wakeup_.wake();
}

Status MysqlSource::send_acks() {
  std::vector<BinlogPosition> acks;
  {
    const std::lock_guard lock(acks_mutex_);
    acks.swap(acks_);
  }
  if (acks.empty()) return {};
  for (const BinlogPosition& position : acks) {
    if (Status queued = session_->acknowledge(position); !queued) return queued;
  }
  return connection_->flush();
}

Result<SourceState> MysqlSource::next(RawEvent& event) {
  switch (std::exchange(pending_, Pending::none)) {
    case Pending::none: break;
    case Pending::end_file: pending_ = Pending::begin_file; return SourceState::file_end;
    case Pending::begin_file:
      file_ = next_file_;
      offset_ = next_offset_;
      file_bytes_ = 0;
      pending_ = Pending::rotate_event;
      return SourceState::file_begin;
    case Pending::rotate_event: return deliver(event);
  }
  if (stopped_.load() || ended_) return SourceState::end;
  if (Status sent = send_acks(); !sent) return propagate(sent, path_);
  Result<bool> ready = connection_->poll();
  if (!ready) return propagate(ready, path_);
  if (!*ready) return SourceState::wait;
  silent_ms_ = 0;
  Result<mysql::DumpSession::Step> step = session_->resume(connection_->packets().packet());
  if (!step) return propagate(step, path_);
  switch (*step) {
    case mysql::DumpSession::Step::receive: return fail(Errc::internal, "a stream without an event");
    case mysql::DumpSession::Step::end: ended_ = true; return file_.empty() ? SourceState::end : SourceState::file_end;
    case mysql::DumpSession::Step::event: break;
  }
  return on_event(event);
}

// An artificial ROTATE begins every file of a stream, and only that tells its name.
Result<SourceState> MysqlSource::on_event(RawEvent& event) {
  const Bytes bytes = session_->event().bytes;
  Result<EventHeader> header = parse_header(bytes);
  if (!header) return propagate(header, path_);
  if (header->type == EventType::rotate && (header->flags & EventHeader::kArtificial) != 0) {
    // Framed for its checksum; the file that it ends is still the current one.
    Result<RawEvent> framed = framer_->frame(bytes, offset_, file_);
    if (!framed) return propagate(framed);
    const Result<Rotate> rotate = decode_rotate(framed->body);
    if (!rotate) return std::unexpected(Error(rotate.error()).at(path_));
    next_file_ = rotate->file;
    next_offset_ = rotate->position;
    if (next_file_ != file_) {
      pending_ = file_.empty() ? Pending::begin_file : Pending::end_file;
      return next(event);
    }
    offset_ = next_offset_;
  } else if (Status placed = place(bytes); !placed) {
    return propagate(placed);
  }
  return deliver(event);
}

// Where the event stands in the source's file, which may be behind a hole: groups that the source did not send.
Status MysqlSource::place(Bytes bytes) {
  const EventHeader header = read_header(bytes);
  // START_ENCRYPTION is sent at the head of any stream, wherever that begins.
  const bool in_file = header.log_pos != 0 && (header.flags & EventHeader::kArtificial) == 0 &&
                       duty_of(header.type) != EventDuty::network && header.type != EventType::start_encryption;
  if (!in_file) return {};
  const std::uint64_t end = unwrapped(offset_ + bytes.size(), header.log_pos);
  const std::uint64_t start = end - bytes.size();
  // A position that goes back looks like a hole of nearly 4 GiB, and only a start by GTID leaves holes.
  if (!options_.dump.gtids && start - offset_ > kWrap / 2) {
    return std::unexpected(
        Error{Errc::protocol,
              "the event's end position " + std::to_string(header.log_pos) + " is before its place in the stream",
              file_ + ":" + std::to_string(offset_), "report it"});
  }
  offset_ = start;
  return {};
}

Result<SourceState> MysqlSource::deliver(RawEvent& event) {
  event.is_mapped = connection_->packets().packet_is_mapped();
  if (Status framed = framer_->frame(session_->event().bytes, offset_, file_, event); !framed) return propagate(framed);
  offset_ = event.end;
  file_bytes_ += event.bytes.size();
  ack_requested_ = session_->event().ack_requested;
  note_heartbeat(event);
  return SourceState::event;
}

// Heartbeats carry the position behind groups that were left out, the only sign of holes beyond 4 GiB.
void MysqlSource::note_heartbeat(const RawEvent& event) {
  const bool is_v2 = event.header.type == EventType::heartbeat_v2;
  if (!is_v2 && event.header.type != EventType::heartbeat) return;
  const Result<Heartbeat> heartbeat =
      is_v2 ? decode_heartbeat_v2(event.body) : decode_heartbeat(event.body, event.header.log_pos);
  if (!heartbeat || heartbeat->file != file_) return;
  if (is_v2 || heartbeat->position >= kWrap) offset_ = std::max(offset_, heartbeat->position);
}

Status MysqlSource::wait(int timeout_ms) {
  Result<mysql::Connection::Wake> woken = connection_->wait(timeout_ms);
  if (!woken) return propagate(woken, path_);
  if (*woken == mysql::Connection::Wake::timeout) silent_ms_ += timeout_ms;
  if (silent_ms_ < options_.read_deadline_ms) return {};
  return std::unexpected(Error{Errc::timeout, "not a byte in " + std::to_string(silent_ms_) + " ms, nor a heartbeat",
                               path_, "check the network"});
}

const FormatDescription& MysqlSource::format() const {
  static const FormatDescription kNone;
  const FormatDescription* const format = framer_->format();
  return format != nullptr ? *format : kNone;
}

}  // namespace binferry
