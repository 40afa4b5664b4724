#include "applier/keyless.hpp"

#include <string>
#include <vector>

namespace binferry {
namespace {

std::string column_list(const TableLayout& layout) {
  std::string list;
  for (const LayoutColumn& column : layout.columns) {
    if (!list.empty()) list += ", ";
    list += quote_identifier(column.name);
  }
  return list;
}

}  // namespace

Result<KeylessRows> KeylessRows::make(Database& database, const TableLayout& layout) {
  KeylessRows rows(database, layout);
  const std::string side = quote_identifier(layout.hash_table);
  const std::string table = quote_identifier(layout.name);
  const std::string address = quote_identifier(layout.row_address);
  std::string equal;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    equal += " AND " + quote_identifier(layout.columns[i].name) + " IS ?" + std::to_string(i + 2);
  }
  const auto prepare = [&](SqliteStatement& into, const std::string& sql) -> Status {
    Result<SqliteStatement> statement = database.prepare(sql);
    if (!statement) return propagate(statement);
    into = std::move(*statement);
    return {};
  };
  if (Status done = prepare(rows.add_, "INSERT OR REPLACE INTO " + side + " (hash, row) VALUES (?1, ?2)"); !done)
    return propagate(done);
  if (Status done = prepare(rows.forget_, "DELETE FROM " + side + " WHERE hash = ?1 AND row = ?2"); !done)
    return propagate(done);
  if (Status done =
          prepare(rows.candidates_, "SELECT row FROM " + side + " WHERE hash = ?1 AND row > ?2 ORDER BY row LIMIT 1");
      !done) {
    return propagate(done);
  }
  if (Status done =
          prepare(rows.read_, "SELECT " + column_list(layout) + " FROM " + table + " WHERE " + address + " = ?1");
      !done) {
    return propagate(done);
  }
  if (Status done = prepare(rows.compare_, "SELECT 1 FROM " + table + " WHERE " + address + " = ?1" + equal); !done) {
    return propagate(done);
  }
  return rows;
}

// The bits of a hash are a signed integer to SQLite.
Status KeylessRows::add(std::int64_t rowid, std::span<const Cell> row) {
  add_.bind(1, static_cast<std::int64_t>(binferry::hash_of(row)));
  add_.bind(2, rowid);
  return add_.run();
}

Result<std::optional<std::int64_t>> KeylessRows::find(std::span<const Cell> row) {
  Result<std::optional<std::int64_t>> found = find_by_hash(row);
  if (!found || *found) return found;
  // Whether the side table is out of step or the row is not there, only the table itself can tell.
  found = find_by_scan(row);
  if (!found || !*found) return found;
  if (Status rebuilt = rebuild(); !rebuilt) return propagate(rebuilt);
  return found;
}

Result<std::optional<std::int64_t>> KeylessRows::find_by_hash(std::span<const Cell> row) {
  const auto hash = static_cast<std::int64_t>(binferry::hash_of(row));
  for (std::int64_t after = INT64_MIN;;) {
    candidates_.bind(1, hash);
    candidates_.bind(2, after);
    Result<bool> more = candidates_.step();
    if (!more) return propagate(more);
    if (!*more) {
      candidates_.reset();
      return std::nullopt;
    }
    after = candidates_.integer(0);
    candidates_.reset();
    compare_.bind(1, after);
    for (std::size_t i = 0; i < row.size(); ++i) row[i].bind(compare_, static_cast<int>(i) + 2);
    Result<bool> same = compare_.step();
    if (!same) return propagate(same);
    compare_.reset();
    if (*same) return after;
  }
}

Result<std::optional<std::int64_t>> KeylessRows::find_by_scan(std::span<const Cell> row) {
  std::string sql = "SELECT " + quote_identifier(layout_->row_address) + " FROM " + quote_identifier(layout_->name);
  for (std::size_t i = 0; i < row.size(); ++i) {
    sql += (i == 0 ? " WHERE " : " AND ") + quote_identifier(layout_->columns[i].name) + " IS ?";
  }
  Result<SqliteStatement> scan = database_->prepare(sql + " LIMIT 1", false);
  if (!scan) return propagate(scan);
  for (std::size_t i = 0; i < row.size(); ++i) row[i].bind(*scan, static_cast<int>(i) + 1);
  Result<bool> found = scan->step();
  if (!found) return propagate(found);
  if (!*found) return std::nullopt;
  return scan->integer(0);
}

Result<std::uint64_t> KeylessRows::hash_of(std::int64_t rowid) {
  read_.bind(1, rowid);
  Result<bool> found = read_.step();
  if (!found) return propagate(found);
  if (!*found) {
    read_.reset();
    return fail(Errc::internal, "no row " + std::to_string(rowid) + " in " + layout_->name);
  }
  std::vector<Cell> row;
  row.reserve(layout_->columns.size());
  for (std::size_t i = 0; i < layout_->columns.size(); ++i) row.push_back(Cell::of(read_, static_cast<int>(i)));
  const std::uint64_t hash = binferry::hash_of(row);
  read_.reset();
  return hash;
}

Status KeylessRows::forget(std::int64_t rowid) {
  Result<std::uint64_t> hash = hash_of(rowid);
  if (!hash) return propagate(hash);
  forget_.bind(1, static_cast<std::int64_t>(*hash));
  forget_.bind(2, rowid);
  return forget_.run();
}

Status KeylessRows::record(std::int64_t rowid) {
  Result<std::uint64_t> hash = hash_of(rowid);
  if (!hash) return propagate(hash);
  add_.bind(1, static_cast<std::int64_t>(*hash));
  add_.bind(2, rowid);
  return add_.run();
}

Status KeylessRows::rebuild() {
  if (Status cleared = database_->execute("DELETE FROM " + quote_identifier(layout_->hash_table)); !cleared)
    return cleared;
  Result<SqliteStatement> all =
      database_->prepare("SELECT " + quote_identifier(layout_->row_address) + ", " + column_list(*layout_) + " FROM " +
                             quote_identifier(layout_->name),
                         false);
  if (!all) return propagate(all);
  std::vector<Cell> row(layout_->columns.size());
  for (;;) {
    Result<bool> more = all->step();
    if (!more) return propagate(more);
    if (!*more) return {};
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = Cell::of(*all, static_cast<int>(i) + 1);
    if (Status added = add(all->integer(0), row); !added) return added;
  }
}

}  // namespace binferry
