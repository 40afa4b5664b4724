#include "applier/generated.hpp"

#include "applier/column_traits.hpp"
#include "applier/generated_terms.hpp"
#include "applier/sqlite.hpp"
#include "binlog/row/charset.hpp"
#include "binlog/schema/sql_cursor.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

namespace binferry {
namespace {

using generated::Expression;
using generated::Kind;

constexpr std::uint64_t kPadCharToFullLength = 1ULL << 31;  // of sql_mode
constexpr std::size_t kMostDigits = 18;           // of a literal, or a DECIMAL, that surely is a signed BIGINT
constexpr int kMostDepth = 50;                    // of parentheses
constexpr std::string_view kWholeDate = "1, 10";  // of substr()
constexpr std::size_t kMostBytes = 32 << 10;      // of SQL: some terms repeat what they are of

class Translator {
 public:
  Translator(std::string_view expression, const SqlDialect& dialect, const ColumnResolver& resolve)
      : cursor_(expression, dialect), resolve_(resolve) {}

  Expression run() {
    Expression whole = alternative();
    if (!whole || cursor_.failed() || !cursor_.at_end()) return std::nullopt;
    if (whole->kind == Kind::decimal) whole->sql = generated::decimal_text(*whole);
    return whole;
  }

 private:
  // ---- operators, the loosest first (MySQL manual, "Operator Precedence"). `||` is OR or CONCAT, as sql_mode says.

  Expression alternative() {
    Expression left = conjunction();
    while (left && cursor_.accept("OR")) left = generated::logical(left, "OR", conjunction());
    return left;
  }

  Expression conjunction() {
    Expression left = comparison();
    while (left && cursor_.accept("AND")) left = generated::logical(left, "AND", comparison());
    return left;
  }

  Expression comparison() {
    Expression left = predicate();
    while (left) {
      if (cursor_.accept("IS")) {
        const bool negated = cursor_.accept("NOT");
        if (!cursor_.accept("NULL")) return std::nullopt;
        left = generated::integer("(" + left->sql + (negated ? " IS NOT NULL)" : " IS NULL)"));
      } else if (const std::string_view sign = comparison_sign(); !sign.empty()) {
        left = generated::comparison(left, sign, predicate());
      } else {
        return left;
      }
    }
    return left;
  }

  // As the servers' grammars have it, these two bind closer than a comparison on their left.
  Expression predicate() {
    Expression left = sum();
    const bool negated = cursor_.at("NOT") && (cursor_.peek(1).is_word("IN") || cursor_.peek(1).is_word("BETWEEN"));
    if (negated) cursor_.advance();
    if (cursor_.accept("BETWEEN")) return between(left, negated);
    return cursor_.accept("IN") ? within(left, negated) : left;
  }

  std::string_view comparison_sign() {
    if (cursor_.accept_symbol('=')) return "=";
    if (cursor_.accept_symbol('!')) return cursor_.accept_symbol('=') ? "<>" : "";
    if (cursor_.accept_symbol('>')) return cursor_.accept_symbol('=') ? ">=" : ">";
    if (!cursor_.accept_symbol('<')) return "";
    if (cursor_.accept_symbol('>')) return "<>";
    if (!cursor_.accept_symbol('=')) return "<";
    return cursor_.accept_symbol('>') ? "IS" : "<=";
  }

  Expression between(const Expression& left, bool negated) {
    const Expression low = sum();
    if (!cursor_.accept("AND")) return std::nullopt;
    const Expression high = predicate();
    const Expression from = generated::comparison(left, negated ? "<" : ">=", low);
    const Expression to = generated::comparison(left, negated ? ">" : "<=", high);
    return generated::logical(from, negated ? "OR" : "AND", to);
  }

  Expression within(const Expression& left, bool negated) {
    std::vector<SqliteExpression> others;
    if (!cursor_.accept_symbol('(') || !arguments(others)) return std::nullopt;
    Expression any;
    for (const SqliteExpression& other : others) {
      const Expression same = generated::comparison(left, negated ? "<>" : "=", other);
      any = any ? generated::logical(any, negated ? "AND" : "OR", same) : same;
      if (!any) return std::nullopt;
    }
    return any;
  }

