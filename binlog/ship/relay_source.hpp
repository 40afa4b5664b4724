// RelaySource: what a relay store of the same process has published, as an event source.
//
// One thread reads, which need not be the store's; finish() may come from any. The store must outlive it.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/ship/relay_store.hpp"
#include "binlog/source/event_source.hpp"
#include "binlog/source/file_source.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace binferry {

// What a store need hold for a reader to begin.
enum class RelayStart : std::uint8_t {
  that_file,   // the file asked for, or else there is a gap
  next_there,  // that or the first file behind it: the store was begun where the reader stands, whatever the names are
};

class RelaySource final : public EventSource {
 public:
  // An empty file name is the oldest file there is, however long it takes to come; so is a place that is yet to come.
  RelaySource(const RelayStore& store, BinlogPosition start, RelayStart rule = RelayStart::next_there,
              const Limits& limits = {});

  // Errors: as FileSource; `purged` if a file goes that was not read yet, or went before; `diverged` if the file has
  // ended in front of `start`.
  Result<SourceState> next(RawEvent& event) override;
  // Until more is published, or the time is over.
  Status wait(int timeout_ms) override;
  [[nodiscard]] const FormatDescription& format() const override;
  [[nodiscard]] const std::string& file() const override { return name_; }
  [[nodiscard]] const std::string& path() const override { return store_.folder(); }
  [[nodiscard]] std::uint64_t header_bytes() const override { return file_ ? file_->header_bytes() : 0; }
  [[nodiscard]] std::uint64_t skipped_bytes() const override { return file_ ? file_->skipped_bytes() : 0; }
  [[nodiscard]] std::uint64_t file_bytes() const override { return file_ ? file_->file_bytes() : 0; }

  // Behind the last event given; an empty file name: none was.
  [[nodiscard]] BinlogPosition position() const { return file_ ? BinlogPosition{name_, file_->offset()} : position_; }

  // Nothing more will be: `end` once everything is given.
  void finish();

 private:
  Result<bool> open_file();
  Result<SourceState> at_end_of_published();

  const RelayStore& store_;
  Limits limits_;
  RelayStart rule_;
  BinlogPosition start_;  // where the next file begins
  std::string name_;
  std::unique_ptr<FileSource> file_;
  BinlogPosition position_;
  std::uint64_t seen_end_ = 0;  // of the file, as it was when it was read last
  std::string next_name_;       // known once the file has ended
  std::uint64_t news_ = 0;
  std::atomic<bool> finished_ = false;
};

}  // namespace binferry
