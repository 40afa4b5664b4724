#include "binlog/row/json_path.hpp"

#include "binlog/row/charset.hpp"

#include <charconv>
#include <optional>

namespace binferry {
namespace {

std::unexpected<Error> malformed(std::string_view path) {
  return fail(Errc::corrupt, "malformed JSON path '" + std::string(path) + "'");
}

// Four hexadecimal digits, taken off `text`.
std::optional<char32_t> take_hex(std::string_view& text) {
  std::uint32_t value = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
  if (error != std::errc() || end != text.data() + 4) return std::nullopt;
  text.remove_prefix(4);
  return value;
}

// What follows `\u`: one code point, perhaps as a pair of surrogates.
bool take_unicode(std::string_view& text, std::string& key) {
  const std::optional<char32_t> first = take_hex(text);
  if (!first || (*first >= 0xDC00 && *first <= 0xDFFF)) return false;
  if (*first < 0xD800 || *first > 0xDBFF) {
    append_code_point(*first, key);
    return true;
  }
  if (!text.starts_with("\\u")) return false;
  text.remove_prefix(2);
  const std::optional<char32_t> second = take_hex(text);
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return false;
  append_code_point(0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00), key);
  return true;
}

// A key in double quotes, the first of which is taken off already.
bool take_quoted(std::string_view& text, std::string& key) {
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return true;
    if (c != '\\') {
      key += c;
      continue;
    }
    if (text.empty()) return false;
    const char escaped = text.front();
    text.remove_prefix(1);
    switch (escaped) {
      case '"':
      case '\\':
      case '/': key += escaped; break;
      case 'b': key += '\b'; break;
      case 'f': key += '\f'; break;
      case 'n': key += '\n'; break;
      case 'r': key += '\r'; break;
      case 't': key += '\t'; break;
      case 'u':
        if (!take_unicode(text, key)) return false;
        break;
      default: return false;
    }
  }
  return false;
}

bool take_leg(std::string_view& text, JsonPathLeg& leg) {
  if (text.starts_with('[')) {
    leg.is_index = true;
    const char* begin = text.data() + 1;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(begin, end, leg.index);
    if (error != std::errc() || at == end || *at != ']') return false;
    text.remove_prefix(static_cast<std::size_t>(at + 1 - text.data()));
    return true;
  }
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    return take_quoted(text, leg.key);
  }
  leg.key = text.substr(0, text.find_first_of(".["));
  text.remove_prefix(leg.key.size());
  return !leg.key.empty() && leg.key != "*";
}

}  // namespace

Result<std::vector<JsonPathLeg>> parse_json_path(std::string_view path) {
  std::vector<JsonPathLeg> legs;
  if (!path.starts_with('$')) return malformed(path);
  std::string_view rest = path.substr(1);
  while (!rest.empty()) {
    JsonPathLeg leg;
    if (!take_leg(rest, leg)) return malformed(path);
    legs.push_back(std::move(leg));
  }
  return legs;
}

}  // namespace binferry
