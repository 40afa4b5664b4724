#include "binlog/base/inflate.hpp"

#include "binlog/base/byte_reader.hpp"

#include <memory>
#include <libdeflate.h>

namespace binferry {
namespace {

struct Release {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

// One a thread: it is 10 KiB of tables and holds no state between calls.
libdeflate_decompressor* decompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, Release> mine(libdeflate_alloc_decompressor());
  return mine.get();
}

constexpr std::uint64_t kLargestRatio = 1032;  // 258 bytes from two bits

}  // namespace

Status inflate(DeflateForm form, Bytes data, std::uint64_t size, std::uint64_t limit_bytes, std::string& out) {
  if (size > limit_bytes) {
    return fail(Errc::limit, "compressed data of " + std::to_string(size) + " bytes is above the cap of " +
                                 std::to_string(limit_bytes));
  }
  if (size / kLargestRatio > data.size()) {
    return fail(Errc::corrupt, std::to_string(data.size()) + " bytes cannot inflate to " + std::to_string(size));
  }
  libdeflate_decompressor* d = decompressor();
  if (d == nullptr) return fail(Errc::internal, "no memory for a decompressor");
  out.resize(size);
  std::size_t used = 0;
  std::size_t made = 0;
  const auto run = form == DeflateForm::zlib ? libdeflate_zlib_decompress_ex : libdeflate_deflate_decompress_ex;
  const libdeflate_result result = run(d, data.data(), data.size(), out.data(), out.size(), &used, &made);
  if (result == LIBDEFLATE_SUCCESS && made == size && used == data.size()) return {};
  out.clear();
  return fail(Errc::corrupt,
              "compressed data is damaged or does not have the announced " + std::to_string(size) + " bytes");
}

Status inflate_block(Bytes block, std::uint64_t limit_bytes, std::string& out) {
  ByteReader in(block);
  const std::uint8_t head = in.u8();
  const std::size_t width = head & 7;
  if (!in.failed() && ((head & 0x80) == 0 || (head & 0x70) != 0 || width < 1 || width > 4)) {
    return fail(Errc::unsupported, "compressed block with head byte " + std::to_string(head));
  }
  const std::uint64_t size = in.big(width);
  if (in.failed()) return fail(Errc::truncated, "compressed block ends inside its head");
  return inflate(DeflateForm::zlib, in.rest(), size, limit_bytes, out);
}

}  // namespace binferry
