#include "applier/replica_reader.hpp"

#include "binlog/source/input.hpp"

#include <array>

namespace binferry {
namespace {

constexpr std::int64_t kNewestFormat = 1;  // of binferry_state that is understood here
constexpr int kBusyTimeout_ms = 2000;
constexpr std::string_view kSqliteMagic{"SQLite format 3\0", 16};

// One read transaction: ended whatever happens.
class Snapshot {
 public:
  static Result<Snapshot> begin(Database& database) {
    if (Status begun = database.execute("BEGIN"); !begun) return propagate(begun);
    return Snapshot(database);
  }
  ~Snapshot() {
    if (database_ != nullptr) (void)database_->execute("COMMIT");  // it wrote nothing
  }
  Snapshot(Snapshot&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Snapshot& operator=(Snapshot&&) = delete;

 private:
  explicit Snapshot(Database& database) : database_(&database) {}
  Database* database_;
};

Status each_row(Database& database, std::string_view sql, const auto& take) {
  Result<SqliteStatement> rows = database.prepare(sql, false);
  if (!rows) return propagate(rows);
  for (;;) {
    Result<bool> more = rows->step();
    if (!more) return propagate(more);
    if (!*more) return {};
    take(*rows);
  }
}

Result<bool> has_table(Database& database, const std::string& name) {
  Result<std::optional<std::string>> found =
      database.query_text("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = " + quote_text(name));
  if (!found) return propagate(found);
  return found->has_value();
}

}  // namespace

bool is_sqlite_file(const std::string& path) {
  Result<std::unique_ptr<Input>> input = open_input(path);
  std::array<std::uint8_t, kSqliteMagic.size()> head{};
  if (!input) return false;
  Result<std::size_t> got = (*input)->read(0, head, head.size());
  return got && text_of(Bytes(head).first(*got)) == kSqliteMagic;
}

Result<ReplicaReader> ReplicaReader::open(const std::string& path) {
  Result<std::unique_ptr<Input>> input = open_input(path);  // tells a missing file better than SQLite does
  if (!input) return propagate(input, path);
  Result<Database> database = Database::open(path, OpenMode::read_only);
  if (!database) return propagate(database, path);
  database->set_busy_timeout(kBusyTimeout_ms);
  Result<bool> found = has_table(*database, "binferry_state");
  if (!found) return propagate(found, path);
  if (!*found) {
    return std::unexpected(
        Error{Errc::replica, "this SQLite file is no replica", path, "`binferry replay --into` makes one"});
  }
  return ReplicaReader(path, std::move(*database));
}

Result<Checkpoint> ReplicaReader::stored_checkpoint() {
  Result<SqliteStatement> state = database_.prepare("SELECT format, checkpoint FROM binferry_state", false);
  if (!state) return propagate(state, path_);
  Result<bool> row = state->step();
  if (!row) return propagate(row, path_);
  if (!*row) return std::unexpected(Error{Errc::replica, "binferry_state is empty", path_, "make the replica again"});
  if (state->integer(0) > kNewestFormat) {
    return std::unexpected(Error{Errc::replica, "a newer binferry made this replica", path_, "upgrade binferry"});
  }
  Result<Checkpoint> checkpoint = parse_checkpoint(state->text(1));
  if (!checkpoint) return propagate(checkpoint, path_);
  return checkpoint;
}

Result<Checkpoint> ReplicaReader::read_checkpoint() {
  return stored_checkpoint();
}

Result<ReplicaStatus> ReplicaReader::read() {
  Result<Snapshot> snapshot = Snapshot::begin(database_);
  if (!snapshot) return propagate(snapshot, path_);
  Result<Checkpoint> checkpoint = stored_checkpoint();
  if (!checkpoint) return propagate(checkpoint);
  ReplicaStatus status{};
  status.checkpoint = std::move(*checkpoint);
  if (Status done = read_tables(status); !done) return propagate(done, path_);
  Result<std::vector<InDoubt>> in_doubt = XaStore::list(database_);
  if (!in_doubt) return propagate(in_doubt, path_);
  status.in_doubt = std::move(*in_doubt);
  return status;
}

Status ReplicaReader::read_tables(ReplicaStatus& status) {
  return each_row(database_,
                  "SELECT schema, name, state, reason, file, offset, gtid FROM binferry_tables ORDER BY schema, name",
                  [&](const SqliteStatement& row) {
                    const std::string_view state = row.text(2);
                    if (state == "quarantined") {
                      status.quarantined.push_back(
                          {.schema = std::string(row.text(0)),
                           .table = std::string(row.text(1)),
                           .reason = std::string(row.text(3)),
                           .position = {std::string(row.text(4)), static_cast<std::uint64_t>(row.integer(5))},
                           .gtid = std::string(row.text(6))});
                    } else if (state == "excluded") {
                      ++status.excluded;
                    } else {
                      ++status.tables;
                    }
                  });
}

}  // namespace binferry
