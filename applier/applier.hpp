// SqliteApplier: whole transactions into a replica, exactly once.
//
// Rows, table definitions and position of a source transaction go into the same SQLite transaction; several source
// transactions, a batch, may share one while catching up. A transaction that fails leaves nothing behind: what came
// before it is committed, and the replica stands in front of it. What concerns only one table (a row that is not there,
// a text that cannot be read, a definition that does not fit) quarantines that table at this transaction, and the
// others go on.
//
// A batch is undone as a whole, and all of it but the failed transaction done again, from copies of their events. What
// changes tables ends a batch.
//
//   open → begin_file → { apply | pass | advance | begin_file }* → commit
//
// One thread.
#pragma once

#include "applier/cascades.hpp"
#include "applier/replica.hpp"
#include "applier/row_writer.hpp"
#include "applier/xa_store.hpp"
#include "binlog/changes.hpp"
#include "binlog/filter.hpp"
#include "binlog/kept_transactions.hpp"
#include "binlog/transaction.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

struct ApplierOptions {
  TransactionFilter filter;  // only what chooses schemas and tables; the reader judges whole transactions
  // Source transactions that share a commit, at most, and bytes of their events. A page that several of them change is
  // written once a commit, so that rows in random order want many: tables have more pages than a thousand rows touch.
  std::uint64_t batch_transactions = 40'000;
  std::uint64_t batch_bytes = 64 << 20;
  bool strict = false;  // stop instead of quarantining
  BadText bad_text = BadText::stop;
  Limits limits{};
  std::function<std::uint64_t()> now_us;         // microseconds since 1970; for the checkpoint's applied_at_us
  std::function<void(const std::string&)> note;  // told what is odd but no error; may be null
};

// What a log file says of itself at its head.
struct LogFileHead {
  std::string file;                        // base name
  SourceIdentity source;                   // without UUID
  std::optional<AnyGtidSet> gtids_before;  // PREVIOUS_GTIDS or GTID_LIST, where there is one
  std::uint64_t start = 4;                 // where reading begins in it
  bool by_gtids = false;                   // the source was asked for what the replica's GTID set lacks
};

class SqliteApplier {
 public:
  // `replica` belongs to the applier from here on. Tables that its catalogue holds without standing in the replica (a
  // schema dump was loaded into a new one) are made.
  static Result<std::unique_ptr<SqliteApplier>> make(std::unique_ptr<Replica> replica, ApplierOptions options);
  ~SqliteApplier();

  // The replica goes on with this source from here on. For a new replica, and where GTIDs prove that another server (or
  // another log of the same one) goes on where the replica stands: then `position` has no file.
  void start_at(SourceIdentity source, BinlogPosition position, AnyGtidSet gtids);

  // Reading begins in this file, or goes on with it. Errors: `wrong_source`; `diverged`, if the file goes by the name
  // of the checkpoint's but was begun at another time; `purged`, naming what is missing between the checkpoint and it.
  // By GTIDs neither of the last two can be: the source has proved that nothing is missing, whatever its files are.
  Status begin_file(const LogFileHead& head);

  // Errors carry their place; the replica then stands in front of the transaction, committed. One that ends at or
  // before the checkpoint is passed over.
  Status apply(const Transaction& transaction);
  // The operator's filter leaves it out: only the position moves.
  Status pass(const Transaction& transaction);
  // Everything in front of `position` has been read: the file before ended, or an idle source has no more.
  Status advance(BinlogPosition position);
  // Commits what is applied, with the checkpoint.
  Status commit();
  // The same, and everything committed before is durable too (Replica::seal).
  Status seal();
  // The same behind what stands in front of `position`, though no transaction may end there: all of it has been read.
  // Nothing while the source is not known, for a file's head is taken in with its first transaction.
  Status seal_at(const BinlogPosition& position);
  // The replica has caught up: the secondary indexes of tables that were made meanwhile (Durability::normal) are made,
  // a table a commit. Until then, and where `should_stop` is true between two tables, the checkpoint says that some are
  // missing, and a later call makes them. Sealed first, for it takes less memory so.
  Status make_pending_indexes(const std::function<bool()>& should_stop);

  // Somebody else is about to make tables of the replica anew (resync.hpp): everything is committed, and no statement
  // stays open on them. Then, whether it was done or not, the applier looks at the tables again.
  Status release_tables();
  Status adopt_tables();

