// ALTER TABLE on a replica's table: existing rows get what the source gave them, in place where SQLite can, else in a
// new table that takes the old one's name.
#pragma once

#include "applier/conversion.hpp"
#include "applier/layout.hpp"
#include "applier/sqlite.hpp"
#include "binlog/base/result.hpp"
#include "binlog/schema/catalogue.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace binferry {

struct Alteration {
  const TableDefinition& before;
  const TableDefinition& after;
  const std::vector<std::size_t>& column_sources;  // as TableChange has them
  const TableLayout& old_layout;
  const LayoutOptions& options;  // with the names of the old layout
  const DdlContext& context;
  const ConversionSettings& settings;
};

struct Altered {
  TableLayout layout;
  std::vector<std::size_t> wide_columns;
};

// Errc::unsupported: what the rows have become is not certain, and why; SQLite may be left half-way, the caller rolls
// back. The table keeps its SQLite name.
Result<Altered> alter_table(Database& database, const Alteration& alteration);

// `binferry_rows_<n>`: the side table of a table without a key.
Status create_hash_table(Database& database, TableLayout& layout);

// Puts `made`, whose rows are in place, where `old` stood: its name in `made.name` is still another.
Status take_place(Database& database, const TableLayout& old, TableLayout& made);

// SQLite's rename without its search through views, which keep the names they say.
Status rename_sqlite_table(Database& database, const std::string& from, const std::string& to);

}  // namespace binferry
