// What a CREATE TABLE written by a server does not tell of labels and defaults.
//
// SHOW CREATE TABLE, and the statement that a server puts into its log for CREATE TABLE … SELECT, come in utf8mb3
// whatever the connection asks for (seen at MySQL 5.6 to 8.0 and MariaDB 10.11): each character beyond U+FFFF is a `?`
// there, and so is a question mark. Every such `?` becomes kUnknownCharacter, so that it stays known, in a replica's
// own tables too, that the text is not. Any thread.
#pragma once

#include "binlog/row/value_text.hpp"
#include "binlog/schema/definition.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace binferry {

// To be called for the columns of such a statement.
void mark_unknown_text(TableDefinition& table);

bool has_unknown_labels(const std::vector<std::string>& labels);
// Whether the ENUM or SET `column` has one among those of the value that is stored as `number`.
bool has_unknown_label(const Column& column, std::uint64_t number);
bool has_unknown_default(const ColumnDefinition& column);

// Whether `labels` may be what `marked` does not tell.
bool may_be_labels(const std::vector<std::string>& marked, const std::vector<std::string>& labels);

}  // namespace binferry
