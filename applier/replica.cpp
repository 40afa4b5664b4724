#include "applier/replica.hpp"

#include "applier/log_copier.hpp"
#include "applier/replica_options.hpp"
#include "applier/wal_vfs.hpp"
#include "binlog/schema/ddl_parser.hpp"

#include <boost/json.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace binferry {
namespace {

constexpr std::int64_t kFormat = 1;                  // of what this file writes; a newer one is refused
constexpr std::int64_t kApplicationId = 0x62696E66;  // `binf`, in the header of the SQLite file

constexpr const char* kCreate =
    "CREATE TABLE binferry_state (id INTEGER PRIMARY KEY CHECK (id = 1), format INTEGER NOT NULL,"
    " options TEXT NOT NULL, checkpoint TEXT NOT NULL) STRICT;"
    "CREATE TABLE binferry_tables (schema TEXT NOT NULL, name TEXT NOT NULL, sqlite_name TEXT, hash_table TEXT,"
    " definition TEXT, wide_columns TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, file TEXT NOT NULL,"
    " offset INTEGER NOT NULL, gtid TEXT NOT NULL, PRIMARY KEY (schema, name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE binferry_schemas (name TEXT PRIMARY KEY, collation INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

std::string join(const std::vector<std::size_t>& numbers) {
  return fmt::format("{}", fmt::join(numbers, ","));
}

Result<std::vector<std::size_t>> split(std::string_view text) {
  std::vector<std::size_t> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::size_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || (next != end && *next != ',')) {
      return fail(Errc::replica, "binferry_tables.wide_columns is damaged: " + std::string(text));
    }
    numbers.push_back(number);
    at = next == end ? end : next + 1;
  }
  return numbers;
}

Result<TableState> state_of(std::string_view name) {
  for (const TableState state :
       {TableState::active, TableState::excluded, TableState::quarantined, TableState::rejoining}) {
    if (name == name_of(state)) return state;
  }
  return fail(Errc::replica, "binferry_tables holds the unknown state " + std::string(name), "upgrade binferry");
}

Result<ReplicaOptions> parse_options(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse({text.data(), text.size()}, error);
  ReplicaOptions options;
  bool good = !error && value.is_object();
  const auto member = [&](std::string_view name) {
    return good ? value.get_object().if_contains({name.data(), name.size()}) : nullptr;
  };
  const auto flag = [&](std::string_view name, bool& into) {
    const boost::json::value* const found = member(name);
    good = found != nullptr && found->is_bool();
    if (good) into = found->get_bool();
  };
  const auto list = [&](std::string_view name, std::vector<std::string>& into) {
    const boost::json::value* const found = member(name);
    good = found != nullptr && found->is_array();
    if (!good) return;
    for (const boost::json::value& item : found->get_array()) {
      good = good && item.is_string();
      if (good) into.emplace_back(item.get_string().data(), item.get_string().size());
    }
  };
  flag("qualified_names", options.qualified_names);
  flag("decimal_real", options.decimal_real);
  // Not in older ones.
  if (member("lower_case_names") != nullptr) flag("lower_case_names", options.lower_case_names);
  if (const boost::json::value* const zone = member("system_time_zone"); zone != nullptr && zone->is_string()) {
    options.system_time_zone = std::string_view(zone->get_string());
  }
  list("schemas", options.schemas);
  list("tables", options.tables);
  if (!good) return fail(Errc::replica, "binferry_state.options is damaged", "make the replica again");
  return options;
}

}  // namespace

std::string to_json(const ReplicaOptions& options) {
  boost::json::object object;
  object["qualified_names"] = options.qualified_names;
  object["decimal_real"] = options.decimal_real;
  object["lower_case_names"] = options.lower_case_names;
  object["system_time_zone"] = options.system_time_zone;
  object["schemas"] = boost::json::array(options.schemas.begin(), options.schemas.end());
  object["tables"] = boost::json::array(options.tables.begin(), options.tables.end());
  return boost::json::serialize(object);
}

