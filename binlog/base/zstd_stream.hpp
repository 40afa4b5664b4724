// zstd: streaming decompression of any number of frames, in memory bounded by the window and never by announced sizes,
// compression of a buffer, and of a stream whose pieces can be read as soon as they arrive.
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

  // Frames that ask for a larger window than 2^window_log bytes are refused.
  explicit ZstdDecompressor(int window_log = kWindowLog);
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

// A stream that is compressed piece by piece with one memory of what came before. Movable, one thread at a time.
class ZstdCompressor {
 public:
  // Levels are zstd's: 1 (fast) … 19. The window, 2^window_log bytes, is what both ends keep in memory.
  ZstdCompressor(int level, int window_log);
  ZstdCompressor(ZstdCompressor&&) noexcept;
  ZstdCompressor& operator=(ZstdCompressor&&) noexcept;
  ~ZstdCompressor();

  // Appends `in`, compressed, to `out`: what has been appended so far can then be decompressed up to its last byte.
  // Error: `internal`, if there is no memory.
  Status flush(Bytes in, std::string& out);
  // The same, and ends the frame: nothing may follow it.
  Status finish(Bytes in, std::string& out);

 private:
  struct State;
  Status run(Bytes in, std::string& out, bool ends_frame);
  std::unique_ptr<State> state_;
};

// One frame that holds `bytes`. Levels are zstd's: 1 (fast) … 19. Error: `internal`, if there is no memory.
Result<std::string> zstd_compress(Bytes bytes, int level = 3);

}  // namespace binferry
