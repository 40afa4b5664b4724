// Byte views and the conversions between bytes and text.
//
// `Bytes` never owns. Whoever hands one out says in its own header how long it lives.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace binferry {

using Bytes = std::span<const std::uint8_t>;

inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Upper-case hexadecimal digits, two a byte.
std::string to_hex(Bytes bytes);

}  // namespace binferry
