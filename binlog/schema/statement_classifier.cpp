#include "binlog/schema/statement_classifier.hpp"

#include "binlog/schema/sql_lexer.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace binferry {
namespace {

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

bool is_any(const Token& token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return token.is_word(word); });
}

// What CREATE, ALTER and DROP are about. Modifiers (OR REPLACE, DEFINER=…, TEMPORARY) are passed over until a noun.
struct Noun {
  std::string_view word;
  StatementClass statement_class;
};
constexpr std::array kNouns = {
    Noun{"TABLE", StatementClass::table_ddl},     Noun{"TABLES", StatementClass::table_ddl},
    Noun{"INDEX", StatementClass::table_ddl},     Noun{"DATABASE", StatementClass::table_ddl},
    Noun{"SCHEMA", StatementClass::table_ddl},    Noun{"VIEW", StatementClass::other_ddl},
    Noun{"TRIGGER", StatementClass::other_ddl},   Noun{"FUNCTION", StatementClass::other_ddl},
    Noun{"PROCEDURE", StatementClass::other_ddl}, Noun{"EVENT", StatementClass::other_ddl},
    Noun{"SEQUENCE", StatementClass::table_ddl},  Noun{"PACKAGE", StatementClass::other_ddl},
    Noun{"SERVER", StatementClass::other_ddl},    Noun{"TABLESPACE", StatementClass::other_ddl},
    Noun{"LOGFILE", StatementClass::other_ddl},   Noun{"UNDO", StatementClass::other_ddl},
    Noun{"RESOURCE", StatementClass::other_ddl},  Noun{"INSTANCE", StatementClass::other_ddl},
    Noun{"CATALOG", StatementClass::other_ddl},   Noun{"LIBRARY", StatementClass::other_ddl},
    Noun{"PREPARE", StatementClass::maintenance}, Noun{"JSON", StatementClass::other_ddl},
    Noun{"USER", StatementClass::account},        Noun{"ROLE", StatementClass::account},
};

const Noun* noun_of(const Token& token) {
  const auto* noun = std::find_if(kNouns.begin(), kNouns.end(), [&](const Noun& n) { return token.is_word(n.word); });
  return noun == kNouns.end() ? nullptr : noun;
}

class Classifier {
 public:
  Classifier(std::string_view sql, const SqlDialect& dialect) : mariadb_(dialect.mariadb), lexer_(sql, dialect) {}

  Classified run() {
    Token first = lexer_.next();
    while (first.is_symbol('(')) first = lexer_.next();  // (SELECT …)
    if (first.kind == TokenKind::end) return {StatementClass::padding, {}, {}};
    if (first.kind != TokenKind::word) return {StatementClass::other, {}, {}};
    const std::string verb = upper(first.text);
    Classified out{StatementClass::other, verb, {}};
    if (is_any(first, {"CREATE", "ALTER", "DROP"})) return definition(verb);
    if (transaction_control(first, out) || account(first, out) || rest(first, out)) return out;
    // An unknown word may be anything, even part of a secret.
    out.verb.clear();
    return out;
  }

 private:
  Classified definition(const std::string& verb) {
    bool temporary = false;
    Token token = lexer_.next();
    for (;;) {
      if (const Noun* noun = noun_of(token)) return named(verb, *noun, temporary);
      if (token.is_word("REFERENCE")) return {StatementClass::other_ddl, verb + " SPATIAL REFERENCE SYSTEM", {}};
      if (token.is_word("DEFINER")) {
        token = after_definer();
        continue;
      }
      temporary = temporary || token.is_word("TEMPORARY");
      if (token.is_word("ALGORITHM")) {
        lexer_.next();  // =
        lexer_.next();
      } else if (token.is_word("SQL")) {
        lexer_.next();  // SECURITY
        lexer_.next();
      } else if (!is_any(token, {"OR", "REPLACE", "TEMPORARY", "ONLINE", "OFFLINE", "IGNORE", "UNIQUE", "FULLTEXT",
                                 "SPATIAL", "VECTOR", "AGGREGATE", "PUBLIC", "MATERIALIZED", "IF", "NOT", "EXISTS"})) {
        return {StatementClass::other, verb, {}};
      }
      token = lexer_.next();
    }
  }

