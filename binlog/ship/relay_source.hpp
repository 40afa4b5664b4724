// RelaySource: what a relay store of the same process has published, as an event source.
//
// One thread reads; notify() and finish() may come from any. The store must outlive it.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/ship/relay_store.hpp"
#include "binlog/source/event_source.hpp"
#include "binlog/source/file_source.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace binferry {

class RelaySource final : public EventSource {
 public:
  // Begins at `start`, or with the first file behind it; an empty file name is the oldest file.
  RelaySource(const RelayStore& store, BinlogPosition start, const Limits& limits = {});

  // Errors: as FileSource; `purged` if a file goes that was not read yet.
  Result<SourceState> next(RawEvent& event) override;
  // Until notify(), finish(), or the time is over.
  Status wait(int timeout_ms) override;
  [[nodiscard]] const FormatDescription& format() const override;
  [[nodiscard]] const std::string& file() const override { return name_; }
  [[nodiscard]] const std::string& path() const override { return store_.folder(); }
  [[nodiscard]] std::uint64_t header_bytes() const override { return file_ ? file_->header_bytes() : 0; }
  [[nodiscard]] std::uint64_t skipped_bytes() const override { return file_ ? file_->skipped_bytes() : 0; }
  [[nodiscard]] std::uint64_t file_bytes() const override { return file_ ? file_->file_bytes() : 0; }

  // Behind the last event given; an empty file name: none was.
  [[nodiscard]] BinlogPosition position() const { return file_ ? BinlogPosition{name_, file_->offset()} : position_; }

  // More is published.
  void notify();
  // Nothing more will be: `end` once everything is given.
  void finish();

 private:
  Result<bool> open_file();
  Result<SourceState> at_end_of_published();
  [[nodiscard]] bool is_finished() const;

  const RelayStore& store_;
  Limits limits_;
  BinlogPosition start_;  // where the next file begins
  std::string name_;
  std::unique_ptr<FileSource> file_;
  BinlogPosition position_;
  std::uint64_t seen_end_ = 0;  // of the file, as it was when it was read last
  std::string next_name_;       // known once the file has ended
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool news_ = false;
  bool finished_ = false;
};

}  // namespace binferry
