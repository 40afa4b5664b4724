// What the bytes of MySQL's single-byte character sets mean, and where its double-byte sets differ from glibc's.
// Made by scripts/make_charset_tables.py from a live server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace binferry::charset_tables {

// Unicode of the bytes 0x80…0xFF; 0 where the set has no character. Below 0x80 every set is ASCII but for kLow.
struct SingleByteTable {
  std::string_view charset;
  const char16_t* high;
};
extern const SingleByteTable kSingleByte[];
extern const std::size_t kSingleByteCount;

struct LowDifference {
  std::string_view charset;
  std::uint8_t byte;
  char16_t code_point;  // 0: no character
};
extern const LowDifference kLow[];
extern const std::size_t kLowCount;

struct CodeDifference {
  std::uint32_t code;   // the character's bytes, big-endian
  char16_t code_point;  // 0: no character
};
std::span<const CodeDifference> differences_from_iconv(std::string_view charset);

}  // namespace binferry::charset_tables
