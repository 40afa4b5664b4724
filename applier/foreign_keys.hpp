// What a foreign key says, for those that carry out its cascades (cascades.hpp).
#pragma once

#include "applier/tables.hpp"
#include "binlog/schema/definition.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace binferry {

[[nodiscard]] inline bool changes_child(ReferenceAction action) {
  return action == ReferenceAction::cascade || action == ReferenceAction::set_null;
}

// Other engines parse foreign keys and forget them; with none named, InnoDB is every supported server's own.
[[nodiscard]] bool keeps_foreign_keys(const TableDefinition& table);

// In SQL, of a table that the replica holds.
[[nodiscard]] std::string sql_name(const ReplicaTable& table);

// Index in its layout, if the replica has such a column.
[[nodiscard]] std::optional<std::size_t> layout_column(const ReplicaTable& table, std::string_view name);

// ` AND (…)` for an UPDATE trigger that is to fire where one of these columns (quoted) has another value. By bytes, as
// InnoDB asks it: a key that only changes its case is written through to its children. Nothing for no columns.
[[nodiscard]] std::string and_changed(std::span<const std::string> columns);

}  // namespace binferry
