#include "applier/table_copy.hpp"

#include "applier/learned_text.hpp"
#include "applier/table_loader.hpp"
#include "binlog/schema/ddl_parser.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace binferry {
namespace {

constexpr std::uint64_t kNull = ~std::uint64_t{0};
constexpr std::size_t kBatchBytes = 256 << 10;
constexpr std::size_t kDirectBytes = 1 << 20;  // larger rows are lent and not copied
constexpr auto kAskAgain = std::chrono::milliseconds(100);

// Rows of one table on their way, or the end of it, or why there will be none.
struct Batch {
  std::size_t table = 0;
  std::string bytes;
  std::vector<std::uint64_t> sizes;  // of the values, row by row
  std::uint64_t rows = 0;
  std::optional<mysql::QueryRow> lent;  // one row that the reader keeps until it was taken
  bool is_end = false;
  std::optional<Error> error;
};

class Queue {
 public:
  explicit Queue(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  // False: nobody will take it.
  bool push(Batch batch) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return closed_ || bytes_ < most_bytes_; });
    if (closed_) return false;
    const bool lent = batch.lent.has_value();
    const std::uint64_t ticket = ++pushed_;
    bytes_ += batch.bytes.size();
    batches_.push_back(std::move(batch));
    filled_.notify_one();
    if (!lent) return true;
    room_.wait(lock, [&] { return closed_ || returned_ >= ticket; });
    return !closed_ || returned_ >= ticket;
  }

  // The next one; nothing if none came for a while.
  std::optional<Batch> take() {
    std::unique_lock lock(mutex_);
    if (!filled_.wait_for(lock, kAskAgain, [this] { return !batches_.empty(); })) return std::nullopt;
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    bytes_ -= batch.bytes.size();
    taken_ += 1;
    room_.notify_all();
    return batch;
  }

  // The batch that was taken last, and all before it, are no longer needed.
  void done() {
    const std::lock_guard lock(mutex_);
    returned_ = taken_;
    room_.notify_all();
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    room_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable filled_;
  std::deque<Batch> batches_;
  std::uint64_t most_bytes_;
  std::uint64_t bytes_ = 0;
  std::uint64_t pushed_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t returned_ = 0;
  bool closed_ = false;
};

// One connection's tables, one after the other, on a thread of its own.
class TableReader {
 public:
  TableReader(mysql::ConsistentRead& read, std::size_t reader, const std::vector<std::string>& selects, Queue& queue)
      : read_(read), reader_(reader), selects_(selects), queue_(queue) {}

  void run() {
    for (const std::size_t table : read_.order_of(reader_)) {
      Status done = read_table(table);
      if (done) done = read_.release(table);
      if (done) continue;
      Batch failed;
      failed.table = table;
      failed.error = std::move(done.error()).at(read_.tables()[table].schema + "." + read_.tables()[table].name);
      queue_.push(std::move(failed));
      return;
    }
  }

 private:
  Status read_table(std::size_t table) {
    batch_ = {};
    batch_.table = table;
    Status read =
        read_.reader(reader_).query(selects_[table], [this](mysql::QueryRow row) -> Status { return take(row); });
    if (!read) return read;
    if (Status sent = flush(); !sent) return sent;
    batch_.is_end = true;
    return flush();
  }

  Status take(mysql::QueryRow row) {
    std::size_t size = 0;
    for (const auto& value : row) size += value ? value->size() : 0;
    if (size >= kDirectBytes) {
      if (Status sent = flush(); !sent) return sent;
      batch_.lent = row;
      batch_.rows = 1;
      return flush();
    }
    for (const auto& value : row) {
      batch_.sizes.push_back(value ? value->size() : kNull);
      if (value) batch_.bytes += *value;
    }
    ++batch_.rows;
    return batch_.bytes.size() + batch_.sizes.size() * sizeof(kNull) < kBatchBytes ? Status{} : flush();
  }

  Status flush() {
    const bool is_empty = batch_.rows == 0 && !batch_.is_end;
    if (is_empty) return {};
    Batch next;
    next.table = batch_.table;
    std::swap(next, batch_);
    if (queue_.push(std::move(next))) return {};
    return fail(Errc::cancelled, "stopped");
  }

  mysql::ConsistentRead& read_;
  std::size_t reader_;
  const std::vector<std::string>& selects_;
  Queue& queue_;
  Batch batch_;
};

// The writing side, on the caller's thread.
class TableWriter {
 public:
  TableWriter(const mysql::ConsistentRead& read, Replica& replica, const ReplicaTable& entry,
              const TableCopyOptions& options, const std::vector<TablePtr>& definitions)
      : replica_(replica), entry_(entry), options_(options), definitions_(definitions) {
    progress_.tables_total = definitions.size();
    for (const mysql::ConsistentTable& table : read.tables()) progress_.estimated_bytes += table.bytes;
  }

