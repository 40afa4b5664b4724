// Replicas for tests: logs in, tables out as the fixtures' expected rows print them.
#pragma once

#include "applier/replay.hpp"
#include "binlog/event/mariadb_keys.hpp"
#include "binlog/source/multi_file_source.hpp"
#include "tests/integration/support/table_dump.hpp"
#include "tests/support/index_columns.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace binferry::test {

struct ReplicaRun {
  std::vector<std::string> inputs;
  std::string into;
  ReplicaOptions replica{.qualified_names = true, .decimal_real = false, .schemas = {}, .tables = {}, .vfs = {}};
  ApplierOptions applier{};
  TransactionFilter filter{};
  const MariadbKeys* keys = nullptr;
  std::optional<std::uint64_t> most_transactions{};  // stop after so many
  Durability durability = Durability::normal;
};

struct RunOutcome {
  SqliteApplier::Totals totals;
  Checkpoint checkpoint;
  std::vector<std::string> notes;
  std::size_t quarantined = 0;
  bool nothing_new = false;
};

// Opens the replica, goes on from where it stands, closes it.
inline Result<RunOutcome> run_replica(const ReplicaRun& run) {
  RunOutcome outcome;
  Result<std::unique_ptr<Replica>> replica = Replica::open(run.into, run.replica);
  if (!replica) return propagate(replica);
  Result<ReplayStart> start = plan_replay(run.inputs, (*replica)->checkpoint, std::nullopt);
  if (!start) return propagate(start);
  if (Status set = (*replica)->set_durability(run.durability); !set) return propagate(set);
  ApplierOptions options = run.applier;
  options.note = [&](const std::string& text) { outcome.notes.push_back(text); };
  Result<std::unique_ptr<SqliteApplier>> applier = SqliteApplier::make(std::move(*replica), options);
  if (!applier) return propagate(applier);
  outcome.nothing_new = start->nothing_new;
  if (start->nothing_new) {
    if (Status made = (*applier)->make_pending_indexes({}); !made) return propagate(made);
  } else {
    MultiFileOptions files;
    files.file.start = start->offset;
    files.file.mariadb_keys = run.keys;
    files.start_file = start->file;
    Result<std::unique_ptr<MultiFileSource>> source = MultiFileSource::open(run.inputs, files);
    if (!source) return propagate(source);
    ReplayOptions replay_options;
    replay_options.filter = run.filter;
    replay_options.start = start->offset;
    Replay replay(**applier, **source, replay_options);
    const auto enough = [&] {
      return run.most_transactions && (*applier)->totals().transactions >= *run.most_transactions;
    };
    if (Status done = replay.run(enough, {}); !done) return propagate(done);
  }
  outcome.totals = (*applier)->totals();
  outcome.checkpoint = (*applier)->checkpoint();
  outcome.quarantined = (*applier)->replica().tables.quarantined();
  return outcome;
}

inline std::string integrity_of(const std::string& path) {
  Result<Database> database = Database::open(path, OpenMode::read_only);
  if (!database) return database.error().message();
  Result<std::optional<std::string>> answer = database->query_text("PRAGMA integrity_check");
  return answer ? answer->value_or("") : answer.error().message();
}

// Every value as text, for comparing with what a server prints.
inline Cell printed(const SqliteStatement& row, int column, bool is_binary) {
  switch (row.type(column)) {
    case SqliteStatement::Type::null: return {};
    case SqliteStatement::Type::integer: return {Cell::Kind::text, std::to_string(row.integer(column))};
    case SqliteStatement::Type::real: {
      char text[40];
      std::snprintf(text, sizeof text, "%.17g", row.real(column));
      return {Cell::Kind::text, text};
    }
    default: break;
  }
  std::string bytes(row.text(column));
  // 20 digits, so that they sort: a number to whoever reads it.
  return {is_binary && row.type(column) == SqliteStatement::Type::blob ? Cell::Kind::binary : Cell::Kind::text, bytes};
}

inline std::string without_leading_zeros(const std::string& number) {
  const std::size_t sign = number.starts_with('-') ? 1 : 0;
  const std::size_t first = number.find_first_not_of('0', sign);
  return number.substr(0, sign) + (first == std::string::npos ? "0" : number.substr(first));
}

