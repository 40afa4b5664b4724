#include "binlog/schema/definition.hpp"

#include "binlog/schema/sql_quote.hpp"

namespace binferry {
namespace {

// Simple case folding of the letters people name columns with. Pairs of Latin Extended-A alternate, with the parity
// turning at U+0138 and U+0149.
char32_t fold(char32_t c) {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
  if (c == 0x178) return 0xFF;
  if (c == 0x130) return U'i';
  if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) return c | 1;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return (c & 1) != 0 ? c + 1 : c;
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

}  // namespace

std::string folded_name(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const bool pair =
        byte >= 0xC2 && byte <= 0xDF && i + 1 < name.size() && (static_cast<unsigned char>(name[i + 1]) & 0xC0) == 0x80;
    if (byte < 0x80) {
      append_code_point(fold(byte), out);
    } else if (pair) {
      append_code_point(fold((char32_t{byte} & 0x1F) << 6 | (static_cast<unsigned char>(name[i + 1]) & 0x3F)), out);
      ++i;
    } else {
      out += name[i];
    }
  }
  return out;
}

bool same_name(std::string_view a, std::string_view b) {
  return a == b || folded_name(a) == folded_name(b);
}

std::size_t TableDefinition::column_index(std::string_view column_name) const {
  const std::string key = folded_name(column_name);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (folded_name(columns[i].name) == key) return i;
  }
  return kNoColumn;
}

const ColumnDefinition* TableDefinition::find_column(std::string_view column_name) const {
  const std::size_t index = column_index(column_name);
  return index == kNoColumn ? nullptr : &columns[index];
}

const IndexDefinition* TableDefinition::find_index(std::string_view index_name) const {
  for (const auto& index : indexes) {
    if (same_name(index.name, index_name)) return &index;
  }
  return nullptr;
}

const IndexDefinition* TableDefinition::primary_key() const {
  for (const auto& index : indexes) {
    if (index.kind == IndexKind::primary) return &index;
  }
  return nullptr;
}

void append_quoted_name(std::string_view name, std::string& out) {
  out += '`';
  for (const char c : name) {
    out += c;
    if (c == '`') out += c;
  }
  out += '`';
}

void append_quoted_string(std::string_view text, std::string& out) {
  out += '\'';
  for (const char c : text) {
    switch (c) {
      case '\'': out += "''"; break;
      case '\\': out += "\\\\"; break;
      case '\0': out += "\\0"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\x1A': out += "\\Z"; break;
      default: out += c;
    }
  }
  out += '\'';
}

}  // namespace binferry
