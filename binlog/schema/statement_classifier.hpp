// Tells what kind of statement a QUERY event carries, from its first words (PROTOCOL 8.4). Never fails.
#pragma once

#include "binlog/schema/dialect.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

enum class StatementClass : std::uint8_t {
  begin,  // BEGIN, START TRANSACTION
  commit,
  rollback,           // the whole group
  savepoint,          // name in `savepoint`
  rollback_to,        // name in `savepoint`
  release_savepoint,  // name in `savepoint`
  xa_start,           // XA START, XA BEGIN
  xa_end,
  xa_prepare,
  xa_commit,
  xa_rollback,
  table_ddl,        // may change what the catalogue knows: give it to parse_ddl
  other_ddl,        // views, triggers, routines, events, servers, tablespaces …
  account,          // users, roles, grants, passwords: the text must never be logged
  temporary,        // CREATE, DROP TEMPORARY TABLE
  maintenance,      // ANALYZE, OPTIMIZE, FLUSH …, and SET of session state
  statement_based,  // changes rows without row events: a row-based reader must stop
  padding,          // `# Dummy event …`, or nothing but comments
  other,            // anything else: the schema may have changed
};
std::string_view name_of(StatementClass statement_class);

struct Classified {
  StatementClass statement_class = StatementClass::other;
  std::string verb;       // the deciding words, upper case: `CREATE VIEW`; safe to print, whatever the class
  std::string savepoint;  // see above
};

Classified classify_statement(std::string_view sql_utf8, const SqlDialect& dialect);

}  // namespace binferry
