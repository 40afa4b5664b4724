// The pieces of the DDL parser, one a grammar rule. Each leaves the cursor behind what it read; failure sticks there.
#pragma once

#include "binlog/schema/ddl_statement.hpp"
#include "binlog/schema/sql_cursor.hpp"

namespace binferry::ddl {

TableName table_name(SqlCursor& cursor);
bool if_exists(SqlCursor& cursor);
bool if_not_exists(SqlCursor& cursor);
// WAIT n | NOWAIT
void skip_lock_wait(SqlCursor& cursor);
std::vector<std::string> name_list(SqlCursor& cursor, std::string_view what);

// In front of a label that was given in hexadecimal: its bytes, in a character set that only the catalogue knows. No
// UTF-8 text begins so.
inline constexpr char kLabelInBytes = '\xFF';
// ddl_types.cpp: the data type, with UNSIGNED, ZEROFILL, BINARY and the like.
void data_type(SqlCursor& cursor, ColumnSpec& spec);
// At [DEFAULT] CHARACTER SET | CHARSET | COLLATE [=] name: reads one. False, and nothing read, elsewhere.
bool charset_option(SqlCursor& cursor, CharsetSpec& charset);

// ddl_columns.cpp
ColumnSpec column_definition(SqlCursor& cursor);
ColumnDefault default_value(SqlCursor& cursor);
// At CURRENT_TIMESTAMP, NOW() or a synonym: its fsp. Nothing read elsewhere.
std::optional<std::uint8_t> now_function(SqlCursor& cursor);

// ddl_elements.cpp
// At a key, constraint, check or period definition: reads it. False, and nothing read, at anything else.
bool table_element(SqlCursor& cursor, TableElements& elements);
// The parenthesised list of columns and elements.
void table_elements(SqlCursor& cursor, TableElements& elements);
void references_clause(SqlCursor& cursor, ForeignKey& key);
std::vector<IndexPart> index_parts(SqlCursor& cursor);
void index_options(SqlCursor& cursor, IndexDefinition& index);

// ddl_options.cpp
// One table option. False, and nothing read, where none begins.
bool table_option(SqlCursor& cursor, TableOptions& options, bool& start_transaction);

// ddl_create.cpp, after the words CREATE [OR REPLACE] [TEMPORARY] TABLE and so on.
CreateTable create_table(SqlCursor& cursor, CreateTable head);
CreateTable create_sequence(SqlCursor& cursor, CreateTable head);
AlterTable create_index(SqlCursor& cursor, IndexKind kind);
AlterTable drop_index(SqlCursor& cursor);

// ddl_alter.cpp, after ALTER … TABLE.
AlterTable alter_table(SqlCursor& cursor);

}  // namespace binferry::ddl
