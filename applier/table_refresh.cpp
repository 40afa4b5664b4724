#include "applier/table_refresh.hpp"

#include "applier/indexes.hpp"
#include "applier/replay.hpp"
#include "applier/table_loader.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <unistd.h>

namespace binferry {
namespace {

constexpr const char* kAttached = "binferry_copy";

}  // namespace

TableRefresh::TableRefresh(const Replica& replica, mysql::Address source, MysqlSourceOptions stream,
                           ResyncOptions options)
    : source_(std::move(source)),
      stream_(std::move(stream)),
      options_(std::move(options)),
      path_(replica.path() + ".resync"),
      making_(replica.options()) {}

Result<std::unique_ptr<TableRefresh>> TableRefresh::start(const Replica& replica, const mysql::Address& source,
                                                          const std::vector<TableRegistry::Key>& tables,
                                                          MysqlSourceOptions stream, ResyncOptions options) {
  std::unique_ptr<TableRefresh> refresh(new TableRefresh(replica, source, std::move(stream), std::move(options)));
  Result<std::set<TableRegistry::Key>> wanted = tables_to_copy(replica, tables);
  if (!wanted) return propagate(wanted, replica.path());
  refresh->wanted_ = std::move(*wanted);
  refresh->making_.schemas.clear();
  refresh->making_.tables.clear();
  for (const auto& [schema, table] : with_ancestors(replica, refresh->wanted_)) {
    refresh->making_.tables.push_back(schema + "." + table);
  }
  refresh->remove_files();
  refresh->thread_ = std::thread([self = refresh.get()] { self->run(); });
  return refresh;
}

TableRefresh::~TableRefresh() {
  stop();
  if (thread_.joinable()) thread_.join();
  remove_files();
}

void TableRefresh::remove_files() const {
  for (const char* const tail : {"", "-wal", "-shm", "-journal", ".lock", ".snapshot"}) {
    ::unlink((path_ + tail).c_str());
  }
}

void TableRefresh::stop() noexcept {
  stopped_ = true;
  const std::lock_guard guard(mutex_);
  if (running_ != nullptr) running_->stop();
}

TableRefresh::State TableRefresh::state() const {
  const std::lock_guard guard(mutex_);
  return state_;
}

Error TableRefresh::error() const {
  const std::lock_guard guard(mutex_);
  return error_.value_or(Error{Errc::internal, "no error", {}, {}});
}

bool TableRefresh::reaches(const BinlogPosition& place, int timeout_ms) {
  std::unique_lock lock(mutex_);
  return moved_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return position_ >= place; });
}

// ---- its own thread

void TableRefresh::run() {
  Status done = make();
  if (done) done = keep_up();
  if (done) return;
  const std::lock_guard guard(mutex_);
  state_ = State::failed;
  error_ = done.error();
}

Status TableRefresh::make() {
  SnapshotOptions snapshot;
  snapshot.tables = making_.tables;
  snapshot.connections = options_.connections;
  snapshot.replica = making_;
  snapshot.bad_text = options_.bad_text;
  snapshot.queue_bytes = options_.queue_bytes;
  snapshot.on_progress = options_.on_progress;
  snapshot.should_stop = [this] { return stopped_.load() || (options_.should_stop && options_.should_stop()); };
  snapshot.note = options_.note;
  return take_snapshot(source_, path_, snapshot);
}

