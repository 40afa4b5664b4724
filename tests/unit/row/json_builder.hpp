// Binary JSON for tests, built by hand from PROTOCOL 5.1. A value is its type byte and what follows it.
#pragma once

#include "binlog/base/byte_writer.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace binferry::test {

inline std::string json_literal(int value) {
  return {'\x04', static_cast<char>(value)};
}

inline std::string json_number(std::uint8_t type, std::uint64_t bits, std::size_t size) {
  return ByteWriter().u8(type).little(bits, size).str();
}
inline std::string json_int(std::int16_t value) {
  return json_number(5, static_cast<std::uint64_t>(value), 2);
}

inline std::string json_length(std::size_t size) {
  ByteWriter out;
  for (; size >= 0x80; size >>= 7) out.u8(static_cast<std::uint8_t>(size | 0x80));
  return out.u8(static_cast<std::uint8_t>(size)).str();
}
inline std::string json_text(std::string_view text) {
  return "\x0C" + json_length(text.size()) + std::string(text);
}

inline std::string json_opaque(std::uint8_t type, std::string_view payload) {
  return ByteWriter().u8(0x0F).u8(type).text(json_length(payload.size())).text(payload).str();
}

using JsonItems = std::vector<std::pair<std::string, std::string>>;  // key (objects), value

// An object or array with its items as they are given, in order; `hole` bytes are left between the values, as an
// update in place leaves them.
inline std::string json_container(bool is_object, bool is_large, const JsonItems& items, std::size_t hole = 0) {
  const std::size_t width = is_large ? 4 : 2;
  const std::size_t entries = items.size() * ((is_object ? width + 2 : 0) + 1 + width);
  std::string keys;
  std::string values;
  ByteWriter key_entries;
  ByteWriter value_entries;
  const std::size_t start = 2 * width + entries;
  for (const auto& [key, value] : items) {
    if (!is_object) break;
    key_entries.little(start + keys.size(), width).u16(static_cast<std::uint16_t>(key.size()));
    keys += key;
  }
  for (const auto& [key, value] : items) {
    const auto type = static_cast<std::uint8_t>(value[0]);
    const bool is_inline = (type >= 4 && type <= 6) || (is_large && (type == 7 || type == 8));
    value_entries.u8(type);
    if (is_inline) {
      std::string bits = value.substr(1);
      bits.resize(width);
      value_entries.text(bits);
    } else {
      values.append(hole, '\xEE');
      value_entries.little(start + keys.size() + values.size(), width);
      values += value.substr(1);
    }
  }
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>((is_object ? 0 : 2) + (is_large ? 1 : 0)));
  out.little(items.size(), width).little(start + keys.size() + values.size(), width);
  return out.text(key_entries.str()).text(value_entries.str()).text(keys).text(values).str();
}

inline std::string json_object(const JsonItems& items, bool is_large = false) {
  return json_container(true, is_large, items);
}
inline std::string json_array(const std::vector<std::string>& values, bool is_large = false) {
  JsonItems items;
  for (const std::string& value : values) items.emplace_back("", value);
  return json_container(false, is_large, items);
}

// A step of a diff vector (PROTOCOL 5.3).
inline std::string json_step(int op, std::string_view path, std::string_view value = {}) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(op)).lenenc(path);
  if (op != 2) out.lenenc(value);
  return out.str();
}

}  // namespace binferry::test
