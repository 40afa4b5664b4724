// Labels and defaults that SHOW CREATE TABLE does not tell (binlog/schema/unknown_text.hpp), out of what the source
// selects.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/schema/definition.hpp"
#include "binlog/source/mysql/mysql_connection.hpp"

namespace binferry {

// Marks what is open in a definition of SHOW CREATE TABLE and asks the source for it, through a connection of a
// consistent read: for a default, and for the labels that rows have, which reads the table once a column. What no row
// has stays unknown: a row that brings it later needs a resync, which then finds it.
Status learn_text(mysql::Connection& source, TableDefinition& definition);

}  // namespace binferry
