// Rows of tables without a key, found by what they hold: a side table maps the hash of a row to its rowid.
//
// Whoever changes such a table in another way than by RowWriter (cascades) calls forget() before and record() after
// each row it touches. A hash is only a hint: rows are always compared in full, and a miss is proved by a scan, after
// which the side table is made again (VACUUM may renumber rowids). One thread; belongs to one Database.
#pragma once

#include "applier/cell.hpp"
#include "applier/layout.hpp"
#include "applier/sqlite.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace binferry {

class KeylessRows {
 public:
  // `layout` must outlive it and be of KeyKind::none.
  static Result<KeylessRows> make(Database& database, const TableLayout& layout);

  // A row was inserted under `rowid`; one cell a column of the layout.
  Status add(std::int64_t rowid, std::span<const Cell> row);
  // Rowid of one row equal to `row` in every column; nothing if there is none.
  Result<std::optional<std::int64_t>> find(std::span<const Cell> row);
  // Takes the row's entry out; the row is read from the table.
  Status forget(std::int64_t rowid);
  // Enters the row as it now stands in the table.
  Status record(std::int64_t rowid);
  // Makes the side table again from the table: one scan.
  Status rebuild();

 private:
  KeylessRows(Database& database, const TableLayout& layout) : database_(&database), layout_(&layout) {}

  Result<std::uint64_t> hash_of(std::int64_t rowid);
  Result<std::optional<std::int64_t>> find_by_hash(std::span<const Cell> row);
  Result<std::optional<std::int64_t>> find_by_scan(std::span<const Cell> row);

  Database* database_;
  const TableLayout* layout_;
  SqliteStatement add_;
  SqliteStatement forget_;
  SqliteStatement candidates_;
  SqliteStatement read_;
  SqliteStatement compare_;
};

}  // namespace binferry
