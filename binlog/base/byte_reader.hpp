// A bounded cursor over bytes: the only way a decoder reads.
//
// The failure is sticky: after the first read beyond the end (or a malformed integer) every read gives zero or an
// empty view, so decoders are straight-line code that asks `failed()` or calls `finish()` once at the end.
// Views returned live as long as the bytes given to the constructor.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace binferry {

static_assert(std::endian::native == std::endian::little, "the fast paths load little-endian integers as they are");

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool empty() const { return at_ == end_; }
  [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  [[nodiscard]] Bytes rest() const { return {at_, remaining()}; }

  // Inlined always: compilers find a decoder's many calls too large together, and a call costs more than the load.
  [[gnu::always_inline]] std::uint8_t u8() { return static_cast<std::uint8_t>(little<1>()); }
  [[gnu::always_inline]] std::uint16_t u16() { return static_cast<std::uint16_t>(little<2>()); }
  [[gnu::always_inline]] std::uint32_t u24() { return static_cast<std::uint32_t>(little<3>()); }
  [[gnu::always_inline]] std::uint32_t u32() { return static_cast<std::uint32_t>(little<4>()); }
  [[gnu::always_inline]] std::uint64_t u40() { return little<5>(); }
  [[gnu::always_inline]] std::uint64_t u48() { return little<6>(); }
  [[gnu::always_inline]] std::uint64_t u56() { return little<7>(); }
  [[gnu::always_inline]] std::uint64_t u64() { return little<8>(); }
  std::uint16_t u16_be() { return static_cast<std::uint16_t>(big(2)); }
  std::uint32_t u24_be() { return static_cast<std::uint32_t>(big(3)); }
  std::uint32_t u32_be() { return static_cast<std::uint32_t>(big(4)); }
  // Unsigned integers of `size` bytes, 0…8.
  std::uint64_t little_endian(std::size_t size) {
    std::uint64_t value = 0;
    if (const std::uint8_t* p = take(size)) {
      for (std::size_t i = size; i-- > 0;) value = value << 8 | p[i];
    }
    return value;
  }
  std::uint64_t big(std::size_t size) {
    std::uint64_t value = 0;
    if (const std::uint8_t* p = take(size)) {
      for (std::size_t i = 0; i < size; ++i) value = value << 8 | p[i];
    }
    return value;
  }

  // Length-encoded integer (PROTOCOL 0, `pint`). 251 and 255 are not integers: failure.
  std::uint64_t pint() {
    const std::uint8_t first = u8();
    if (first < 251) [[likely]]
      return first;
    switch (first) {
      case 252: return u16();
      case 253: return u24();
      case 254: return u64();
      default: return fail_value();
    }
  }
  // Variable-length integer of mysql::serialization (PROTOCOL 0, `vli` and `svli`).
  std::uint64_t vli();
  std::int64_t svli();

  // A count of items of at least `smallest` bytes each, proved to fit what remains; else failure and 0.
  std::size_t count(std::uint64_t announced, std::size_t smallest) {
    if (smallest != 0 && announced > remaining() / smallest) return fail_value();
    return static_cast<std::size_t>(announced);
  }

  Bytes bytes(std::uint64_t size) {
    const std::uint8_t* p = take(size);
    return p != nullptr ? Bytes{p, static_cast<std::size_t>(size)} : Bytes{};
  }
  std::string_view text(std::uint64_t size) { return text_of(bytes(size)); }
  void skip(std::uint64_t size) { take(size); }
  // Text up to a NUL, which is consumed; failure without one.
  std::string_view text_until_nul();

  // For decoders that find the content itself malformed.
  [[gnu::cold]] std::uint8_t fail_value() {
    failed_ = true;
    at_ = end_;
    return 0;
  }

  // Truncated if a read failed, corrupt if bytes are left over; `what` names the item in the error.
  [[nodiscard]] Status finish(std::string_view what) const;
  // As finish(), but bytes may be left over (formats that grow at the end).
  [[nodiscard]] Status finish_open(std::string_view what) const;

 private:
  [[gnu::always_inline]] const std::uint8_t* take(std::uint64_t size) {
    if (size > remaining()) [[unlikely]] {
      fail_value();
      return nullptr;
    }
    const std::uint8_t* p = at_;
    at_ += size;
    return p;
  }
  template <std::size_t N>
  [[gnu::always_inline]] std::uint64_t little() {
    std::uint64_t value = 0;
    if (const std::uint8_t* p = take(N)) std::memcpy(&value, p, N);
    return value;
  }

  const std::uint8_t* begin_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool failed_ = false;
};

}  // namespace binferry
