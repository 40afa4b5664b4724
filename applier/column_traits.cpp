#include "applier/column_traits.hpp"

#include <algorithm>
#include <map>

namespace binferry {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

std::size_t character_size(std::string_view utf8) {
  std::size_t size = 1;
  while (size < utf8.size() && !starts_character(utf8[size])) ++size;
  return size;
}

// Characters of a single-byte set, as UTF-8, to their bytes.
std::map<std::string, char, std::less<>> single_bytes_of(const Charset& charset) {
  std::map<std::string, char, std::less<>> bytes;
  for (int byte = 0; byte < 256; ++byte) {
    const auto one = static_cast<std::uint8_t>(byte);
    std::string character;
    if (append_utf8(charset, Bytes(&one, 1), character)) bytes.emplace(std::move(character), static_cast<char>(byte));
  }
  return bytes;
}

// ASCII bytes mean ASCII in every set but those of two and four bytes a character.
bool extends_ascii(const Charset& charset) {
  return !charset.name.starts_with("ucs2") && !charset.name.starts_with("utf16") && !charset.name.starts_with("utf32");
}

}  // namespace

TypeFamily family_of(ColumnType type) {
  switch (type) {
    case ColumnType::tiny_int:
    case ColumnType::small_int:
    case ColumnType::medium_int:
    case ColumnType::int_:
    case ColumnType::big_int: return TypeFamily::integer;
    case ColumnType::bit: return TypeFamily::bit;
    case ColumnType::year: return TypeFamily::year;
    case ColumnType::decimal: return TypeFamily::decimal;
    case ColumnType::float_:
    case ColumnType::double_: return TypeFamily::real;
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text: return TypeFamily::text;
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::blob: return TypeFamily::bytes;
    case ColumnType::date: return TypeFamily::date;
    case ColumnType::time: return TypeFamily::time;
    case ColumnType::datetime: return TypeFamily::datetime;
    case ColumnType::timestamp: return TypeFamily::timestamp;
    case ColumnType::enum_: return TypeFamily::enum_;
    case ColumnType::set_: return TypeFamily::set_;
    case ColumnType::json:
    case ColumnType::geometry:
    case ColumnType::vector:
    case ColumnType::uuid:
    case ColumnType::inet4:
    case ColumnType::inet6:
    case ColumnType::null_: return TypeFamily::other;
  }
  return TypeFamily::other;
}

IntegerRange range_of(const ColumnDefinition& column) {
  unsigned bits = 64;
  switch (column.type) {
    case ColumnType::tiny_int: bits = 8; break;
    case ColumnType::small_int: bits = 16; break;
    case ColumnType::medium_int: bits = 24; break;
    case ColumnType::int_: bits = 32; break;
    case ColumnType::bit: bits = std::clamp(column.length, 1U, 64U); break;
    case ColumnType::year: return {0, 2155};
    default: break;
  }
  if (column.is_unsigned || column.type == ColumnType::bit) return {0, ~std::uint64_t{0} >> (64 - bits)};
  const std::uint64_t half = std::uint64_t{1} << (bits - 1);
  return {half, half - 1};
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, starts_character));
}

std::string_view first_characters(std::string_view utf8, std::size_t characters) {
  std::size_t end = 0;
  for (; characters > 0 && end < utf8.size(); --characters) end += character_size(utf8.substr(end));
  return utf8.substr(0, end);
}

std::optional<bool> can_hold(const Charset& charset, std::string_view utf8) {
  const std::string_view name = charset.name;
  if (name == "utf8mb4" || name == "gb18030" || name.starts_with("utf16") || name.starts_with("utf32")) return true;
  if (name == "utf8mb3" || name == "utf8" || name == "ucs2") {
    return std::ranges::none_of(utf8, [](char c) { return static_cast<unsigned char>(c) >= 0xF0; });
  }
  if (charset.form == Charset::Form::ascii) return is_ascii(utf8);
  if (charset.max_bytes == 1 && charset.form != Charset::Form::binary) return encoded(charset, utf8).has_value();
  if (is_ascii(utf8)) return true;
  return std::nullopt;
}

std::optional<std::string> encoded(const Charset& charset, std::string_view utf8) {
  const bool utf8_form = charset.form == Charset::Form::utf8;
  if (utf8_form && (charset.max_bytes >= 4 || first_bad_utf8(bytes_of(utf8), 3) == utf8.size()))
    return std::string(utf8);
  if (is_ascii(utf8) && (charset.max_bytes > 1 ? extends_ascii(charset) : charset.form == Charset::Form::ascii)) {
    return std::string(utf8);
  }
  if (charset.max_bytes != 1 || charset.form == Charset::Form::binary || charset.form == Charset::Form::ascii) {
    return std::nullopt;
  }
  // One set at a time is in use: the columns of a statement rarely have two.
  static thread_local const Charset* known = nullptr;
  static thread_local std::map<std::string, char, std::less<>> bytes;
  if (known != &charset) {
    bytes = single_bytes_of(charset);
    known = &charset;
  }
  std::string out;
  while (!utf8.empty()) {
    const std::string_view character = utf8.substr(0, character_size(utf8));
    const auto found = bytes.find(character);
    if (found == bytes.end()) return std::nullopt;
    out += found->second;
    utf8.remove_prefix(character.size());
  }
  return out;
}

}  // namespace binferry
