// A sliding buffer over an Input: events are viewed where they were read, and moved only when one straddles the end.
//
// Views live until the next call. Memory is the buffer size plus the largest event asked for; the buffer shrinks back
// after such an event. One thread.
#pragma once

#include "binlog/source/input.hpp"

namespace binferry {

class EventWindow {
 public:
  EventWindow(std::unique_ptr<Input> input, std::size_t buffer_bytes)
      : input_(std::move(input)), buffer_bytes_(buffer_bytes) {}

  // The `size` bytes at `offset`, or as many as the input has.
  Result<Bytes> at(std::uint64_t offset, std::size_t size) {
    if (offset >= begin_ && offset + size <= begin_ + used_) [[likely]] {
      return Bytes{buffer_.get() + (offset - begin_), size};
    }
    return fill(offset, size);
  }

  // Forgets what was read, so that the next call reads anew: for files that were cut or grow under us.
  void forget() { used_ = 0; }

  // Reads through `wrap(input)` from now on, as decryption does.
  template <class Wrap>
  void wrap_input(Wrap&& wrap) {
    input_ = wrap(std::move(input_));
    forget();
  }

  [[nodiscard]] Input& input() { return *input_; }
  [[nodiscard]] const Input& input() const { return *input_; }
  [[nodiscard]] std::size_t buffer_bytes() const { return buffer_bytes_; }

 private:
  Result<Bytes> fill(std::uint64_t offset, std::size_t size);

  std::unique_ptr<Input> input_;
  std::size_t buffer_bytes_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t capacity_ = 0;
  std::uint64_t begin_ = 0;  // offset in the input of the buffer's first byte
  std::size_t used_ = 0;
};

}  // namespace binferry
