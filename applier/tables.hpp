// What the replica knows of every table of its source: definition, how it stands in SQLite, and whether it may go on.
//
// A TableRegistry is a value: definitions and layouts are immutable and shared, so that a copy is cheap and a source
// transaction that fails can be forgotten. It mirrors `binferry_tables`; replica.hpp writes it. One thread.
#pragma once

#include "applier/layout.hpp"
#include "binlog/schema/catalogue.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace binferry {

enum class TableState : std::uint8_t {
  active,       // rows and DDL are applied
  excluded,     // the operator's filter leaves it out: only its definition is kept
  quarantined,  // frozen at `file:offset` for `reason`: its rows are passed over, its definition is still followed
  rejoining,    // copied anew as of `file:offset` and the set `gtid`: rows and statements up to there are passed over
};
std::string_view name_of(TableState state);

struct ReplicaTable {
  TablePtr definition;                        // null only for a quarantined table whose definition nobody knows
  std::shared_ptr<const TableLayout> layout;  // null if the replica holds no such SQLite table
  std::vector<std::size_t> wide_columns;      // of the definition; see make_layout()
  TableState state = TableState::active;
  std::string reason;  // of a quarantine; one clause
  std::string file;    // where a quarantine began: the transaction that was not applied
  std::uint64_t offset = 0;
  std::string gtid;

  [[nodiscard]] bool is_active() const { return state == TableState::active && layout != nullptr; }
};

class TableRegistry {
 public:
  using Key = std::pair<std::string, std::string>;  // schema, table: as the source names them
  using Map = std::map<Key, ReplicaTable>;

  // Valid until the entry is removed.
  [[nodiscard]] const ReplicaTable* find(std::string_view schema, std::string_view table) const;
  [[nodiscard]] ReplicaTable* find(std::string_view schema, std::string_view table);
  ReplicaTable& put(std::string_view schema, std::string_view table, ReplicaTable entry);  // replaces
  bool remove(std::string_view schema, std::string_view table);
  [[nodiscard]] const Map& all() const { return tables_; }
  // The table that is `sqlite_name` in SQLite, compared as SQLite does (ASCII without case); null if it is free.
  [[nodiscard]] const Map::value_type* owner_of(std::string_view sqlite_name) const;
  [[nodiscard]] std::size_t quarantined() const;

 private:
  Map tables_;
};

}  // namespace binferry