  // Until every table has come to its end.
  Status run(Queue& queue) {
    while (progress_.tables_done < progress_.tables_total) {
      if (options_.should_stop && options_.should_stop()) return fail(Errc::cancelled, "stopped in the middle");
      std::optional<Batch> batch = queue.take();
      if (batch) {
        if (Status written = write(*batch); !written) return written;
        queue.done();
      }
      if (options_.on_progress) options_.on_progress(progress_);
    }
    return {};
  }

 private:
  Status write(Batch& batch) {
    if (batch.error) return std::unexpected(std::move(*batch.error));
    Result<TableLoader*> loader = loader_of(batch.table);
    if (!loader) return propagate(loader);
    if (batch.lent) {
      progress_.bytes += size_of(*batch.lent);
      if (Status added = (*loader)->add(*batch.lent); !added) return added;
    } else if (Status added = add_rows(batch, **loader); !added) {
      return added;
    }
    progress_.rows += batch.rows;
    progress_.bytes += batch.bytes.size();
    return batch.is_end ? end(batch.table, **loader) : Status{};
  }

  static std::uint64_t size_of(mysql::QueryRow row) {
    std::uint64_t size = 0;
    for (const auto& value : row) size += value ? value->size() : 0;
    return size;
  }

  Status add_rows(const Batch& batch, TableLoader& loader) {
    if (batch.rows == 0) return {};
    row_.resize(batch.sizes.size() / batch.rows);
    const std::string_view bytes = batch.bytes;
    std::size_t at = 0;
    std::size_t value = 0;
    for (std::uint64_t i = 0; i < batch.rows; ++i) {
      for (std::optional<std::string_view>& cell : row_) {
        const std::uint64_t size = batch.sizes[value++];
        if (size == kNull) {
          cell.reset();
        } else {
          cell = bytes.substr(at, size);
          at += size;
        }
      }
      if (Status added = loader.add(row_); !added) return added;
    }
    return {};
  }

  Result<TableLoader*> loader_of(std::size_t table) {
    const auto found = loaders_.find(table);
    if (found != loaders_.end()) return found->second.get();
    ReplicaTable entry = entry_;
    entry.definition = definitions_[table];
    Result<std::unique_ptr<TableLoader>> loader = TableLoader::begin(replica_, std::move(entry), options_.bad_text);
    if (!loader) return propagate(loader);
    return loaders_.emplace(table, std::move(*loader)).first->second.get();
  }

  Status end(std::size_t table, TableLoader& loader) {
    if (Status finished = loader.finish(); !finished) return finished;
    loaders_.erase(table);
    ++progress_.tables_done;
    return {};
  }

  Replica& replica_;
  const ReplicaTable& entry_;
  const TableCopyOptions& options_;
  const std::vector<TablePtr>& definitions_;
  std::map<std::size_t, std::unique_ptr<TableLoader>> loaders_;
  std::vector<std::optional<std::string_view>> row_;
  SnapshotProgress progress_;
};

}  // namespace

Result<TablePtr> definition_of(const mysql::ConsistentTable& table, const std::string& version, Catalogue& catalogue) {
  const std::string place = "SHOW CREATE TABLE " + table.schema + "." + table.name;
  DdlContext context;
  context.default_database = table.schema;
  context.dialect = dialect_of_version(version);
  Result<DdlStatement> statement = parse_ddl(table.create_sql, context.dialect);
  if (!statement) return propagate(statement, place);
  if (Result<std::vector<TableChange>> changes = catalogue.apply(*statement, context); !changes) {
    return propagate(changes, place);
  }
  TablePtr definition = catalogue.find(table.schema, table.name);
  if (!definition || !definition->columns_known || definition->columns.empty()) {
    return std::unexpected(Error{Errc::ddl, "its columns cannot be read", place, "report it, with the statement"});
  }
  return definition;
}

Status copy_rows(mysql::ConsistentRead& read, Replica& replica, const ReplicaTable& entry,
                 const TableCopyOptions& options) {
  std::vector<TablePtr> definitions;
  std::vector<std::string> selects;
  for (const mysql::ConsistentTable& table : read.tables()) {
    Result<TablePtr> shown = definition_of(table, read.source().version, replica.catalogue);
    if (!shown) return propagate(shown);
    TableDefinition definition = **shown;
    if (Status learned = learn_text(read.reader(table.reader), definition); !learned) {
      return propagate(learned, table.schema + "." + table.name);
    }
    selects.push_back(select_sql(definition));
    definitions.push_back(std::make_shared<const TableDefinition>(std::move(definition)));
  }
  Queue queue(options.queue_bytes);
  TableWriter writer(read, replica, entry, options, definitions);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < read.readers(); ++i) {
    threads.emplace_back([&read, &selects, &queue, i] { TableReader(read, i, selects, queue).run(); });
  }
  Status written = writer.run(queue);
  queue.close();
  if (!written) read.stop();
  for (std::thread& thread : threads) thread.join();
  return written;
}

}  // namespace binferry
