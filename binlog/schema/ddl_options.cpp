// Table options: those that matter are kept, all others are passed over one by one.
#include "binlog/schema/ddl_parts.hpp"

#include <algorithm>
#include <array>

namespace binferry::ddl {
namespace {

// Options that may be written without `=`, and take one value. Any name before `=` is an option too.
constexpr std::array kPlainOptions = {
    std::string_view{"AVG_ROW_LENGTH"},
    std::string_view{"CHECKSUM"},
    std::string_view{"TABLE_CHECKSUM"},
    std::string_view{"COMPRESSION"},
    std::string_view{"CONNECTION"},
    std::string_view{"DELAY_KEY_WRITE"},
    std::string_view{"ENCRYPTION"},
    std::string_view{"INSERT_METHOD"},
    std::string_view{"KEY_BLOCK_SIZE"},
    std::string_view{"MAX_ROWS"},
    std::string_view{"MIN_ROWS"},
    std::string_view{"PACK_KEYS"},
    std::string_view{"PASSWORD"},
    std::string_view{"ROW_FORMAT"},
    std::string_view{"STATS_AUTO_RECALC"},
    std::string_view{"STATS_PERSISTENT"},
    std::string_view{"STATS_SAMPLE_PAGES"},
    std::string_view{"TABLESPACE"},
    std::string_view{"TRANSACTIONAL"},
    std::string_view{"PAGE_CHECKSUM"},
    std::string_view{"ENGINE_ATTRIBUTE"},
    std::string_view{"SECONDARY_ENGINE_ATTRIBUTE"},
    std::string_view{"SECONDARY_ENGINE"},
    std::string_view{"AUTOEXTEND_SIZE"},
    std::string_view{"STORAGE"},
    std::string_view{"NODEGROUP"},
};

void skip_value(SqlCursor& cursor) {
  const TokenKind kind = cursor.peek().kind;
  if (kind == TokenKind::end || kind == TokenKind::unfinished || kind == TokenKind::symbol) {
    cursor.fail_expecting("a value");
  }
  cursor.advance();
}

bool kept_option(SqlCursor& cursor, TableOptions& options) {
  if (cursor.accept("ENGINE") || (cursor.at("TYPE") && !cursor.peek(1).is_symbol('.') && cursor.accept("TYPE"))) {
    cursor.accept_symbol('=');
    options.engine = cursor.name_or_string("an engine's name");
  } else if (cursor.accept("COMMENT")) {
    cursor.accept_symbol('=');
    options.comment = cursor.string("a comment");
  } else if (cursor.accept("AUTO_INCREMENT")) {
    cursor.accept_symbol('=');
    options.auto_increment = cursor.number("a number", ~std::uint64_t{0});
  } else if (cursor.at_words({"WITH", "SYSTEM", "VERSIONING"})) {
    cursor.accept_words({"WITH", "SYSTEM", "VERSIONING"});
    options.system_versioning = true;
  } else if (cursor.at("SEQUENCE") && (cursor.peek(1).is_symbol('=') || cursor.peek(1).kind == TokenKind::number)) {
    cursor.advance();
    cursor.accept_symbol('=');
    options.sequence = cursor.peek().text != "0";
    skip_value(cursor);
  } else {
    return charset_option(cursor, options.charset);
  }
  return true;
}

}  // namespace

bool table_option(SqlCursor& cursor, TableOptions& options, bool& start_transaction) {
  if (kept_option(cursor, options)) return true;
  if (cursor.accept_words({"START", "TRANSACTION"})) {
    start_transaction = true;
  } else if (cursor.at("UNION") && (cursor.peek(1).is_symbol('=') || cursor.peek(1).is_symbol('('))) {
    cursor.advance();
    cursor.accept_symbol('=');
    cursor.skip_parentheses();
  } else if (cursor.accept_words({"DATA", "DIRECTORY"}) || cursor.accept_words({"INDEX", "DIRECTORY"})) {
    cursor.accept_symbol('=');
    cursor.string("a directory");
  } else if (std::any_of(kPlainOptions.begin(), kPlainOptions.end(), [&](auto word) { return cursor.at(word); })) {
    cursor.advance();
    cursor.accept_symbol('=');
    skip_value(cursor);
  } else if (cursor.at_name() && cursor.peek(1).is_symbol('=') && !cursor.at("ALGORITHM") && !cursor.at("LOCK")) {
    cursor.advance();
    cursor.advance();
    skip_value(cursor);
  } else {
    return false;
  }
  return true;
}

}  // namespace binferry::ddl