  Expression sum() {
    Expression left = product();
    while (left) {
      if (cursor_.accept_symbol('+')) {
        left = generated::sum(left, "+", product());
      } else if (cursor_.at_symbol('-') && !cursor_.peek(1).is_symbol('>')) {
        cursor_.advance();
        left = generated::sum(left, "-", product());
      } else {
        return left;
      }
    }
    return left;
  }

  // Of integers, so that both cut a quotient towards zero, give a remainder the sign of the dividend, and NULL for a
  // division by zero.
  Expression product() {
    Expression left = primary();
    while (left) {
      if (cursor_.accept_symbol('*')) {
        left = generated::product(left, primary());
      } else if (cursor_.accept_symbol('%') || cursor_.accept("MOD")) {
        left = generated::whole_quotient(left, "%", primary());
      } else if (cursor_.accept("DIV")) {
        left = generated::whole_quotient(left, "/", primary());
      } else {
        return left;
      }
    }
    return left;
  }

  // ---- what they stand between

  Expression primary() {
    if (++depth_ > kMostDepth) return std::nullopt;
    Expression found = primary_within();
    --depth_;
    if (found && found->sql.size() > kMostBytes) return std::nullopt;
    return found;
  }

  Expression primary_within() {
    const Token token = cursor_.peek();
    switch (token.kind) {
      case TokenKind::number: cursor_.advance(); return number(token.text);
      case TokenKind::string: cursor_.advance(); return literal(token);
      case TokenKind::symbol: return parenthesized();
      case TokenKind::word:
        if (cursor_.peek(1).is_symbol('(')) return function();
        if (cursor_.accept("CASE")) return case_of();
        if (cursor_.accept("NULL")) return SqliteExpression{"NULL", Kind::null};
        if (cursor_.accept("TRUE")) return generated::integer("1");
        if (cursor_.accept("FALSE")) return generated::integer("0");
        return column();
      case TokenKind::quoted: return column();
      default: return std::nullopt;
    }
  }

  static Expression number(std::string_view text) {
    const std::size_t point = std::min(text.find('.'), text.size());
    std::string digits(text.substr(0, point));
    const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
    digits += fraction;
    if (digits.empty() || digits.size() > kMostDigits || digits.find_first_not_of("0123456789") != std::string::npos) {
      return std::nullopt;
    }
    // Not octal and not cut short: SQLite reads the digits as they are.
    if (point == text.size()) return generated::integer(std::move(digits));
    return SqliteExpression{std::move(digits), Kind::decimal, static_cast<std::uint8_t>(fraction.size())};
  }

  static Expression literal(const Token& token) {
    std::string text;
    // SQLite's own literals end at a zero byte.
    if (!utf8_of_string(token, text) || text.find('\0') != std::string::npos) return std::nullopt;
    return generated::text(quote_text(text));
  }

  Expression parenthesized() {
    if (cursor_.accept_symbol('-')) {
      Expression operand = primary();
      if (!operand || !generated::is_number(*operand)) return std::nullopt;
      operand->sql = "(- " + operand->sql + ")";
      return operand;
    }
    if (!cursor_.accept_symbol('(')) return std::nullopt;
    Expression inner = alternative();
    if (!cursor_.accept_symbol(')')) return std::nullopt;
    return inner;
  }

  std::optional<ReadableColumn> readable() {
    const std::optional<ReadableColumn> found = resolve_(cursor_.peek().text);
    cursor_.advance();
    const bool padded = found && found->definition->type == ColumnType::char_ &&
                        (cursor_.dialect().sql_mode & kPadCharToFullLength) != 0;
    if (padded || cursor_.at_symbol('.')) return std::nullopt;
    return found;
  }

  Expression column() {
    const std::optional<ReadableColumn> found = readable();
    if (!found) return std::nullopt;
    const ColumnDefinition& definition = *found->definition;
    const std::string name = quote_identifier(found->sqlite_name);
    if (cursor_.at_symbol('-') && cursor_.peek(1).is_symbol('>')) return arrow(definition, name);
    switch (family_of(definition.type)) {
      case TypeFamily::integer:
        // An unsigned difference is an error at the source; ZEROFILL prints otherwise; a wide one is no integer here.
        if (definition.zerofill || (definition.is_unsigned && definition.type == ColumnType::big_int)) break;
        return generated::integer(name);
      case TypeFamily::decimal:
        if (definition.zerofill || definition.precision > kMostDigits) break;
        return SqliteExpression{"CAST(replace(" + name + ", '.', '') AS INTEGER)", Kind::decimal, definition.scale};
      case TypeFamily::text: return generated::text(name);
      default: break;
    }
    return std::nullopt;
  }

