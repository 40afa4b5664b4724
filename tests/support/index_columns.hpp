// The secondary indexes of a replica by what they are of, for comparing: their names depend on the order of their
// birth.
#pragma once

#include "applier/sqlite.hpp"

#include <string>

namespace binferry::test {

inline std::string index_columns(Database& database) {
  Result<std::optional<std::string>> lines = database.query_text(
      "SELECT group_concat(line, char(10)) FROM (SELECT tbl_name || ': ' || (SELECT group_concat(name) FROM"
      " pragma_index_info(i.name)) AS line FROM sqlite_schema i WHERE type = 'index' AND sql IS NOT NULL"
      " AND tbl_name NOT GLOB 'binferry_*' ORDER BY line)");
  return lines ? lines->value_or("") : lines.error().message();
}

}  // namespace binferry::test
