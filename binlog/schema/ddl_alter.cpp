// ALTER TABLE: its clauses, one function a verb.
#include "binlog/schema/ddl_parts.hpp"

namespace binferry::ddl {
namespace {

using Actions = std::vector<AlterAction>;

ColumnPosition column_position(SqlCursor& cursor) {
  ColumnPosition position;
  if (cursor.accept("FIRST")) {
    position.kind = ColumnPosition::Kind::first;
  } else if (cursor.accept("AFTER")) {
    position.kind = ColumnPosition::Kind::after;
    position.after = cursor.name("a column name");
  }
  return position;
}

void take_elements(TableElements&& elements, Actions& actions) {
  for (auto& index : elements.indexes) actions.emplace_back(AddIndex{std::move(index)});
  for (auto& key : elements.foreign_keys) actions.emplace_back(AddForeignKey{std::move(key)});
  for (auto& check : elements.checks) actions.emplace_back(AddCheck{std::move(check), false});
  for (auto& period : elements.periods) actions.emplace_back(AddPeriod{std::move(period), false});
}

// Partition clauses end a statement: balanced tokens up to there.
void skip_to_end(SqlCursor& cursor) {
  while (!cursor.failed() && !cursor.at_end()) {
    if (cursor.at_symbol('(')) {
      cursor.skip_parentheses();
    } else if (cursor.peek().kind == TokenKind::unfinished || cursor.at_symbol(')')) {
      cursor.fail_expecting("the end of the statement");
    } else {
      cursor.advance();
    }
  }
}

void add_clause(SqlCursor& cursor, Actions& actions) {
  if (cursor.accept("PARTITION")) {
    skip_to_end(cursor);
    actions.emplace_back(NoEffect{"ADD PARTITION"});
    return;
  }
  if (cursor.accept_words({"SYSTEM", "VERSIONING"})) {
    actions.emplace_back(SystemVersioning{true});
    return;
  }
  TableElements elements;
  if (!cursor.at("COLUMN") && table_element(cursor, elements)) return take_elements(std::move(elements), actions);
  cursor.accept("COLUMN");
  const bool tolerant = if_not_exists(cursor);
  if (cursor.at_symbol('(')) {
    table_elements(cursor, elements);
    for (auto& column : elements.columns) actions.emplace_back(AddColumn{std::move(column), {}, tolerant});
    return take_elements(std::move(elements), actions);
  }
  AddColumn add{column_definition(cursor), {}, tolerant};
  add.position = column_position(cursor);
  actions.emplace_back(std::move(add));
}

void drop_clause(SqlCursor& cursor, Actions& actions) {
  if (cursor.accept("PARTITION")) {
    skip_to_end(cursor);
    actions.emplace_back(PartitionData{PartitionData::Kind::drop, {}});
  } else if (cursor.accept_words({"SYSTEM", "VERSIONING"})) {
    actions.emplace_back(SystemVersioning{false});
  } else if (cursor.accept_words({"PERIOD", "FOR"})) {
    const bool tolerant = if_exists(cursor);
    actions.emplace_back(DropPeriod{cursor.name("a period's name"), tolerant});
  } else if (cursor.accept_words({"PRIMARY", "KEY"})) {
    actions.emplace_back(DropIndex{"PRIMARY", false});
  } else if (cursor.accept_words({"FOREIGN", "KEY"})) {
    const bool tolerant = if_exists(cursor);
    actions.emplace_back(DropForeignKey{cursor.name("a foreign key's name"), tolerant});
  } else if (cursor.accept_any({"INDEX", "KEY"})) {
    const bool tolerant = if_exists(cursor);
    actions.emplace_back(DropIndex{cursor.name("an index name"), tolerant});
  } else if (cursor.accept("CHECK")) {
    // Nothing here depends on a check, so that one whose name is not known is no sign of another schema: the server
    // drops those of a dropped column without a word, and gives their numbers away again.
    if_exists(cursor);
    actions.emplace_back(DropConstraint{cursor.name("a constraint's name"), true});
  } else if (cursor.accept("CONSTRAINT")) {
    const bool tolerant = if_exists(cursor);
    actions.emplace_back(DropConstraint{cursor.name("a constraint's name"), tolerant});
  } else {
    cursor.accept("COLUMN");
    const bool tolerant = if_exists(cursor);
    actions.emplace_back(DropColumn{cursor.name("a column name"), tolerant});
    cursor.accept_any({"RESTRICT", "CASCADE"});
  }
}

void change_clause(SqlCursor& cursor, bool renames, Actions& actions) {
  cursor.accept("COLUMN");
  ChangeColumn change;
  change.if_exists = if_exists(cursor);
  if (renames) change.old_name = cursor.name("a column name");
  change.column = column_definition(cursor);
  if (!renames) change.old_name = change.column.column.name;
  change.position = column_position(cursor);
  actions.emplace_back(std::move(change));
}

void alter_column_clause(SqlCursor& cursor, Actions& actions) {
  cursor.accept("COLUMN");
  const bool tolerant = if_exists(cursor);
  std::string column = cursor.name("a column name");
  if (cursor.accept_words({"SET", "DEFAULT"})) {
    actions.emplace_back(SetColumnDefault{std::move(column), default_value(cursor), tolerant});
  } else if (cursor.accept_words({"DROP", "DEFAULT"})) {
    actions.emplace_back(SetColumnDefault{std::move(column), {}, tolerant});
  } else if (cursor.accept_words({"SET", "VISIBLE"})) {
    actions.emplace_back(SetColumnVisibility{std::move(column), false});
  } else if (cursor.accept_words({"SET", "INVISIBLE"})) {
    actions.emplace_back(SetColumnVisibility{std::move(column), true});
  } else {
    cursor.fail_expecting("SET DEFAULT, DROP DEFAULT, SET VISIBLE or SET INVISIBLE");
  }
}

void alter_clause(SqlCursor& cursor, Actions& actions) {
  if (cursor.accept_any({"INDEX", "KEY"})) {
    const bool tolerant = if_exists(cursor);
    std::string name = cursor.name("an index name");
    const bool invisible = cursor.at("INVISIBLE") || cursor.at("IGNORED");
    if (!cursor.accept_words({"NOT", "IGNORED"}) && !cursor.accept_any({"VISIBLE", "INVISIBLE", "IGNORED"})) {
      cursor.fail_expecting("VISIBLE, INVISIBLE or IGNORED");
    }
    actions.emplace_back(SetIndexVisibility{std::move(name), invisible, tolerant});
  } else if (cursor.accept_any({"CHECK", "CONSTRAINT"})) {
    std::string name = cursor.name("a constraint's name");
    const bool enforced = !cursor.accept("NOT");
    cursor.expect("ENFORCED");
    actions.emplace_back(AlterCheck{std::move(name), enforced});
  } else {
    alter_column_clause(cursor, actions);
  }
}

void rename_clause(SqlCursor& cursor, Actions& actions) {
  const bool index = cursor.at("INDEX") || cursor.at("KEY");
  // A table may be called `column`, but RENAME COLUMN then has a name and TO behind it.
  if (index || cursor.at("COLUMN")) {
    cursor.advance();
    const bool tolerant = if_exists(cursor);
    std::string from = cursor.name(index ? "an index name" : "a column name");
    cursor.expect("TO");
    std::string to = cursor.name(index ? "an index name" : "a column name");
    if (index) {
      actions.emplace_back(RenameIndex{std::move(from), std::move(to), tolerant});
    } else {
      actions.emplace_back(RenameColumn{std::move(from), std::move(to), tolerant});
    }
    return;
  }
  if (!cursor.accept_any({"TO", "AS"})) cursor.accept_symbol('=');
  actions.emplace_back(RenameTo{table_name(cursor)});
}

void convert_clause(SqlCursor& cursor, Actions& actions) {
  if (cursor.accept("PARTITION")) {  // MariaDB: CONVERT PARTITION p TO TABLE t
    cursor.name("a partition's name");
    cursor.expect("TO");
    cursor.expect("TABLE");
    actions.emplace_back(PartitionData{PartitionData::Kind::convert_out, table_name(cursor)});
    return skip_to_end(cursor);
  }
  if (cursor.accept("TABLE")) {  // MariaDB: CONVERT TABLE t TO PARTITION p …
    actions.emplace_back(PartitionData{PartitionData::Kind::convert_in, table_name(cursor)});
    return skip_to_end(cursor);
  }
  cursor.expect("TO");
  ConvertCharset convert;
  if (!charset_option(cursor, convert.charset)) return cursor.fail_expecting("CHARACTER SET");
  if (cursor.at("COLLATE")) charset_option(cursor, convert.charset);
  actions.emplace_back(std::move(convert));
}

void order_by(SqlCursor& cursor) {
  do {
    cursor.name("a column name");
    while (cursor.accept_symbol('.')) cursor.name("a column name");
    cursor.accept_any({"ASC", "DESC"});
  } while (cursor.accept_symbol(','));
}

// Clauses that move rows in or out of a table without row events.
bool data_clause(SqlCursor& cursor, Actions& actions) {
  using Kind = PartitionData::Kind;
  if (cursor.accept_words({"TRUNCATE", "PARTITION"})) {
    skip_to_end(cursor);
    actions.emplace_back(PartitionData{Kind::truncate, {}});
  } else if (cursor.accept_words({"EXCHANGE", "PARTITION"})) {
    cursor.name("a partition's name");
    cursor.expect("WITH");
    cursor.expect("TABLE");
    actions.emplace_back(PartitionData{Kind::exchange, table_name(cursor)});
    if (cursor.accept_any({"WITH", "WITHOUT"})) cursor.expect("VALIDATION");
  } else if (cursor.at_words({"DISCARD", "PARTITION"}) || cursor.at_words({"IMPORT", "PARTITION"})) {
    actions.emplace_back(PartitionData{cursor.at("DISCARD") ? Kind::discard : Kind::import, {}});
    skip_to_end(cursor);
  } else if (cursor.accept_words({"DISCARD", "TABLESPACE"})) {
    actions.emplace_back(Tablespace{false});
  } else if (cursor.accept_words({"IMPORT", "TABLESPACE"})) {
    actions.emplace_back(Tablespace{true});
  } else {
    return false;
  }
  return true;
}

bool partition_clause(SqlCursor& cursor, Actions& actions) {
  if (cursor.at_words({"PARTITION", "BY"})) {
    actions.emplace_back(SetPartitioning{true});
    skip_to_end(cursor);
  } else if (cursor.accept_words({"REMOVE", "PARTITIONING"})) {
    actions.emplace_back(SetPartitioning{false});
  } else if (cursor.accept_words({"UPGRADE", "PARTITIONING"})) {  // MySQL 5.7: to InnoDB's own partitions
    actions.emplace_back(NoEffect{"UPGRADE PARTITIONING"});
  } else if (cursor.accept_any({"COALESCE", "REORGANIZE", "REBUILD", "OPTIMIZE", "ANALYZE", "CHECK", "REPAIR",
                                "SECONDARY_LOAD", "SECONDARY_UNLOAD"})) {
    // Rows move between partitions, none comes or goes.
    skip_to_end(cursor);
    actions.emplace_back(NoEffect{"partition maintenance"});
  } else {
    return false;
  }
  return true;
}

bool inert_clause(SqlCursor& cursor, Actions& actions) {
  const std::size_t from = cursor.index();
  if (cursor.accept_any({"ENABLE", "DISABLE"})) {
    cursor.expect("KEYS");
  } else if (cursor.accept_words({"ORDER", "BY"})) {
    order_by(cursor);
  } else if (cursor.accept_any({"ALGORITHM", "LOCK"})) {
    cursor.accept_symbol('=');
    cursor.name("an algorithm or lock");
  } else if (cursor.accept_any({"WITH", "WITHOUT"})) {
    cursor.expect("VALIDATION");
  } else if (!cursor.accept("FORCE")) {
    return false;
  }
  actions.emplace_back(NoEffect{cursor.text_since(from)});
  return true;
}

bool options_clause(SqlCursor& cursor, Actions& actions) {
  SetTableOptions set;
  bool start_transaction = false;
  bool any = false;
  while (!cursor.failed() && !cursor.at_words({"WITH", "VALIDATION"}) &&
         table_option(cursor, set.options, start_transaction)) {
    any = true;
  }
  if (any) actions.emplace_back(std::move(set));
  return any;
}

void clause(SqlCursor& cursor, Actions& actions) {
  // An option's name before `=` is an option, whatever it is called.
  const bool option =
      cursor.peek(1).is_symbol('=') && !cursor.at("ALGORITHM") && !cursor.at("LOCK") && !cursor.at("RENAME");
  if (option && options_clause(cursor, actions)) return;
  if (cursor.accept("ADD")) return add_clause(cursor, actions);
  if (cursor.accept("DROP")) return drop_clause(cursor, actions);
  if (cursor.accept("MODIFY")) return change_clause(cursor, false, actions);
  if (cursor.accept("CHANGE")) return change_clause(cursor, true, actions);
  if (cursor.accept("ALTER")) return alter_clause(cursor, actions);
  if (cursor.accept("RENAME")) return rename_clause(cursor, actions);
  if (cursor.accept("CONVERT")) return convert_clause(cursor, actions);
  if (data_clause(cursor, actions) || partition_clause(cursor, actions)) return;
  if (options_clause(cursor, actions) || inert_clause(cursor, actions)) return;
  cursor.fail_expecting("a clause of ALTER TABLE");
}

}  // namespace

AlterTable alter_table(SqlCursor& cursor) {
  AlterTable alter;
  alter.if_exists = if_exists(cursor);
  alter.table = table_name(cursor);
  skip_lock_wait(cursor);
  if (cursor.at_end()) return alter;
  do {
    clause(cursor, alter.actions);
  } while (!cursor.failed() && cursor.accept_symbol(','));
  // Options and partitioning may follow without a comma.
  while (!cursor.failed() && !cursor.at_end()) {
    if (!partition_clause(cursor, alter.actions) && !options_clause(cursor, alter.actions)) {
      cursor.fail_expecting("',' or the end of the statement");
    }
  }
  return alter;
}

}  // namespace binferry::ddl
