// Foreign key cascades: servers do not log what they change in child tables, so the replica carries them out itself.
//
// ON DELETE and ON UPDATE with CASCADE and SET NULL become TEMP triggers of the writer's connection: SQLite then
// follows them as InnoDB does, row by row, over any number of tables, back to the same one, and along several paths.
// Nothing of them stands in the replica's file. They follow only rows whose event allows it (NO_FOREIGN_KEY_CHECKS does
// not; neither does a source that logs its cascades, MySQL 9.6 and later), between InnoDB tables that are both active
// in the replica.
//
//   prepare(change) → RowWriter::apply(change) → blocked()?          for every row
//   reset()         → DDL, a rebuild, quarantine, or after undo       whenever tables change
//
// What writes rows must not use INSERT OR REPLACE on replicated tables: with recursive triggers, SQLite would take the
// replaced row for a deleted one. sqlite3_changes() does not count what cascades touch. One thread; belongs to one
// connection.
#pragma once

#include "applier/sqlite.hpp"
#include "applier/tables.hpp"
#include "binlog/changes.hpp"
#include "binlog/schema/catalogue.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace binferry {

class Cascades {
 public:
  // Rebuilds a child's BIGINT UNSIGNED column (index in its layout) as ANY because the parent's already is; the
  // registry must hold the new layout when it returns. Called by prepare().
  using Widen = std::function<Status(const std::string& schema, const std::string& table, std::size_t column)>;

  // A child table whose rows a cascade reached, and that cannot go on from what the log tells.
  struct Blocked {
    std::string schema;
    std::string table;
    std::string reason;  // one clause
  };

  // All must outlive the cascades; outside or inside a transaction.
  static Result<std::unique_ptr<Cascades>> make(Database& database, const Catalogue& catalogue,
                                                const TableRegistry& tables, Widen widen);
  ~Cascades() { (void)reset(); }  // what the triggers call goes with it
  Cascades(const Cascades&) = delete;
  Cascades& operator=(const Cascades&) = delete;

  // Before a row is written. The first time after reset() that a row of a table is deleted or updated, triggers (and
  // indexes that they need) are made for the table and all that its cascades can reach.
  Status prepare(const RowChange& change);

  // After a row was written: the child table that must be quarantined because of it, else null. The row's whole
  // transaction must then be undone, the table quarantined and the transaction tried again. Valid until reset().
  [[nodiscard]] const Blocked* blocked() const {
    return hit_ < 0 ? nullptr : &blocked_[static_cast<std::size_t>(hit_)];
  }

  // Tables that the replica leaves out by the operator's choice, and whose cascades come to one that it holds, be it by
  // way of others that it leaves out.
  [[nodiscard]] std::set<TableRegistry::Key> parents_outside() const;
  // Whether a table is one of them; and the child that a row of it may have changed, which nothing here can tell.
  [[nodiscard]] bool reaches_inward(std::string_view schema, std::string_view table) const;
  Result<std::optional<Blocked>> blocked_by_outside(const RowChange& change) const;

  // Takes all triggers away, before tables change, and after any rollback.
  Status reset();

  // Tables that cascades of this one can change, at any distance, itself not among them. When a table is quarantined
  // its rows are passed over, and so are their cascades: these tables cannot go on either.
  [[nodiscard]] static std::vector<std::pair<std::string, std::string>> reached_from(const Catalogue& catalogue,
                                                                                     std::string_view schema,
                                                                                     std::string_view table);

 private:
  Cascades(Database& database, const Catalogue& catalogue, const TableRegistry& tables, Widen widen)
      : database_(database), catalogue_(catalogue), tables_(tables), widen_(std::move(widen)) {}

  Status register_functions();
  Status install(const std::string& schema, const std::string& table);
  Status install_key(const TableRegistry::Key& parent, const TableRegistry::Key& child, const ForeignKey& key);
  // `event` and `condition` (with AND before it) as SQL has them.
  Status make_trigger(const ReplicaTable& parent, std::string_view event, std::string_view condition,
                      std::string_view body);
  // cascades_outside.cpp
  [[nodiscard]] static bool is_outside(const ReplicaTable* entry);
  [[nodiscard]] std::vector<Catalogue::Child> held_below(const Catalogue::Child& child, bool removes) const;
  Status install_way_outside(const ReplicaTable& parent, const Catalogue::Child& child);

  Database& database_;
  const Catalogue& catalogue_;
  const TableRegistry& tables_;
  Widen widen_;
  bool again_ = false;                 // a column was made wide: installing begins anew
  bool follow_ = false;                // the row in hand lets its cascades be followed
  std::shared_ptr<const Table> last_;  // of the last row that was followed
  std::set<TableRegistry::Key> installed_;
  std::uint64_t next_trigger_ = 0;  // a name for each; never used twice
  std::vector<Blocked> blocked_;
  std::int64_t hit_ = -1;  // index in blocked_ of the first that a cascade reached
};

}  // namespace binferry
