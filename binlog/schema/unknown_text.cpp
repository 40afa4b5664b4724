#include "binlog/schema/unknown_text.hpp"

#include "binlog/row/charset.hpp"

#include <algorithm>
#include <array>

namespace binferry {
namespace {

constexpr std::size_t kSupplementaryBytes = 4;  // of a character beyond U+FFFF, in UTF-8

bool reaches_beyond_utf8mb3(const Charset* charset) {
  constexpr std::array<std::string_view, 5> kNames = {"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"};
  return charset != nullptr && std::ranges::find(kNames, charset->name) != kNames.end();
}

bool has_text_default(const ColumnDefinition& column) {
  return column.default_value.kind == ColumnDefault::Kind::literal &&
         column.default_value.literal == ColumnDefault::Literal::string;
}

void mark(std::string& text) {
  for (std::size_t at = text.find('?'); at != std::string::npos; at = text.find('?', at)) {
    text.replace(at, 1, kUnknownCharacter);
  }
}

bool may_be(std::string_view marked, std::string_view label) {
  while (!marked.empty()) {
    std::size_t marked_bytes = 1;
    std::size_t label_bytes = 1;
    if (marked.starts_with(kUnknownCharacter)) {
      marked_bytes = kUnknownCharacter.size();
      const bool is_supplementary = !label.empty() && static_cast<unsigned char>(label.front()) >= 0xF0;
      if (is_supplementary) label_bytes = kSupplementaryBytes;
      if (!is_supplementary && !label.starts_with('?')) return false;
    } else if (!label.starts_with(marked.front())) {
      return false;
    }
    if (label.size() < label_bytes) return false;
    marked.remove_prefix(marked_bytes);
    label.remove_prefix(label_bytes);
  }
  return label.empty();
}

}  // namespace

void mark_unknown_text(TableDefinition& table) {
  for (ColumnDefinition& column : table.columns) {
    if (!reaches_beyond_utf8mb3(column.charset)) continue;
    std::ranges::for_each(column.labels, mark);
    if (has_unknown_labels(column.labels)) column.declared_type = canonical_type(column);
    if (has_text_default(column)) mark(column.default_value.text);
  }
}

bool has_unknown_labels(const std::vector<std::string>& labels) {
  return std::ranges::any_of(labels, is_unknown_text);
}

bool has_unknown_label(const Column& column, std::uint64_t number) {
  const std::vector<std::string>& labels = column.labels;
  if (column.type == ColumnType::enum_) return number - 1 < labels.size() && is_unknown_text(labels[number - 1]);
  for (std::size_t i = 0; i < labels.size() && i < 64; ++i) {
    if ((number >> i & 1) != 0 && is_unknown_text(labels[i])) return true;
  }
  return false;
}

bool has_unknown_default(const ColumnDefinition& column) {
  return has_text_default(column) && is_unknown_text(column.default_value.text);
}

bool may_be_labels(const std::vector<std::string>& marked, const std::vector<std::string>& labels) {
  return std::ranges::equal(marked, labels, may_be);
}

}  // namespace binferry
