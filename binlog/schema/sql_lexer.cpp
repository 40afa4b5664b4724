#include "binlog/schema/sql_lexer.hpp"

#include "binlog/row/charset.hpp"

#include <algorithm>

namespace binferry {
namespace {

char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (to_upper(c) >= 'A' && to_upper(c) <= 'F');
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_name_char(char c) {
  return is_digit(c) || (to_upper(c) >= 'A' && to_upper(c) <= 'Z') || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

// MySQL manual, "String Literals": `\%` and `\_` keep their backslash.
void append_escape(char c, std::string& out) {
  switch (c) {
    case '0': out += '\0'; return;
    case 'b': out += '\b'; return;
    case 'n': out += '\n'; return;
    case 'r': out += '\r'; return;
    case 't': out += '\t'; return;
    case 'Z': out += '\x1A'; return;
    case '%':
    case '_':
      out += '\\';
      out += c;
      return;
    default: out += c; return;
  }
}

}  // namespace

bool equals_ascii_nocase(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_upper(x) == to_upper(y); });
}

bool Token::is_word(std::string_view upper) const {
  return kind == TokenKind::word && equals_ascii_nocase(text, upper);
}

// False: the input ends inside a comment, and the token says so.
bool SqlLexer::skip_blanks(Token& token) {
  while (at_ < sql_.size()) {
    const char c = peek();
    if (is_space(c) || c == '\0') {
      ++at_;
    } else if (c == '#' ||
               (c == '-' && peek(1) == '-' && (at_ + 2 >= sql_.size() || static_cast<unsigned char>(peek(2)) <= ' '))) {
      token.after_comment = true;
      at_ = std::min(sql_.find('\n', at_), sql_.size());
    } else if (c == '/' && peek(1) == '*') {
      token.after_comment = true;
      if (!enter_comment(token)) return false;
    } else if (depth_ > 0 && c == '*' && peek(1) == '/') {
      token.after_comment = true;
      --depth_;
      at_ += 2;
    } else {
      break;
    }
  }
  return true;
}

// At `/*`: steps over a comment, or into one whose content this server executes.
bool SqlLexer::enter_comment(Token& token) {
  token.offset = at_;
  const bool mariadb_only = to_upper(peek(2)) == 'M' && peek(3) == '!';
  const bool executable = peek(2) == '!' || mariadb_only;
  if (!executable || (mariadb_only && !dialect_.mariadb)) {
    at_ += 2;
    return skip_comment_body(token);
  }
  std::size_t digits = 0;
  const std::size_t start = at_ + (mariadb_only ? 4 : 3);
  std::uint32_t version = 0;
  while (digits < 6 && start + digits < sql_.size() && is_digit(sql_[start + digits])) {
    version = version * 10 + static_cast<std::uint32_t>(sql_[start + digits] - '0');
    ++digits;
  }
  if (digits < 5) digits = version = 0;
  at_ = start + digits;
  // MariaDB does not take part in MySQL's features from 5.7 on (manual: "Comment Syntax").
  const bool for_mysql_only = dialect_.mariadb && !mariadb_only && version >= 50700 && version <= 99999;
  if (version <= dialect_.version && !for_mysql_only) {
    ++depth_;
    return true;
  }
  return skip_comment_body(token);
}

// Comments inside a skipped executable comment nest; quotes mean nothing in any comment.
bool SqlLexer::skip_comment_body(Token& token) {
  const bool nests = sql_.substr(token.offset, 4).find('!') != std::string_view::npos;
  std::size_t depth = 1;
  while (at_ + 1 < sql_.size()) {
    if (peek() == '*' && peek(1) == '/') {
      at_ += 2;
      if (--depth == 0) return true;
    } else if (nests && peek() == '/' && peek(1) == '*') {
      ++depth;
      at_ += 2;
    } else {
      ++at_;
    }
  }
  at_ = sql_.size();
  token.kind = TokenKind::unfinished;
  token.text = "comment";
  return false;
}

Token SqlLexer::next() {
  Token token;
  if (!skip_blanks(token)) {
    token.end = at_;
    return token;
  }
  token.offset = at_;
  const bool name_expected = after_dot_;
  const bool after_name = after_name_;
  after_dot_ = after_name_ = false;
  if (at_ >= sql_.size()) {
    token.end = at_;
    return token;
  }
  const char c = peek();
  if (c == '`') {
    read_quoted_name(token, '`');
  } else if (c == '"' && (dialect_.sql_mode & sql_mode::kAnsiQuotes) != 0) {
    read_quoted_name(token, '"');
  } else if (c == '\'' || c == '"') {
    read_string(token);
  } else if (!name_expected && (is_digit(c) || (c == '.' && is_digit(peek(1)) && !(after_name && at_ == last_end_)))) {
    read_number_or_word(token);
  } else if (is_name_char(c)) {
    if (name_expected || (!read_based(token) && !read_introduced(token))) read_word(token);
  } else {
    token.kind = TokenKind::symbol;
    token.text = c;
    ++at_;
    after_dot_ = c == '.' && after_name && !token.after_comment && at_ < sql_.size() && is_name_char(peek());
  }
  after_name_ = token.kind == TokenKind::word || token.kind == TokenKind::quoted;
  token.end = last_end_ = at_;
  return token;
}

