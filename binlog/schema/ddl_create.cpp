// CREATE TABLE in all its forms, CREATE SEQUENCE, CREATE and DROP INDEX.
#include "binlog/schema/ddl_parts.hpp"

namespace binferry::ddl {
namespace {

bool at_query(const SqlCursor& cursor, std::size_t ahead) {
  const Token& token = cursor.peek(ahead);
  return token.is_word("SELECT") || token.is_word("WITH") || token.is_word("VALUES") || token.is_word("TABLE");
}

// `(SELECT …)`, `((SELECT …) UNION …)`: a query where a list of columns might stand.
bool at_query_in_parentheses(const SqlCursor& cursor) {
  std::size_t ahead = 0;
  while (cursor.peek(ahead).is_symbol('(')) ++ahead;
  return ahead > 0 && at_query(cursor, ahead);
}

// PARTITION BY …: to the end, or to the query.
void skip_partitioning(SqlCursor& cursor) {
  while (!cursor.failed() && !cursor.at_end() && !cursor.at_any({"SELECT", "AS", "IGNORE", "REPLACE", "WITH"}) &&
         !cursor.at_words({"START", "TRANSACTION"}) && !at_query_in_parentheses(cursor)) {
    if (cursor.at_symbol('(')) {
      cursor.skip_parentheses();
    } else if (cursor.peek().kind == TokenKind::unfinished || cursor.at_symbol(')')) {
      cursor.fail_expecting("a partition clause");
    } else {
      cursor.advance();
    }
  }
}

void trailing_query(SqlCursor& cursor, CreateTable& create) {
  const bool words = cursor.accept_any({"IGNORE", "REPLACE"});
  const bool as = cursor.accept("AS");
  if (at_query(cursor, 0) || at_query_in_parentheses(cursor)) {
    create.select = true;
    // MySQL 8.0.21 and later never write both; what follows is a query and none of our business.
    while (!cursor.failed() && cursor.peek().kind != TokenKind::end && cursor.peek().kind != TokenKind::unfinished) {
      cursor.advance();
    }
  } else if (words || as) {
    cursor.fail_expecting("a query");
  }
}

// ALGORITHM [=] x, LOCK [=] x, WAIT: after CREATE and DROP INDEX.
void index_statement_options(SqlCursor& cursor) {
  for (;;) {
    if (cursor.accept_any({"ALGORITHM", "LOCK"})) {
      cursor.accept_symbol('=');
      cursor.name("an algorithm or lock");
    } else if (cursor.at("WAIT") || cursor.at("NOWAIT")) {
      skip_lock_wait(cursor);
    } else {
      return;
    }
  }
}

// MariaDB 11.5: CREATE SEQUENCE s AS SMALLINT UNSIGNED … (MariaDB documentation "CREATE SEQUENCE"). The columns that
// hold a value of the sequence have that type, the others are as ever.
void sequence_columns(SqlCursor& cursor, TableElements& elements) {
  ColumnSpec value;
  data_type(cursor, value);
  ColumnSpec number;
  number.column.type = ColumnType::big_int;
  number.column.display_width = 21;
  ColumnSpec flag;
  flag.column.type = ColumnType::tiny_int;
  flag.column.display_width = 1;
  const auto add = [&](const char* name, const ColumnSpec& like, bool is_unsigned) {
    ColumnSpec& spec = elements.columns.emplace_back(like);
    spec.column.name = name;
    spec.column.is_unsigned = is_unsigned;
    spec.column.nullable = false;
    spec.column.declared_type = canonical_type(spec.column);
  };
  for (const char* name : {"next_not_cached_value", "minimum_value", "maximum_value", "start_value"}) {
    add(name, value, value.column.is_unsigned);
  }
  add("increment", number, false);
  add("cache_size", number, true);
  add("cycle_option", flag, true);
  add("cycle_count", number, false);
}

}  // namespace

CreateTable create_table(SqlCursor& cursor, CreateTable create) {
  create.if_not_exists = if_not_exists(cursor);
  create.table = table_name(cursor);
  if (cursor.accept("LIKE")) {
    create.like = table_name(cursor);
    return create;
  }
  if (cursor.at_symbol('(') && cursor.peek(1).is_word("LIKE")) {
    cursor.advance();
    cursor.advance();
    create.like = table_name(cursor);
    cursor.expect_symbol(')');
    return create;
  }
  if (cursor.at_symbol('(') && !at_query_in_parentheses(cursor)) table_elements(cursor, create.elements);
  while (!cursor.failed() && table_option(cursor, create.options, create.start_transaction)) {
    cursor.accept_symbol(',');
  }
  if (cursor.at_words({"PARTITION", "BY"})) {
    create.partitioned = true;
    skip_partitioning(cursor);
  }
  // START TRANSACTION may also stand behind the partitions.
  while (!cursor.failed() && table_option(cursor, create.options, create.start_transaction)) {
  }
  trailing_query(cursor, create);
  create.sequence = create.sequence || create.options.sequence;
  const bool nothing_defined = create.elements.columns.empty() && !create.select && !create.sequence;
  if (nothing_defined && cursor.at_end()) cursor.fail_expecting("a list of columns, LIKE or a query");
  if (!cursor.at_end()) cursor.fail_expecting("a table option");
  return create;
}

CreateTable create_sequence(SqlCursor& cursor, CreateTable create) {
  create.sequence = true;
  create.if_not_exists = if_not_exists(cursor);
  create.table = table_name(cursor);
  if (cursor.accept("AS")) sequence_columns(cursor, create.elements);
  // START WITH, INCREMENT BY, ENGINE and the rest say nothing about the table's columns.
  while (!cursor.failed() && cursor.peek().kind != TokenKind::end && cursor.peek().kind != TokenKind::unfinished) {
    cursor.advance();
  }
  return create;
}

AlterTable create_index(SqlCursor& cursor, IndexKind kind) {
  AlterTable alter;
  AddIndex add;
  add.index.index.kind = kind;
  add.index.if_not_exists = if_not_exists(cursor);
  add.index.index.name = cursor.name("an index name");
  IndexDefinition ignored;
  index_options(cursor, ignored);
  cursor.expect("ON");
  alter.table = table_name(cursor);
  add.index.index.parts = index_parts(cursor);
  skip_lock_wait(cursor);  // MariaDB's place for it
  index_options(cursor, add.index.index);
  index_statement_options(cursor);
  if (!cursor.at_end()) cursor.fail_expecting("an index option");
  alter.actions.emplace_back(std::move(add));
  return alter;
}

AlterTable drop_index(SqlCursor& cursor) {
  AlterTable alter;
  DropIndex drop;
  drop.if_exists = if_exists(cursor);
  drop.name = cursor.name("an index name");
  cursor.expect("ON");
  alter.table = table_name(cursor);
  index_statement_options(cursor);
  if (!cursor.at_end()) cursor.fail_expecting("ALGORITHM, LOCK or the end");
  alter.actions.emplace_back(std::move(drop));
  return alter;
}

}  // namespace binferry::ddl
