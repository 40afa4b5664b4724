// EventCutter: whole events out of a log file's bytes as they come, in pieces of any size. Sans-io.
//
// Memory is the piece in hand and one event; an event beyond kMappedBytes is put together in an unlinked temporary file
// and viewed there, so that one of a gigabyte costs disk. One thread.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/source/mysql/large_packet.hpp"

#include <cstdint>
#include <string>

namespace binferry {

class EventCutter {
 public:
  static constexpr std::uint32_t kMappedBytes = 4 << 20;

  explicit EventCutter(const Limits& limits = {}) : limits_(limits) {}

  void begin_file();
  // Requires: next() has said false. `offset` of the piece in the file; between whole events there may be a hole in
  // front of it. Errors: `protocol` (bytes that are missing or come again), `no_space`, `io`.
  Status add(std::uint64_t offset, Bytes piece);
  // True: event() is the next one. Errors: `corrupt` (a length that cannot be), `no_space`, `io`.
  Result<bool> next();

  // Valid until the next call.
  [[nodiscard]] Bytes event() const { return event_; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] bool is_mapped() const { return large_.size() != 0; }
  // No event has begun and not ended.
  [[nodiscard]] bool between_events() const { return large_left_ == 0 && given_ == pieces_.size(); }
  // Behind the last byte that was added.
  [[nodiscard]] std::uint64_t end() const { return pieces_at_ + pieces_.size(); }

 private:
  Limits limits_;
  std::string pieces_;           // behind the large event, if there is one
  std::size_t given_ = 0;        // of pieces_, in front
  std::uint64_t pieces_at_ = 0;  // of pieces_[0] in the file
  mysql::LargePacket large_;
  std::uint64_t large_left_ = 0;  // of it, to come
  bool large_is_due_ = false;     // it is whole and was not given
  Bytes event_;
  std::uint64_t offset_ = 0;  // of event_
};

}  // namespace binferry
