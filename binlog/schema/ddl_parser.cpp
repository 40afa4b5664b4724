#include "binlog/schema/ddl_parser.hpp"

#include "binlog/schema/ddl_parts.hpp"
#include "binlog/schema/statement_classifier.hpp"

namespace binferry {
namespace ddl {

TableName table_name(SqlCursor& cursor) {
  TableName table;
  cursor.accept_symbol('.');  // `.t` is `t` in the default database, an ODBC relic
  table.name = cursor.name("a table name");
  if (cursor.accept_symbol('.')) {
    table.schema = std::move(table.name);
    table.name = cursor.name("a table name");
  }
  return table;
}

bool if_exists(SqlCursor& cursor) {
  return cursor.accept_words({"IF", "EXISTS"});
}
bool if_not_exists(SqlCursor& cursor) {
  return cursor.accept_words({"IF", "NOT", "EXISTS"});
}

void skip_lock_wait(SqlCursor& cursor) {
  if (cursor.accept("WAIT")) {
    if (cursor.peek().kind != TokenKind::number) cursor.fail_expecting("a number of seconds");
    cursor.advance();
  } else {
    cursor.accept("NOWAIT");
  }
}

std::vector<std::string> name_list(SqlCursor& cursor, std::string_view what) {
  std::vector<std::string> names;
  cursor.expect_symbol('(');
  do {
    names.push_back(cursor.name(what));
  } while (cursor.accept_symbol(','));
  cursor.expect_symbol(')');
  return names;
}

namespace {

DropTable drop_table(SqlCursor& cursor, bool temporary) {
  DropTable drop;
  drop.temporary = temporary;
  drop.if_exists = if_exists(cursor);
  do {
    drop.tables.push_back(table_name(cursor));
  } while (cursor.accept_symbol(','));
  skip_lock_wait(cursor);
  cursor.accept_any({"RESTRICT", "CASCADE"});
  if (!cursor.at_end()) cursor.fail_expecting("',' or the end of the statement");
  return drop;
}

RenameTable rename_table(SqlCursor& cursor) {
  RenameTable rename;
  rename.if_exists = if_exists(cursor);
  do {
    RenameTable::Pair pair;
    pair.from = table_name(cursor);
    skip_lock_wait(cursor);
    cursor.expect("TO");
    pair.to = table_name(cursor);
    rename.pairs.push_back(std::move(pair));
  } while (cursor.accept_symbol(','));
  if (!cursor.at_end()) cursor.fail_expecting("',' or the end of the statement");
  return rename;
}

TruncateTable truncate_table(SqlCursor& cursor) {
  cursor.accept("TABLE");
  TruncateTable truncate{table_name(cursor)};
  skip_lock_wait(cursor);
  cursor.accept_any({"DROP", "REUSE"});  // MariaDB's Oracle mode: … STORAGE
  cursor.accept("STORAGE");
  if (!cursor.at_end()) cursor.fail_expecting("the end of the statement");
  return truncate;
}

// COMMENT, ENCRYPTION and READ ONLY are passed over.
void database_options(SqlCursor& cursor, CharsetSpec& charset) {
  while (!cursor.failed() && !cursor.at_end()) {
    if (charset_option(cursor, charset)) continue;
    cursor.accept("DEFAULT");
    if (cursor.accept("ENCRYPTION") || cursor.accept("COMMENT") || cursor.accept_words({"READ", "ONLY"})) {
      cursor.accept_symbol('=');
      cursor.advance();
    } else if (cursor.accept_words({"UPGRADE", "DATA", "DIRECTORY", "NAME"})) {
      // no meaning here
    } else {
      cursor.fail_expecting("a database option");
    }
  }
}

CreateDatabase create_database(SqlCursor& cursor, bool or_replace) {
  CreateDatabase create;
  create.or_replace = or_replace;
  create.if_not_exists = if_not_exists(cursor);
  create.name = cursor.name("a database's name");
  database_options(cursor, create.charset);
  return create;
}

AlterDatabase alter_database(SqlCursor& cursor) {
  AlterDatabase alter;
  // COMMENT and ENCRYPTION are names, too, unless a value follows.
  const Token& next = cursor.peek(1);
  const bool option_with_value =
      (cursor.at("COMMENT") || cursor.at("ENCRYPTION")) && (next.is_symbol('=') || next.kind == TokenKind::string);
  const bool unnamed = cursor.at("DEFAULT") || cursor.at("CHARSET") || cursor.at("COLLATE") ||
                       cursor.at_words({"CHARACTER", "SET"}) || option_with_value;
  if (!unnamed) alter.name = cursor.name("a database's name");
  database_options(cursor, alter.charset);
  return alter;
}

DropDatabase drop_database(SqlCursor& cursor) {
  DropDatabase drop;
  drop.if_exists = if_exists(cursor);
  drop.name = cursor.name("a database's name");
  if (!cursor.at_end()) cursor.fail_expecting("the end of the statement");
  return drop;
}

DdlStatement create_statement(SqlCursor& cursor) {
  CreateTable head;
  head.or_replace = cursor.accept_words({"OR", "REPLACE"});
  head.temporary = cursor.accept("TEMPORARY");
  if (cursor.accept("TABLE")) return create_table(cursor, std::move(head));
  if (cursor.accept("SEQUENCE")) return create_sequence(cursor, std::move(head));
  if (cursor.accept_any({"DATABASE", "SCHEMA"})) return create_database(cursor, head.or_replace);
  cursor.accept_any({"ONLINE", "OFFLINE"});
  IndexKind kind = IndexKind::plain;
  if (cursor.accept("UNIQUE")) {
    kind = IndexKind::unique;
  } else if (cursor.accept("FULLTEXT")) {
    kind = IndexKind::fulltext;
  } else if (cursor.accept("SPATIAL")) {
    kind = IndexKind::spatial;
  } else if (cursor.accept("VECTOR")) {
    kind = IndexKind::vector;
  }
  if (cursor.accept("INDEX")) {
    AlterTable alter = create_index(cursor, kind);
    if (head.or_replace && !alter.actions.empty()) {
      std::string name = std::get<AddIndex>(alter.actions.front()).index.index.name;
      alter.actions.insert(alter.actions.begin(), DropIndex{std::move(name), true});
    }
    return alter;
  }
  cursor.fail_expecting("TABLE, INDEX or DATABASE");
  return OtherStatement{};
}

DdlStatement statement(SqlCursor& cursor) {
  if (cursor.accept("CREATE")) return create_statement(cursor);
  if (cursor.accept("ALTER")) {
    if (cursor.accept_any({"DATABASE", "SCHEMA"})) return alter_database(cursor);
    cursor.accept_any({"ONLINE", "OFFLINE"});
    cursor.accept("IGNORE");
    cursor.expect("TABLE");
    return alter_table(cursor);
  }
  if (cursor.accept("DROP")) {
    if (cursor.accept_any({"DATABASE", "SCHEMA"})) return drop_database(cursor);
    const bool temporary = cursor.accept("TEMPORARY");
    if (cursor.accept_any({"TABLE", "TABLES", "SEQUENCE"})) return drop_table(cursor, temporary);
    cursor.accept_any({"ONLINE", "OFFLINE"});
    cursor.expect("INDEX");
    return drop_index(cursor);
  }
  if (cursor.accept("RENAME")) {
    if (!cursor.accept("TABLES")) cursor.expect("TABLE");
    return rename_table(cursor);
  }
  if (cursor.accept("TRUNCATE")) return truncate_table(cursor);
  cursor.fail_expecting("CREATE, ALTER, DROP, RENAME or TRUNCATE");
  return OtherStatement{};
}

}  // namespace
}  // namespace ddl

Result<DdlStatement> parse_ddl(std::string_view sql, const SqlDialect& dialect) {
  if (classify_statement(sql, dialect).statement_class != StatementClass::table_ddl) return OtherStatement{};
  SqlCursor cursor(sql, dialect);
  // MariaDB: SET STATEMENT max_statement_time=… FOR CREATE TABLE …
  if (cursor.at_words({"SET", "STATEMENT"})) {
    while (cursor.peek().kind != TokenKind::end && !cursor.at("FOR")) cursor.advance();
    cursor.expect("FOR");
  }
  DdlStatement parsed = ddl::statement(cursor);
  if (cursor.failed()) return std::unexpected(cursor.error());
  if (!cursor.at_end() && !std::holds_alternative<CreateTable>(parsed)) {
    cursor.fail_expecting("the end of the statement");
    return std::unexpected(cursor.error());
  }
  return parsed;
}

Result<std::string> query_text_utf8(Bytes text, std::uint16_t client_collation) {
  const Charset* charset = charset_of_collation(client_collation);
  if (client_collation == 0 || charset == nullptr || charset->form == Charset::Form::utf8 ||
      charset->form == Charset::Form::ascii || charset->form == Charset::Form::binary) {
    return std::string(text_of(text));
  }
  std::string out;
  out.reserve(text.size());
  if (auto status = append_utf8(*charset, text, out); !status) return propagate(status, "statement text");
  return out;
}

}  // namespace binferry
