// Cuts SQL text of MySQL and MariaDB into tokens.
//
// Executable comments (/*!80023 … */, /*M!100100 … */) are read or skipped as the server of the dialect would.
#pragma once

#include "binlog/schema/dialect.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

enum class TokenKind : std::uint8_t {
  end,
  word,        // an unquoted identifier or keyword
  quoted,      // a quoted identifier
  string,      // decoded; `introducer` names its character set if one was written
  number,      // as written
  hex,         // x'…' and 0x…: the digits
  bit,         // b'…' and 0b…: the digits
  symbol,      // one character
  unfinished,  // a string, quoted name or comment that does not end; `text` says which
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  std::string introducer;      // lower case, without the underscore; `utf8mb3` for N'…'
  std::size_t offset = 0;      // of its first byte in the text
  std::size_t end = 0;         // one past its last byte
  bool after_comment = false;  // a comment, or the edge of an executable one, stands between it and the token before

  [[nodiscard]] bool is_symbol(char c) const { return kind == TokenKind::symbol && text[0] == c; }
  // `upper` in upper case; never true for a quoted name.
  [[nodiscard]] bool is_word(std::string_view upper) const;
};

bool equals_ascii_nocase(std::string_view a, std::string_view b);

class SqlLexer {
 public:
  // `sql` must outlive the lexer. It is taken as UTF-8, or as any superset of ASCII with no ASCII inside characters.
  SqlLexer(std::string_view sql, const SqlDialect& dialect) : sql_(sql), dialect_(dialect) {}

  Token next();
  // Where the text goes on, after the last token.
  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  bool skip_blanks(Token& token);
  bool enter_comment(Token& token);
  bool skip_comment_body(Token& token);
  void read_quoted_name(Token& token, char quote);
  void read_string(Token& token);
  bool append_string_piece(Token& token);
  void read_number_or_word(Token& token);
  void read_word(Token& token);
  bool read_based(Token& token);
  bool read_introduced(Token& token);

  std::string_view sql_;
  SqlDialect dialect_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;   // executable comments that are open
  bool after_dot_ = false;  // the token before was a dot that followed a name: digits are a name
  bool after_name_ = false;
  std::size_t last_end_ = 0;  // of the token before
};

}  // namespace binferry
