#include "binlog/row/charset.hpp"

#include "binlog/row/charset_tables.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <vector>
#include <iconv.h>

namespace binferry {
namespace {

// Length of the ASCII text at the start. Eight bytes at a time: most text is ASCII.
std::size_t ascii_prefix(Bytes bytes) {
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    if (const std::uint64_t high = word & 0x8080808080808080U; high != 0) {
      return at + static_cast<std::size_t>(std::countr_zero(high)) / 8;
    }
  }
  while (at < bytes.size() && bytes[at] < 0x80) ++at;
  return at;
}

std::unexpected<Error> undecodable(const Charset& charset, Bytes bytes, std::size_t at) {
  std::string what = "byte " + std::to_string(at) + " of " + std::to_string(bytes.size());
  if (at < bytes.size()) what += " (0x" + to_hex(bytes.subspan(at, 1)) + ")";
  return fail(Errc::undecodable, what + " is not valid " + std::string(charset.name));
}

// An open conversion to UTF-8. iconv_open costs far more than a conversion, so each thread keeps those it has used.
class Conversion {
 public:
  explicit Conversion(const char* from) : handle_(iconv_open("UTF-8", from)) {}
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  ~Conversion() {
    if (is_open()) iconv_close(handle_);
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): POSIX compares so
  [[nodiscard]] bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  // Converts all of `bytes` into `target`; returns how many bytes were consumed. `written` is what it made.
  std::size_t run(Bytes bytes, std::span<char> target, std::size_t& written) {
    iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    // iconv's parameter is not const for historical reasons; it does not write to its input.
    char* from = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
    std::size_t from_left = bytes.size();
    char* to = target.data();
    std::size_t to_left = target.size();
    iconv(handle_, &from, &from_left, &to, &to_left);
    iconv(handle_, nullptr, nullptr, &to, &to_left);
    written = target.size() - to_left;
    return bytes.size() - from_left;
  }

 private:
  iconv_t handle_;
};

Conversion& conversion_of(const Charset& charset) {
  thread_local std::map<const Charset*, std::unique_ptr<Conversion>> open;
  std::unique_ptr<Conversion>& conversion = open[&charset];
  if (conversion == nullptr) conversion = std::make_unique<Conversion>(std::string(charset.iconv).c_str());
  return *conversion;
}

std::unexpected<Error> no_iconv(const Charset& charset) {
  return fail(Errc::unsupported, "this system's iconv does not know " + std::string(charset.iconv),
              "install glibc's gconv modules");
}

Status append_by_iconv(const Charset& charset, Bytes bytes, std::string& out) {
  Conversion& conversion = conversion_of(charset);
  if (!conversion.is_open()) return no_iconv(charset);
  const std::size_t before = out.size();
  // A code of one byte gives at most 2 bytes of UTF-8, of two bytes 3, of four bytes 4.
  out.resize(before + 2 * bytes.size());
  std::size_t written = 0;
  const std::size_t consumed = conversion.run(bytes, {out.data() + before, 2 * bytes.size()}, written);
  out.resize(consumed == bytes.size() ? before + written : before);
  if (consumed != bytes.size()) return undecodable(charset, bytes, consumed);
  return {};
}

// All code points of a single-byte set; 0 where there is none (but at byte 0).
using SingleByteMap = std::array<char16_t, 256>;

// Charsets are found by their default collation, which is theirs alone and below 256 in every set that has a table.
constexpr std::size_t kMapSlots = 256;

const SingleByteMap& single_byte_map(const Charset& charset) {
  using namespace charset_tables;
  static const std::vector<SingleByteMap> maps = [] {
    std::vector<SingleByteMap> made(kMapSlots);
    for (const SingleByteTable& table : std::span(kSingleByte, kSingleByteCount)) {
      SingleByteMap& map = made[charset_named(table.charset)->default_collation];
      for (std::size_t i = 0; i < 128; ++i) {
        map[i] = static_cast<char16_t>(i);
        map[i + 128] = table.high[i];
      }
    }
    for (const LowDifference& low : std::span(kLow, kLowCount)) {
      made[charset_named(low.charset)->default_collation][low.byte] = low.code_point;
    }
    return made;
  }();
  return maps[charset.default_collation % kMapSlots];
}

Status append_by_single_byte_table(const Charset& charset, Bytes bytes, std::string& out) {
  const std::size_t before = out.size();
  const SingleByteMap& map = single_byte_map(charset);
  std::size_t at = 0;
  if (charset.name != "swe7") {  // the one set that is not ASCII below 0x80
    at = ascii_prefix(bytes);
    out.append(text_of(bytes.first(at)));
  }
  for (; at < bytes.size(); ++at) {
    const char16_t code_point = map[bytes[at]];
    if (code_point == 0 && bytes[at] != 0) {
      out.resize(before);
      return undecodable(charset, bytes, at);
    }
    append_code_point(code_point, out);
  }
  return {};
}

// All code points of an East Asian set of ASCII and two bytes, and three after 0x8F in EUC-JP. Filled from iconv and
// the server's differences at first use, so that decoding is one look-up a character; 0 where there is no character.
struct DoubleByteMap {
  std::array<char16_t, 0x100> single{};
  std::vector<char16_t> pair = std::vector<char16_t>(0x10000);
  std::vector<char16_t> triple;  // by the two bytes after 0x8F

