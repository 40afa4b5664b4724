// The floor under `binferry replay`: the same rows into the same tables by a plain loop over SQLite's C interface.
//
//   sqlite_floor LOG REPLICA OUT [indexes-last]
//
// Creates OUT with the tables and indexes of REPLICA (made by `binferry replay` from the same log; indexes last, as it
// makes them itself, if asked to), reads LOG into memory, and only then starts the clock: bind, step, reset; a COMMIT
// where the applier has one; at the end a synced commit and the close with its checkpoint, as every replay ends. Prints
// the seconds of that, wall clock and processor. INSERT names all columns, UPDATE those that changed, DELETE goes by
// key, as the applier's statements do; the connection is set up as the applier's. What it does not do: keep a position,
// or be able to undo one transaction.
#include "applier/applier.hpp"
#include "binlog/changes.hpp"
#include "binlog/row/value_text.hpp"
#include "binlog/source/file_source.hpp"
#include "binlog/source/transaction_stream.hpp"

#include <sqlite3.h>  // lint: wrapped, because the floor is SQLite without our layer

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <sys/resource.h>

using namespace binferry;

namespace {

struct Bound {
  enum class Kind : std::uint8_t { null, integer, real, text, blob } kind = Kind::null;
  std::int64_t integer = 0;
  double real = 0;
  const char* data = nullptr;
  int size = 0;
};

struct Operation {
  std::size_t statement;
  std::size_t first;  // index of its first cell
  int cells;
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "sqlite_floor: %s\n", what.c_str());
  std::exit(1);
}

void check(sqlite3* database, int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) die(sqlite3_errmsg(database));
}

std::string quoted(const std::string& name) {
  return '"' + name + '"';
}

class Script {
 public:
  std::vector<std::string> statements;
  std::vector<Operation> operations;
  std::vector<Bound> cells;
  std::vector<std::size_t> commits;  // in front of these operations

  void add(const RowChange& change) {
    const Table& table = *change.table;
    std::string sql;
    std::vector<std::pair<const Value*, std::size_t>> binds;
    if (change.op == RowOp::write) {
      sql = "INSERT INTO " + quoted(table.name) + " VALUES (";
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        sql += i == 0 ? "?" : ",?";
        binds.emplace_back(&change.after[i], i);
      }
      sql += ")";
    } else if (change.op == RowOp::update) {
      sql = "UPDATE " + quoted(table.name) + " SET ";
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (same(change.before[i], change.after[i])) continue;
        sql += (binds.empty() ? "" : ",") + quoted(table.columns[i].name) + "=?";
        binds.emplace_back(&change.after[i], i);
      }
    } else {
      sql = "DELETE FROM " + quoted(table.name);
    }
    if (change.op != RowOp::write) {
      for (std::size_t i = 0; i < table.key.size(); ++i) {
        sql += (i == 0 ? " WHERE " : " AND ") + quoted(table.columns[table.key[i]].name) + "=?";
        binds.emplace_back(&change.before[table.key[i]], table.key[i]);
      }
    }
    const auto [found, added] = index_.try_emplace(sql, statements.size());
    if (added) statements.push_back(sql);
    operations.push_back({found->second, cells.size(), static_cast<int>(binds.size())});
    for (const auto& [value, column] : binds) cells.push_back(cell_of(table.columns[column], *value));
  }

 private:
  static bool same(const Value& left, const Value& right) {
    return left.kind == right.kind && left.u == right.u && left.size == right.size &&
           (left.size == 0 || std::memcmp(left.data, right.data, left.size) == 0);
  }

  Bound cell_of(const Column& column, const Value& value) {
    Bound cell;
    if (value.is_null() || !value.present()) return cell;
    const bool number =
        value.kind == ValueKind::integer ||
        (value.kind == ValueKind::uinteger && column.type != ColumnType::enum_ && column.type != ColumnType::set_);
    if (number) {
      cell.kind = Bound::Kind::integer;
      cell.integer = value.i;
    } else if (value.kind == ValueKind::double_) {
      cell.kind = Bound::Kind::real;
      cell.real = value.d;
    } else {
      std::string& text = texts_.emplace_back();
      if (!append_text(column, value, text)) die("a value has no text");
      cell.kind = is_binary(column) ? Bound::Kind::blob : Bound::Kind::text;
      cell.data = text.data();
      cell.size = static_cast<int>(text.size());
    }
    return cell;
  }

  std::map<std::string, std::size_t> index_;
  std::deque<std::string> texts_;
};

