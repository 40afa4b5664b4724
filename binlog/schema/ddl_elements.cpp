// What stands beside columns in the parentheses of CREATE TABLE, and after ADD in ALTER TABLE: keys, constraints,
// checks, periods.
#include "binlog/schema/ddl_parts.hpp"

namespace binferry::ddl {
namespace {

ReferenceAction reference_action(SqlCursor& cursor) {
  if (cursor.accept("RESTRICT")) return ReferenceAction::restrict_;
  if (cursor.accept("CASCADE")) return ReferenceAction::cascade;
  if (cursor.accept_words({"SET", "NULL"})) return ReferenceAction::set_null;
  if (cursor.accept_words({"SET", "DEFAULT"})) return ReferenceAction::set_default;
  if (cursor.accept_words({"NO", "ACTION"})) return ReferenceAction::no_action;
  cursor.fail_expecting("RESTRICT, CASCADE, SET NULL, SET DEFAULT or NO ACTION");
  return ReferenceAction::none;
}

IndexPart index_part(SqlCursor& cursor) {
  IndexPart part;
  if (cursor.at_symbol('(')) {
    part.expression = cursor.parenthesized("an expression");
  } else {
    part.column = cursor.name("a column name");
    if (cursor.accept_symbol('(')) {
      part.prefix_length = static_cast<std::uint32_t>(cursor.number("a prefix length", 0xFFFFFFFF));
      cursor.expect_symbol(')');
    }
  }
  if (cursor.accept("DESC")) {
    part.descending = true;
  } else if (!cursor.accept("ASC")) {
    part.without_overlaps = cursor.accept_words({"WITHOUT", "OVERLAPS"});
  }
  return part;
}

bool at_index_algorithm(const SqlCursor& cursor) {
  const Token& next = cursor.peek(1);
  return (cursor.at("USING") || cursor.at("TYPE")) &&
         (next.is_word("BTREE") || next.is_word("HASH") || next.is_word("RTREE"));
}

void index_algorithm(SqlCursor& cursor) {
  if (!at_index_algorithm(cursor)) return;
  cursor.advance();
  cursor.advance();
}

// After the words: [IF NOT EXISTS] [name] [USING …] (parts) options
void index_body(SqlCursor& cursor, IndexSpec& spec) {
  spec.if_not_exists = if_not_exists(cursor);
  if (!cursor.at_symbol('(') && !at_index_algorithm(cursor)) {
    const std::string name = cursor.name("an index name or '('");
    if (spec.index.kind != IndexKind::primary) spec.index.name = name;
  }
  index_algorithm(cursor);
  spec.index.parts = index_parts(cursor);
  index_options(cursor, spec.index);
}

void add_index(SqlCursor& cursor, IndexKind kind, std::string constraint, TableElements& elements) {
  IndexSpec spec;
  spec.index.kind = kind;
  spec.constraint_name = std::move(constraint);
  index_body(cursor, spec);
  if (kind == IndexKind::primary) {
    spec.index.name = "PRIMARY";
  } else if (spec.index.name.empty()) {
    spec.index.name = spec.constraint_name;
  }
  elements.indexes.push_back(std::move(spec));
}

void add_foreign_key(SqlCursor& cursor, std::string constraint, TableElements& elements) {
  cursor.expect("KEY");
  ForeignKeySpec spec;
  spec.if_not_exists = if_not_exists(cursor);
  spec.key.name = std::move(constraint);
  if (!cursor.at_symbol('(')) cursor.name("an index name or '('");
  spec.key.columns = name_list(cursor, "a column name");
  references_clause(cursor, spec.key);
  elements.foreign_keys.push_back(std::move(spec));
}

void add_check(SqlCursor& cursor, std::string constraint, TableElements& elements) {
  CheckConstraint check;
  check.name = std::move(constraint);
  check.expression = cursor.parenthesized("the expression of a CHECK");
  if (cursor.accept_words({"NOT", "ENFORCED"})) {
    check.enforced = false;
  } else {
    cursor.accept("ENFORCED");
  }
  elements.checks.push_back(std::move(check));
}

void add_period(SqlCursor& cursor, TableElements& elements) {
  if_not_exists(cursor);
  PeriodDefinition period;
  period.name = cursor.name("a period's name");
  cursor.expect_symbol('(');
  period.start_column = cursor.name("a column name");
  cursor.expect_symbol(',');
  period.end_column = cursor.name("a column name");
  cursor.expect_symbol(')');
  elements.periods.push_back(std::move(period));
}

// PRIMARY KEY, UNIQUE, FOREIGN KEY, CHECK: what may follow CONSTRAINT [name].
bool constraint_body(SqlCursor& cursor, const std::string& constraint, TableElements& elements) {
  if (cursor.accept("PRIMARY")) {
    cursor.expect("KEY");
    add_index(cursor, IndexKind::primary, constraint, elements);
  } else if (cursor.accept("UNIQUE")) {
    cursor.accept_any({"KEY", "INDEX"});
    add_index(cursor, IndexKind::unique, constraint, elements);
  } else if (cursor.accept("FOREIGN")) {
    add_foreign_key(cursor, constraint, elements);
  } else if (cursor.accept("CHECK")) {
    add_check(cursor, constraint, elements);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void references_clause(SqlCursor& cursor, ForeignKey& key) {
  cursor.expect("REFERENCES");
  const TableName parent = table_name(cursor);
  key.referenced_schema = parent.schema;
  key.referenced_table = parent.name;
  if (cursor.at_symbol('(')) key.referenced_columns = name_list(cursor, "a column name");
  if (cursor.accept("MATCH") && !cursor.accept_any({"FULL", "PARTIAL", "SIMPLE"})) {
    cursor.fail_expecting("FULL, PARTIAL or SIMPLE");
  }
  for (;;) {
    if (cursor.accept_words({"ON", "DELETE"})) {
      key.on_delete = reference_action(cursor);
    } else if (cursor.at_words({"ON", "UPDATE"}) && !cursor.peek(2).is_word("CURRENT_TIMESTAMP") &&
               !cursor.peek(2).is_word("NOW")) {
      cursor.accept_words({"ON", "UPDATE"});
      key.on_update = reference_action(cursor);
    } else {
      return;
    }
  }
}

std::vector<IndexPart> index_parts(SqlCursor& cursor) {
  std::vector<IndexPart> parts;
  cursor.expect_symbol('(');
  do {
    parts.push_back(index_part(cursor));
  } while (cursor.accept_symbol(','));
  cursor.expect_symbol(')');
  return parts;
}

void index_options(SqlCursor& cursor, IndexDefinition& index) {
  for (;;) {
    if (at_index_algorithm(cursor)) {
      index_algorithm(cursor);
    } else if (cursor.accept("COMMENT")) {
      index.comment = cursor.string("a comment");
    } else if (cursor.accept_words({"WITH", "PARSER"})) {
      cursor.name("a parser's name");
    } else if (cursor.accept("INVISIBLE") || cursor.accept("IGNORED")) {
      index.invisible = true;
    } else if (cursor.accept("VISIBLE") || cursor.accept_words({"NOT", "IGNORED"})) {
      index.invisible = false;
    } else if (cursor.accept("KEY_BLOCK_SIZE")) {
      cursor.accept_symbol('=');
      cursor.number("a block size", 0xFFFFFFFF);
    } else if (cursor.accept_any({"ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE"})) {
      cursor.accept_symbol('=');
      cursor.string("an attribute");
    } else if (cursor.at_name() && cursor.peek(1).is_symbol('=') && !cursor.at("ALGORITHM") && !cursor.at("LOCK")) {
      cursor.advance();  // an option of a storage engine: name=value
      cursor.advance();
      if (cursor.peek().kind == TokenKind::symbol) cursor.fail_expecting("a value");
      cursor.advance();
    } else {
      return;
    }
  }
}

bool table_element(SqlCursor& cursor, TableElements& elements) {
  if (cursor.accept("CONSTRAINT")) {
    std::string constraint;
    const bool unnamed = cursor.at_any({"PRIMARY", "UNIQUE", "FOREIGN", "CHECK"});
    // MariaDB: ADD CONSTRAINT IF NOT EXISTS name …
    const bool tolerant = !unnamed && if_not_exists(cursor);
    if (!unnamed) constraint = cursor.name("a constraint's name");
    const std::size_t keys = elements.foreign_keys.size();
    const std::size_t indexes = elements.indexes.size();
    if (!constraint_body(cursor, constraint, elements)) {
      cursor.fail_expecting("PRIMARY KEY, UNIQUE, FOREIGN KEY or CHECK");
    }
    if (tolerant && elements.foreign_keys.size() > keys) elements.foreign_keys.back().if_not_exists = true;
    if (tolerant && elements.indexes.size() > indexes) elements.indexes.back().if_not_exists = true;
    return true;
  }
  if (constraint_body(cursor, {}, elements)) return true;
  if (cursor.accept_any({"KEY", "INDEX"})) {
    add_index(cursor, IndexKind::plain, {}, elements);
  } else if (cursor.at("FULLTEXT") || cursor.at("SPATIAL")) {
    const IndexKind kind = cursor.at("FULLTEXT") ? IndexKind::fulltext : IndexKind::spatial;
    cursor.advance();
    cursor.accept_any({"KEY", "INDEX"});
    add_index(cursor, kind, {}, elements);
  } else if (cursor.at("VECTOR") &&
             (cursor.peek(1).is_word("KEY") || cursor.peek(1).is_word("INDEX") || cursor.peek(1).is_symbol('('))) {
    cursor.advance();
    cursor.accept_any({"KEY", "INDEX"});
    add_index(cursor, IndexKind::vector, {}, elements);
  } else if (cursor.accept_words({"PERIOD", "FOR"})) {
    add_period(cursor, elements);
  } else {
    return false;
  }
  return true;
}

void table_elements(SqlCursor& cursor, TableElements& elements) {
  cursor.expect_symbol('(');
  do {
    if (!table_element(cursor, elements)) elements.columns.push_back(column_definition(cursor));
  } while (!cursor.failed() && cursor.accept_symbol(','));
  if (!cursor.at_symbol(')')) cursor.fail_expecting("',', ')' or a column attribute");
  cursor.expect_symbol(')');
}

}  // namespace binferry::ddl
