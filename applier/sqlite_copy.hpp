// A consistent copy of a database that others are using.
#pragma once

#include "applier/sqlite.hpp"
#include "binlog/base/result.hpp"

#include <functional>
#include <string>

namespace binferry {

// Copies the database as it is now, page by page, into a new file, while others go on reading and, in WAL mode,
// writing. Row ids stay as they are. Blocks until done. Errors: `replica` if the file is there already; `cancelled`
// once `should_stop` (asked often, may be null) says so; SQLite's. The file is then half-made.
Status copy_database(Database& database, const std::string& path, const std::function<bool()>& should_stop = {});

}  // namespace binferry
