#include "binlog/schema/sql_cursor.hpp"

#include "binlog/row/charset.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace binferry {
namespace {

constexpr std::size_t kShownStatementBytes = 1000;

// A statement can be shown in an error, cut at a character's edge.
std::string shown(std::string_view sql) {
  if (sql.size() <= kShownStatementBytes) return std::string(sql);
  std::size_t cut = kShownStatementBytes;
  while (cut > 0 && (static_cast<unsigned char>(sql[cut]) & 0xC0) == 0x80) --cut;
  return std::string(sql.substr(0, cut)) + "…";
}

}  // namespace

SqlCursor::SqlCursor(std::string_view sql, const SqlDialect& dialect) : sql_(sql), dialect_(dialect) {
  SqlLexer lexer(sql, dialect);
  for (;;) {
    tokens_.push_back(lexer.next());
    const TokenKind kind = tokens_.back().kind;
    if (kind == TokenKind::end) break;
    if (kind == TokenKind::unfinished) {
      Token end;
      end.offset = end.end = sql.size();
      tokens_.push_back(end);
      break;
    }
  }
  end_ = tokens_.back();
}

const Token& SqlCursor::peek(std::size_t ahead) const {
  return failed_ || at_ + ahead >= tokens_.size() ? end_ : tokens_[at_ + ahead];
}

bool SqlCursor::at_words(std::initializer_list<std::string_view> words) const {
  std::size_t ahead = 0;
  return std::all_of(words.begin(), words.end(), [&](std::string_view word) { return peek(ahead++).is_word(word); });
}

bool SqlCursor::at_any(std::initializer_list<std::string_view> words) const {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return at(word); });
}

bool SqlCursor::at_end() const {
  std::size_t ahead = 0;
  while (peek(ahead).is_symbol(';')) ++ahead;
  return peek(ahead).kind == TokenKind::end;
}

bool SqlCursor::at_name() const {
  return peek().kind == TokenKind::word || peek().kind == TokenKind::quoted;
}

bool SqlCursor::accept(std::string_view word) {
  if (!at(word)) return false;
  advance();
  return true;
}

bool SqlCursor::accept_words(std::initializer_list<std::string_view> words) {
  if (!at_words(words)) return false;
  for (std::size_t i = 0; i < words.size(); ++i) advance();
  return true;
}

bool SqlCursor::accept_any(std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return accept(word); });
}

bool SqlCursor::accept_symbol(char c) {
  if (!at_symbol(c)) return false;
  advance();
  return true;
}

void SqlCursor::expect(std::string_view word) {
  if (!accept(word)) fail_expecting(word);
}

void SqlCursor::expect_symbol(char c) {
  if (!accept_symbol(c)) fail_expecting(fmt::format("'{}'", c));
}

std::string SqlCursor::name(std::string_view what) {
  // Neither server takes an empty name.
  if (!at_name() || peek().text.empty()) {
    fail_expecting(what);
    return {};
  }
  std::string out = peek().text;
  advance();
  return out;
}

std::string SqlCursor::string(std::string_view what) {
  std::string out;
  if (peek().kind != TokenKind::string || !utf8_of_string(peek(), out)) {
    fail_expecting(what);
    return {};
  }
  advance();
  return out;
}

std::string SqlCursor::name_or_string(std::string_view what) {
  return peek().kind == TokenKind::string ? string(what) : name(what);
}

std::uint64_t SqlCursor::number(std::string_view what, std::uint64_t most) {
  std::uint64_t value = 0;
  const std::string& text = peek().text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (peek().kind != TokenKind::number || error != std::errc() || end != text.data() + text.size() || value > most) {
    fail_expecting(what);
    return 0;
  }
  advance();
  return value;
}

std::string SqlCursor::parenthesized(std::string_view what) {
  if (!at_symbol('(')) {
    fail_expecting(what);
    return {};
  }
  const std::size_t from = at_ + 1;
  skip_parentheses();
  return failed_ ? std::string() : text_between(from, at_ - 1);
}

void SqlCursor::skip_parentheses() {
  expect_symbol('(');
  for (std::size_t depth = 1; depth > 0 && !failed_; advance()) {
    if (at_symbol('(')) {
      ++depth;
    } else if (at_symbol(')')) {
      --depth;
    } else if (peek().kind == TokenKind::end || peek().kind == TokenKind::unfinished) {
      fail_expecting("')'");
    }
  }
}

std::string SqlCursor::text_since(std::size_t from) const {
  return text_between(from, at_);
}

// Taken as it stands, unless comments are in it: half of an executable comment would be left.
std::string SqlCursor::text_between(std::size_t from, std::size_t to) const {
  if (from >= to) return {};
  const bool comments = std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(from) + 1,
                                    tokens_.begin() + static_cast<std::ptrdiff_t>(to),
                                    [](const Token& token) { return token.after_comment; });
  if (!comments) return std::string(sql_.substr(tokens_[from].offset, tokens_[to - 1].end - tokens_[from].offset));
  std::string out;
  for (std::size_t i = from; i < to; ++i) {
    if (i != from) out += ' ';
    out += sql_.substr(tokens_[i].offset, tokens_[i].end - tokens_[i].offset);
  }
  return out;
}

void SqlCursor::fail_expecting(std::string_view what) {
  if (failed_) return;
  failed_ = true;
  failed_at_ = at_;
  expected_ = what;
}

Error SqlCursor::error() const {
  const Token& token = tokens_[failed_at_];
  const std::string_view before = sql_.substr(0, token.offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  // Columns count characters, not bytes.
  const auto column = 1 + std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_start), before.end(),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  std::string found = "the end of the statement";
  if (token.kind == TokenKind::unfinished) {
    found = fmt::format("a {} without an end", token.text);
  } else if (token.kind != TokenKind::end) {
    found = fmt::format("\"{}\"", sql_.substr(token.offset, std::min<std::size_t>(token.end - token.offset, 64)));
  }
  return Error{
      Errc::ddl,
      fmt::format("line {}, column {}: expected {}, found {}, in: {}", line, column, expected_, found, shown(sql_)),
      {},
      "report this statement; or give the schema by file and start after it"};
}

bool utf8_of_string(const Token& token, std::string& out) {
  if (token.introducer.empty()) {
    out = token.text;
    return true;
  }
  const Charset* charset = charset_named(token.introducer);
  if (charset == nullptr) return false;
  out.clear();
  return append_utf8(*charset, bytes_of(token.text), out).has_value();
}

}  // namespace binferry
