// What becomes of a transaction that fails, of the batch it stands in, and of the table that is to blame.
#include "applier/applier.hpp"

#include <fmt/format.h>

#include <utility>

namespace binferry {
namespace {

// Errors that may be one table's alone; of any other, nothing can be concluded but to stop.
bool may_quarantine(Errc code) {
  switch (code) {
    case Errc::diverged:
    case Errc::undecodable:
    case Errc::schema_mismatch:
    case Errc::corrupt:
    case Errc::truncated:
    case Errc::unsupported:
    case Errc::limit:
    case Errc::replica: return true;
    default: return false;
  }
}

}  // namespace

// The transaction failed: nothing of it stays, and what came before it is committed. If one table is to blame, that
// table is quarantined and the transaction can be tried again; else the error is handed on.
Status SqliteApplier::recover(const Transaction& transaction, const Error& error) {
  const Status failed = std::unexpected(Error(error));
  const std::optional<Blame> blame = blame_;
  // A failed statement may have ended SQLite's transaction (disk full): then everything since the last commit is gone,
  // and the replica takes no more.
  if (Status undone = undo(); !undone) return failed;
  if (blame && !options_.strict && may_quarantine(error.code)) {
    const ReplicaTable* const known = replica_->tables.find(blame->schema, blame->table);
    if (known == nullptr || known->state != TableState::quarantined) {
      return quarantine(*blame, error.message(), transaction);
    }
  }
  return failed;
}

// Undoes the transaction in hand. SQLite has one transaction for the whole batch, so that the others of it are undone
// as well, done again, and committed. A savepoint in front of each would undo only the one, but costs a copy of every
// page that a transaction changes, and failures are rare: each freezes a table or ends the run.
Status SqliteApplier::undo() {
  const Checkpoint reached = replica_->checkpoint;
  if (Status undone = roll_back(); !undone) return undone;
  if (Status redone = redo(); !redone) {
    (void)roll_back();
    pending_transactions_ = pending_bytes_ = 0;
    batch_.clear();
    return redone;
  }
  replica_->checkpoint = reached;
  return commit();
}

Status SqliteApplier::roll_back() {
  if (Status undone = replica_->roll_back(); !undone) return undone;
  if (tables_changed_) {
    replica_->catalogue = sound_catalogue_;
    replica_->tables = sound_tables_;
    tables_changed_ = false;
  }
  writer_.forget_tables();
  restart_reader();
  return cascades_->reset();
}

// None of the batch has changed tables, for that ends a batch: all are decoded and applied as the first time.
Status SqliteApplier::redo() {
  if (batch_.empty()) return {};
  if (Status begun = replica_->begin(); !begun) return begun;
  const auto note = std::exchange(options_.note, nullptr);  // it has been told
  KeptTransactions::Cursor cursor(batch_);
  Status done;
  for (;;) {
    Result<const Transaction*> transaction = cursor.next();
    if (!transaction) done = propagate(transaction);
    if (!done || *transaction == nullptr) break;
    done = deliver(**transaction);
    if (!done) break;
  }
  options_.note = note;
  return done;
}

// What changed tables is committed at once: redo() need not, and the copies to go back to are those of the last commit.
Status SqliteApplier::keep_tables() {
  sound_catalogue_ = replica_->catalogue;
  sound_tables_ = replica_->tables;
  tables_changed_ = false;
  return commit();
}

Status SqliteApplier::quarantine(const Blame& blame, const std::string& reason, const Transaction& transaction) {
  ReplicaTable entry;
  if (const ReplicaTable* const known = replica_->tables.find(blame.schema, blame.table)) entry = *known;
  entry.state = TableState::quarantined;
  entry.reason = reason;
  entry.file = transaction.file;
  entry.offset = transaction.offset;
  entry.gtid = text_of(transaction.gtid);
  if (options_.note) {
    options_.note(
        fmt::format("table {}.{} is quarantined at {}: {}", blame.schema, blame.table, transaction.place(), reason));
  }
  replica_->tables.put(blame.schema, blame.table, std::move(entry));
  tables_changed_ = true;
  known_table_ = nullptr;
  if (Status begun = replica_->begin(); !begun) return begun;
  if (Status saved = replica_->save_table(blame.schema, blame.table); !saved) return saved;
  if (Status frozen = freeze_reached(blame.schema, blame.table, transaction); !frozen) return frozen;
  return keep_tables();
}

// Rows of a quarantined table are passed over, and so are their cascades: what those would change cannot go on either.
Status SqliteApplier::freeze_reached(const std::string& schema, const std::string& table,
                                     const Transaction& transaction) {
  for (const auto& [other_schema, other] : Cascades::reached_from(replica_->catalogue, schema, table)) {
    ReplicaTable* const known = replica_->tables.find(other_schema, other);
    const bool goes_on = known != nullptr && (known->is_active() || known->state == TableState::rejoining);
    if (!goes_on) continue;
    known->state = TableState::quarantined;
    known->reason = "foreign keys cascade into it from " + schema + "." + table + ", which is quarantined";
    known->file = transaction.file;
    known->offset = transaction.offset;
    known->gtid = text_of(transaction.gtid);
    if (options_.note) {
      options_.note(
          fmt::format("table {}.{} is quarantined at {}: {}", other_schema, other, transaction.place(), known->reason));
    }
    if (Status saved = replica_->save_table(other_schema, other); !saved) return saved;
  }
  return {};
}

}  // namespace binferry
