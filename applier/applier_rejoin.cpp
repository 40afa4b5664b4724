// Tables that were copied anew while the replica stood at an earlier place: until the log has come to the copy's
// position, their rows and their table statements are passed over, for the copy has them (resync.hpp).
#include "applier/applier.hpp"
#include "applier/ddl.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

bool same_base(std::string_view left, std::string_view right) {
  return left.substr(0, left.rfind('.')) == right.substr(0, right.rfind('.'));
}

// Whether a copy has what the transaction did. MySQL's GTIDs decide wherever there are any: they hold on every server.
// MariaDB's numbers need not grow with the log, so that there the place decides, as long as the log is the same one.
bool is_in_copy(const BinlogPosition& position, const AnyGtidSet& gtids, const Transaction& transaction) {
  const bool has_gtid = std::holds_alternative<Gtid>(transaction.gtid);
  if (gtids.mysql() != nullptr && has_gtid) return gtids.contains(transaction.gtid);
  if (same_base(transaction.file, position.file)) return BinlogPosition{transaction.file, transaction.end} <= position;
  return gtids.contains(transaction.gtid);
}

}  // namespace

Status SqliteApplier::release_tables() {
  if (Status committed = commit(); !committed) return committed;
  writer_.forget_tables();
  known_table_ = nullptr;
  return cascades_->reset();
}

Status SqliteApplier::adopt_tables() {
  sound_catalogue_ = replica_->catalogue;
  sound_tables_ = replica_->tables;
  tables_changed_ = false;
  writer_.forget_tables();
  restart_reader();
  if (Status reset = cascades_->reset(); !reset) return reset;
  if (Status found = find_rejoining(); !found) return found;
  if (Status reached = rejoin_reached(); !reached) return reached;
  return commit();
}

Status SqliteApplier::find_rejoining() {
  rejoining_.clear();
  for (const auto& [name, table] : replica_->tables.all()) {
    if (table.state != TableState::rejoining) continue;
    Rejoining found{name, {table.file, table.offset}, {}};
    if (!table.gtid.empty()) {
      Result<AnyGtidSet> set = AnyGtidSet::parse(table.gtid);
      if (!set) return fail(Errc::replica, "binferry_tables.gtid is damaged: " + set.error().what);
      found.gtids = std::move(*set);
    }
    rejoining_.push_back(std::move(found));
  }
  return {};
}

// The log leaves the copy behind with this transaction.
Status SqliteApplier::rejoin_before(const Transaction& transaction) {
  for (std::size_t i = rejoining_.size(); i-- > 0;) {
    if (is_in_copy(rejoining_[i].position, rejoining_[i].gtids, transaction)) continue;
    const TableRegistry::Key name = rejoining_[i].table;
    rejoining_.erase(rejoining_.begin() + static_cast<std::ptrdiff_t>(i));
    if (Status rejoined = rejoin(name); !rejoined) return rejoined;
  }
  return {};
}

// The log has come to the copy, and nothing need follow to show it.
Status SqliteApplier::rejoin_reached() {
  const Checkpoint& checkpoint = replica_->checkpoint;
  for (std::size_t i = rejoining_.size(); i-- > 0;) {
    const Rejoining& copy = rejoining_[i];
    const bool reached = copy.gtids.mysql() != nullptr ? checkpoint.gtids.contains(copy.gtids)
                                                       : same_base(checkpoint.position.file, copy.position.file) &&
                                                             checkpoint.position >= copy.position;
    if (!reached) continue;
    const TableRegistry::Key name = copy.table;
    rejoining_.erase(rejoining_.begin() + static_cast<std::ptrdiff_t>(i));
    if (Status rejoined = rejoin(name); !rejoined) return rejoined;
  }
  return {};
}

Status SqliteApplier::rejoin(const TableRegistry::Key& name) {
  ReplicaTable* const table = replica_->tables.find(name.first, name.second);
  if (table == nullptr || table->state != TableState::rejoining) return {};
  if (Status begun = replica_->begin(); !begun) return begun;
  if (options_.note) options_.note("table " + name.first + "." + name.second + " has rejoined");
  table->state = TableState::active;
  table->reason.clear();
  table->file.clear();
  table->offset = 0;
  table->gtid.clear();
  // Whatever the statements up to here made of it, this is what it is.
  replica_->catalogue.put(table->definition);
  // The reader remembers whose rows are wanted, by the table's id in the log.
  restart_reader();
  writer_.forget_tables();
  if (Status reset = cascades_->reset(); !reset) return reset;
  tables_changed_ = true;
  return replica_->save_table(name.first, name.second);
}

// True: the statement is of the time before the copy, and what it did to this table needs no doing.
Result<bool> SqliteApplier::stays_as_copied(const TableChange& change) {
  if (rejoining_.empty()) return false;
  TableRegistry& tables = replica_->tables;
  const auto copy_of = [&](const TableName& name) -> const ReplicaTable* {
    const ReplicaTable* const table = tables.find(name.schema, name.name);
    return table != nullptr && table->state == TableState::rejoining ? table : nullptr;
  };
  const bool moves = change.kind == TableChangeKind::renamed ||
                     (change.kind == TableChangeKind::altered && change.old_name != change.new_name);
  const TableName& here = change.kind == TableChangeKind::created ? change.new_name : change.old_name;
  const ReplicaTable* const copy = copy_of(here);
  if (!moves) {
    if (copy != nullptr) replica_->catalogue.put(copy->definition);
    return copy != nullptr;
  }
  const ReplicaTable* const target = copy_of(change.new_name);
  if (copy == nullptr && target == nullptr) return false;
  const TablePtr copied = copy != nullptr ? copy->definition : nullptr;
  const TablePtr targeted = target != nullptr ? target->definition : nullptr;
  if (copy != nullptr && target == nullptr && is_wanted(change.new_name.schema, change.new_name.name)) {
    // What had the copied table's name then goes on under another, and nobody holds its rows.
    ReplicaTable entry;
    entry.definition = change.after;
    entry.state = TableState::quarantined;
    entry.reason = "it was renamed from " + here.schema + "." + here.name + " while that was copied";
    tables.put(change.new_name.schema, change.new_name.name, std::move(entry));
    if (Status saved = replica_->save_table(change.new_name.schema, change.new_name.name); !saved) {
      return propagate(saved);
    }
  }
  if (copy == nullptr) {
    // What takes the copied table's name here is in the copy, as far as it was still there.
    if (const ReplicaTable* const old = tables.find(here.schema, here.name)) {
      if (old->layout) {
        if (Status dropped = drop_replica_table(replica_->database(), *old->layout); !dropped) {
          return propagate(dropped);
        }
      }
      tables.remove(here.schema, here.name);
      if (Status saved = replica_->save_table(here.schema, here.name); !saved) return propagate(saved);
    }
  }
  if (copied) replica_->catalogue.put(copied);
  if (targeted) replica_->catalogue.put(targeted);
  return true;
}

}  // namespace binferry
