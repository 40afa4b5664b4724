// A thin RAII layer over SQLite: the only file of the project that includes sqlite3.h.
//
// Errors become Error: `no_space` (disk full), `busy` (someone else holds the file), `replica` (read-only, not a
// database, corrupt), `io`, `internal` (our SQL is wrong). One thread a Database.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_context;
struct sqlite3_stmt;
struct sqlite3_value;

namespace binferry {

class Database;

// A prepared statement. Bound texts and blobs are not copied: they must live until reset() or the next bind of that
// parameter; run() and the readers below keep to that. Parameters count from 1, columns from 0.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  ~SqliteStatement();
  SqliteStatement(SqliteStatement&& other) noexcept : statement_(other.statement_) { other.statement_ = nullptr; }
  SqliteStatement& operator=(SqliteStatement&& other) noexcept;

  void bind(int parameter, std::int64_t value);
  void bind(int parameter, double value);
  void bind(int parameter, std::string_view text);  // UTF-8
  void bind(int parameter, std::string&& text) = delete;
  void bind_blob(int parameter, Bytes blob);
  void bind_null(int parameter);

  // True: a row is there to be read. False: done.
  Result<bool> step();
  // Steps to the end, then resets and clears the bindings: for statements without result.
  Status run();
  void reset();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  // lives until the next step or reset
  [[nodiscard]] Bytes blob(int column) const;
  enum class Type : std::uint8_t { integer, real, text, blob, null };
  [[nodiscard]] Type type(int column) const;
  [[nodiscard]] int column_count() const;
  [[nodiscard]] bool valid() const { return statement_ != nullptr; }

 private:
  friend class Database;
  sqlite3_stmt* statement_ = nullptr;
};

// One call of an SQL function of ours. Arguments count from 0 and live until the function returns; one that gives no
// result gives NULL.
class SqlCall {
 public:
  SqlCall(sqlite3_context* context, int count, sqlite3_value** arguments)
      : context_(context), arguments_(arguments), count_(count) {}

  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] SqliteStatement::Type type(int argument) const;
  [[nodiscard]] std::int64_t integer(int argument) const;
  [[nodiscard]] double real(int argument) const;
  [[nodiscard]] std::string_view text(int argument) const;  // of a text or blob, as it lies there
  void result(std::int64_t value);
  void result(std::string_view text);  // copied

 private:
  sqlite3_context* context_;
  sqlite3_value** arguments_;
  int count_;
};
using SqlFunction = std::function<void(SqlCall&)>;

// Is told of each commit, by the thread that commits, how many pages the write-ahead log holds behind it.
class LogWatcher {
 public:
  virtual ~LogWatcher() = default;
  virtual void log_has(int pages) = 0;
};

enum class OpenMode : std::uint8_t { read_only, read_write, create };

class Database {
 public:
  // `vfs`: a registered VFS by name, for fault injection; empty: the default one.
  static Result<Database> open(const std::string& path, OpenMode mode, const std::string& vfs = {});
  ~Database();
  Database(Database&& other) noexcept : database_(other.database_) { other.database_ = nullptr; }
  Database& operator=(Database&& other) noexcept;

  // One or more statements without result.
  Status execute(const std::string& sql);
  // `persistent`: the statement is kept and used often.
  Result<SqliteStatement> prepare(std::string_view sql, bool persistent = true);
  // First column of the first row; nullopt if there is no row or it is NULL.
  Result<std::optional<std::string>> query_text(std::string_view sql);

  // A function of any number of arguments for this connection's statements; it replaces one of the same name.
  // `deterministic`: equal arguments give equal results. What it refers to must outlive the connection or the next
  // function of that name.
  Status create_function(const std::string& name, bool deterministic, SqlFunction function);

  // In place of SQLite's own copying at commits (`wal_autocheckpoint`) and of the watcher before; may be null.
  void watch_log(LogWatcher* watcher);
  // Copies of the write-ahead log what no reader keeps from it (a passive checkpoint).
  Status copy_log();
  // Returns when what was written into the database's file has reached the disk.
  Status sync();

  // How long to wait for another connection's lock before Errc::busy.
  void set_busy_timeout(int timeout_ms);
  [[nodiscard]] std::int64_t changes() const;     // rows touched by the last statement
  [[nodiscard]] std::int64_t last_rowid() const;  // of the last INSERT into a table with rowids
  [[nodiscard]] bool in_transaction() const;
  // Changed pages that had to be written before their commit, since the connection was opened.
  [[nodiscard]] std::int64_t spilled_pages() const;
  [[nodiscard]] sqlite3* handle() const { return database_; }

 private:
  Database() = default;
  sqlite3* database_ = nullptr;
};

// "name" with quotes doubled.
std::string quote_identifier(std::string_view name);
// 'text' with quotes doubled.
std::string quote_text(std::string_view text);

}  // namespace binferry
