// zstd: streaming decompression of any number of frames, in memory bounded by the window and never by announced sizes,
// and compression of a buffer.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <memory>
#include <span>
#include <string>

namespace binferry {

// Owns the decompression state; movable, one thread at a time. Feed it the compressed bytes piece by piece.
class ZstdDecompressor {
 public:
  // The window a frame may ask for, as a power of two; 27 (128 MiB) is zstd's own default limit.
  static constexpr int kWindowLog = 27;

  ZstdDecompressor();
  ZstdDecompressor(ZstdDecompressor&&) noexcept;
  ZstdDecompressor& operator=(ZstdDecompressor&&) noexcept;
  ~ZstdDecompressor();

  // Decompresses from the front of `in`, which is advanced past what was consumed, into `out`; gives the number of
  // bytes written, which is less than `out` only when `in` is used up. Errors: `corrupt`, `limit` (window too large).
  Result<std::size_t> read(Bytes& in, std::span<std::uint8_t> out);

  // True between frames: all that was begun has ended.
  [[nodiscard]] bool at_frame_end() const { return at_frame_end_; }

  // Forgets everything and starts a new stream, keeping the memory.
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool at_frame_end_ = true;
};

// One frame that holds `bytes`. Levels are zstd's: 1 (fast) … 19. Error: `internal`, if there is no memory.
Result<std::string> zstd_compress(Bytes bytes, int level = 3);

}  // namespace binferry