Status TableRefresh::keep_up() {
  Result<std::unique_ptr<Replica>> replica = Replica::open(path_, {});
  if (!replica) return propagate(replica);
  if (Status set = (*replica)->set_durability(Durability::normal); !set) return set;
  ApplierOptions applying;
  applying.filter.tables = (*replica)->options().tables;
  applying.bad_text = options_.bad_text;
  Result<std::unique_ptr<SqliteApplier>> applier = SqliteApplier::make(std::move(*replica), std::move(applying));
  if (!applier) return propagate(applier);
  stream_.dump.position = (*applier)->checkpoint().position;
  stream_.dump.gtids.reset();
  stream_.dump.semi_sync = mysql::SemiSync::off;
  stream_.dump.stop_at_end = false;
  Result<std::unique_ptr<MysqlSource>> source = MysqlSource::open(source_, stream_);
  if (!source) return propagate(source);
  {
    const std::lock_guard guard(mutex_);
    running_ = source->get();
  }
  ReplayOptions replay;
  replay.start = stream_.dump.position.offset;
  replay.on_sealed = [&]() -> Status {
    const std::lock_guard guard(mutex_);
    position_ = (*applier)->checkpoint().position;
    state_ = State::following;
    moved_.notify_all();
    return {};
  };
  Replay run(**applier, **source, std::move(replay));
  const Status done = run.run([this] { return stopped_.load(); }, {});
  const std::lock_guard guard(mutex_);
  running_ = nullptr;
  checkpoint_ = (*applier)->checkpoint();
  made_ = (*applier)->replica().tables;
  return done;
}

// ---- the replica's thread

Result<ResyncOutcome> TableRefresh::merge_into(SqliteApplier& applier) {
  stop();
  if (thread_.joinable()) thread_.join();
  if (state() == State::failed) return std::unexpected(error());
  Replica& replica = applier.replica();
  const Checkpoint& checkpoint = replica.checkpoint;
  if (Status same = check_same_source(checkpoint.source, checkpoint_.source); !same) return propagate(same, path_);
  if (checkpoint_.position < checkpoint.position) {
    return std::unexpected(Error{
        Errc::diverged,
        "the copy stands at " + checkpoint_.position.text() + ", behind the replica's " + checkpoint.position.text(),
        path_, "report it"});
  }
  if (Status released = applier.release_tables(); !released) return propagate(released);
  Database& database = replica.database();
  if (Status attached = database.execute("ATTACH " + quote_text(path_) + " AS " + kAttached); !attached) {
    return propagate(attached, path_);
  }
  ResyncOutcome outcome;
  outcome.position = checkpoint_.position;
  Status replaced = replace_in(replica, [&] { return replace_tables(replica, outcome); });
  Status ended = database.execute(std::string("DETACH ") + kAttached);
  if (Status adopted = applier.adopt_tables(); !adopted) return propagate(adopted);
  if (!replaced) return propagate(replaced, replica.path());
  if (!ended) return propagate(ended, path_);
  return outcome;
}

Status TableRefresh::replace_tables(Replica& replica, ResyncOutcome& outcome) {
  std::vector<TableRegistry::Key> made;
  for (const TableRegistry::Key& name : wanted_) {
    const ReplicaTable* const copy = made_.find(name.first, name.second);
    (copy != nullptr && copy->is_active() ? made : outcome.gone).push_back(name);
  }
  Result<std::vector<std::string>> others = drop_tables(replica, made);
  if (!others) return propagate(others);
  for (const TableRegistry::Key& name : made) {
    if (Status copied = copy_table(replica, name, *made_.find(name.first, name.second)); !copied) return copied;
  }
  restore_objects(replica.database(), *others);
  outcome.copied = std::move(made);
  return {};
}

Status TableRefresh::copy_table(Replica& replica, const TableRegistry::Key& name, const ReplicaTable& made) {
  ReplicaTable entry;
  entry.definition = made.definition;
  entry.state = TableState::rejoining;
  entry.reason = "it was copied anew";
  entry.file = checkpoint_.position.file;
  entry.offset = checkpoint_.position.offset;
  entry.gtid = checkpoint_.gtids.text();
  Result<std::unique_ptr<TableLoader>> loader = TableLoader::begin(replica, std::move(entry), options_.bad_text);
  if (!loader) return propagate(loader, name.first + "." + name.second);
  if (Status taken = (*loader)->take_rows(kAttached, made); !taken) return taken;
  return (*loader)->finish();
}

}  // namespace binferry
