// Carries out row changes in the replica: one prepared statement a table and set of columns, values bound as they lie
// in the log where SQLite takes them so.
//
// Rows are addressed by the MySQL primary key, else by what they hold (keyless.hpp). What a statement does not find, or
// finds there already, means that the replica and its source have different histories: Errc::diverged, naming table and
// key. One thread; belongs to one Replica.
#pragma once

#include "applier/cell.hpp"
#include "applier/keyless.hpp"
#include "applier/replica.hpp"
#include "binlog/changes.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace binferry {

class RowWriter {
 public:
  // `replica` must outlive the writer.
  RowWriter(Replica& replica, BadText bad_text);
  ~RowWriter();

  // Errors of one table only (`diverged`, `undecodable`, `schema_mismatch`) leave at most this row half done: the
  // caller rolls back. The table must be active. Nothing was written if a column of the layout is given back: it must
  // be made wide() before it can hold the row's BIGINT UNSIGNED or BIT(64) value.
  Result<std::optional<std::size_t>> apply(const RowChange& change);
  // Rebuilds the table with this column of its layout as ANY. No trigger may be on the table.
  Status widen(const std::string& schema, const std::string& table, std::size_t column);

  // Layouts or definitions changed: statements are prepared anew. Must be called before a table is dropped or altered,
  // for SQLite refuses while statements on it are open.
  void forget_tables();

 private:
  struct Target;

  Result<Target*> target_of(const RowChange& change);
  Result<std::unique_ptr<Target>> make_target(std::shared_ptr<const Table> table);
  Status insert(Target& target, const RowChange& change);
  Status update(Target& target, const RowChange& change);
  Status remove(Target& target, const RowChange& change);
  Status update_by_key(Target& target, const RowChange& change);
  Status update_by_row(Target& target, const RowChange& change);
  // Reads the columns of the after image that differ from the one before; sets target.mask.
  Status read_changed(Target& target, const RowChange& change);
  // Generated columns that the image leaves out (MINIMAL) are computed from the row as it now stands.
  Status compute_generated(Target& target, const RowChange& change);
  Status plan_generated(Target& target);
  Result<std::string> written_row(const Target& target, const RowChange& change) const;
  Status patch_json(Target& target, const RowChange& change, std::size_t column);
  Result<std::int64_t> find_row(Target& target, const RowChange& change);
  Result<SqliteStatement*> update_statement(Target& target);
  // Null: a constant default is above 2^63-1, and its column (`wide_default_`) must be made wide first.
  Result<SqliteStatement*> insert_statement(Target& target);
  std::unexpected<Error> missing(const Target& target, std::string_view what) const;

  Replica& replica_;
  BadText bad_text_;
  std::unordered_map<const Table*, std::unique_ptr<Target>> targets_;
  Target* last_ = nullptr;
  std::optional<std::size_t> wide_default_;
};

}  // namespace binferry