  explicit DoubleByteMap(const Charset& charset) {
    Conversion& iconv = conversion_of(charset);
    if (!iconv.is_open()) return;
    is_complete = true;
    const bool has_triples = charset.max_bytes == 3;
    const bool has_katakana = charset.name == "sjis" || charset.name == "cp932";  // half-width, one byte
    for (unsigned lead = 0x80; lead < 0x100; ++lead) {
      if (has_katakana && lead >= 0xA1 && lead <= 0xDF) {
        single[lead] = ask(iconv, {static_cast<std::uint8_t>(lead)});
        continue;
      }
      for (unsigned trail = 0x40; trail < 0x100; ++trail) {
        pair[lead << 8 | trail] = ask(iconv, {static_cast<std::uint8_t>(lead), static_cast<std::uint8_t>(trail)});
      }
    }
    if (has_triples) {
      triple.resize(0x10000);
      for (unsigned code = 0x8080; code < 0x10000; ++code) {
        triple[code] = ask(iconv, {0x8F, static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code)});
      }
    }
    for (const auto& [code, code_point] : charset_tables::differences_from_iconv(charset.name)) {
      (code > 0xFFFF ? triple : pair)[code & 0xFFFF] = code_point;
    }
  }

  bool is_complete = false;

 private:
  // The one character of the Basic Multilingual Plane that the code means, or 0.
  static char16_t ask(Conversion& iconv, std::initializer_list<std::uint8_t> code) {
    std::array<char, 16> text{};
    std::size_t size = 0;
    if (iconv.run({code.begin(), code.size()}, text, size) != code.size()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
    if (size == 1) return static_cast<char16_t>(byte(0));
    if (size == 2 && byte(0) >= 0xC0) return static_cast<char16_t>((byte(0) & 0x1F) << 6 | (byte(1) & 0x3F));
    if (size == 3 && byte(0) >= 0xE0) {
      return static_cast<char16_t>((byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F));
    }
    return 0;
  }
};

const DoubleByteMap& double_byte_map(const Charset& charset) {
  static std::array<std::once_flag, kMapSlots> once;
  static std::array<std::unique_ptr<const DoubleByteMap>, kMapSlots> maps;
  const std::size_t slot = charset.default_collation % kMapSlots;
  std::call_once(once[slot], [&] { maps[slot] = std::make_unique<const DoubleByteMap>(charset); });
  return *maps[slot];
}

Status append_by_double_byte_table(const Charset& charset, Bytes bytes, std::string& out) {
  std::size_t at = ascii_prefix(bytes);
  if (at == bytes.size()) {
    out.append(text_of(bytes));
    return {};
  }
  const DoubleByteMap& map = double_byte_map(charset);
  if (!map.is_complete) return no_iconv(charset);
  const std::size_t before = out.size();
  out.append(text_of(bytes.first(at)));
  while (at < bytes.size()) {
    const std::size_t left = bytes.size() - at;
    const std::uint8_t lead = bytes[at];
    char16_t code_point = 0;
    std::size_t size = 1;
    if (lead < 0x80) {
      out.push_back(static_cast<char>(lead));
      ++at;
      continue;
    }
    if (map.single[lead] != 0) {
      code_point = map.single[lead];
    } else if (lead == 0x8F && !map.triple.empty()) {
      size = 3;
      if (left >= 3) code_point = map.triple[static_cast<std::size_t>(bytes[at + 1]) << 8 | bytes[at + 2]];
    } else {
      size = 2;
      if (left >= 2) code_point = map.pair[static_cast<std::size_t>(lead) << 8 | bytes[at + 1]];
    }
    if (code_point == 0) {
      out.resize(before);
      return undecodable(charset, bytes, at);
    }
    append_code_point(code_point, out);
    at += size;
  }
  return {};
}

}  // namespace

void append_code_point(char32_t code_point, std::string& out) {
  const auto add = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    add(code_point);
  } else if (code_point < 0x800) {
    add(0xC0 | code_point >> 6);
    add(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    add(0xE0 | code_point >> 12);
    add(0x80 | (code_point >> 6 & 0x3F));
    add(0x80 | (code_point & 0x3F));
  } else {
    add(0xF0 | code_point >> 18);
    add(0x80 | (code_point >> 12 & 0x3F));
    add(0x80 | (code_point >> 6 & 0x3F));
    add(0x80 | (code_point & 0x3F));
  }
}

std::size_t first_bad_utf8(Bytes bytes, std::size_t max_bytes) {
  std::size_t at = 0;
  while (true) {
    at += ascii_prefix(bytes.subspan(at));
    if (at == bytes.size()) return at;
    const std::uint8_t lead = bytes[at];
    const std::size_t size = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (size == 0 || size > max_bytes || size > bytes.size() - at) return at;
    for (std::size_t i = 1; i < size; ++i) {
      if ((bytes[at + i] & 0xC0) != 0x80) return at;
    }
    const std::uint8_t second = bytes[at + 1];
    // Overlong forms of three and four bytes, surrogates, and what lies beyond U+10FFFF.
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return at;
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return at;
    at += size;
  }
}

Status append_utf8(const Charset& charset, Bytes bytes, std::string& out) {
  switch (charset.form) {
    case Charset::Form::utf8:
      if (const std::size_t bad = first_bad_utf8(bytes, charset.max_bytes); bad != bytes.size()) {
        return undecodable(charset, bytes, bad);
      }
      out.append(text_of(bytes));
      return {};
    case Charset::Form::ascii:
      if (const std::size_t good = ascii_prefix(bytes); good != bytes.size()) return undecodable(charset, bytes, good);
      out.append(text_of(bytes));
      return {};
    case Charset::Form::binary: out.append(text_of(bytes)); return {};
    case Charset::Form::single_byte_table: return append_by_single_byte_table(charset, bytes, out);
    case Charset::Form::double_byte_table: return append_by_double_byte_table(charset, bytes, out);
    case Charset::Form::iconv: return append_by_iconv(charset, bytes, out);
  }
  return fail(Errc::internal, "a character set without a form");
}

}  // namespace binferry
