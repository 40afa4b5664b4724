#include "binlog/format/json_string.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cstring>

namespace binferry {
namespace {

// Nonzero if one of the eight bytes must be escaped: below 0x20, a quote or a backslash.
std::uint64_t must_escape(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHigh = 0x8080808080808080ULL;
  const auto equals = [](std::uint64_t w, std::uint64_t byte) {
    const std::uint64_t x = w ^ (kOnes * byte);
    return (x - kOnes) & ~x;
  };
  const std::uint64_t control = (word - kOnes * 0x20) & ~word;
  return (control | equals(word, '"') | equals(word, '\\')) & kHigh;
}

void append_escaped(char c, std::string& out) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[static_cast<unsigned char>(c) >> 4];
  out += kDigits[static_cast<unsigned char>(c) & 15];
}

}  // namespace

void append_json_quoted(std::string_view text, std::string& out) {
  out += '"';
  std::size_t plain = 0;  // start of the run that needs no escape
  std::size_t at = 0;
  while (at < text.size()) {
    if (at + 8 <= text.size()) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at, 8);
      const std::uint64_t found = must_escape(word);
      if (found == 0) {
        at += 8;
        continue;
      }
      // The lowest flag is exact; borrows can only raise false ones above it.
      at += static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c == '"' || c == '\\') {
      out.append(text, plain, at - plain);
      append_escaped(text[at], out);
      plain = at + 1;
    }
    ++at;
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

void append_base64(Bytes bytes, std::string& out) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::size_t at = out.size();
  out.resize(at + (bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = std::uint32_t{bytes[i]} << 16 | std::uint32_t{bytes[i + 1]} << 8 | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) out[at++] = kDigits[group >> shift & 63];
  }
  if (i == bytes.size()) return;
  const bool two = i + 2 == bytes.size();
  const std::uint32_t group = std::uint32_t{bytes[i]} << 16 | (two ? std::uint32_t{bytes[i + 1]} << 8 : 0U);
  out[at++] = kDigits[group >> 18 & 63];
  out[at++] = kDigits[group >> 12 & 63];
  out[at++] = two ? kDigits[group >> 6 & 63] : '=';
  out[at++] = '=';
}

void append_utc_time(std::uint64_t seconds, std::string& out) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds(seconds)};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const auto within = static_cast<unsigned>((time - day).count());
  const auto two = [&](unsigned value, char behind) {
    out += static_cast<char>('0' + value / 10);
    out += static_cast<char>('0' + value % 10);
    out += behind;
  };
  out += std::to_string(static_cast<int>(date.year()));
  out += '-';
  two(static_cast<unsigned>(date.month()), '-');
  two(static_cast<unsigned>(date.day()), 'T');
  two(within / 3600, ':');
  two(within / 60 % 60, ':');
  two(within % 60, 'Z');
}

}  // namespace binferry
