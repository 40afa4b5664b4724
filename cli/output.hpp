// Standard output through one buffer.
//
// Formatters append to buffer(); the command decides when a piece is complete and may go out. When the reader of a pipe
// has gone away is_closed() turns true and everything further is dropped: that is no error.
#pragma once

#include "binlog/base/result.hpp"

#include <cstddef>
#include <string>

namespace binferry::cli {

class Output {
 public:
  // `fd` stays the caller's.
  explicit Output(int fd = 1) : fd_(fd) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  [[nodiscard]] std::string& buffer() { return buffer_; }
  [[nodiscard]] bool is_closed() const { return closed_; }
  // Writes the buffer out and empties it. Errors: `io`, `no_space`.
  Status flush();
  // Only if it holds enough to be worth a system call.
  Status flush_if_large() { return buffer_.size() < kChunkBytes ? Status{} : flush(); }

  // Colour is for people: a terminal that has it, and no NO_COLOR in the environment (no-color.org).
  [[nodiscard]] bool wants_colour() const;

  static constexpr std::size_t kChunkBytes = 256 << 10;

 private:
  int fd_;
  bool closed_ = false;
  std::string buffer_;
};

}  // namespace binferry::cli
