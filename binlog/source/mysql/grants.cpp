#include "binlog/source/mysql/grants.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace binferry::mysql {
namespace {

// Reads a GRANT as the server prints it: upper-case words, names in backquotes.
class Line {
 public:
  explicit Line(std::string_view text) : text_(text) {}

  bool accept(std::string_view word) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // Words up to a comma, a bracket or ` ON `, ` TO `: a privilege's name.
  std::string words() {
    skip_spaces();
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '(' && text_[at_] != '`' && text_[at_] != '\'') {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with(" ON ") || rest.starts_with(" TO ") || rest.starts_with(" FROM ")) break;
      ++at_;
    }
    std::string_view name = text_.substr(start, at_ - start);
    while (name.ends_with(' ')) name.remove_suffix(1);
    return std::string(name);
  }

  // `name`, or a bare `*`.
  std::optional<std::string> name() {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '*') {
      ++at_;
      return "*";
    }
    if (at_ >= text_.size() || (text_[at_] != '`' && text_[at_] != '"')) return std::nullopt;
    const char quote = text_[at_++];
    std::string name;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != quote) {
        name += c;
      } else if (at_ < text_.size() && text_[at_] == quote) {
        name += quote;
        ++at_;
      } else {
        return name;
      }
    }
    return std::nullopt;
  }

  // Past `(…)`, whose names may hold brackets.
  void skip_brackets() {
    int depth = 0;
    char quote = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '`' || c == '"' || c == '\'') {
        quote = c;
      } else if (c == '(') {
        ++depth;
      } else if (c == ')' && --depth == 0) {
        ++at_;
        return;
      }
    }
  }

  [[nodiscard]] bool at(char c) {
    skip_spaces();
    return at_ < text_.size() && text_[at_] == c;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

// `%` and `_` of a grant's schema, and `\` before a character that stands for itself.
bool matches_schema(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '%') {
    for (std::size_t skip = 0; skip <= name.size(); ++skip) {
      if (matches_schema(pattern.substr(1), name.substr(skip))) return true;
    }
    return false;
  }
  if (name.empty()) return false;
  if (pattern.front() == '_') return matches_schema(pattern.substr(1), name.substr(1));
  if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return pattern.front() == name.front() && matches_schema(pattern.substr(1), name.substr(1));
}

}  // namespace

bool Grants::Level::has(std::string_view privilege) const {
  return privileges.contains("ALL PRIVILEGES") || privileges.contains("ALL") || privileges.contains(privilege);
}

void Grants::add(std::string_view text) {
  Line line(text);
  const bool revoke = line.accept("REVOKE ");
  if (!revoke && !line.accept("GRANT ")) return;
  Level level;
  do {
    std::string privilege = line.words();
    if (privilege.empty()) return;  // a role
    if (line.at('(')) {
      line.skip_brackets();  // of some columns only
    } else {
      level.privileges.insert(std::move(privilege));
    }
  } while (line.accept(","));
  if (!line.accept("ON ")) return;
  if (level.privileges.contains("PROXY")) return;
  (void)line.accept("TABLE ");
  std::optional<std::string> schema = line.name();
  if (!schema || !line.accept(".")) return;  // a procedure's, or nothing that a table needs
  std::optional<std::string> table = line.name();
  if (!table) return;
  level.schema = std::move(*schema);
  level.table = std::move(*table);
  (revoke ? revoked_ : granted_).push_back(std::move(level));
}

bool Grants::has_global(std::string_view privilege) const {
  return std::ranges::any_of(
      granted_, [&](const Level& level) { return level.schema == "*" && level.table == "*" && level.has(privilege); });
}

bool Grants::has_on_schema(std::string_view privilege, std::string_view schema) const {
  const auto is_here = [&](const Level& level) {
    return level.table == "*" && level.schema != "*" && matches_schema(level.schema, schema) && level.has(privilege);
  };
  // A partial revoke names one schema: `%` and `_` are characters like others there (MySQL 8.0 manual, "Privilege
  // Restriction Using Partial Revokes").
  const auto is_revoked = [&](const Level& level) {
    return level.table == "*" && level.schema == schema && level.has(privilege);
  };
  if (std::ranges::any_of(granted_, is_here)) return true;
  return has_global(privilege) && std::ranges::none_of(revoked_, is_revoked);
}

bool Grants::has_on_table(std::string_view privilege, std::string_view schema, std::string_view table) const {
  return has_on_schema(privilege, schema) || std::ranges::any_of(granted_, [&](const Level& level) {
           return level.schema == schema && level.table == table && level.has(privilege);
         });
}

}  // namespace binferry::mysql
