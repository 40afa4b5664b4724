#include "applier/applier.hpp"

#include "binlog/schema/ddl_parser.hpp"
#include "binlog/schema/resolve.hpp"
#include "binlog/source/file_source.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace binferry {
namespace {

// Of the server itself; no replica wants them unless they are named.
bool is_system_schema(std::string_view schema) {
  constexpr std::array<std::string_view, 4> kSystem = {"mysql", "sys", "information_schema", "performance_schema"};
  return std::ranges::find(kSystem, schema) != kSystem.end();
}

// The MEMORY table that is empty after a restart of its server, which says so in its log when the table is first used:
// before MySQL 8.0 by this statement (MySQL 5.7 manual, "Replication and MEMORY Tables").
const ReplicaTable* emptied_table(std::string_view sql, const TableRegistry& tables) {
  constexpr std::string_view kDelete = "DELETE FROM `";
  if (!sql.starts_with(kDelete)) return nullptr;
  const Result<DdlStatement> statement =
      parse_ddl("TRUNCATE TABLE `" + std::string(sql.substr(kDelete.size())), SqlDialect{});
  const auto* const emptied = statement ? std::get_if<TruncateTable>(&*statement) : nullptr;
  if (emptied == nullptr) return nullptr;
  const ReplicaTable* const table = tables.find(emptied->table.schema, emptied->table.name);
  const bool is_memory = table != nullptr && table->definition && same_name(table->definition->engine, "MEMORY");
  return is_memory ? table : nullptr;
}

bool same_base(std::string_view left, std::string_view right) {
  return left.substr(0, left.rfind('.')) == right.substr(0, right.rfind('.'));
}

}  // namespace

SqliteApplier::SqliteApplier(std::unique_ptr<Replica> replica, ApplierOptions options)
    : replica_(std::move(replica)),
      options_(std::move(options)),
      writer_(*replica_, options_.bad_text),
      batch_(options_.limits) {}
SqliteApplier::~SqliteApplier() = default;

Result<std::unique_ptr<SqliteApplier>> SqliteApplier::make(std::unique_ptr<Replica> replica, ApplierOptions options) {
  std::unique_ptr<SqliteApplier> applier(new SqliteApplier(std::move(replica), std::move(options)));
  Replica& into = *applier->replica_;
  Result<std::unique_ptr<Cascades>> cascades =
      Cascades::make(into.database(), into.catalogue, into.tables,
                     [raw = applier.get()](const std::string& schema, const std::string& table, std::size_t column) {
                       raw->tables_changed_ = true;
                       return raw->writer_.widen(schema, table, column);
                     });
  if (!cascades) return propagate(cascades, into.path());
  applier->cascades_ = std::move(*cascades);
  Result<XaStore> xa = XaStore::make(into.database(), applier->options_.limits);
  if (!xa) return propagate(xa, into.path());
  applier->xa_ = std::move(*xa);
  if (Status made = applier->make_known_tables(); !made) return propagate(made, into.path());
  applier->sound_catalogue_ = applier->replica_->catalogue;
  applier->sound_tables_ = applier->replica_->tables;
  applier->restart_reader();
  if (Status found = applier->find_rejoining(); !found) return propagate(found, into.path());
  return applier;
}

// A schema dump tells tables that no statement of the log creates.
Status SqliteApplier::make_known_tables() {
  if (!replica_->is_new()) return {};
  for (const TablePtr& definition : replica_->catalogue.tables()) {
    if (replica_->tables.find(definition->schema, definition->name) != nullptr) continue;
    if (Status begun = replica_->begin(); !begun) return begun;
    TableChange created;
    created.kind = TableChangeKind::created;
    created.old_name = created.new_name = {definition->schema, definition->name};
    created.after = definition;
    if (Status made = take_table_change(nullptr, DdlContext{}, 0, created); !made) return made;
  }
  for (const std::string& schema : replica_->catalogue.schemas()) {
    if (Status begun = replica_->begin(); !begun) return begun;
    if (Status saved = replica_->save_schema(schema); !saved) return saved;
  }
  return {};
}

