// One table made and filled from a SELECT's rows: no index but the key until all rows are there.
//
// Works inside the replica's open transaction. The table stands in the registry and the catalogue from begin() on, so
// that no other takes its name; binferry_tables gets it with finish(). One thread; belongs to one Replica.
#pragma once

#include "applier/keyless.hpp"
#include "applier/replica.hpp"
#include "applier/selected_rows.hpp"
#include "binlog/base/result.hpp"

#include <memory>
#include <optional>
#include <string>

namespace binferry {

class TableLoader {
 public:
  // `entry` has the definition, state and place that the table is to have; nothing in the replica has its name.
  static Result<std::unique_ptr<TableLoader>> begin(Replica& replica, ReplicaTable entry, BadText bad_text);

  // Errors carry the table's name.
  Status add(SelectedRow row);
  // Instead: every row of the same table of another replica, which is attached under this name.
  Status take_rows(const std::string& attached, const ReplicaTable& from);
  Status finish();

 private:
  TableLoader(Replica& replica, ReplicaTable entry, BadText bad_text)
      : replica_(replica), entry_(std::move(entry)), bad_text_(bad_text) {}

  Status create();
  Status prepare();
  Status widen(std::size_t column);
  Status insert();

  Replica& replica_;
  ReplicaTable entry_;
  BadText bad_text_;
  std::string place_;
  TableDefinition bare_;  // without secondary indexes
  TableLayout layout_;
  std::unique_ptr<SelectedRows> rows_;
  SqliteStatement insert_;
  std::optional<KeylessRows> keyless_;
};

}  // namespace binferry
