#include "applier/generated.hpp"

#include "applier/column_traits.hpp"
#include "applier/sqlite.hpp"
#include "binlog/schema/sql_cursor.hpp"

#include <vector>

namespace binferry {
namespace {

constexpr std::size_t kMostDigits = 18;  // of a literal that surely is a signed BIGINT
constexpr int kMostDepth = 50;           // of parentheses

class Translator {
 public:
  Translator(std::string_view expression, const SqlDialect& dialect, const ColumnResolver& resolve)
      : cursor_(expression, dialect), resolve_(resolve) {}

  std::optional<SqliteExpression> run() {
    std::optional<SqliteExpression> whole = sum();
    if (!whole || cursor_.failed() || !cursor_.at_end()) return std::nullopt;
    return whole;
  }

 private:
  using Expression = std::optional<SqliteExpression>;

  static Expression combined(const Expression& left, std::string_view sign, const Expression& right) {
    if (!left || !right || left->is_text || right->is_text) return std::nullopt;
    return SqliteExpression{"(" + left->sql + std::string(sign) + right->sql + ")", false};
  }

  Expression sum() {
    Expression left = product();
    for (;;) {
      if (!left) return left;
      if (cursor_.accept_symbol('+')) {
        left = combined(left, " + ", product());
      } else if (cursor_.accept_symbol('-')) {
        left = combined(left, " - ", product());
      } else {
        return left;
      }
    }
  }

  // Of integers, so that both cut a quotient towards zero, give a remainder the sign of the dividend, and NULL for a
  // division by zero.
  Expression product() {
    Expression left = primary();
    for (;;) {
      if (!left) return left;
      if (cursor_.accept_symbol('*')) {
        left = combined(left, " * ", primary());
      } else if (cursor_.accept_symbol('%') || cursor_.accept("MOD")) {
        left = combined(left, " % ", primary());
      } else if (cursor_.accept("DIV")) {
        left = combined(left, " / ", primary());
      } else {
        return left;
      }
    }
  }

  Expression primary() {
    if (++depth_ > kMostDepth) return std::nullopt;
    Expression found = primary_within();
    --depth_;
    return found;
  }

  Expression primary_within() {
    const Token token = cursor_.peek();
    switch (token.kind) {
      case TokenKind::number:
        cursor_.advance();
        if (token.text.size() > kMostDigits || token.text.find_first_not_of("0123456789") != std::string::npos) {
          return std::nullopt;
        }
        return SqliteExpression{token.text, false};
      case TokenKind::string: {
        std::string text;
        cursor_.advance();
        // SQLite's own literals end at a zero byte.
        if (!utf8_of_string(token, text) || text.find('\0') != std::string::npos) return std::nullopt;
        return SqliteExpression{quote_text(text), true};
      }
      case TokenKind::symbol: return parenthesized();
      case TokenKind::word:
        if (cursor_.peek(1).is_symbol('(')) return function();
        return column();
      case TokenKind::quoted: return column();
      default: return std::nullopt;
    }
  }

  Expression parenthesized() {
    if (cursor_.accept_symbol('-')) {
      Expression operand = primary();
      if (!operand || operand->is_text) return std::nullopt;
      return SqliteExpression{"(- " + operand->sql + ")", false};
    }
    if (!cursor_.accept_symbol('(')) return std::nullopt;
    Expression inner = sum();
    if (!cursor_.accept_symbol(')')) return std::nullopt;
    return inner;
  }

  Expression column() {
    const std::optional<ReadableColumn> found = resolve_(cursor_.peek().text);
    cursor_.advance();
    if (!found || cursor_.at_symbol('.')) return std::nullopt;
    const ColumnDefinition& definition = *found->definition;
    const TypeFamily family = family_of(definition.type);
    // An unsigned difference is an error at the source; ZEROFILL prints otherwise; a wide one is no integer in SQLite.
    const bool integer = family == TypeFamily::integer && !definition.zerofill &&
                         !(definition.is_unsigned && definition.type == ColumnType::big_int);
    if (!integer && family != TypeFamily::text) return std::nullopt;
    return SqliteExpression{quote_identifier(found->sqlite_name), family == TypeFamily::text};
  }

  Expression function() {
    const bool concat = cursor_.at("CONCAT");
    if (!concat && !cursor_.at("COALESCE") && !cursor_.at("IFNULL")) return std::nullopt;
    cursor_.advance();
    cursor_.advance();
    std::vector<SqliteExpression> arguments;
    do {
      Expression argument = sum();
      if (!argument) return std::nullopt;
      arguments.push_back(std::move(*argument));
    } while (cursor_.accept_symbol(','));
    if (!cursor_.accept_symbol(')')) return std::nullopt;
    SqliteExpression out{concat ? "(''" : "coalesce(", concat};
    for (const SqliteExpression& argument : arguments) {
      if (concat) {
        out.sql += " || " + argument.sql;
        continue;
      }
      if (argument.is_text != arguments.front().is_text) return std::nullopt;
      if (&argument != &arguments.front()) out.sql += ", ";
      out.sql += argument.sql;
    }
    if (!concat) {
      out.is_text = arguments.front().is_text;
      if (arguments.size() == 1) return arguments.front();
    }
    out.sql += ')';
    return out;
  }

  SqlCursor cursor_;
  const ColumnResolver& resolve_;
  int depth_ = 0;
};

}  // namespace

std::optional<SqliteExpression> translate_generated(std::string_view expression, const SqlDialect& dialect,
                                                    const ColumnResolver& resolve) {
  return Translator(expression, dialect, resolve).run();
}

}  // namespace binferry