void SqliteApplier::restart_reader() {
  ChangeOptions options;
  options.wants = [this](std::string_view schema, std::string_view table) { return wants_rows(schema, table); };
  options.stop_on_mismatch = false;
  options.on_mismatch = [this](const Error& error) { mismatch_ = error; };
  options.limits = options_.limits;
  reader_ = std::make_unique<ChangeReader>(replica_->catalogue, std::move(options));
  known_table_ = nullptr;
}

bool SqliteApplier::is_wanted(std::string_view schema, std::string_view table) const {
  if (is_system_schema(schema) && options_.filter.databases.empty()) return false;
  return options_.filter.wants(schema, table);
}

// Left out by the operator.
bool SqliteApplier::is_outside(std::string_view schema, std::string_view table) const {
  const ReplicaTable* const known = replica_->tables.find(schema, table);
  return known == nullptr ? !is_wanted(schema, table) : known->state == TableState::excluded;
}

// A table that nobody has heard of is wanted, so that its rows are not passed over without a word.
bool SqliteApplier::wants_rows(std::string_view schema, std::string_view table) {
  const ReplicaTable* const known = replica_->tables.find(schema, table);
  if (known != nullptr && known->is_active()) return true;
  return is_outside(schema, table) ? cascades_->reaches_inward(schema, table) : known == nullptr;
}

// ---- where the log stands to the replica

void SqliteApplier::start_at(SourceIdentity source, BinlogPosition position, AnyGtidSet gtids) {
  Checkpoint& checkpoint = replica_->checkpoint;
  checkpoint.source = std::move(source);
  checkpoint.position = std::move(position);
  checkpoint.gtids = std::move(gtids);
  known_uuid_ = {};
}

Status SqliteApplier::begin_file(const LogFileHead& head) {
  Checkpoint& checkpoint = replica_->checkpoint;
  // What is undone together with others is done again by the same rules.
  if (head.source.version != checkpoint.source.version) {
    if (Status committed = commit(); !committed) return committed;
  }
  if (!checkpoint.source.known()) {
    checkpoint.source = head.source;
    checkpoint.position = {head.file, head.start};
    if (head.gtids_before) checkpoint.gtids = *head.gtids_before;
    return {};
  }
  Status same = head.by_gtids ? check_same_source(checkpoint.source, head.source)
                              : check_same_file(checkpoint, head.file, head.source);
  if (!same) return propagate(same, head.file);
  const BinlogPosition& position = checkpoint.position;
  if (head.by_gtids) {
    const bool is_known = same_base(head.file, position.file) &&
                          (head.file == position.file ? checkpoint.source.file_created == 0 ||
                                                            checkpoint.source.file_created == head.source.file_created
                                                      : compare_log_names(head.file, position.file) < 0);
    // What comes before a file that the source begins with is in the replica.
    if (!is_known) checkpoint.position = {head.file, kFirstEventOffset};
    if (head.file == position.file) {
      checkpoint.source.file_created = head.source.file_created;
      checkpoint.source.version = head.source.version;
    }
    return {};
  }
  if (head.file == position.file) {
    if (checkpoint.source.file_created == 0) {  // it was expected, and now it is there
      checkpoint.source.file_created = head.source.file_created;
      checkpoint.source.version = head.source.version;
      if (head.gtids_before) {
        if (Status united = checkpoint.gtids.unite(*head.gtids_before); !united) return propagate(united, head.file);
      }
    }
    if (head.start > position.offset) {
      return fail(Errc::purged,
                  fmt::format("the log from {} to {}:{} is missing", position.text(), head.file, head.start),
                  "begin at the replica's position: leave --start-position out");
    }
    return {};
  }
  if (same_base(head.file, position.file) && compare_log_names(head.file, position.file) < 0) return {};
  return fail(Errc::purged,
              fmt::format("the replica stands at {}, the log begins with {}: what is between is missing",
                          position.text(), head.file),
              "give the files from " + position.file + " on; if they are gone, make the replica again");
}

