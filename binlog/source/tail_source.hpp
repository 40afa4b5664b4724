// Events of logs that grow: the newest file of a server as it is written, and every file after it.
//
// Owns the files; one thread reads, any thread or signal handler may stop(). At the end of what there is next() says
// `wait`; an incomplete event is never given. Rotation is followed by the ROTATE event, else (a server that stopped or
// crashed) by the next number or the index. A file cut back by crash recovery ends where it was cut: whoever keeps an
// open group gives it up at `file_end`.
#pragma once

#include "binlog/source/file_source.hpp"
#include "binlog/source/log_directory.hpp"
#include "binlog/source/log_watch.hpp"
#include "binlog/source/rotation.hpp"

#include <memory>
#include <string>

namespace binferry {

enum class TailStart : std::uint8_t { at_end, from_start, at_position };

struct TailOptions {
  FileSourceOptions file{};  // limits, keys and buffers; start, tail and follow are set here
  TailStart start = TailStart::at_end;
  std::string start_file{};  // at_position: base name; empty: the first file
  std::uint64_t start_offset = kFirstEventOffset;
  bool stop_at_end = false;  // give what is there, then end
  bool poll_only = false;    // do not use inotify
};

class TailSource final : public EventSource {
 public:
  // `path`: a log file, a folder (which may be empty yet), or an index file. Errors: as list_logs(), and `not_found` or
  // `purged` where start_file is not there.
  static Result<std::unique_ptr<TailSource>> open(const std::string& path, const TailOptions& options = {});

  // Errors besides those of FileSource: `purged` (the next file is gone already), `diverged` (the log was reset).
  Result<SourceState> next(RawEvent& event) override;
  Status wait(int timeout_ms) override;
  [[nodiscard]] const FormatDescription& format() const override;
  [[nodiscard]] const std::string& file() const override;
  [[nodiscard]] const std::string& path() const override;
  [[nodiscard]] std::uint64_t torn_tail_bytes() const override { return file_ ? file_->torn_tail_bytes() : 0; }
  [[nodiscard]] std::uint64_t header_bytes() const override { return file_ ? file_->header_bytes() : 0; }
  [[nodiscard]] std::uint64_t skipped_bytes() const override { return file_ ? file_->skipped_bytes() : 0; }
  [[nodiscard]] std::uint64_t file_bytes() const override { return file_ ? file_->file_bytes() : 0; }

  // TailStart::at_end reads the newest file from its beginning, so that groups and tables are known. Groups of the
  // first file that end at or before this offset were there before and are not new. 0 for other starts.
  [[nodiscard]] std::uint64_t history_end() const { return history_end_; }

  // Makes wait() return and next() say `end` as soon as nothing more is there. Async-signal-safe.
  void stop() noexcept { watch_.stop(); }
  [[nodiscard]] bool stopped() const noexcept { return watch_.stopped(); }

 private:
  TailSource(std::string place, const TailOptions& options)
      : options_(options), place_(std::move(place)), watch_(options.poll_only) {}

  Status choose_first(const std::string& first_path);
  Result<bool> open_next();
  Status open_file(const std::string& path, bool is_first);
  Result<SourceState> at_end_of_data();
  Status choose_next();
  std::string find_successor();
  Status check_not_reset();

  TailOptions options_;
  std::string place_;    // folder or index that lists the logs
  std::string base_;     // `binlog`, once known
  std::string folder_;   // of the log files
  std::string pending_;  // base name of the file to open next
  std::unique_ptr<FileSource> file_;
  Rotation rotation_;
  LogWatch watch_;
  std::uint64_t history_end_ = 0;
  bool is_first_ = true;
  bool rechecked_ = false;  // read again after the successor was seen
  bool waited_ = false;
  bool ending_ = false;  // no file after this one
};

}  // namespace binferry
