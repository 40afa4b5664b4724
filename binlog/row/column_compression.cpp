#include "binlog/row/column_compression.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/base/inflate.hpp"

namespace binferry {

Result<Bytes> decompress_column(Bytes stored, std::uint64_t limit_bytes, std::string& buffer) {
  if (stored.empty()) return stored;  // the empty string has no head byte
  ByteReader in(stored);
  const unsigned head = in.u8();
  constexpr unsigned kPlain = 0;
  constexpr unsigned kZlib = 8;
  constexpr unsigned kRawDeflate = 8;  // in the low half: no zlib header
  const unsigned method = head >> 4;
  const unsigned width = head & 7;
  if (method == kPlain && (head & 0xF) == 0) return in.rest();
  if (method != kZlib || width < 1 || width > 4) {
    return fail(Errc::unsupported, "compressed value with head byte " + std::to_string(head));
  }
  const std::uint64_t size = in.big(width);
  if (in.failed()) return fail(Errc::corrupt, "compressed value ends inside its head");
  const DeflateForm form = (head & kRawDeflate) != 0 ? DeflateForm::raw : DeflateForm::zlib;
  if (Status done = inflate(form, in.rest(), size, limit_bytes, buffer); !done) return propagate(done);
  return bytes_of(buffer);
}

}  // namespace binferry