bool SqliteApplier::has_already(const Transaction& transaction) const {
  const Checkpoint& checkpoint = replica_->checkpoint;
  if (same_base(transaction.file, checkpoint.position.file) &&
      BinlogPosition{transaction.file, transaction.end} <= checkpoint.position) {
    return true;
  }
  // MariaDB's sequence numbers need not grow with the log, so that only MySQL's GTIDs can tell.
  return checkpoint.gtids.mysql() != nullptr && checkpoint.gtids.contains(transaction.gtid);
}

// The GTID of a transaction that the log's own server began has that server's UUID.
Status SqliteApplier::learn_source(const Transaction& transaction) {
  SourceIdentity& source = replica_->checkpoint.source;
  const Gtid* const gtid = std::get_if<Gtid>(&transaction.gtid);
  if (gtid == nullptr || transaction.server_id != source.server_id || !gtid->tag.empty()) return {};
  if (source.server_uuid.empty()) {
    source.server_uuid = gtid->uuid.text();
    return {};
  }
  if (known_uuid_ == gtid->uuid) return {};
  SourceIdentity found = source;
  found.server_uuid = gtid->uuid.text();
  if (Status same = check_same_source(source, found); !same) return propagate(same, transaction.place());
  known_uuid_ = gtid->uuid;
  return {};
}

Status SqliteApplier::advance(BinlogPosition position) {
  Checkpoint& checkpoint = replica_->checkpoint;
  if (position <= checkpoint.position) return {};
  if (position.file != checkpoint.position.file) {
    if (checkpoint.source.file_created != 0) {
      checkpoint.source.closed_file = checkpoint.position.file;
      checkpoint.source.closed_created = checkpoint.source.file_created;
    }
    checkpoint.source.file_created = 0;
  }
  checkpoint.position = std::move(position);
  if (Status rejoined = rejoin_reached(); !rejoined) return rejoined;
  return tables_changed_ ? keep_tables() : Status{};
}

Status SqliteApplier::pass(const Transaction& transaction) {
  if (has_already(transaction)) {
    ++totals_.already;
    return {};
  }
  if (Status learned = learn_source(transaction); !learned) return learned;
  ++totals_.passed;
  const bool is_xa = transaction.outcome == Outcome::prepared || transaction.outcome == Outcome::xa_committed ||
                     transaction.outcome == Outcome::xa_rolled_back;
  if (is_xa) {
    if (Status begun = replica_->begin(); !begun) return begun;
    Status kept;
    if (transaction.outcome == Outcome::prepared) {
      kept = xa_->keep(transaction, true);
    } else if (Result<bool> dropped = xa_->drop(transaction.xa); !dropped) {
      kept = propagate(dropped);
    }
    if (!kept) {
      (void)undo();
      return propagate(kept, transaction.place());
    }
  }
  Checkpoint& checkpoint = replica_->checkpoint;
  checkpoint.position = {transaction.file, transaction.end};
  if (Status added = checkpoint.gtids.add(transaction.gtid); !added) return added;
  return is_xa ? commit() : Status{};
}

Status SqliteApplier::commit() {
  if (pending_transactions_ != 0 && options_.now_us) replica_->checkpoint.applied_at_us = options_.now_us();
  if (Status committed = replica_->commit(); !committed) return committed;
  pending_transactions_ = 0;
  pending_bytes_ = 0;
  batch_.clear();
  return {};
}

Status SqliteApplier::seal() {
  if (Status committed = commit(); !committed) return committed;
  return replica_->seal();
}

Status SqliteApplier::seal_at(const BinlogPosition& position) {
  if (!checkpoint().source.known() || position <= checkpoint().position) return {};
  if (Status advanced = advance(position); !advanced) return advanced;
  return seal();
}

// ---- one transaction