void SqlLexer::read_quoted_name(Token& token, char quote) {
  token.kind = TokenKind::quoted;
  ++at_;
  while (at_ < sql_.size()) {
    const char c = sql_[at_++];
    if (c == quote) {
      if (peek() != quote) return;
      ++at_;
    }
    token.text += c;
  }
  token.kind = TokenKind::unfinished;
  token.text = "quoted name";
}

// Strings that follow one another with only blanks between are one string.
void SqlLexer::read_string(Token& token) {
  token.kind = TokenKind::string;
  for (;;) {
    if (!append_string_piece(token)) return;
    std::size_t ahead = at_;
    while (ahead < sql_.size() && is_space(sql_[ahead])) ++ahead;
    const bool ansi = (dialect_.sql_mode & sql_mode::kAnsiQuotes) != 0;
    if (ahead >= sql_.size() || (sql_[ahead] != '\'' && (ansi || sql_[ahead] != '"'))) return;
    at_ = ahead;
  }
}

bool SqlLexer::append_string_piece(Token& token) {
  const char quote = sql_[at_++];
  const bool escapes = (dialect_.sql_mode & sql_mode::kNoBackslashEscapes) == 0;
  while (at_ < sql_.size()) {
    const char c = sql_[at_++];
    if (c == '\\' && escapes) {
      if (at_ >= sql_.size()) break;
      append_escape(sql_[at_++], token.text);
    } else if (c == quote) {
      if (peek() != quote) return true;
      token.text += c;
      ++at_;
    } else {
      token.text += c;
    }
  }
  token.kind = TokenKind::unfinished;
  token.text = "string";
  return false;
}

// A name may begin with digits (`2fa`); what has the form of a number is a number.
void SqlLexer::read_number_or_word(Token& token) {
  if (read_based(token)) return;
  std::size_t to = at_;
  const auto digits = [&] {
    while (to < sql_.size() && is_digit(sql_[to])) ++to;
  };
  digits();
  const bool integer = to >= sql_.size() || sql_[to] != '.';
  if (!integer) {
    ++to;
    digits();
  }
  if (to < sql_.size() && to_lower(sql_[to]) == 'e') {
    const bool sign = to + 1 < sql_.size() && (sql_[to + 1] == '+' || sql_[to + 1] == '-');
    const std::size_t exponent = to + (sign ? 2 : 1);
    if (exponent < sql_.size() && is_digit(sql_[exponent])) {
      to = exponent;
      digits();
    }
  }
  if (integer && to < sql_.size() && is_name_char(sql_[to])) return read_word(token);
  token.kind = TokenKind::number;
  token.text = sql_.substr(at_, to - at_);
  at_ = to;
}

void SqlLexer::read_word(Token& token) {
  token.kind = TokenKind::word;
  while (at_ < sql_.size() && is_name_char(sql_[at_])) token.text += sql_[at_++];
}

// x'…', 0x…, b'…', 0b…
bool SqlLexer::read_based(Token& token) {
  const char base = to_lower(peek() == '0' ? peek(1) : peek());
  if (base != 'x' && base != 'b') return false;
  const bool zero = peek() == '0';
  if (zero && peek(1) != base) return false;  // 0X and 0B are names
  if (!zero && peek(1) != '\'') return false;
  std::size_t to = at_ + 2;
  const auto legal = [&](char c) { return base == 'x' ? is_hex_digit(c) : c == '0' || c == '1'; };
  while (to < sql_.size() && legal(sql_[to])) ++to;
  const std::size_t digits_end = to;
  if (zero) {
    if (digits_end == at_ + 2 || (to < sql_.size() && is_name_char(sql_[to]))) return false;
  } else {
    if (to >= sql_.size() || sql_[to] != '\'') return false;
    ++to;
  }
  token.kind = base == 'x' ? TokenKind::hex : TokenKind::bit;
  token.text = sql_.substr(at_ + 2, digits_end - at_ - 2);
  std::transform(token.text.begin(), token.text.end(), token.text.begin(), to_upper);
  if (base == 'x' && token.text.size() % 2 != 0) token.text.insert(0, "0");
  at_ = to;
  return true;
}

// _utf8mb4'…', _binary x'…', N'…'
bool SqlLexer::read_introduced(Token& token) {
  if (to_lower(peek()) == 'n' && peek(1) == '\'') {
    ++at_;
    read_string(token);
    token.introducer = "utf8mb3";
    return true;
  }
  if (peek() != '_') return false;
  std::size_t to = at_;
  while (to < sql_.size() && is_name_char(sql_[to])) ++to;
  const std::string_view name = sql_.substr(at_ + 1, to - at_ - 1);
  while (to < sql_.size() && is_space(sql_[to])) ++to;
  if (to >= sql_.size() || charset_named(name) == nullptr) return false;
  const std::size_t back = at_;
  at_ = to;
  if (peek() == '\'' || (peek() == '"' && (dialect_.sql_mode & sql_mode::kAnsiQuotes) == 0)) {
    read_string(token);
  } else if (!read_based(token)) {
    at_ = back;
    return false;
  }
  token.introducer = name;
  std::transform(token.introducer.begin(), token.introducer.end(), token.introducer.begin(), to_lower);
  return true;
}

}  // namespace binferry
