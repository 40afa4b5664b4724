#include "binlog/base/byte_reader.hpp"

namespace binferry {

std::uint64_t ByteReader::vli() {
  const std::uint8_t first = u8();
  if (failed_) return 0;
  if (first == 0xFF) return u64();
  const auto extra = static_cast<std::size_t>(std::countr_one(first));
  const std::uint64_t above = little_endian(extra);
  return failed_ ? 0 : (above << 8 | first) >> (extra + 1);  // extra is at most 7: 64 bits hold it
}

std::int64_t ByteReader::svli() {
  const std::uint64_t value = vli();
  const auto magnitude = static_cast<std::int64_t>(value >> 1);
  return (value & 1) != 0 ? -magnitude - 1 : magnitude;
}

std::string_view ByteReader::text_until_nul() {
  const void* nul = empty() ? nullptr : std::memchr(at_, 0, remaining());
  if (nul == nullptr) {
    fail_value();
    return {};
  }
  const std::string_view value = text(static_cast<std::size_t>(static_cast<const std::uint8_t*>(nul) - at_));
  skip(1);
  return value;
}

Status ByteReader::finish_open(std::string_view what) const {
  if (failed_) return fail(Errc::truncated, std::string(what) + " ends too early or holds a malformed length");
  return {};
}

Status ByteReader::finish(std::string_view what) const {
  if (Status status = finish_open(what); !status) return status;
  if (!empty()) {
    return fail(Errc::corrupt, std::string(what) + " has " + std::to_string(remaining()) + " bytes left over");
  }
  return {};
}

}  // namespace binferry