Status SqliteApplier::apply(const Transaction& transaction) {
  if (has_already(transaction)) {
    ++totals_.already;
    return {};
  }
  if (Status learned = learn_source(transaction); !learned) return learned;
  if (Status rejoined = rejoin_before(transaction); !rejoined) return rejoined;
  if (tables_changed_) {
    if (Status kept = keep_tables(); !kept) return kept;
  }
  for (;;) {
    blame_.reset();
    if (Status begun = replica_->begin(); !begun) return begun;
    Status done = deliver(transaction);
    if (done) break;
    if (Status gone_on = recover(transaction, done.error()); !gone_on) return gone_on;
  }
  return finish(transaction);
}

Status SqliteApplier::finish(const Transaction& transaction) {
  Checkpoint& checkpoint = replica_->checkpoint;
  checkpoint.position.file = transaction.file;
  checkpoint.position.offset = transaction.end;
  if (Status added = checkpoint.gtids.add(transaction.gtid); !added) return added;
  if (Status rejoined = rejoin_reached(); !rejoined) return rejoined;
  checkpoint.source_commit_us = transaction.commit_us;
  checkpoint.timestamp = transaction.timestamp;
  ++checkpoint.transactions;
  checkpoint.rows += rows_;
  ++totals_.transactions;
  totals_.rows += rows_;
  ++pending_transactions_;
  pending_bytes_ += transaction.event_bytes();
  if (tables_changed_) return keep_tables();
  const bool is_full = pending_transactions_ >= options_.batch_transactions || pending_bytes_ >= options_.batch_bytes;
  // What cannot be kept, to be done again, is committed instead.
  if (is_full || transaction.spilled() || !batch_.add(transaction)) return commit();
  return {};
}

Status SqliteApplier::deliver(const Transaction& transaction) {
  rows_ = 0;
  switch (transaction.outcome) {
    case Outcome::committed:
    case Outcome::rolled_back: return deliver_changes(transaction);
    case Outcome::prepared: {
      Status kept = xa_->keep(transaction);
      if (!kept) return propagate(kept, transaction.place());
      return {};
    }
    case Outcome::xa_committed: {
      Result<const Transaction*> group = xa_->load(transaction.xa);
      if (!group) return propagate(group, transaction.place());
      if (*group != nullptr) {
        if (Status delivered = deliver_changes(**group); !delivered) return delivered;
      }
      Result<bool> dropped = xa_->drop(transaction.xa);
      if (!dropped) return propagate(dropped, transaction.place());
      return {};
    }
    case Outcome::xa_rolled_back: {
      Result<bool> dropped = xa_->drop(transaction.xa);
      if (!dropped) return propagate(dropped, transaction.place());
      return {};
    }
  }
  return fail(Errc::internal, "a transaction without an outcome");
}

Status SqliteApplier::deliver_changes(const Transaction& transaction) {
  mismatch_.reset();
  reader_->start(transaction);
  for (;;) {
    Result<const Change*> change = reader_->next();
    if (!change) {
      if (const Table* const table = reader_->rows_table()) blame_ = Blame{table->schema, table->name};
      return propagate(change);
    }
    if (*change == nullptr) return {};
    if (Status taken = take(transaction, **change); !taken) {
      return propagate(taken, transaction.file + ":" + std::to_string((*change)->offset));
    }
  }
}

Status SqliteApplier::take(const Transaction& transaction, const Change& change) {
  switch (change.kind) {
    case Change::Kind::row: return take_row(change);
    case Change::Kind::ddl: return take_ddl(transaction, change);
    case Change::Kind::statement: return take_statement(transaction, change);
    case Change::Kind::note: return {};
  }
  return {};
}