  // CASE WHEN … THEN … [ELSE …] END, with a value to compare behind CASE or without.
  Expression case_of() {
    Expression value;
    if (!cursor_.at("WHEN") && !(value = alternative())) return std::nullopt;
    std::vector<std::string> conditions;
    std::vector<SqliteExpression> results;
    while (cursor_.accept("WHEN")) {
      Expression condition = alternative();
      if (value) condition = generated::comparison(value, "=", condition);
      if (!condition || condition->kind != Kind::integer || !cursor_.accept("THEN")) return std::nullopt;
      conditions.push_back(std::move(condition->sql));
      if (!add(results, alternative())) return std::nullopt;
    }
    if (cursor_.accept("ELSE")) {
      if (!add(results, alternative())) return std::nullopt;
    } else {
      results.push_back({"NULL", Kind::null});
    }
    if (!cursor_.accept("END") || conditions.empty()) return std::nullopt;
    return chosen(conditions, std::move(results));
  }

  static Expression chosen(const std::vector<std::string>& conditions, std::vector<SqliteExpression> results) {
    if (!generated::make_alike(results)) return std::nullopt;
    SqliteExpression out = results.front();
    out.sql = "CASE";
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      out.sql += fmt::format(" WHEN {} THEN {}", conditions[i], results[i].sql);
    }
    out.sql = "(" + out.sql + " ELSE " + results.back().sql + " END)";
    return out;
  }

  static bool add(std::vector<SqliteExpression>& to, Expression term) {
    if (!term) return false;
    to.push_back(std::move(*term));
    return true;
  }

  // Behind `(`, up to and with `)`.
  bool arguments(std::vector<SqliteExpression>& found) {
    do {
      if (!add(found, alternative())) return false;
    } while (cursor_.accept_symbol(','));
    return cursor_.accept_symbol(')');
  }

  // ---- functions

  Expression function() {
    const Token name = cursor_.peek();
    cursor_.advance();
    cursor_.advance();
    if (const std::string_view part = date_part(name); !part.empty()) return part_of_date(part);
    if (name.is_word("LENGTH") || name.is_word("OCTET_LENGTH")) return bytes_of_column();
    if (name.is_word("UPPER") || name.is_word("UCASE")) return other_case("upper");
    if (name.is_word("LOWER") || name.is_word("LCASE")) return other_case("lower");
    if (name.is_word("JSON_UNQUOTE")) return unquoted();
    std::vector<SqliteExpression> given;
    if (!arguments(given)) return std::nullopt;
    if (name.is_word("CONCAT")) return joined(given);
    if (name.is_word("CONCAT_WS")) return joined_with_separator(given);
    if (Expression found = choice(name, given)) return found;
    if (Expression found = of_numbers(name, given)) return found;
    return of_text(name, given);
  }

  static Expression choice(const Token& name, std::vector<SqliteExpression> given) {
    if (name.is_word("IF")) {
      if (given.size() != 3 || given[0].kind != Kind::integer) return std::nullopt;
      return chosen({given[0].sql}, {given[1], given[2]});
    }
    if (name.is_word("NULLIF")) {
      if (given.size() != 2) return std::nullopt;
      const Expression same = generated::comparison(given[0], "=", given[1]);
      if (!same) return std::nullopt;
      return chosen({same->sql}, {{"NULL", Kind::null}, given[0]});
    }
    const bool coalesces = name.is_word("COALESCE") || (name.is_word("IFNULL") && given.size() == 2);
    if (coalesces && generated::make_alike(given)) return generated::call("coalesce", given);
    const bool compares = given.size() > 1 && std::ranges::all_of(given, generated::is_number);
    if (!compares || !generated::make_alike(given)) return std::nullopt;
    // Of several arguments, both give NULL if one is.
    if (name.is_word("GREATEST")) return generated::call("max", given);
    if (name.is_word("LEAST")) return generated::call("min", given);
    return std::nullopt;
  }

