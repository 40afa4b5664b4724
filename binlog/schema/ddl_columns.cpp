// Column definitions: attributes in any order, defaults, generated columns.
#include "binlog/row/charset.hpp"
#include "binlog/schema/ddl_parts.hpp"

namespace binferry::ddl {
namespace {

bool at_now_word(const SqlCursor& cursor, std::size_t ahead) {
  const Token& token = cursor.peek(ahead);
  return token.is_word("CURRENT_TIMESTAMP") || token.is_word("LOCALTIME") || token.is_word("LOCALTIMESTAMP") ||
         (token.is_word("NOW") && cursor.peek(ahead + 1).is_symbol('('));
}

bool is_literal(const Token& token) {
  return token.kind == TokenKind::string || token.kind == TokenKind::number || token.kind == TokenKind::hex ||
         token.kind == TokenKind::bit || token.is_word("TRUE") || token.is_word("FALSE");
}

// Tokens that the literal at `ahead` takes: sign and all; 0 if there is none.
std::size_t literal_tokens(const SqlCursor& cursor, std::size_t ahead) {
  const Token& token = cursor.peek(ahead);
  if (is_literal(token)) return 1;
  const bool sign = token.is_symbol('-') || token.is_symbol('+');
  if (sign && cursor.peek(ahead + 1).kind == TokenKind::number) return 2;
  const bool temporal = token.is_word("DATE") || token.is_word("TIME") || token.is_word("TIMESTAMP");
  if (temporal) return cursor.peek(ahead + 1).kind == TokenKind::string ? 2 : 0;
  // ODBC's {d '…'}, {t '…'} and {ts '…'}; to the servers any other word means nothing.
  const bool has_word =
      cursor.peek(ahead + 1).kind == TokenKind::word || cursor.peek(ahead + 1).kind == TokenKind::quoted;
  if (!token.is_symbol('{') || !has_word || cursor.peek(ahead + 2).is_symbol('{')) return 0;
  const std::size_t within = literal_tokens(cursor, ahead + 2);
  return within != 0 && cursor.peek(ahead + 2 + within).is_symbol('}') ? within + 3 : 0;
}

std::string hex_of(const std::string& bytes) {
  return to_hex(bytes_of(bytes));
}

ColumnDefault literal(SqlCursor& cursor) {
  ColumnDefault value;
  if (cursor.accept_symbol('{')) {
    cursor.advance();
    value = literal(cursor);
    cursor.expect_symbol('}');
    return value;
  }
  value.kind = ColumnDefault::Kind::literal;
  const bool minus = cursor.at_symbol('-');
  if (minus || cursor.at_symbol('+')) cursor.advance();
  cursor.accept_any({"DATE", "TIME", "TIMESTAMP"});
  const Token& token = cursor.peek();
  switch (token.kind) {
    case TokenKind::string:
      if (token.introducer == "binary") {
        value.literal = ColumnDefault::Literal::hex;
        value.text = hex_of(token.text);
      } else if (!utf8_of_string(token, value.text)) {
        cursor.fail_expecting("a string that is valid in its character set");
      }
      break;
    case TokenKind::hex:
    case TokenKind::bit:
      value.literal = token.kind == TokenKind::hex ? ColumnDefault::Literal::hex : ColumnDefault::Literal::bit;
      value.text = token.text;
      break;
    default:
      value.literal = ColumnDefault::Literal::number;
      value.text = token.is_word("TRUE") ? "1" : token.is_word("FALSE") ? "0" : (minus ? "-" : "") + token.text;
  }
  cursor.advance();
  return value;
}

ColumnDefault parenthesized_default(SqlCursor& cursor) {
  // A lone literal in parentheses is how MySQL gives BLOB, TEXT and JSON columns a constant.
  if (const std::size_t tokens = literal_tokens(cursor, 1); tokens != 0 && cursor.peek(1 + tokens).is_symbol(')')) {
    cursor.advance();
    ColumnDefault value = literal(cursor);
    cursor.expect_symbol(')');
    return value;
  }
  ColumnDefault value;
  if (cursor.peek(1).is_word("NULL") && cursor.peek(2).is_symbol(')')) {
    cursor.skip_parentheses();
    value.kind = ColumnDefault::Kind::null;
    return value;
  }
  value.kind = ColumnDefault::Kind::expression;
  value.text = cursor.parenthesized("an expression");
  return value;
}

// MariaDB: DEFAULT uuid(), DEFAULT CURRENT_DATE, DEFAULT `db`.`f`(1), DEFAULT NEXT VALUE FOR s.
ColumnDefault bare_expression(SqlCursor& cursor) {
  ColumnDefault value;
  value.kind = ColumnDefault::Kind::expression;
  const std::size_t from = cursor.index();
  if (cursor.accept_words({"NEXT", "VALUE", "FOR"}) || cursor.accept_words({"PREVIOUS", "VALUE", "FOR"})) {
    table_name(cursor);
  } else {
    cursor.name("a default value");
    while (cursor.accept_symbol('.')) cursor.name("a name");
    if (cursor.at_symbol('(')) cursor.skip_parentheses();
  }
  value.text = cursor.text_since(from);
  return value;
}

void generated_column(SqlCursor& cursor, ColumnDefinition& column) {
  if (cursor.accept("ROW")) {
    column.row_period = cursor.at("START") ? RowPeriod::start : RowPeriod::end;
    if (!cursor.accept_any({"START", "END"})) cursor.fail_expecting("START or END");
    return;
  }
  column.generation_expression = cursor.parenthesized("the expression of a generated column");
  column.generated = Generated::virtual_;
  if (cursor.accept_any({"STORED", "PERSISTENT"})) {
    column.generated = Generated::stored;
  } else {
    cursor.accept("VIRTUAL");
  }
}

CheckConstraint column_check(SqlCursor& cursor, std::string name) {
  CheckConstraint check;
  check.name = std::move(name);
  check.expression = cursor.parenthesized("the expression of a CHECK");
  if (cursor.accept_words({"NOT", "ENFORCED"})) {
    check.enforced = false;
  } else {
    cursor.accept("ENFORCED");
  }
  return check;
}

bool null_and_default_attribute(SqlCursor& cursor, ColumnSpec& spec) {
  ColumnDefinition& column = spec.column;
  if (cursor.accept_words({"NOT", "NULL"})) {
    spec.not_null_given = true;
    spec.null_given = false;
    // MariaDB: NOT NULL ENABLE, as Oracle writes it.
    cursor.accept("ENABLE");
  } else if (cursor.accept("NULL")) {
    spec.null_given = true;
    spec.not_null_given = false;
  } else if (cursor.accept("DEFAULT")) {
    column.default_value = default_value(cursor);
  } else if (cursor.accept_words({"ON", "UPDATE"})) {
    column.on_update_fsp = now_function(cursor);
    if (!column.on_update_fsp) cursor.fail_expecting("CURRENT_TIMESTAMP");
  } else if (cursor.accept("AUTO_INCREMENT")) {
    column.auto_increment = true;
  } else if (cursor.accept_words({"SERIAL", "DEFAULT", "VALUE"})) {
    column.auto_increment = spec.not_null_given = spec.unique = true;
  } else {
    return false;
  }
  return true;
}

bool key_attribute(SqlCursor& cursor, ColumnSpec& spec) {
  if (cursor.accept("PRIMARY")) {
    cursor.accept("KEY");
    spec.primary = true;
  } else if (cursor.accept("UNIQUE")) {
    cursor.accept("KEY");
    spec.unique = true;
  } else if (cursor.accept("KEY")) {
    spec.primary = true;  // the bare word KEY is PRIMARY KEY in a column definition
  } else if (cursor.accept("CLUSTERING")) {
    cursor.accept_symbol('=');
  } else if (cursor.at("REFERENCES")) {
    ForeignKeySpec reference;
    reference.inline_reference = true;
    reference.key.columns = {spec.column.name};
    references_clause(cursor, reference.key);
    spec.references = std::move(reference);
  } else if (cursor.accept("CONSTRAINT")) {
    std::string name = cursor.at("CHECK") ? std::string() : cursor.name("a constraint's name");
    cursor.expect("CHECK");
    spec.checks.push_back(column_check(cursor, std::move(name)));
  } else if (cursor.accept("CHECK")) {
    spec.checks.push_back(column_check(cursor, {}));
  } else {
    return false;
  }
  return true;
}

bool generation_attribute(SqlCursor& cursor, ColumnDefinition& column) {
  if (cursor.accept_words({"GENERATED", "ALWAYS", "AS"}) || cursor.accept("AS")) {
    generated_column(cursor, column);
  } else if (cursor.accept("INVISIBLE")) {
    column.invisible = true;
  } else if (cursor.accept("VISIBLE")) {
    column.invisible = false;
  } else if (cursor.accept_words({"WITHOUT", "SYSTEM", "VERSIONING"})) {
    column.without_versioning = true;
  } else if (cursor.accept_words({"WITH", "SYSTEM", "VERSIONING"})) {
    column.without_versioning = false;
  } else if (cursor.accept("COMPRESSED")) {
    column.compressed = true;
    if (cursor.accept_symbol('=')) cursor.name("a compression method");
  } else if (cursor.accept("SRID") || cursor.accept("REF_SYSTEM_ID")) {
    cursor.accept_symbol('=');
    column.srid = static_cast<std::uint32_t>(cursor.number("a spatial reference system", 0xFFFFFFFF));
  } else {
    return false;
  }
  return true;
}

bool descriptive_attribute(SqlCursor& cursor, ColumnSpec& spec) {
  if (cursor.accept("COMMENT")) {
    spec.column.comment = cursor.string("a comment");
  } else if (cursor.accept("COLLATE")) {
    spec.charset.collation = folded_name(cursor.name_or_string("a collation"));
  } else if (cursor.at("CHARSET") || cursor.at_words({"CHARACTER", "SET"}) || cursor.at_words({"CHAR", "SET"})) {
    charset_option(cursor, spec.charset);
  } else if (cursor.accept_any({"COLUMN_FORMAT", "STORAGE"})) {
    cursor.name("a format or storage");
  } else if (cursor.accept_any({"ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE"})) {
    cursor.accept_symbol('=');
    cursor.string("an attribute");
  } else if (cursor.accept_words({"NOT", "SECONDARY"}) || cursor.accept("ENFORCED")) {
    // no meaning here
  } else if (cursor.at_name() && cursor.peek(1).is_symbol('=')) {
    // Options of MariaDB's storage engines: name=value.
    cursor.advance();
    cursor.advance();
    if (cursor.peek().kind == TokenKind::symbol) cursor.fail_expecting("a value");
    cursor.advance();
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::optional<std::uint8_t> now_function(SqlCursor& cursor) {
  if (!at_now_word(cursor, 0)) return std::nullopt;
  cursor.advance();
  std::uint8_t fsp = 0;
  if (cursor.accept_symbol('(')) {
    if (!cursor.at_symbol(')')) fsp = static_cast<std::uint8_t>(cursor.number("a fraction of up to 6 digits", 6));
    cursor.expect_symbol(')');
  }
  return fsp;
}

ColumnDefault default_value(SqlCursor& cursor) {
  ColumnDefault value;
  if (cursor.accept("NULL")) {
    value.kind = ColumnDefault::Kind::null;
  } else if (const auto fsp = now_function(cursor)) {
    value.kind = ColumnDefault::Kind::current_timestamp;
    value.fsp = *fsp;
  } else if (literal_tokens(cursor, 0) != 0) {
    value = literal(cursor);
  } else if (cursor.at_symbol('(')) {
    value = parenthesized_default(cursor);
  } else {
    value = bare_expression(cursor);
  }
  return value;
}

ColumnSpec column_definition(SqlCursor& cursor) {
  ColumnSpec spec;
  spec.column.name = cursor.name("a column name");
  // Column names may be qualified by their own table: t.a INT. Both servers took it once.
  while (cursor.accept_symbol('.')) spec.column.name = cursor.name("a column name");
  // MariaDB: `row_start` may come without a type only in PERIOD columns of newer servers; all dumps write one.
  data_type(cursor, spec);
  while (!cursor.failed() && (null_and_default_attribute(cursor, spec) || key_attribute(cursor, spec) ||
                              generation_attribute(cursor, spec.column) || descriptive_attribute(cursor, spec))) {
  }
  spec.column.nullable = !spec.not_null_given;
  return spec;
}

}  // namespace binferry::ddl
