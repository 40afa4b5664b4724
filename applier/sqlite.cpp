#include "applier/sqlite.hpp"

#include "applier/sqlite_copy.hpp"
#include "binlog/base/write_behind.hpp"
#include "binlog/source/input.hpp"

#include <utility>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace binferry {
namespace {

Error error_of(sqlite3* database, int code) {
  const std::string message = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  // A value that its STRICT column does not take is no row that is there already.
  if (code == SQLITE_CONSTRAINT_DATATYPE) return {Errc::schema_mismatch, "SQLite: " + message, {}, {}};
  switch (code & 0xFF) {
    case SQLITE_FULL: return {Errc::no_space, "SQLite: " + message, {}, "make room on the disk, then run again"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::busy, "SQLite: " + message, {}, "another process holds the replica: end it or wait for it"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return {Errc::replica, "SQLite: " + message, {}, "check the permissions of the replica's file and its folder"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Errc::replica,
              "SQLite: " + message,
              {},
              "the file is no SQLite database or is damaged: restore or recreate it"};
    case SQLITE_IOERR: return {Errc::io, "SQLite: " + message, {}, "check the disk, then run again"};
    case SQLITE_NOMEM: return {Errc::limit, "SQLite: " + message, {}, {}};
    case SQLITE_TOOBIG: return {Errc::limit, "SQLite: " + message, {}, "a value is beyond SQLite's limit of 1 GB"};
    case SQLITE_CONSTRAINT: return {Errc::diverged, "SQLite: " + message, {}, {}};
    default: return {Errc::internal, "SQLite: " + message, {}, {}};
  }
}

std::string quote(std::string_view text, char mark) {
  std::string quoted(1, mark);
  for (const char c : text) {
    if (c == mark) quoted += mark;
    quoted += c;
  }
  quoted += mark;
  return quoted;
}

SqliteStatement::Type type_of(int code) {
  switch (code) {
    case SQLITE_INTEGER: return SqliteStatement::Type::integer;
    case SQLITE_FLOAT: return SqliteStatement::Type::real;
    case SQLITE_TEXT: return SqliteStatement::Type::text;
    case SQLITE_BLOB: return SqliteStatement::Type::blob;
    default: return SqliteStatement::Type::null;
  }
}

extern "C" void call_function(sqlite3_context* context, int count, sqlite3_value** arguments) {
  SqlCall call(context, count, arguments);
  (*static_cast<SqlFunction*>(sqlite3_user_data(context)))(call);
}

extern "C" void forget_function(void* function) {
  delete static_cast<SqlFunction*>(function);
}

extern "C" int tell_watcher(void* watcher, sqlite3* /*database*/, const char* /*schema*/, int pages) {
  static_cast<LogWatcher*>(watcher)->log_has(pages);
  return SQLITE_OK;
}

}  // namespace

SqliteStatement::Type SqlCall::type(int argument) const {
  return type_of(sqlite3_value_type(arguments_[argument]));
}
std::int64_t SqlCall::integer(int argument) const {
  return sqlite3_value_int64(arguments_[argument]);
}
double SqlCall::real(int argument) const {
  return sqlite3_value_double(arguments_[argument]);
}
std::string_view SqlCall::text(int argument) const {
  const void* const data = sqlite3_value_blob(arguments_[argument]);
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_value_bytes(arguments_[argument]))};
}
void SqlCall::result(std::int64_t value) {
  sqlite3_result_int64(context_, value);
}
void SqlCall::result(std::string_view text) {
  sqlite3_result_text64(context_, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}

SqliteStatement::~SqliteStatement() {
  sqlite3_finalize(statement_);
}

SqliteStatement& SqliteStatement::operator=(SqliteStatement&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}

// A failed bind (a parameter that is not there, a value beyond SQLite's limit) leaves NULL behind, which must not pass:
// the statement is ours, so only the size can be wrong, and step() reports SQLITE_TOOBIG for it.
void SqliteStatement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
}
void SqliteStatement::bind(int parameter, double value) {
  sqlite3_bind_double(statement_, parameter, value);
}
void SqliteStatement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL; the empty text is not NULL.
  sqlite3_bind_text64(statement_, parameter, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}
void SqliteStatement::bind_blob(int parameter, Bytes blob) {
  if (blob.empty()) {
    sqlite3_bind_zeroblob(statement_, parameter, 0);
  } else {
    sqlite3_bind_blob64(statement_, parameter, blob.data(), blob.size(), SQLITE_STATIC);
  }
}
void SqliteStatement::bind_null(int parameter) {
  sqlite3_bind_null(statement_, parameter);
}

Result<bool> SqliteStatement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = error_of(sqlite3_db_handle(statement_), code);
  sqlite3_reset(statement_);
  return std::unexpected(std::move(error));
}