// Integers as SQLite has them: no ZEROFILL, BIT as a number.
inline void normalize(TableDump& dump) {
  for (std::size_t i = 0; i < dump.columns.size(); ++i) {
    const std::string& type = dump.columns[i].type;
    const bool is_bit = type == "bit";
    const bool is_integer = type == "year" || type.ends_with("int");
    if (!is_bit && !is_integer) continue;
    for (DumpRow& row : dump.rows) {
      Cell& cell = row[i];
      if (cell.kind == Cell::Kind::null) continue;
      if (cell.kind == Cell::Kind::binary) {
        std::uint64_t number = 0;
        for (const char c : cell.bytes) number = number << 8 | static_cast<unsigned char>(c);
        cell = {Cell::Kind::text, std::to_string(number)};
      }
      cell.bytes = without_leading_zeros(cell.bytes);
    }
    if (is_bit) dump.columns[i].type = "bigint";
  }
}

// The replica's table in the shape of `expected`, without history rows of system-versioned tables.
inline Result<TableDump> dump_like(Database& database, const TableDump& expected) {
  TableDump dump = expected;
  dump.rows.clear();
  std::string columns;
  for (const DumpColumn& column : expected.columns)
    columns += (columns.empty() ? "" : ", ") + quote_identifier(column.name);
  const std::string table = quote_identifier(expected.schema + "." + expected.table);
  std::string sql = "SELECT " + columns + " FROM " + table;
  Result<std::optional<std::string>> versioned =
      database.query_text("SELECT name FROM pragma_table_info(" + quote_text(expected.schema + "." + expected.table) +
                          ") WHERE name = 'row_end'");
  if (!versioned) return propagate(versioned);
  if (*versioned) sql += " WHERE row_end >= '2038-01-19 03:14:07'";
  Result<SqliteStatement> rows = database.prepare(sql, false);
  if (!rows) return propagate(rows, expected.table);
  for (;;) {
    Result<bool> more = rows->step();
    if (!more) return propagate(more);
    if (!*more) break;
    DumpRow row;
    for (std::size_t i = 0; i < expected.columns.size(); ++i) row.push_back(printed(*rows, static_cast<int>(i), true));
    dump.rows.push_back(std::move(row));
  }
  normalize(dump);
  return dump;
}

// Empty if the replica holds what the server held, else the first differences.
inline std::string difference_from(const std::string& replica, const std::filesystem::path& expected_folder) {
  Result<Database> database = Database::open(replica, OpenMode::read_only);
  if (!database) return database.error().message();
  std::string differences;
  for (TableDump expected : read_dumps(expected_folder)) {
    normalize(expected);
    Result<TableDump> actual = dump_like(*database, expected);
    differences += actual ? difference(expected, *actual) : actual.error().message() + "\n";
  }
  return differences;
}

// Everything that a replica holds except when it was applied, as text: two replicas of one history are equal in it.
// `but_for`: the tables left out.
inline std::string content_of(const std::string& path, const std::string& but_for = "binferry_state") {
  Result<Database> database = Database::open(path, OpenMode::read_only);
  if (!database) return database.error().message();
  Result<SqliteStatement> tables = database->prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
      " AND name NOT GLOB 'binferry_rows_*' AND name NOT GLOB " +
          quote_text(but_for) + " ORDER BY name",
      false);
  if (!tables) return tables.error().message();
  std::string text;
  while (tables->step().value_or(false)) {
    const std::string name(tables->text(0));
    Result<SqliteStatement> rows = database->prepare("SELECT * FROM " + quote_identifier(name), false);
    if (!rows) return rows.error().message();
    std::vector<std::string> lines;
    while (rows->step().value_or(false)) {
      std::string line;
      for (int i = 0; i < rows->column_count(); ++i) line += to_text(printed(*rows, i, true)) + "|";
      lines.push_back(std::move(line));
    }
    std::ranges::sort(lines);
    text += name + "\n";
    for (const std::string& line : lines) text += "  " + line + "\n";
  }
  return text + "indexes\n" + index_columns(*database);
}

}  // namespace binferry::test