  [[nodiscard]] Replica& replica() { return *replica_; }
  [[nodiscard]] const Checkpoint& checkpoint() const { return replica_->checkpoint; }
  // A table that was copied anew waits for the log to come to its copy.
  [[nodiscard]] bool has_rejoining() const { return !rejoining_.empty(); }
  [[nodiscard]] std::uint64_t uncommitted() const { return pending_transactions_; }

  // Since make().
  struct Totals {
    std::uint64_t transactions = 0;
    std::uint64_t passed = 0;   // left out by the filter of transactions
    std::uint64_t already = 0;  // at or before the checkpoint
    std::uint64_t rows = 0;
    std::uint64_t table_statements = 0;
    std::uint64_t rows_passed = 0;  // of quarantined tables
  };
  [[nodiscard]] const Totals& totals() const { return totals_; }

  // Whose rows the replica holds; and tables beside those whose rows it has to see, for their cascades.
  [[nodiscard]] const TransactionFilter& filter() const { return options_.filter; }
  [[nodiscard]] std::set<TableRegistry::Key> parents_outside() const { return cascades_->parents_outside(); }

 private:
  SqliteApplier(std::unique_ptr<Replica> replica, ApplierOptions options);

  // What one attempt at a transaction came to grief on, if that is one table's alone.
  struct Blame {
    std::string schema;
    std::string table;
  };

  Status make_known_tables();
  void restart_reader();
  [[nodiscard]] bool wants_rows(std::string_view schema, std::string_view table);
  [[nodiscard]] bool is_wanted(std::string_view schema, std::string_view table) const;
  [[nodiscard]] bool is_outside(std::string_view schema, std::string_view table) const;
  [[nodiscard]] bool has_already(const Transaction& transaction) const;
  Status learn_source(const Transaction& transaction);
  Status recover(const Transaction& transaction, const Error& error);
  Status undo();
  Status roll_back();
  Status redo();
  Status keep_tables();
  Status freeze_reached(const std::string& schema, const std::string& table, const Transaction& transaction);
  Status quarantine(const Blame& blame, const std::string& reason, const Transaction& transaction);
  Status finish(const Transaction& transaction);

  Status deliver(const Transaction& transaction);
  Status deliver_changes(const Transaction& transaction);
  Status take(const Transaction& transaction, const Change& change);
  Status take_row(const Change& change);
  Status adopt(const Table& table);
  Status take_statement(const Transaction& transaction, const Change& change);

  // applier_rejoin.cpp
  struct Rejoining {
    TableRegistry::Key table;
    BinlogPosition position;  // what the copy has: everything up to here
    AnyGtidSet gtids;
  };
  Status find_rejoining();
  Status rejoin_before(const Transaction& transaction);
  Status rejoin_reached();
  Status rejoin(const TableRegistry::Key& table);
  Result<bool> stays_as_copied(const TableChange& change);

  // applier_ddl.cpp
  Status take_ddl(const Transaction& transaction, const Change& change);
  Status keep_followed_definitions();
  Status see_to_indexes(const ReplicaTable& table, bool is_new);
  Status take_table_change(const Transaction* transaction, const DdlContext& context, std::uint64_t timestamp_us,
                           const TableChange& change);

  std::unique_ptr<Replica> replica_;
  ApplierOptions options_;
  RowWriter writer_;
  std::unique_ptr<Cascades> cascades_;
  std::optional<XaStore> xa_;
  std::unique_ptr<ChangeReader> reader_;
  KeptTransactions batch_;  // applied and not committed
  // As of the last commit: what a failed transaction goes back to.
  Catalogue sound_catalogue_;
  TableRegistry sound_tables_;
  bool tables_changed_ = false;         // since then
  std::vector<TableName> vacated_;      // names of known tables that the statement in hand has renamed
  std::vector<Rejoining> rejoining_;    // of the registry
  const Table* known_table_ = nullptr;  // of the last row, proved to be in the replica
  bool is_outside_ = false;             // it is one that the filter leaves out, but for its cascades
  std::optional<Blame> blame_;
  Uuid known_uuid_;                // proved to be the source's
  std::optional<Error> mismatch_;  // told by the reader, for the table it then goes on with
  std::uint64_t rows_ = 0;         // of the transaction in hand
  std::uint64_t pending_transactions_ = 0;
  std::uint64_t pending_bytes_ = 0;
  Totals totals_;
};

}  // namespace binferry
