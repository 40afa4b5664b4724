#include "binlog/base/zstd_stream.hpp"

#include <zstd.h>
#include <zstd_errors.h>

namespace binferry {

struct ZstdDecompressor::State {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  explicit State(int window_log) {
    if (context != nullptr) ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, window_log);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ZSTD_freeDCtx(context); }
};

ZstdDecompressor::ZstdDecompressor(int window_log) : state_(std::make_unique<State>(window_log)) {}
ZstdDecompressor::ZstdDecompressor(ZstdDecompressor&&) noexcept = default;
ZstdDecompressor& ZstdDecompressor::operator=(ZstdDecompressor&&) noexcept = default;
ZstdDecompressor::~ZstdDecompressor() = default;

Result<std::size_t> ZstdDecompressor::read(Bytes& in, std::span<std::uint8_t> out) {
  if (state_->context == nullptr) return fail(Errc::internal, "no memory for a zstd decompressor");
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  while (output.pos < output.size) {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    const std::size_t before = output.pos;
    const std::size_t hint = ZSTD_decompressStream(state_->context, &output, &input);
    if (ZSTD_isError(hint) != 0) {
      const bool too_large = ZSTD_getErrorCode(hint) == ZSTD_error_frameParameter_windowTooLarge;
      return fail(too_large ? Errc::limit : Errc::corrupt, std::string("zstd: ") + ZSTD_getErrorName(hint));
    }
    in = in.subspan(input.pos);
    const bool moved = input.pos != 0 || output.pos != before;
    // Between frames zstd asks for a header; that does not begin a frame as long as nothing moves.
    if (hint == 0 || moved) at_frame_end_ = hint == 0;
    if (!moved) break;
  }
  return output.pos;
}

void ZstdDecompressor::reset() {
  if (state_->context != nullptr) ZSTD_DCtx_reset(state_->context, ZSTD_reset_session_only);
  at_frame_end_ = true;
}

struct ZstdCompressor::State {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  State(int level, int window_log) {
    if (context == nullptr) return;
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ZSTD_freeCCtx(context); }
};

ZstdCompressor::ZstdCompressor(int level, int window_log) : state_(std::make_unique<State>(level, window_log)) {}
ZstdCompressor::ZstdCompressor(ZstdCompressor&&) noexcept = default;
ZstdCompressor& ZstdCompressor::operator=(ZstdCompressor&&) noexcept = default;
ZstdCompressor::~ZstdCompressor() = default;

Status ZstdCompressor::flush(Bytes in, std::string& out) {
  return run(in, out, false);
}

Status ZstdCompressor::finish(Bytes in, std::string& out) {
  return run(in, out, true);
}

Status ZstdCompressor::run(Bytes in, std::string& out, bool ends_frame) {
  if (state_->context == nullptr) return fail(Errc::internal, "no memory for a zstd compressor");
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  for (;;) {
    const std::size_t used = out.size();
    out.resize(used + ZSTD_CStreamOutSize());
    ZSTD_outBuffer output{out.data() + used, out.size() - used, 0};
    const std::size_t left =
        ZSTD_compressStream2(state_->context, &output, &input, ends_frame ? ZSTD_e_end : ZSTD_e_flush);
    out.resize(used + output.pos);
    if (ZSTD_isError(left) != 0) return fail(Errc::internal, std::string("zstd: ") + ZSTD_getErrorName(left));
    if (left == 0 && input.pos == input.size) return {};
  }
}

Result<std::string> zstd_compress(Bytes bytes, int level) {
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0) return fail(Errc::internal, std::string("zstd: ") + ZSTD_getErrorName(size));
  frame.resize(size);
  return frame;
}

}  // namespace binferry
