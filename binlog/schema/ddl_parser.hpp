// Parses the table statements of MySQL 5.6–9.x and MariaDB 10–11.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/row/charset.hpp"
#include "binlog/schema/ddl_statement.hpp"
#include "binlog/schema/dialect.hpp"

#include <string_view>

namespace binferry {

// `sql` is UTF-8 text of one statement (query_text_utf8 makes it so). A statement that is about tables or databases and
// cannot be parsed is Errc::ddl, with line and column and what was expected; every other statement is OtherStatement,
// whatever it contains.
Result<DdlStatement> parse_ddl(std::string_view sql, const SqlDialect& dialect);

// The text of a QUERY event in UTF-8. `client_collation` is character_set_client (QUERY status var 4, first number);
// 0, utf8, ASCII and binary texts are taken as they are.
Result<std::string> query_text_utf8(Bytes text, std::uint16_t client_collation);

}  // namespace binferry
