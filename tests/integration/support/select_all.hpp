// What a server holds, read back in the one form that all comparisons use.
#pragma once

#include "tests/integration/support/sql_client.hpp"
#include "tests/integration/support/table_dump.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace binferry::test {

// All columns, invisible ones too, as SELECT prints them in time zone +00:00; ordered by the primary key, without one
// by the printed rows. Sets the session's time zone, character set and sql_mode.
TableDump select_all(SqlClient& client, std::string_view schema, std::string_view table);

// Base tables of the schema, by name.
std::vector<std::string> tables_of(SqlClient& client, std::string_view schema);

// Schemas other than the server's own, by name.
std::vector<std::string> schemas_of(SqlClient& client);

// Every table of every schema of the users.
std::vector<TableDump> select_everything(SqlClient& client);

}  // namespace binferry::test