  static Expression of_numbers(const Token& name, const std::vector<SqliteExpression>& given) {
    if (name.is_word("MOD")) {
      return given.size() == 2 ? generated::whole_quotient(given[0], "%", given[1]) : std::nullopt;
    }
    if (!name.is_word("ABS") || given.size() != 1 || !generated::is_number(given[0])) return std::nullopt;
    SqliteExpression out = given[0];
    out.sql = "abs(" + out.sql + ")";
    return out;
  }

  static bool is_count(const SqliteExpression& term) {
    return term.kind == Kind::integer && term.sql.size() <= 9 &&
           term.sql.find_first_not_of("0123456789") == std::string::npos;
  }

  static Expression of_text(const Token& name, const std::vector<SqliteExpression>& given) {
    if (given.empty() || given[0].kind != Kind::text) return std::nullopt;
    const std::string& text = given[0].sql;
    const auto where_whole = [&](const std::string& sql) {
      return generated::text(generated::only_where(generated::has_no_zero(text), text, sql));
    };
    if (given.size() == 1) {
      if (name.is_word("CHAR_LENGTH") || name.is_word("CHARACTER_LENGTH")) {
        return generated::integer(generated::only_where(generated::has_no_zero(text), text, "length(" + text + ")"));
      }
      for (const std::string_view trim : {"TRIM", "LTRIM", "RTRIM"}) {
        if (name.is_word(trim)) return where_whole(fmt::format("{}({})", trim, text));
      }
      return std::nullopt;
    }
    if (name.is_word("REPLACE") && given.size() == 3) {
      if (given[1].kind != Kind::text || given[2].kind != Kind::text) return std::nullopt;
      return generated::text(fmt::format("replace({}, {}, {})", text, given[1].sql, given[2].sql));
    }
    if (!std::all_of(given.begin() + 1, given.end(), is_count)) return std::nullopt;
    const bool from_one = given[1].sql.find_first_not_of('0') != std::string::npos;
    if (name.is_word("LEFT") && given.size() == 2)
      return where_whole(fmt::format("substr({}, 1, {})", text, given[1].sql));
    if (name.is_word("RIGHT") && given.size() == 2 && from_one) {
      return where_whole(fmt::format("substr({}, -{})", text, given[1].sql));
    }
    const bool cuts = name.is_word("SUBSTRING") || name.is_word("SUBSTR") || name.is_word("MID");
    if (!cuts || !from_one || given.size() > 3) return std::nullopt;
    const std::string count = given.size() == 3 ? ", " + given[2].sql : "";
    return where_whole(fmt::format("substr({}, {}{})", text, given[1].sql, count));
  }

  static Expression joined(const std::vector<SqliteExpression>& given) {
    std::string sql = "(''";
    for (const SqliteExpression& argument : given) {
      const Expression text = generated::printed(argument);
      if (!text) return std::nullopt;
      sql += " || " + text->sql;
    }
    return generated::text(sql + ")");
  }

  // It passes over NULLs, but for that of the separator.
  static Expression joined_with_separator(const std::vector<SqliteExpression>& given) {
    if (given.size() < 2 || given[0].kind != Kind::text || !given[0].sql.starts_with('\'')) return std::nullopt;
    std::string sql = "(''";
    for (std::size_t i = 1; i < given.size(); ++i) {
      const Expression text = generated::printed(given[i]);
      if (!text) return std::nullopt;
      sql += fmt::format(" || coalesce({} || {}, '')", given[0].sql, text->sql);
    }
    return generated::text(fmt::format("substr({}), length({}) + 1)", sql, given[0].sql));
  }