Script read_log(const std::string& path) {
  Script script;
  Result<std::unique_ptr<FileSource>> source = FileSource::open(path, {});
  if (!source) die(source.error().message());
  TransactionStream stream(**source);
  Catalogue catalogue;
  ChangeReader reader(catalogue, {});
  const ApplierOptions batch;
  std::uint64_t transactions = 0;
  std::uint64_t bytes = 0;
  for (;;) {
    const auto item = stream.next();
    if (!item) die(item.error().message());
    if (*item == TransactionStream::Item::end) return script;
    if (*item != TransactionStream::Item::transaction) continue;
    reader.start(stream.transaction());
    for (;;) {
      const auto change = reader.next();
      if (!change) die(change.error().message());
      if (*change == nullptr) break;
      if ((*change)->kind == Change::Kind::row) script.add((*change)->row);
    }
    bytes += stream.transaction().event_bytes();
    if (++transactions >= batch.batch_transactions || bytes >= batch.batch_bytes) {
      script.commits.push_back(script.operations.size());
      transactions = bytes = 0;
    }
  }
}

// `type`: of the objects of the replica's schema, `table` or `index`.
void create_objects(sqlite3* database, const char* replica, const std::string& type) {
  sqlite3* from = nullptr;
  check(database, sqlite3_open_v2(replica, &from, SQLITE_OPEN_READONLY, nullptr));
  sqlite3_stmt* schema = nullptr;
  const std::string query =
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'binferry_%' "
      "AND name NOT LIKE 'sqlite_%' AND type = '" +
      type + "'";
  check(from, sqlite3_prepare_v2(from, query.c_str(), -1, &schema, nullptr));
  while (sqlite3_step(schema) == SQLITE_ROW) {
    const auto* sql = static_cast<const char*>(static_cast<const void*>(sqlite3_column_text(schema, 0)));
    check(database, sqlite3_exec(database, sql, nullptr, nullptr, nullptr));
  }
  sqlite3_finalize(schema);
  sqlite3_close(from);
}

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void bind(sqlite3_stmt* statement, int parameter, const Bound& cell) {
  switch (cell.kind) {
    case Bound::Kind::null: sqlite3_bind_null(statement, parameter); break;
    case Bound::Kind::integer: sqlite3_bind_int64(statement, parameter, cell.integer); break;
    case Bound::Kind::real: sqlite3_bind_double(statement, parameter, cell.real); break;
    case Bound::Kind::text: sqlite3_bind_text(statement, parameter, cell.data, cell.size, SQLITE_STATIC); break;
    case Bound::Kind::blob: sqlite3_bind_blob(statement, parameter, cell.data, cell.size, SQLITE_STATIC); break;
  }
}

void run(sqlite3* database, const Script& script, const char* replica, bool indexes_last) {
  std::vector<sqlite3_stmt*> statements(script.statements.size());
  for (std::size_t i = 0; i < statements.size(); ++i) {
    check(database, sqlite3_prepare_v3(database, script.statements[i].c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                                       &statements[i], nullptr));
  }
  check(database, sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr));
  auto commit = script.commits.begin();
  for (std::size_t number = 0; number < script.operations.size(); ++number) {
    if (commit != script.commits.end() && *commit == number) {
      check(database, sqlite3_exec(database, "COMMIT; BEGIN", nullptr, nullptr, nullptr));
      ++commit;
    }
    const Operation& operation = script.operations[number];
    sqlite3_stmt* statement = statements[operation.statement];
    for (int i = 0; i < operation.cells; ++i) {
      bind(statement, i + 1, script.cells[operation.first + static_cast<std::size_t>(i)]);
    }
    check(database, sqlite3_step(statement));
    sqlite3_reset(statement);
  }
  check(database, sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr));
  if (indexes_last) create_objects(database, replica, "index");
  // A synced commit needs something to write.
  check(database, sqlite3_exec(database, kFullPragmas, nullptr, nullptr, nullptr));
  check(database, sqlite3_wal_autocheckpoint(database, kFullLogPages));
  check(database, sqlite3_exec(database, "PRAGMA user_version = 1", nullptr, nullptr, nullptr));
  for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
  check(nullptr, sqlite3_close(database));
}

}  // namespace

int main(int argc, char** argv) {
  const bool indexes_last = argc == 5 && std::string_view(argv[4]) == "indexes-last";
  if (argc != 4 && !indexes_last) die("usage: sqlite_floor LOG REPLICA OUT [indexes-last]");
  const Script script = read_log(argv[1]);
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // as applier/sqlite.cpp has it
  sqlite3* database = nullptr;
  check(database,
        sqlite3_open_v2(argv[3], &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr));
  check(database, sqlite3_exec(database, kWriterPragmas, nullptr, nullptr, nullptr));
  check(database, sqlite3_exec(database, kNormalPragmas, nullptr, nullptr, nullptr));
  check(database, sqlite3_wal_autocheckpoint(database, kNormalLogPages));
  create_objects(database, argv[2], "table");
  if (!indexes_last) create_objects(database, argv[2], "index");
  const double processor = processor_seconds();
  const auto started = std::chrono::steady_clock::now();
  run(database, script, argv[2], indexes_last);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  std::printf("%.3f %.3f\n", seconds.count(), processor_seconds() - processor);
  return 0;
}
