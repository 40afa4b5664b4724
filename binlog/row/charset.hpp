// MySQL and MariaDB character sets and collations, and transcoding to UTF-8 (glibc iconv, behind charset.cpp).
//
// Charset objects are static and immutable; pointers to them never dangle and may be compared. Every function may be
// called from any thread. What a byte means is what the servers' own CONVERT(… USING utf8mb4) says; where glibc and
// the servers disagree, charset_tables.cpp has the servers' answer.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

struct Charset {
  std::string_view name;   // MySQL's name: `latin1`, `utf8mb4`, `binary`
  std::string_view iconv;  // glibc's name; empty when the bytes are UTF-8 already or need a table of ours
  std::uint8_t max_bytes;  // bytes of the longest character
  enum class Form : std::uint8_t { utf8, ascii, binary, single_byte_table, double_byte_table, iconv } form;
  std::uint16_t default_collation;  // of utf8mb4 that before MySQL 8.0 and of MariaDB: 45
};

// Null if the id or name is unknown. Names are compared without case; `utf8` is `utf8mb3`.
const Charset* charset_of_collation(std::uint16_t collation);
const Charset* charset_named(std::string_view name);
const Charset* charset_of_collation_named(std::string_view collation_name);
// 0 if unknown.
std::uint16_t collation_id(std::string_view collation_name);
// Empty if unknown. Where MySQL and MariaDB have one id under two names, MySQL's.
std::string_view collation_name(std::uint16_t collation);
inline constexpr std::uint16_t kBinaryCollation = 63;

// Appends `bytes` as UTF-8; those of `binary` as they are. Errc::undecodable names the offset of the first bad byte;
// `out` is then as before.
Status append_utf8(const Charset& charset, Bytes bytes, std::string& out);

// Offset of the first byte that does not belong to well-formed UTF-8 of at most `max_bytes` a character (3 or 4), or
// bytes.size(). Overlong forms and surrogates are not well-formed.
std::size_t first_bad_utf8(Bytes bytes, std::size_t max_bytes = 4);

// Appends one code point, which the caller knows to be a Unicode scalar value.
void append_code_point(char32_t code_point, std::string& out);

}  // namespace binferry