// flock() ends with the process, however it ends; the number inside is for the message only.
class Replica::LockFile {
 public:
  static Result<std::unique_ptr<LockFile>> take(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
      return fail(Errc::replica, fmt::format("cannot make the lock file {}: {}", path, std::strerror(errno)),
                  "check the permissions of the replica's folder");
    }
    auto lock = std::unique_ptr<LockFile>(new LockFile(fd));
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      char text[32];
      const ssize_t size = ::pread(fd, text, sizeof text, 0);
      std::string owner(text, size > 0 ? static_cast<std::size_t>(size) : 0);
      while (!owner.empty() && owner.back() == '\n') owner.pop_back();
      return fail(Errc::busy, "process " + (owner.empty() ? "(unknown)" : owner) + " is writing to this replica",
                  "end that process, or wait for it");
    }
    const std::string self = std::to_string(::getpid()) + '\n';
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, self.data(), self.size(), 0) != static_cast<ssize_t>(self.size())) {
      return fail(errno == ENOSPC ? Errc::no_space : Errc::io, fmt::format("{}: {}", path, std::strerror(errno)));
    }
    return lock;
  }
  // The file stays: were it removed, two processes could hold locks on two files of the same name.
  ~LockFile() { ::close(fd_); }
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_;
};

Replica::Replica(std::string path, Database database) : path_(std::move(path)), database_(std::move(database)) {}
Replica::~Replica() {
  begin_ = {};
  // Whatever is open is rolled back by SQLite when the connection closes.
}

Result<std::unique_ptr<Replica>> Replica::open(const std::string& path, const ReplicaOptions& options) {
  Result<std::unique_ptr<LockFile>> lock =
      LockFile::take(options.lock_path.empty() ? path + ".lock" : options.lock_path);
  if (!lock) return propagate(lock, path);
  if (options.fresh) {
    for (const char* const tail : {"", "-wal", "-shm", "-journal"}) ::unlink((path + tail).c_str());
  }
  Result<std::string> vfs = frame_joining_vfs(options.vfs);
  if (!vfs) return propagate(vfs, path);
  Result<Database> database = Database::open(path, OpenMode::create, *vfs);
  if (!database) return propagate(database);
  std::unique_ptr<Replica> replica(new Replica(path, std::move(*database)));
  replica->lock_ = std::move(*lock);
  const auto set_up = [&]() -> Status {
    Database& db = replica->database_;
    Result<std::optional<std::string>> tables = db.query_text("SELECT count(*) FROM sqlite_schema");
    if (!tables) return propagate(tables);
    Result<std::optional<std::string>> id = db.query_text("PRAGMA application_id");
    if (!id) return propagate(id);
    const bool is_empty = *tables == "0";
    if (!is_empty && *id != std::to_string(kApplicationId)) {
      return fail(Errc::replica, "this SQLite file is no replica of binferry's", "name a new file with --into");
    }
    if (Status set = db.execute(kWriterPragmas); !set) return set;
    if (is_empty) {
      if (Status created = replica->create(options); !created) return created;
    }
    if (Status loaded = replica->load(); !loaded) return loaded;
    replica->options_.vfs = options.vfs;
    replica->options_.log_pages = options.log_pages;
    replica->log_copier_ = std::make_unique<LogCopier>(db, path, *vfs);
    if (Status set = replica->tune(); !set) return set;
    return replica->prepare();
  };
  if (Status done = set_up(); !done) return propagate(done, path);
  return replica;
}

Status Replica::create(const ReplicaOptions& options) {
  is_new_ = true;
  return database_.execute(fmt::format(
      "BEGIN IMMEDIATE; PRAGMA application_id = {}; {} INSERT INTO binferry_state VALUES (1, {}, {}, {}); COMMIT",
      kApplicationId, kCreate, kFormat, quote_text(to_json(options)), quote_text(binferry::to_json(Checkpoint{}))));
}

Status Replica::load() {
  Result<SqliteStatement> state = database_.prepare("SELECT format, options, checkpoint FROM binferry_state", false);
  if (!state) return propagate(state);
  Result<bool> row = state->step();
  if (!row) return propagate(row);
  if (!*row) return fail(Errc::replica, "binferry_state is empty", "make the replica again");
  if (state->integer(0) > kFormat) return fail(Errc::replica, "a newer binferry made this replica", "upgrade binferry");
  Result<ReplicaOptions> options = parse_options(state->text(1));
  if (!options) return propagate(options);
  options_ = std::move(*options);
  catalogue = Catalogue(options_.lower_case_names ? 1 : 0);
  Result<Checkpoint> stored = parse_checkpoint(state->text(2));
  if (!stored) return propagate(stored);
  checkpoint = std::move(*stored);
  saved_ = checkpoint;
  is_new_ = is_new_ || checkpoint.position.file.empty();
  return load_tables();
}

