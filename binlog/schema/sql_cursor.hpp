// A cursor over the tokens of one statement, for a parser by recursive descent: the first failure sticks, after which
// every token reads as the end, so that callers stay straight-line.
#pragma once

#include "binlog/base/error.hpp"
#include "binlog/schema/sql_lexer.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

class SqlCursor {
 public:
  // `sql` must outlive the cursor.
  SqlCursor(std::string_view sql, const SqlDialect& dialect);

  [[nodiscard]] const SqlDialect& dialect() const { return dialect_; }
  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
  [[nodiscard]] bool at(std::string_view word) const { return peek().is_word(word); }
  [[nodiscard]] bool at_symbol(char c) const { return peek().is_symbol(c); }
  [[nodiscard]] bool at_words(std::initializer_list<std::string_view> words) const;
  [[nodiscard]] bool at_any(std::initializer_list<std::string_view> words) const;
  // The end of the text, or a `;` that only the end follows.
  [[nodiscard]] bool at_end() const;
  [[nodiscard]] bool at_name() const;
  void advance() {
    if (!failed_ && at_ + 1 < tokens_.size()) ++at_;
  }

  bool accept(std::string_view word);
  bool accept_words(std::initializer_list<std::string_view> words);
  bool accept_any(std::initializer_list<std::string_view> words);
  bool accept_symbol(char c);
  void expect(std::string_view word);
  void expect_symbol(char c);

  std::string name(std::string_view what);    // an identifier; `what` for the message: "a column name"
  std::string string(std::string_view what);  // a string literal, in UTF-8
  std::string name_or_string(std::string_view what);
  std::uint64_t number(std::string_view what, std::uint64_t most);

  // At `(`: passes the balanced parentheses and gives the SQL between them.
  std::string parenthesized(std::string_view what);
  void skip_parentheses();
  // The SQL of the tokens from index `from` up to the current one.
  [[nodiscard]] std::size_t index() const { return at_; }
  [[nodiscard]] std::string text_since(std::size_t from) const;

  void fail_expecting(std::string_view what);
  [[nodiscard]] bool failed() const { return failed_; }
  // Requires: failed().
  [[nodiscard]] Error error() const;

 private:
  [[nodiscard]] std::string text_between(std::size_t from, std::size_t to) const;

  std::string_view sql_;
  SqlDialect dialect_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t failed_at_ = 0;
  std::string expected_;
  bool failed_ = false;
  Token end_;
};

// The value of a string token in UTF-8, by its introducer. False if its bytes are not valid there.
bool utf8_of_string(const Token& token, std::string& out);

}  // namespace binferry
