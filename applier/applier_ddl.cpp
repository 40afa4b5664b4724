// Table statements on their way through SqliteApplier: which tables they concern, and what becomes of those that are
// excluded or frozen.
#include "applier/applier.hpp"

#include "applier/ddl.hpp"
#include "applier/indexes.hpp"

#include <algorithm>

namespace binferry {
namespace {

// The table that a statement is about, where the catalogue could make nothing of it.
struct StatementTable {
  TableName operator()(const CreateTable& statement) const { return statement.table; }
  TableName operator()(const AlterTable& statement) const { return statement.table; }
  TableName operator()(const TruncateTable& statement) const { return statement.table; }
  TableName operator()(const DropTable& statement) const {
    return statement.tables.empty() ? TableName{} : statement.tables.front();
  }
  TableName operator()(const RenameTable& statement) const {
    return statement.pairs.empty() ? TableName{} : statement.pairs.front().from;
  }
  TableName operator()(const auto&) const { return {}; }
};

}  // namespace

Status SqliteApplier::take_ddl(const Transaction& transaction, const Change& change) {
  const DdlChange& ddl = change.ddl;
  ++totals_.table_statements;
  tables_changed_ = true;
  known_table_ = nullptr;
  writer_.forget_tables();
  if (Status reset = cascades_->reset(); !reset) return reset;
  if (mismatch_) {
    Error error = std::move(*mismatch_);
    mismatch_.reset();
    TableName table = std::visit(StatementTable{}, *ddl.statement);
    if (table.schema.empty()) table.schema = ddl.schema;
    const ReplicaTable* const known = replica_->tables.find(table.schema, table.name);
    if (!table.name.empty() && known != nullptr && known->is_active()) {
      blame_ = Blame{table.schema, table.name};
      return std::unexpected(std::move(error));
    }
  }
  if (std::holds_alternative<CreateDatabase>(*ddl.statement) || std::holds_alternative<AlterDatabase>(*ddl.statement)) {
    const auto* const create = std::get_if<CreateDatabase>(ddl.statement);
    const std::string& name = create != nullptr ? create->name : std::get<AlterDatabase>(*ddl.statement).name;
    return replica_->save_schema(name.empty() ? std::string(ddl.schema) : name);
  }
  vacated_.clear();
  DdlContext context = ddl.context;
  if (context.time_zone == "SYSTEM") context.time_zone = replica_->options().system_time_zone;
  for (const TableChange& table : ddl.changes) {
    if (Status taken = take_table_change(&transaction, context, std::uint64_t{change.timestamp} * 1000000, table);
        !taken) {
      const bool is_by_old_name = table.kind == TableChangeKind::dropped || table.kind == TableChangeKind::altered;
      const TableName& name = is_by_old_name ? table.old_name : table.new_name;
      blame_ = Blame{name.schema, name.name};
      return propagate(taken, "table " + name.schema + "." + name.name);
    }
    if (table.before && table.old_name != table.new_name) vacated_.push_back(table.old_name);
  }
  return keep_followed_definitions();
}

// A statement about one table may change the definitions of others: their foreign keys follow a parent's new name and
// columns.
Status SqliteApplier::keep_followed_definitions() {
  std::vector<TableRegistry::Key> followed;
  for (const auto& [name, table] : replica_->tables.all()) {
    const TablePtr now = replica_->catalogue.find(name.first, name.second);
    if (now && table.definition && now != table.definition) followed.push_back(name);
  }
  for (const auto& [schema, name] : followed) {
    replica_->tables.find(schema, name)->definition = replica_->catalogue.find(schema, name);
    if (Status saved = replica_->save_table(schema, name); !saved) return saved;
  }
  return {};
}

// While much is to be caught up a new table's indexes wait, but where cascades look for its rows by them.
Status SqliteApplier::see_to_indexes(const ReplicaTable& table, bool is_new) {
  bool& pending = replica_->checkpoint.indexes_pending;
  if (!table.layout || !table.definition || !(is_new || pending)) return {};
  if (replica_->durability() == Durability::full || !table.definition->foreign_keys.empty()) {
    return create_indexes(replica_->database(), *table.layout, *table.definition);
  }
  pending = pending || !table.definition->indexes.empty();
  return {};
}

Status SqliteApplier::make_pending_indexes(const std::function<bool()>& should_stop) {
  if (!replica_->checkpoint.indexes_pending) return {};
  if (Status sealed = seal(); !sealed) return sealed;
  if (Status released = release_tables(); !released) return released;
  for (const auto& [name, table] : replica_->tables.all()) {
    if (!table.layout || !table.definition) continue;
    if (should_stop && should_stop()) return {};
    if (Status begun = replica_->begin(); !begun) return begun;
    if (Status made = create_indexes(replica_->database(), *table.layout, *table.definition); !made) {
      (void)roll_back();
      return propagate(made, "the indexes of " + name.first + "." + name.second);
    }
    if (Status committed = replica_->commit(); !committed) return committed;
  }
  replica_->checkpoint.indexes_pending = false;
  return commit();
}

// `transaction` is null for tables that no statement of the log makes.
Status SqliteApplier::take_table_change(const Transaction* transaction, const DdlContext& context,
                                        std::uint64_t timestamp_us, const TableChange& change) {
  TableRegistry& tables = replica_->tables;
  Database& database = replica_->database();
  tables_changed_ = true;
  if (Result<bool> stays = stays_as_copied(change); !stays || *stays) {
    return stays ? Status{} : Status(propagate(stays));
  }
  const TableName& old_name = change.old_name;
  const TableName& new_name = change.new_name;
  const bool wanted = is_wanted(new_name.schema, new_name.name);
  const ReplicaTable* const known = tables.find(old_name.schema, old_name.name);

  ReplicaTable entry;
  if (known != nullptr) entry = *known;
  entry.definition = change.after;
  const auto freeze = [&](std::string reason) {
    entry.state = TableState::quarantined;
    entry.reason = std::move(reason);
    if (transaction == nullptr) return;
    entry.file = transaction->file;
    entry.offset = transaction->offset;
    entry.gtid = text_of(transaction->gtid);
    if (options_.note) {
      options_.note("table " + new_name.schema + "." + new_name.name + " is quarantined at " + transaction->place() +
                    ": " + entry.reason);
    }
  };
  const auto strict_failure = [&]() -> Status {
    return fail(Errc::replica, "needs resync: " + entry.reason, "copy this table anew, or run without --strict");
  };

  switch (change.kind) {
    case TableChangeKind::dropped:
      if (known == nullptr) return {};
      if (known->layout) {
        if (Status dropped = drop_replica_table(database, *known->layout); !dropped) return dropped;
      }
      tables.remove(old_name.schema, old_name.name);
      return replica_->save_table(old_name.schema, old_name.name);
    case TableChangeKind::created:
      // Whatever stood there, frozen or not, is gone at the source.
      if (known != nullptr && known->layout) {
        if (Status dropped = drop_replica_table(database, *known->layout); !dropped) return dropped;
      }
      tables.remove(new_name.schema, new_name.name);
      entry = {};
      entry.definition = change.after;
      entry.state = wanted ? TableState::active : TableState::excluded;
      break;
    case TableChangeKind::altered:
    case TableChangeKind::renamed:
    case TableChangeKind::truncated:
      if (known == nullptr) {
        // Of a table that nobody knows (it may be a view) nothing can be said until its rows come, unless it takes the
        // name of a known one, which would then seem to be whole.
        if (!wanted || std::ranges::find(vacated_, new_name) == vacated_.end()) return {};
        freeze("it was made by renaming a table that the replica does not hold");
        if (options_.strict) return strict_failure();
      } else if (known->state == TableState::excluded && wanted) {
        freeze("it was made by renaming a table that the filter leaves out");
        if (options_.strict) return strict_failure();
      } else if (!wanted && known->layout) {
        if (Status dropped = drop_replica_table(database, *known->layout); !dropped) return dropped;
        entry.layout = nullptr;
        entry.wide_columns.clear();
        entry.state = TableState::excluded;
      }
      break;
  }
  // A frozen table makes way for another of its name.
  if (entry.state == TableState::active || (entry.state == TableState::quarantined && entry.layout)) {
    Result<DdlOutcome> outcome =
        apply_table_change(database, tables, replica_->layout_options(), change, context, timestamp_us);
    if (!outcome) return propagate(outcome);
    entry.layout = std::move(outcome->layout);
    entry.wide_columns = std::move(outcome->wide_columns);
    if (!outcome->resync_reason.empty()) {
      freeze(outcome->resync_reason);
      if (options_.strict) return strict_failure();
    }
  }
  if (Status made = see_to_indexes(entry, change.kind == TableChangeKind::created); !made) return made;
  if (old_name != new_name && tables.remove(old_name.schema, old_name.name)) {
    if (Status removed = replica_->save_table(old_name.schema, old_name.name); !removed) return removed;
  }
  const bool froze = entry.state == TableState::quarantined && transaction != nullptr;
  tables.put(new_name.schema, new_name.name, std::move(entry));
  if (Status saved = replica_->save_table(new_name.schema, new_name.name); !saved) return saved;
  return froze ? freeze_reached(new_name.schema, new_name.name, *transaction) : Status{};
}

}  // namespace binferry