Status Replica::load_tables() {
  Result<SqliteStatement> schemas = database_.prepare("SELECT name, collation FROM binferry_schemas", false);
  if (!schemas) return propagate(schemas);
  for (;;) {
    Result<bool> more = schemas->step();
    if (!more) return propagate(more);
    if (!*more) break;
    catalogue.put_schema(schemas->text(0), static_cast<std::uint16_t>(schemas->integer(1)));
  }
  Result<SqliteStatement> rows = database_.prepare(
      "SELECT schema, name, sqlite_name, hash_table, definition, wide_columns, state, reason, file, offset, gtid"
      " FROM binferry_tables ORDER BY schema, name",
      false);
  if (!rows) return propagate(rows);
  const SqlDialect dialect = dialect_of_version(checkpoint.source.version);
  for (;;) {
    Result<bool> more = rows->step();
    if (!more) return propagate(more);
    if (!*more) return {};
    const std::string schema(rows->text(0));
    const std::string name(rows->text(1));
    const auto damaged = [&](const Error& error) {
      return fail(Errc::replica, "binferry_tables, " + schema + "." + name + ": " + error.what,
                  "make the replica again");
    };
    ReplicaTable table;
    if (!rows->is_null(4)) {
      Result<DdlStatement> statement = parse_ddl(rows->text(4), dialect);
      if (!statement) return damaged(statement.error());
      DdlContext context;
      context.default_database = schema;
      context.dialect = dialect;
      Result<std::vector<TableChange>> changes = catalogue.apply(*statement, context);
      if (!changes) return damaged(changes.error());
      table.definition = catalogue.find(schema, name);
      if (!table.definition) return damaged(Error{Errc::replica, "its definition is not understood", {}, {}});
    }
    Result<std::vector<std::size_t>> wide = split(rows->text(5));
    if (!wide) return propagate(wide);
    table.wide_columns = std::move(*wide);
    Result<TableState> state = state_of(rows->text(6));
    if (!state) return propagate(state);
    table.state = *state;
    table.reason = rows->text(7);
    table.file = rows->text(8);
    table.offset = static_cast<std::uint64_t>(rows->integer(9));
    table.gtid = rows->text(10);
    if (table.definition && !rows->is_null(2)) {
      LayoutOptions options = layout_options();
      options.name = rows->text(2);
      options.hash_table = rows->is_null(3) ? std::string_view() : rows->text(3);
      Result<TableLayout> layout = make_layout(*table.definition, options, table.wide_columns);
      if (!layout) return damaged(layout.error());
      table.layout = std::make_shared<const TableLayout>(std::move(*layout));
    }
    tables.put(schema, name, std::move(table));
  }
}

Status Replica::prepare() {
  const auto into = [this](SqliteStatement& statement, const char* sql) -> Status {
    Result<SqliteStatement> prepared = database_.prepare(sql);
    if (!prepared) return propagate(prepared);
    statement = std::move(*prepared);
    return {};
  };
  if (Status done = into(begin_, "BEGIN IMMEDIATE"); !done) return done;
  if (Status done = into(commit_, "COMMIT"); !done) return done;
  if (Status done = into(roll_back_, "ROLLBACK"); !done) return done;
  return into(save_checkpoint_, "UPDATE binferry_state SET checkpoint = ?1");
}

// SQLite rolls back by itself when a write fails (disk full, I/O error). The rows since the last commit are then gone,
// while the checkpoint in memory has moved: it must never be stored.
Status Replica::check_alive() {
  if (open_ && !database_.in_transaction()) failed_ = true;
  if (!failed_) return {};
  return fail(Errc::internal, path_ + ": written to after a failure", "run again: replay goes on from the last commit");
}

Status Replica::begin() {
  if (Status alive = check_alive(); !alive) return alive;
  if (open_) return {};
  if (Status begun = begin_.run(); !begun) return propagate(begun, path_);
  open_ = true;
  return {};
}

