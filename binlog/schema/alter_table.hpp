// ALTER TABLE on a definition. Used by the catalogue only.
#pragma once

#include "binlog/schema/settle.hpp"

namespace binferry::schema_detail {

struct Altered {
  TableDefinition table;                                             // schema and name changed too, if a clause renames
  std::vector<std::size_t> column_sources;                           // as TableChange's
  std::vector<std::pair<std::string, std::string>> renamed_columns;  // old name, new name
  std::string resync_reason;
};

// `schema_default` is what CONVERT TO CHARACTER SET DEFAULT means.
Result<Altered> alter(const TableDefinition& before, const AlterTable& statement, Collation schema_default,
                      const DdlContext& context);

}  // namespace binferry::schema_detail