Status SqliteApplier::take_row(const Change& change) {
  const Table* const table = change.row.table.get();
  if (table != known_table_) {
    is_outside_ = is_outside(table->schema, table->name);
    if (Status adopted = is_outside_ ? Status{} : adopt(*table); !adopted) {
      blame_ = Blame{table->schema, table->name};
      return adopted;
    }
    known_table_ = table;
  }
  if (is_outside_) {
    Result<std::optional<Cascades::Blocked>> blocked = cascades_->blocked_by_outside(change.row);
    if (!blocked) return propagate(blocked);
    if (!*blocked) return {};
    blame_ = Blame{(*blocked)->schema, (*blocked)->table};
    return fail(Errc::diverged, (*blocked)->reason,
                "choose the parent table too when the replica is made: --table " + table->schema + "." + table->name);
  }
  for (;;) {
    if (Status prepared = cascades_->prepare(change.row); !prepared) return prepared;
    Result<std::optional<std::size_t>> wide = writer_.apply(change.row);
    if (!wide) {
      blame_ = Blame{table->schema, table->name};
      return propagate(wide);
    }
    if (!*wide) break;
    if (Status reset = cascades_->reset(); !reset) return reset;
    tables_changed_ = true;
    if (Status widened = writer_.widen(table->schema, table->name, **wide); !widened) return widened;
  }
  ++rows_;
  if (const Cascades::Blocked* const blocked = cascades_->blocked()) {
    blame_ = Blame{blocked->schema, blocked->table};
    return fail(Errc::diverged, blocked->reason);
  }
  return {};
}

// Proves that the table of a row stands in the replica. One that is only known by the log's own metadata is made.
Status SqliteApplier::adopt(const Table& table) {
  const ReplicaTable* const known = replica_->tables.find(table.schema, table.name);
  if (known != nullptr) {
    if (!replica_->catalogue.find(table.schema, table.name)) {
      return fail(Errc::schema_mismatch,
                  mismatch_ ? mismatch_->what : std::string("the log's rows do not fit the table's definition"),
                  "the definition that the replica has is wrong: copy this table anew");
    }
    return {};
  }
  // The log writes the names of rows in lower case where the source has no case in names, those of statements as typed.
  for (const auto& [key, other] : replica_->tables.all()) {
    if (!same_name(key.first, table.schema) || !same_name(key.second, table.name)) continue;
    return fail(Errc::schema_mismatch,
                fmt::format("the log's rows are of {}.{}, and the replica knows only {}.{}", table.schema, table.name,
                            key.first, key.second),
                "where the source has lower_case_table_names=1 or 2, make the replica with --lower-case-table-names=1");
  }
  if (!table.names_known || !table.key_known) {
    return fail(Errc::schema_mismatch, "nothing has told the definition of this table",
                "give --schema-file when the replica is made, or set binlog_row_metadata=FULL at the source");
  }
  TableChange created;
  created.kind = TableChangeKind::created;
  created.old_name = created.new_name = {table.schema, table.name};
  TableDefinition definition = definition_from_table(table);
  replica_->catalogue.put(definition);
  created.after = replica_->catalogue.find(table.schema, table.name);
  if (options_.note) {
    options_.note(
        fmt::format("table {}.{} was there before the log begins: the replica holds what happened to it since",
                    table.schema, table.name));
  }
  return take_table_change(nullptr, DdlContext{}, 0, created);
}

Status SqliteApplier::take_statement(const Transaction& transaction, const Change& change) {
  const StatementChange& statement = change.statement;
  if (statement.kind == StatementClass::statement_based) {
    if (const ReplicaTable* const table = emptied_table(statement.sql, replica_->tables)) {
      TableChange emptied;
      emptied.kind = TableChangeKind::truncated;
      emptied.before = emptied.after = table->definition;
      emptied.old_name = emptied.new_name = {table->definition->schema, table->definition->name};
      writer_.forget_tables();
      return take_table_change(&transaction, DdlContext{}, 0, emptied);
    }
    if (!statement.schema.empty() && !options_.filter.wants_schema(statement.schema)) return {};
    return fail(Errc::statement_based,
                "a change that is logged as a statement: " + std::string(statement.sql.substr(0, 300)),
                "set binlog_format=ROW at the source");
  }
  if (statement.kind == StatementClass::other && options_.note) {
    options_.note("a statement of unknown effect was passed over: " + std::string(statement.sql.substr(0, 300)));
  }
  return {};
}

}  // namespace binferry
