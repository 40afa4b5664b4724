#include "binlog/row/json_path.hpp"

#include "binlog/row/charset.hpp"

#include <algorithm>
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

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

bool take(std::string_view& text, char c) {
  skip_blanks(text);
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// The text of one value, up to the comma or bracket behind it. Counts brackets, so that depth costs no stack.
std::string_view take_value(std::string_view& text) {
  skip_blanks(text);
  std::size_t depth = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
      }
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (depth == 0 && (c == ',' || c == ']' || c == '}')) {
      break;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  const std::string_view value = text.substr(0, at);
  text.remove_prefix(value.size());
  return value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
}

}  // namespace

bool split_json_text(std::string_view container, std::vector<JsonTextItem>& items) {
  items.clear();
  const bool is_object = take(container, '{');
  if (!is_object && !take(container, '[')) return false;
  const char end = is_object ? '}' : ']';
  while (!take(container, end)) {
    JsonTextItem item;
    if (!items.empty() && !take(container, ',')) return false;
    if (is_object && !(take(container, '"') && take_quoted(container, item.key) && take(container, ':'))) return false;
    item.value = take_value(container);
    if (item.value.empty()) return false;
    items.push_back(std::move(item));
  }
  skip_blanks(container);
  return container.empty();
}

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
