// Loads the SQL text of `mysqldump --no-data` or `mariadb-dump --no-data` (or any file of DDL) into a catalogue.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/schema/catalogue.hpp"

#include <string_view>

namespace binferry {

// `text` is UTF-8. `context` gives the dialect; the dump's own header line (`-- Server version 8.0.40`) corrects it,
// USE statements move its default database. Statements that are not about tables are passed over; a table statement
// that cannot be parsed is Errc::ddl with its line in the file.
Status load_schema_dump(std::string_view text, DdlContext context, Catalogue& catalogue);

}  // namespace binferry
