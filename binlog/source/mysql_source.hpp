// Events of a live server: a replica's connection as an EventSource.
//
// Owns one connection; when it breaks the source is done, and whoever keeps the position makes another. One thread
// reads; acknowledge() and stop() may come from any. Offsets are 64 bits of its own counting, corrected by the events'
// positions where the source left events out (PROTOCOL 1.5). Heartbeats are given like other events.
#pragma once

#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/event/event_framer.hpp"
#include "binlog/source/event_source.hpp"
#include "binlog/source/mysql/address.hpp"
#include "binlog/source/mysql/dump_session.hpp"
#include "binlog/source/mysql/mysql_connection.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace binferry {

struct MysqlSourceOptions {
  // A heartbeat period longer than half the read deadline is shortened to that.
  mysql::DumpOptions dump{};
  Limits limits{};
  // Without a byte in this time the connection is dead.
  int read_deadline_ms = 60'000;
  std::string temporary_directory{};  // for packets beyond 16 MiB; empty: $TMPDIR, else /var/tmp
};

class MysqlSource final : public EventSource {
 public:
  // Connects, logs in and asks for the log. Errors: as Connection::open() and DumpSession. They name the server.
  static Result<std::unique_ptr<MysqlSource>> open(const mysql::Address& address, const MysqlSourceOptions& options);

  // As EventSource. file_begin and file_end stand around the events of each of the source's files. Errors: what the
  // source refuses, `connection`, `timeout`, `protocol`, and those of EventFramer. After stop() it is `end`.
  Result<SourceState> next(RawEvent& event) override;
  [[nodiscard]] const FormatDescription& format() const override;
  [[nodiscard]] const std::string& file() const override { return file_; }
  // The server's address.
  [[nodiscard]] const std::string& path() const override { return path_; }
  [[nodiscard]] std::uint64_t file_bytes() const override { return file_bytes_; }
  // Errors: `timeout` once the read deadline has passed without a byte.
  Status wait(int timeout_ms) override;

  [[nodiscard]] const mysql::SourceFacts& facts() const { return session_->facts(); }
  [[nodiscard]] const mysql::Greeting& greeting() const { return connection_->greeting(); }
  // The source waits for an ACK of the last event's end.
  [[nodiscard]] bool ack_requested() const { return ack_requested_; }

  // Any thread: the source may count on everything up to `position`, the end of an event that asked for it. In order.
  // Sent by the reading thread, which is woken.
  void acknowledge(BinlogPosition position);

  // Ends a wait, and the stream at the next call of next(). Any thread, or a signal handler.
  void stop() noexcept {
    stopped_.store(true);
    wakeup_.wake();
  }

 private:
  MysqlSource(std::string path, const MysqlSourceOptions& options) : options_(options), path_(std::move(path)) {}

  Status start(const mysql::Address& address);
  Status send_acks();
  Result<SourceState> on_event(RawEvent& event);
  Result<SourceState> deliver(RawEvent& event);
  Status place(Bytes bytes);
  void note_heartbeat(const RawEvent& event);

  MysqlSourceOptions options_;
  std::string path_;
  mysql::Wakeup wakeup_;
  std::atomic<bool> stopped_ = false;
  std::unique_ptr<mysql::Connection> connection_;
  std::unique_ptr<mysql::DumpSession> session_;
  std::unique_ptr<EventFramer> framer_;
  std::mutex acks_mutex_;
  std::vector<BinlogPosition> acks_;  // to be sent
  std::string file_;
  std::string next_file_;  // of the ROTATE that waits for delivery
  std::uint64_t next_offset_ = 0;
  std::uint64_t offset_ = 4;  // of the next event in the source's file
  std::uint64_t file_bytes_ = 0;
  int silent_ms_ = 0;  // waited since the last byte
  enum class Pending : std::uint8_t { none, end_file, begin_file, rotate_event } pending_ = Pending::none;
  bool ended_ = false;
  bool ack_requested_ = false;
};

}  // namespace binferry
