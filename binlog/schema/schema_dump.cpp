#include "binlog/schema/schema_dump.hpp"

#include "binlog/schema/ddl_parser.hpp"
#include "binlog/schema/sql_lexer.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace binferry {
namespace {

struct Statement {
  std::string_view text;
  std::size_t offset = 0;
};

// Cuts a file into statements the way the mysql client does: at the delimiter, outside strings, names and comments.
class Splitter {
 public:
  Splitter(std::string_view text, const SqlDialect& dialect) : text_(text), dialect_(dialect) {}

  std::optional<Statement> next() {
    while (at_ < text_.size()) {
      if (delimiter_command()) continue;
      const std::size_t start = at_;
      const std::size_t end = end_of_statement();
      const std::string_view statement = text_.substr(start, end - start);
      at_ = std::min(end + delimiter_.size(), text_.size());
      if (statement.find_first_not_of(" \t\r\n") != std::string_view::npos) return Statement{statement, start};
    }
    return std::nullopt;
  }

 private:
  // DELIMITER ;; at a line's start, where a statement may begin.
  bool delimiter_command() {
    const std::size_t word = text_.find_first_not_of(" \t\r\n", at_);
    constexpr std::string_view kCommand = "DELIMITER";
    if (word == std::string_view::npos || !equals_ascii_nocase(text_.substr(word, kCommand.size()), kCommand))
      return false;
    const std::size_t line_end = std::min(text_.find('\n', word), text_.size());
    std::string_view argument = text_.substr(word + kCommand.size(), line_end - word - kCommand.size());
    while (!argument.empty() && (argument.front() == ' ' || argument.front() == '\t')) argument.remove_prefix(1);
    while (!argument.empty() && (argument.back() == ' ' || argument.back() == '\r')) argument.remove_suffix(1);
    if (argument.empty()) return false;
    delimiter_ = argument;
    at_ = line_end;
    return true;
  }

  // Executable comments are looked into for quotes, as any text: `/*!50003 CREATE TRIGGER … 'a;b' */;;`
  std::size_t end_of_statement() const {
    std::size_t i = at_;
    while (i < text_.size()) {
      if (text_.compare(i, delimiter_.size(), delimiter_) == 0) return i;
      const char c = text_[i];
      if (c == '\'' || c == '"' || c == '`') {
        i = past_quote(i, c);
      } else if (c == '#' || (c == '-' && text_.compare(i, 2, "--") == 0 &&
                              (i + 2 >= text_.size() || static_cast<unsigned char>(text_[i + 2]) <= ' '))) {
        i = std::min(text_.find('\n', i), text_.size());
      } else if (c == '/' && text_.compare(i, 2, "/*") == 0 && text_.compare(i, 3, "/*!") != 0 &&
                 text_.compare(i, 4, "/*M!") != 0) {
        const std::size_t end = text_.find("*/", i + 2);
        i = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        ++i;
      }
    }
    return i;
  }

  std::size_t past_quote(std::size_t i, char quote) const {
    const bool escapes = quote != '`' && (dialect_.sql_mode & sql_mode::kNoBackslashEscapes) == 0;
    for (++i; i < text_.size(); ++i) {
      if (escapes && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        return i + 1;
      }
    }
    return text_.size();
  }

  std::string_view text_;
  SqlDialect dialect_;
  std::string_view delimiter_ = ";";
  std::size_t at_ = 0;
};

// The header's `-- Server version (tab) 8.0.40` or `-- MariaDB dump …  Distrib 10.11.6-MariaDB`.
void read_header(std::string_view text, SqlDialect& dialect) {
  const std::string_view head = text.substr(0, 4096);
  constexpr std::string_view kMark = "-- Server version";
  const std::size_t mark = head.find(kMark);
  if (mark == std::string_view::npos) return;
  std::string_view version = head.substr(mark + kMark.size());
  version = version.substr(0, version.find('\n'));
  while (!version.empty() && (version.front() == ' ' || version.front() == '\t')) version.remove_prefix(1);
  const std::uint64_t sql_mode = dialect.sql_mode;
  dialect = dialect_of_version(version);
  dialect.sql_mode = sql_mode;
}

// The database of a USE statement.
std::optional<std::string> used_database(std::string_view sql, const SqlDialect& dialect) {
  SqlLexer lexer(sql, dialect);
  if (!lexer.next().is_word("USE")) return std::nullopt;
  Token name = lexer.next();
  if (name.kind != TokenKind::word && name.kind != TokenKind::quoted) return std::nullopt;
  return std::move(name.text);
}

}  // namespace

Status load_schema_dump(std::string_view text, DdlContext context, Catalogue& catalogue) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  read_header(text, context.dialect);
  Splitter splitter(text, context.dialect);
  while (const auto statement = splitter.next()) {
    if (auto database = used_database(statement->text, context.dialect)) {
      context.default_database = std::move(*database);
      continue;
    }
    const auto place = [&] {
      // Where the statement's first word stands, not the blank lines and comments before it.
      SqlLexer lexer(statement->text, context.dialect);
      const std::size_t start = statement->offset + lexer.next().offset;
      const auto before = text.substr(0, start);
      return fmt::format("line {}", 1 + std::count(before.begin(), before.end(), '\n'));
    };
    auto parsed = parse_ddl(statement->text, context.dialect);
    if (!parsed) return propagate(parsed, place());
    if (auto changed = catalogue.apply(*parsed, context); !changed) return propagate(changed, place());
  }
  return {};
}

}  // namespace binferry