  // The letters of ASCII have one other case each, save in Turkish, which has an `i` of its own.
  Expression other_case(std::string_view function) {
    const bool of_column = cursor_.at_name() && cursor_.peek(1).is_symbol(')');
    if (!of_column) return std::nullopt;
    const std::optional<ReadableColumn> found = readable();
    if (!found || !cursor_.accept_symbol(')') || family_of(found->definition->type) != TypeFamily::text) {
      return std::nullopt;
    }
    const std::string_view collation = collation_name(found->definition->collation);
    const bool turkish =
        collation.find("turkish") != std::string_view::npos || collation.find("_tr_") != std::string_view::npos;
    if (collation.empty() || turkish) return std::nullopt;
    const std::string name = quote_identifier(found->sqlite_name);
    return generated::text(
        generated::only_where(generated::is_ascii(name), name, fmt::format("{}({})", function, name)));
  }

  Expression bytes_of_column() {
    const std::optional<ReadableColumn> found = readable();
    if (!found || !cursor_.accept_symbol(')') || family_of(found->definition->type) != TypeFamily::text) {
      return std::nullopt;
    }
    const Charset* const charset = found->definition->charset;
    if (charset == nullptr || charset->form != Charset::Form::utf8) return std::nullopt;
    return generated::integer("length(CAST(" + quote_identifier(found->sqlite_name) + " AS BLOB))");
  }

  static std::string_view date_part(const Token& name) {
    if (name.is_word("YEAR")) return "1, 4";
    if (name.is_word("MONTH")) return "6, 2";
    if (name.is_word("DAY") || name.is_word("DAYOFMONTH")) return "9, 2";
    if (name.is_word("DATE")) return kWholeDate;
    return "";
  }

  // Dates stand as they print; a TIMESTAMP would have to be told in a time zone.
  Expression part_of_date(std::string_view part) {
    const std::optional<ReadableColumn> found = readable();
    if (!found || !cursor_.accept_symbol(')')) return std::nullopt;
    const TypeFamily family = family_of(found->definition->type);
    if (family != TypeFamily::date && family != TypeFamily::datetime) return std::nullopt;
    const std::string name = quote_identifier(found->sqlite_name);
    const std::string digits = fmt::format("substr({}, {})", name, part);
    if (part != kWholeDate) return generated::integer("CAST(" + digits + " AS INTEGER)");
    // What becomes of a date with a zero in it, sql_mode says.
    const std::string whole = fmt::format("instr({}, '-00') = 0", name);
    return generated::text(generated::only_where(whole, name, digits));
  }

  // ---- MySQL's JSON: column->>'$.member', JSON_UNQUOTE(JSON_EXTRACT(column, '$.member'))

  Expression arrow(const ColumnDefinition& definition, const std::string& name) {
    cursor_.advance();
    cursor_.advance();
    // `->` gives JSON, whose print and comparison are its own.
    if (!cursor_.accept_symbol('>')) return std::nullopt;
    return member(definition, name);
  }

  Expression unquoted() {
    if (!cursor_.accept("JSON_EXTRACT") || !cursor_.accept_symbol('(')) return std::nullopt;
    const std::optional<ReadableColumn> found = readable();
    if (!found || !cursor_.accept_symbol(',')) return std::nullopt;
    Expression text = member(*found->definition, quote_identifier(found->sqlite_name));
    if (!cursor_.accept_symbol(')') || !cursor_.accept_symbol(')')) return std::nullopt;
    return text;
  }

  // A string is unquoted; integers, true, false and null are as they stand in the document; of others the print is the
  // source's own.
  Expression member(const ColumnDefinition& definition, const std::string& name) {
    const Token token = cursor_.peek();
    std::string path;
    if (token.kind != TokenKind::string || !utf8_of_string(token, path)) return std::nullopt;
    cursor_.advance();
    const bool plain = path.starts_with("$.") && !path.ends_with('.') && path.find("..") == std::string::npos &&
                       std::all_of(path.begin() + 1, path.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
                       });
    if (!plain || cursor_.dialect().mariadb || definition.type != ColumnType::json) return std::nullopt;
    return generated::text(
        fmt::format("CASE WHEN json_type({0}, '{1}') IS NULL THEN NULL WHEN json_type({0}, '{1}') IN ('integer', "
                    "'true', 'false', 'null') THEN {0} -> '{1}' WHEN json_type({0}, '{1}') = 'text' AND instr({0}, "
                    "'\\u0000') = 0 THEN json_extract({0}, '{1}') ELSE json('?' || {0}) END",
                    name, path));
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