  Classified named(const std::string& verb, const Noun& noun, bool temporary) {
    Classified out{noun.statement_class, verb + ' ' + std::string(noun.word), {}};
    if (temporary && noun.statement_class == StatementClass::table_ddl) out.statement_class = StatementClass::temporary;
    // ALTER SEQUENCE changes a number, not a table.
    if (noun.word == "SEQUENCE" && verb == "ALTER") out.statement_class = StatementClass::other_ddl;
    return out;
  }

  // = user[@host] | CURRENT_USER[()] | role
  Token after_definer() {
    Token token = lexer_.next();
    if (token.is_symbol('=')) token = lexer_.next();
    token = lexer_.next();
    if (token.is_symbol('@')) {
      lexer_.next();
      return lexer_.next();
    }
    if (token.is_symbol('(')) {
      lexer_.next();
      return lexer_.next();
    }
    return token;
  }

  bool transaction_control(const Token& first, Classified& out) {
    if (first.is_word("BEGIN")) {
      // MariaDB writes BEGIN NOT ATOMIC for blocks: never in a log, and a block changes what it likes.
      out.statement_class = lexer_.next().is_word("NOT") ? StatementClass::statement_based : StatementClass::begin;
    } else if (first.is_word("START")) {
      out.statement_class = lexer_.next().is_word("TRANSACTION") ? StatementClass::begin : StatementClass::maintenance;
    } else if (first.is_word("COMMIT")) {
      out.statement_class = StatementClass::commit;
    } else if (first.is_word("SAVEPOINT")) {
      out.statement_class = StatementClass::savepoint;
      out.savepoint = lexer_.next().text;
    } else if (first.is_word("RELEASE")) {
      out.statement_class = StatementClass::release_savepoint;
      if (lexer_.next().is_word("SAVEPOINT")) out.savepoint = lexer_.next().text;
    } else if (first.is_word("ROLLBACK")) {
      rollback(out);
    } else if (first.is_word("XA")) {
      xa(out);
    } else {
      return false;
    }
    return true;
  }

  // ROLLBACK [WORK] [TO [SAVEPOINT] name]
  void rollback(Classified& out) {
    out.statement_class = StatementClass::rollback;
    Token token = lexer_.next();
    if (token.is_word("WORK")) token = lexer_.next();
    if (!token.is_word("TO")) return;
    out.statement_class = StatementClass::rollback_to;
    out.verb = "ROLLBACK TO";
    token = lexer_.next();
    if (token.is_word("SAVEPOINT")) {
      // A savepoint may itself be called `savepoint`.
      Token name = lexer_.next();
      if (name.kind == TokenKind::word || name.kind == TokenKind::quoted) token = std::move(name);
    }
    out.savepoint = token.text;
  }

  void xa(Classified& out) {
    const Token token = lexer_.next();
    out.verb = "XA " + upper(token.text);
    if (is_any(token, {"START", "BEGIN"})) {
      out.statement_class = StatementClass::xa_start;
    } else if (token.is_word("END")) {
      out.statement_class = StatementClass::xa_end;
    } else if (token.is_word("PREPARE")) {
      out.statement_class = StatementClass::xa_prepare;
    } else if (token.is_word("COMMIT")) {
      out.statement_class = StatementClass::xa_commit;
    } else if (token.is_word("ROLLBACK")) {
      out.statement_class = StatementClass::xa_rollback;
    } else {
      out.statement_class = StatementClass::maintenance;
      out.verb = "XA";
    }
  }

