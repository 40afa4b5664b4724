// Appends little- and big-endian integers and PROTOCOL 0's encodings to a byte string. The twin of ByteReader.
#pragma once

#include "binlog/base/bytes.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

class ByteWriter {
 public:
  ByteWriter& u8(std::uint8_t value) { return little(value, 1); }
  ByteWriter& u16(std::uint16_t value) { return little(value, 2); }
  ByteWriter& u24(std::uint32_t value) { return little(value, 3); }
  ByteWriter& u32(std::uint32_t value) { return little(value, 4); }
  ByteWriter& u48(std::uint64_t value) { return little(value, 6); }
  ByteWriter& u64(std::uint64_t value) { return little(value, 8); }
  ByteWriter& big(std::uint64_t value, std::size_t size) {
    for (std::size_t i = size; i-- > 0;) out_.push_back(static_cast<char>(value >> (8 * i)));
    return *this;
  }
  ByteWriter& little(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
    return *this;
  }
  ByteWriter& pint(std::uint64_t value) {
    if (value < 251) return u8(static_cast<std::uint8_t>(value));
    if (value < 0x10000) return u8(252).little(value, 2);
    if (value < 0x1000000) return u8(253).little(value, 3);
    return u8(254).little(value, 8);
  }
  // mysql::serialization variable-length integer; the twin of ByteReader::vli.
  ByteWriter& vli(std::uint64_t value) {
    std::size_t extra = 0;
    while (extra < 8 && value >> (7 * (extra + 1)) != 0) ++extra;
    if (extra == 8) return u8(0xFF).u64(value);
    const std::uint64_t low_ones = (std::uint64_t{1} << extra) - 1;
    return little(value << (extra + 1) | low_ones, extra + 1);
  }
  ByteWriter& svli(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    return vli(value < 0 ? ~bits << 1 | 1 : bits << 1);
  }
  ByteWriter& text(std::string_view value) {
    out_.append(value);
    return *this;
  }
  ByteWriter& bytes(Bytes value) { return text(text_of(value)); }
  ByteWriter& fill(std::size_t size, char value = '\0') {
    out_.append(size, value);
    return *this;
  }
  // pint length, then the text.
  ByteWriter& lenenc(std::string_view value) { return pint(value.size()).text(value); }

  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] const std::string& str() const& { return out_; }
  [[nodiscard]] std::string str() && { return std::move(out_); }
  [[nodiscard]] Bytes view() const& { return bytes_of(out_); }
  Bytes view() const&& = delete;

 private:
  std::string out_;
};

}  // namespace binferry