Status Replica::commit() {
  if (Status alive = check_alive(); !alive) return alive;
  if (!open_) {
    if (checkpoint == saved_) return {};
    if (Status begun = begin(); !begun) return begun;
  }
  const std::string json = binferry::to_json(checkpoint);
  save_checkpoint_.bind(1, std::string_view(json));
  Status done = save_checkpoint_.run();
  if (done) done = commit_.run();
  if (!done) {
    failed_ = true;
    return propagate(done, path_);
  }
  open_ = false;
  saved_ = checkpoint;
  return {};
}

// A commit with synchronous=FULL syncs the write-ahead log, and with it all commits before. It needs something to
// write: a page whose bytes stay the same is no change to SQLite, and a commit without a change syncs nothing. So the
// number that SQLite keeps for its users in the file's header is turned over.
Status Replica::seal() {
  if (Status committed = commit(); !committed) return committed;
  if (durability_ == Durability::full) return {};
  if (Status set = set_durability(Durability::full); !set) return set;
  if (Status begun = begin(); !begun) return begun;
  Result<std::optional<std::string>> version = database_.query_text("PRAGMA user_version");
  if (!version) return propagate(version, path_);
  Status turned = database_.execute(*version == "0" ? "PRAGMA user_version = 1" : "PRAGMA user_version = 0");
  if (!turned) return propagate(turned, path_);
  return commit();
}

Status Replica::set_durability(Durability durability) {
  if (durability == durability_) return {};
  durability_ = durability;
  if (Status tuned = tune(); !tuned) return tuned;
  // The pages that the smaller cache let go are many small pieces, which the C library keeps for itself otherwise.
  if (durability == Durability::full) ::malloc_trim(0);
  return {};
}

Status Replica::tune() {
  const bool full = durability_ == Durability::full;
  Status set = database_.execute(full ? kFullPragmas : kNormalPragmas);
  if (!set) return propagate(set, path_);
  log_copier_->copy_from(options_.log_pages != 0 ? options_.log_pages : full ? kFullLogPages : kNormalLogPages);
  return {};
}

Status Replica::roll_back() {
  if (Status alive = check_alive(); !alive) return alive;
  if (open_) {
    if (Status undone = roll_back_.run(); !undone) {
      failed_ = true;
      return propagate(undone, path_);
    }
  }
  open_ = false;
  checkpoint = saved_;
  return {};
}

LayoutOptions Replica::layout_options(const ReplicaTable* known) const {
  LayoutOptions options;
  options.qualified_names = options_.qualified_names;
  options.decimal_real = options_.decimal_real;
  if (known != nullptr && known->layout) {
    options.name = known->layout->name;
    options.hash_table = known->layout->hash_table;
  }
  return options;
}

Status Replica::save_table(const std::string& schema, const std::string& name) {
  const ReplicaTable* const table = tables.find(schema, name);
  Result<SqliteStatement> statement = database_.prepare(
      table == nullptr ? "DELETE FROM binferry_tables WHERE schema = ?1 AND name = ?2"
                       : "INSERT OR REPLACE INTO binferry_tables VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
      false);
  if (!statement) return propagate(statement);
  statement->bind(1, std::string_view(schema));
  statement->bind(2, std::string_view(name));
  if (table == nullptr) return statement->run();
  const std::string definition = table->definition ? create_table_sql(*table->definition, true) : std::string();
  const std::string wide = join(table->wide_columns);
  if (table->layout) {
    statement->bind(3, std::string_view(table->layout->name));
    if (!table->layout->hash_table.empty()) statement->bind(4, std::string_view(table->layout->hash_table));
  }
  if (table->definition) statement->bind(5, std::string_view(definition));
  statement->bind(6, std::string_view(wide));
  statement->bind(7, name_of(table->state));
  statement->bind(8, std::string_view(table->reason));
  statement->bind(9, std::string_view(table->file));
  statement->bind(10, static_cast<std::int64_t>(table->offset));
  statement->bind(11, std::string_view(table->gtid));
  return statement->run();
}

Status Replica::save_schema(const std::string& schema) {
  Result<SqliteStatement> statement =
      database_.prepare("INSERT OR REPLACE INTO binferry_schemas VALUES (?1, ?2)", false);
  if (!statement) return propagate(statement);
  statement->bind(1, std::string_view(schema));
  statement->bind(2, static_cast<std::int64_t>(catalogue.schema_collation(schema)));
  return statement->run();
}

}  // namespace binferry