  bool account(const Token& first, Classified& out) {
    if (is_any(first, {"GRANT", "REVOKE"})) {
      out.statement_class = StatementClass::account;
      return true;
    }
    if (first.is_word("RENAME")) {
      const Token noun = lexer_.next();
      if (noun.is_word("USER")) {
        out = {StatementClass::account, "RENAME USER", {}};
      } else if (is_any(noun, {"TABLE", "TABLES"})) {
        out = {StatementClass::table_ddl, "RENAME TABLE", {}};
      }
      return true;
    }
    if (first.is_word("SET")) {
      set(out);
      return true;
    }
    return false;
  }

  // SET PASSWORD, SET DEFAULT ROLE; MariaDB's SET STATEMENT … FOR statement; the rest changes a session only.
  void set(Classified& out) {
    Token token = lexer_.next();
    if (is_any(token, {"PASSWORD", "ROLE"})) {
      out.statement_class = StatementClass::account;
    } else if (token.is_word("DEFAULT") && lexer_.next().is_word("ROLE")) {
      out.statement_class = StatementClass::account;
    } else if (mariadb_ && token.is_word("STATEMENT")) {
      while (token.kind != TokenKind::end && token.kind != TokenKind::unfinished && !token.is_word("FOR"))
        token = lexer_.next();
      if (token.is_word("FOR")) out = run_inner();
    } else {
      out.statement_class = StatementClass::maintenance;
    }
  }

  Classified run_inner() { return token_budget_-- > 0 ? run() : Classified{}; }

  static bool rest(const Token& first, Classified& out) {
    if (first.is_word("TRUNCATE")) {
      out.statement_class = StatementClass::table_ddl;
    } else if (is_any(first, {"ANALYZE", "OPTIMIZE",  "REPAIR",   "CHECK", "CHECKSUM", "CACHE",    "FLUSH",
                              "INSTALL", "UNINSTALL", "RESET",    "PURGE", "LOCK",     "UNLOCK",   "USE",
                              "SHOW",    "EXPLAIN",   "DESCRIBE", "HELP",  "KILL",     "SHUTDOWN", "RESTART",
                              "STOP",    "BINLOG",    "SIGNAL",   "BACKUP"})) {
      out.statement_class = StatementClass::maintenance;
    } else if (is_any(first, {"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "CALL", "DO", "SELECT", "WITH", "VALUES",
                              "TABLE", "EXECUTE", "IMPORT", "HANDLER"})) {
      out.statement_class = StatementClass::statement_based;
    } else {
      return false;
    }
    return true;
  }

  bool mariadb_;
  SqlLexer lexer_;
  int token_budget_ = 4;
};

}  // namespace

std::string_view name_of(StatementClass statement_class) {
  switch (statement_class) {
    case StatementClass::begin: return "begin";
    case StatementClass::commit: return "commit";
    case StatementClass::rollback: return "rollback";
    case StatementClass::savepoint: return "savepoint";
    case StatementClass::rollback_to: return "rollback to savepoint";
    case StatementClass::release_savepoint: return "release savepoint";
    case StatementClass::xa_start: return "xa start";
    case StatementClass::xa_end: return "xa end";
    case StatementClass::xa_prepare: return "xa prepare";
    case StatementClass::xa_commit: return "xa commit";
    case StatementClass::xa_rollback: return "xa rollback";
    case StatementClass::table_ddl: return "table ddl";
    case StatementClass::other_ddl: return "other ddl";
    case StatementClass::account: return "account";
    case StatementClass::temporary: return "temporary table";
    case StatementClass::maintenance: return "maintenance";
    case StatementClass::statement_based: return "statement-based change";
    case StatementClass::padding: return "padding";
    case StatementClass::other: return "other";
  }
  return "other";
}

Classified classify_statement(std::string_view sql_utf8, const SqlDialect& dialect) {
  return Classifier(sql_utf8, dialect).run();
}

}  // namespace binferry