Status SqliteStatement::run() {
  for (;;) {
    Result<bool> row = step();
    if (!row) {
      sqlite3_clear_bindings(statement_);
      return propagate(row);
    }
    if (!*row) break;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  return {};
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double SqliteStatement::real(int column) const {
  return sqlite3_column_double(statement_, column);
}
std::string_view SqliteStatement::text(int column) const {
  return text_of(blob(column));
}
Bytes SqliteStatement::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
SqliteStatement::Type SqliteStatement::type(int column) const {
  return type_of(sqlite3_column_type(statement_, column));
}
int SqliteStatement::column_count() const {
  return sqlite3_column_count(statement_);
}

namespace {

// A statement that may fail half-way (one with triggers) copies the pages that it changes first; beyond this many bytes
// the copies go to a temporary file, and then those of every later statement of the transaction do. SQLite hands them
// over in one write, and its VFS for Unix cuts the length of a write to 17 bits: with 128 KiB or more the write comes
// out short, which SQLite reports as a full disk.
constexpr int kStatementMemoryBytes = (1 << 17) - 1;

// Must come before the first connection; a process that has used SQLite before keeps its own setting. Nobody asks how
// much memory SQLite has, and counting it takes a lock for every piece.
bool configure_sqlite() {
  static const bool configured = sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, kStatementMemoryBytes) == SQLITE_OK &&
                                 sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
  return configured;
}

}  // namespace

Result<Database> Database::open(const std::string& path, OpenMode mode, const std::string& vfs) {
  (void)configure_sqlite();
  const int flags = mode == OpenMode::read_only    ? SQLITE_OPEN_READONLY
                    : mode == OpenMode::read_write ? SQLITE_OPEN_READWRITE
                                                   : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  Database database;
  const int code = sqlite3_open_v2(path.c_str(), &database.database_, flags | SQLITE_OPEN_NOMUTEX,
                                   vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) return std::unexpected(error_of(database.database_, code).at(path));
  sqlite3_extended_result_codes(database.database_, 1);
  // Or an index on a column that is gone would be one on the text of its name, and break the next ALTER TABLE.
  sqlite3_db_config(database.database_, SQLITE_DBCONFIG_DQS_DDL, 0, static_cast<int*>(nullptr));
  sqlite3_busy_timeout(database.database_, 5000);
  return database;
}

Database::~Database() {
  sqlite3_close_v2(database_);
}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(database_, other.database_);
  return *this;
}

Status Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(database_, code));
  return {};
}

Result<SqliteStatement> Database::prepare(std::string_view sql, bool persistent) {
  SqliteStatement statement;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      persistent ? SQLITE_PREPARE_PERSISTENT : 0U, &statement.statement_, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(database_, code));
  return statement;
}

Result<std::optional<std::string>> Database::query_text(std::string_view sql) {
  Result<SqliteStatement> statement = prepare(sql, false);
  if (!statement) return propagate(statement);
  Result<bool> row = statement->step();
  if (!row) return propagate(row);
  if (!*row || statement->is_null(0)) return std::nullopt;
  return std::string(statement->text(0));
}

Status Database::create_function(const std::string& name, bool deterministic, SqlFunction function) {
  const int flags = SQLITE_UTF8 | (deterministic ? SQLITE_DETERMINISTIC : 0);
  // SQLite calls forget_function() in every case, a failure of this call included.
  const int code = sqlite3_create_function_v2(database_, name.c_str(), -1, flags, new SqlFunction(std::move(function)),
                                              call_function, nullptr, nullptr, forget_function);
  if (code != SQLITE_OK) return std::unexpected(error_of(database_, code));
  return {};
}

Status copy_database(Database& database, const std::string& path, const std::function<bool()>& should_stop) {
  constexpr int kPages = 2048;  // 8 MiB between two questions
  if (::access(path.c_str(), F_OK) == 0) return fail(Errc::replica, "there is a file already: " + path);
  FileDescriptor file;  // closed behind the database, whose locks it would take away
  Result<Database> into = Database::open(path, OpenMode::create);
  if (!into) return propagate(into);
  if (Status set = into->execute("PRAGMA synchronous = OFF"); !set) return set;
  file = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  WriteBehind behind;
  // A read transaction keeps the view, so that what others commit meanwhile does not begin the copy anew.
  if (Status begun = database.execute("BEGIN; SELECT count(*) FROM sqlite_schema"); !begun) return begun;
  sqlite3_backup* const backup = sqlite3_backup_init(into->handle(), "main", database.handle(), "main");
  int code = backup == nullptr ? sqlite3_errcode(into->handle()) : SQLITE_OK;
  bool stopped = false;
  while (code == SQLITE_OK && !stopped) {
    stopped = should_stop && should_stop();
    if (!stopped) code = sqlite3_backup_step(backup, kPages);
    behind.has_grown(file.get());
  }
  const int finished = backup == nullptr ? code : sqlite3_backup_finish(backup);
  const Status ended = database.execute("COMMIT");
  if (stopped) return fail(Errc::cancelled, "the copy was stopped");
  if (code != SQLITE_DONE) return std::unexpected(error_of(into->handle(), code).at(path));
  if (finished != SQLITE_OK) return std::unexpected(error_of(into->handle(), finished).at(path));
  return ended;
}

void Database::watch_log(LogWatcher* watcher) {
  (void)sqlite3_wal_hook(database_, watcher != nullptr ? tell_watcher : nullptr, watcher);
}

Status Database::copy_log() {
  const int code = sqlite3_wal_checkpoint_v2(database_, "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(database_, code));
  return {};
}

Status Database::sync() {
  sqlite3_file* file = nullptr;
  int code = sqlite3_file_control(database_, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (code != SQLITE_OK) return std::unexpected(error_of(nullptr, code));
  return {};
}

void Database::set_busy_timeout(int timeout_ms) {
  sqlite3_busy_timeout(database_, timeout_ms);
}
std::int64_t Database::changes() const {
  return sqlite3_changes64(database_);
}
std::int64_t Database::last_rowid() const {
  return sqlite3_last_insert_rowid(database_);
}
bool Database::in_transaction() const {
  return sqlite3_get_autocommit(database_) == 0;
}

std::int64_t Database::spilled_pages() const {
  int pages = 0;
  int unused = 0;
  (void)sqlite3_db_status(database_, SQLITE_DBSTATUS_CACHE_SPILL, &pages, &unused, 0);
  return pages;
}

std::string quote_identifier(std::string_view name) {
  return quote(name, '"');
}
std::string quote_text(std::string_view text) {
  return quote(text, '\'');
}

}  // namespace binferry
