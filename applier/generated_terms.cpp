#include "applier/generated_terms.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace binferry::generated {
namespace {

constexpr std::uint8_t kMostScale = 18;

std::string power_of_ten(std::size_t exponent) {
  return "1" + std::string(exponent, '0');
}

// More digits behind the point; the value is the same.
bool widen(SqliteExpression& term, std::uint8_t scale) {
  if (scale > kMostScale || term.scale > scale) return false;
  if (term.scale != scale) term.sql = "(" + term.sql + " * " + power_of_ten(scale - term.scale) + ")";
  term.kind = Kind::decimal;
  term.scale = scale;
  return true;
}

bool align(SqliteExpression& left, SqliteExpression& right) {
  if (left.kind == Kind::integer && right.kind == Kind::integer) return true;
  const std::uint8_t scale = std::max(left.scale, right.scale);
  return widen(left, scale) && widen(right, scale);
}

}  // namespace

SqliteExpression integer(std::string sql) {
  return {std::move(sql), Kind::integer, 0};
}

SqliteExpression text(std::string sql) {
  return {std::move(sql), Kind::text, 0};
}

std::string only_where(const std::string& condition, const std::string& text, const std::string& sql) {
  // No text that begins with a question mark is JSON.
  return fmt::format("CASE WHEN {0} IS NULL THEN NULL WHEN {1} THEN {2} ELSE json('?' || {0}) END", text, condition,
                     sql);
}

std::string is_ascii(const std::string& text) {
  return fmt::format("length(CAST({0} AS BLOB)) = length({0})", text);
}

std::string has_no_zero(const std::string& text) {
  return fmt::format("instr({}, char(0)) = 0", text);
}

Expression sum(const Expression& left, std::string_view sign, const Expression& right) {
  if (!left || !right || !is_number(*left) || !is_number(*right)) return std::nullopt;
  SqliteExpression a = *left;
  SqliteExpression b = *right;
  if (!align(a, b)) return std::nullopt;
  a.sql = fmt::format("({} {} {})", a.sql, sign, b.sql);
  a.any_scale |= b.any_scale;
  return a;
}

Expression product(const Expression& left, const Expression& right) {
  if (!left || !right || !is_number(*left) || !is_number(*right)) return std::nullopt;
  SqliteExpression out = integer(fmt::format("({} * {})", left->sql, right->sql));
  if (left->scale + right->scale > kMostScale) return std::nullopt;
  out.scale = static_cast<std::uint8_t>(left->scale + right->scale);
  if (left->kind == Kind::decimal || right->kind == Kind::decimal) out.kind = Kind::decimal;
  out.any_scale = left->any_scale || right->any_scale;
  return out;
}

Expression whole_quotient(const Expression& left, std::string_view sign, const Expression& right) {
  if (!left || !right || left->kind != Kind::integer || right->kind != Kind::integer) return std::nullopt;
  return integer(fmt::format("({} {} {})", left->sql, sign, right->sql));
}

Expression comparison(const Expression& left, std::string_view sign, const Expression& right) {
  if (!left || !right || !is_number(*left) || !is_number(*right)) return std::nullopt;
  SqliteExpression a = *left;
  SqliteExpression b = *right;
  if (!align(a, b)) return std::nullopt;
  // Beyond 63 bits SQLite goes on with a double, which is no longer exact; an integer there is an error at the source.
  const auto exact = [](const SqliteExpression& term) {
    if (term.kind == Kind::integer) return term.sql;
    return fmt::format("CASE WHEN typeof({0}) = 'real' THEN json('?' || {0}) ELSE {0} END", term.sql);
  };
  return integer(fmt::format("({} {} {})", exact(a), sign, exact(b)));
}

Expression logical(const Expression& left, std::string_view word, const Expression& right) {
  if (!left || !right || left->kind != Kind::integer || right->kind != Kind::integer) return std::nullopt;
  return integer(fmt::format("({} {} {})", left->sql, word, right->sql));
}

bool make_alike(std::vector<SqliteExpression>& terms) {
  Kind kind = Kind::null;
  std::uint8_t scale = 0;
  bool any_scale = false;
  const SqliteExpression* first = nullptr;
  for (const SqliteExpression& term : terms) {
    if (term.kind == Kind::null) continue;
    if (first == nullptr) first = &term;
    any_scale = any_scale || term.any_scale || term.kind != first->kind || term.scale != first->scale;
    const bool both_numbers = term.kind != Kind::text && kind != Kind::text;
    if (kind != Kind::null && kind != term.kind && !both_numbers) return false;
    if (kind == Kind::null || term.kind == Kind::decimal) kind = term.kind;
    scale = std::max(scale, term.scale);
  }
  for (SqliteExpression& term : terms) {
    if (term.kind == Kind::null || kind != Kind::decimal) {
      term.kind = kind;
      term.scale = scale;
    } else if (!widen(term, scale)) {
      return false;
    }
    term.any_scale = any_scale;
  }
  return true;
}

SqliteExpression call(std::string_view function, const std::vector<SqliteExpression>& terms) {
  SqliteExpression out = terms.front();
  if (terms.size() == 1) return out;
  out.sql = std::string(function) + "(";
  for (const SqliteExpression& term : terms) out.sql += (&term == &terms.front() ? "" : ", ") + term.sql;
  out.sql += ')';
  return out;
}

Expression printed(const SqliteExpression& term) {
  switch (term.kind) {
    case Kind::text: return term;
    case Kind::integer: return text(fmt::format("('' || {})", term.sql));
    case Kind::null: return std::nullopt;
    case Kind::decimal:
      if (term.any_scale) return std::nullopt;
      break;
  }
  return text(decimal_text(term));
}

std::string decimal_text(const SqliteExpression& term) {
  const std::string one = power_of_ten(term.scale);
  const std::string fraction =
      term.scale == 0 ? "" : fmt::format(" || '.' || printf('%0{}d', abs({}) % {})", term.scale, term.sql, one);
  return fmt::format(
      "CASE typeof({0}) WHEN 'null' THEN NULL WHEN 'integer' THEN CASE WHEN {0} < 0 THEN '-' ELSE '' END "
      "|| (abs({0}) / {1}){2} ELSE json('?' || {0}) END",
      term.sql, one, fraction);
}

}  // namespace binferry::generated
