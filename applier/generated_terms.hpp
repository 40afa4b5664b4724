// Pieces of SQLite's SQL that give what a MySQL operator or function gives; see generated.hpp. While it is worked on, a
// decimal is an integer of so many hundredths, thousandths, …: its `scale`.
#pragma once

#include "applier/generated.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::generated {

using Expression = std::optional<SqliteExpression>;
using Kind = SqliteExpression::Kind;

inline bool is_number(const SqliteExpression& term) {
  return term.kind == Kind::integer || term.kind == Kind::decimal;
}

SqliteExpression integer(std::string sql);
SqliteExpression text(std::string sql);

// `sql` where the condition holds or the text is NULL; else the statement fails.
std::string only_where(const std::string& condition, const std::string& text, const std::string& sql);
// Texts that hold ASCII alone, texts without a zero byte (at which SQLite ends some of its own functions).
std::string is_ascii(const std::string& text);
std::string has_no_zero(const std::string& text);

Expression sum(const Expression& left, std::string_view sign, const Expression& right);
Expression product(const Expression& left, const Expression& right);
// Of integers alone.
Expression whole_quotient(const Expression& left, std::string_view sign, const Expression& right);
// 1, 0 or NULL.
Expression comparison(const Expression& left, std::string_view sign, const Expression& right);
Expression logical(const Expression& left, std::string_view word, const Expression& right);

// All of one kind and scale, or none; NULLs take the kind of the others.
bool make_alike(std::vector<SqliteExpression>& terms);
// The terms, alike already, as arguments of a function of SQLite that gives one of them.
SqliteExpression call(std::string_view function, const std::vector<SqliteExpression>& terms);

// As the source prints it.
Expression printed(const SqliteExpression& term);
// Of a decimal, with all digits of its scale.
std::string decimal_text(const SqliteExpression& term);

}  // namespace binferry::generated
