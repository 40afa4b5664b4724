#include "tests/integration/support/replica_check.hpp"

#include "applier/replay.hpp"
#include "binlog/source/multi_file_source.hpp"
#include "tests/support/index_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

namespace binferry::test {
namespace {

using Type = SqliteStatement::Type;

std::string without_leading_zeros(std::string_view number) {
  const std::size_t sign = number.starts_with('-') ? 1 : 0;
  const std::size_t first = number.find_first_not_of('0', sign);
  if (first == std::string_view::npos) return "0";
  return std::string(number.substr(0, sign)) + std::string(number.substr(first));
}

bool is_integer_type(std::string_view type) {
  return type == "year" || type.ends_with("int");
}

Cell cell_of(const SqliteStatement& row, int column) {
  switch (row.type(column)) {
    case Type::null: return {};
    case Type::integer: return {Cell::Kind::text, std::to_string(row.integer(column))};
    case Type::real: return {Cell::Kind::text, fmt::format("{:.17g}", row.real(column))};
    case Type::text: return {Cell::Kind::text, std::string(row.text(column))};
    case Type::blob: return {Cell::Kind::binary, std::string(row.text(column))};
  }
  return {};
}

// As SQLite has it: ZEROFILL is only print, BIT is a number, a wide BIGINT is 20 digits that sort, and zero has no sign
// (SQLite's file format stores reals that are whole as integers).
void normalize(TableDump& dump) {
  for (std::size_t i = 0; i < dump.columns.size(); ++i) {
    if (dump.columns[i].type == "float" || dump.columns[i].type == "double") {
      for (DumpRow& row : dump.rows) {
        if (row[i].kind == Cell::Kind::text && std::strtod(row[i].bytes.c_str(), nullptr) == 0) row[i].bytes = "0";
      }
    }
    const bool is_bit = dump.columns[i].type == "bit";
    if (!is_bit && !is_integer_type(dump.columns[i].type)) continue;
    for (DumpRow& row : dump.rows) {
      Cell& cell = row[i];
      if (cell.kind == Cell::Kind::binary) {
        std::uint64_t number = 0;
        for (const char c : cell.bytes) number = number << 8 | static_cast<unsigned char>(c);
        cell = {Cell::Kind::text, std::to_string(number)};
      } else if (cell.kind == Cell::Kind::text) {
        cell.bytes = without_leading_zeros(cell.bytes);
      }
    }
    if (is_bit) dump.columns[i].type = "bigint";
  }
}

// Rows of system-versioned tables that are history: the server's SELECT does not show them.
std::string current_rows_only(const TableLayout& layout, const TableDefinition& definition) {
  if (implicit_column_count(definition) == 0) return {};
  return " WHERE " + quote_identifier(layout.columns.back().name) + " >= '2038-01-19 03:14:07'";
}

Result<TableDump> dump_table(Database& database, const ReplicaTable& table) {
  TableDump dump{table.layout->schema, table.layout->table, {}, {}};
  std::string select;
  for (const LayoutColumn& column : table.layout->columns) {
    if (column.index >= table.definition->columns.size()) continue;
    dump.columns.push_back({table.definition->columns[column.index].name, {}, false});
    select += (select.empty() ? "" : ", ") + quote_identifier(column.name);
  }
  Result<SqliteStatement> rows = database.prepare("SELECT " + select + " FROM " + quote_identifier(table.layout->name) +
                                                      current_rows_only(*table.layout, *table.definition),
                                                  false);
  if (!rows) return propagate(rows, table.layout->name);
  for (;;) {
    Result<bool> more = rows->step();
    if (!more) return propagate(more, table.layout->name);
    if (!*more) return dump;
    DumpRow& row = dump.rows.emplace_back();
    for (int i = 0; i < rows->column_count(); ++i) row.push_back(cell_of(*rows, i));
  }
}

}  // namespace

Result<std::unique_ptr<Replica>> open_replica(const std::string& path, const std::string& vfs, int log_pages) {
  ReplicaOptions made;
  made.qualified_names = true;
  made.vfs = vfs;
  made.log_pages = log_pages;
  return Replica::open(path, made);
}

Result<JobOutcome> bring_up(const ReplicaJob& job) {
  Result<std::unique_ptr<Replica>> replica = open_replica(job.into, job.vfs, job.log_pages);
  if (!replica) return propagate(replica);
  Result<ReplayStart> start = plan_replay(job.inputs, (*replica)->checkpoint, std::nullopt);
  if (!start) return propagate(start);
  if (Status set = (*replica)->set_durability(job.durability); !set) return propagate(set);
  ApplierOptions options;
  options.batch_transactions = job.batch_transactions;
  options.strict = job.strict;
  Result<std::unique_ptr<SqliteApplier>> applier = SqliteApplier::make(std::move(*replica), std::move(options));
  if (!applier) return propagate(applier);
  JobOutcome outcome;
  outcome.nothing_new = start->nothing_new;
  if (start->nothing_new) {
    if (Status made = (*applier)->make_pending_indexes({}); !made) return propagate(made);
  } else {
    MultiFileOptions files;
    files.file.start = start->offset;
    files.file.mariadb_keys = job.keys;
    files.start_file = start->file;
    Result<std::unique_ptr<MultiFileSource>> source = MultiFileSource::open(job.inputs, files);
    if (!source) return propagate(source);
    ReplayOptions reading;
    reading.start = start->offset;
    Replay replay(**applier, **source, std::move(reading));
    std::uint64_t applied = 0;
    const auto enough = [&] {
      if (job.reached != nullptr && (*applier)->totals().transactions != applied) {
        applied = (*applier)->totals().transactions;
        *job.reached = (*applier)->checkpoint().position;
      }
      return job.most_transactions && (*applier)->totals().transactions >= *job.most_transactions;
    };
    if (Status done = replay.run(enough, nullptr); !done) return propagate(done);
  }
  outcome.totals = (*applier)->totals();
  outcome.checkpoint = (*applier)->checkpoint();
  return outcome;
}

Result<ReplicaCheck> check_replica(const std::string& path, const std::vector<TableDump>& expected) {
  Result<std::unique_ptr<Replica>> replica = open_replica(path);
  if (!replica) return propagate(replica);
  ReplicaCheck check;
  const auto differs = [&check](const std::string& text) { check.differences += text + "\n"; };
  std::map<TableRegistry::Key, const ReplicaTable*> left;
  for (const auto& [name, table] : (*replica)->tables.all()) left.emplace(name, &table);
  for (TableDump wanted : expected) {
    const std::string name = wanted.schema + "." + wanted.table;
    const auto found = left.find({wanted.schema, wanted.table});
    if (found == left.end()) {
      differs(name + " is not in the replica");
      continue;
    }
    const ReplicaTable& table = *found->second;
    left.erase(found);
    if (table.state == TableState::quarantined) {
      check.frozen.push_back({name, table.reason});
      continue;
    }
    if (!table.is_active()) {
      differs(name + " is neither active nor quarantined");
      continue;
    }
    Result<TableDump> actual = dump_table((*replica)->database(), table);
    if (!actual) return propagate(actual);
    normalize(wanted);
    for (std::size_t i = 0; i < std::min(wanted.columns.size(), actual->columns.size()); ++i) {
      actual->columns[i].type = wanted.columns[i].type;
    }
    normalize(*actual);
    if (const std::string text = difference(wanted, *actual); !text.empty()) differs(text);
    ++check.compared;
  }
  for (const auto& [name, table] : left) {
    if (table->definition && table->definition->kind == TableKind::sequence) continue;
    differs(name.first + "." + name.second + " is not at the source");
  }
  return check;
}

std::string content_of(const std::string& path) {
  Result<std::unique_ptr<Replica>> replica = open_replica(path);
  if (!replica) return replica.error().message();
  Checkpoint checkpoint = (*replica)->checkpoint;
  checkpoint.applied_at_us = 0;
  std::string text = to_json(checkpoint) + "\n";
  Database& database = (*replica)->database();
  // Which rowid a row without a key has, and with it its side table, depends on the way; how many there are does not.
  Result<SqliteStatement> names = database.prepare(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
      " AND name <> 'binferry_state' ORDER BY name",
      false);
  if (!names) return names.error().message();
  while (names->step().value_or(false)) {
    const std::string name(names->text(0));
    text += std::string(names->text(1)) + "\n";
    const bool side_table = name.starts_with("binferry_rows_");
    Result<SqliteStatement> rows =
        database.prepare((side_table ? "SELECT hash, count(*) FROM " + quote_identifier(name) + " GROUP BY hash"
                                     : "SELECT * FROM " + quote_identifier(name)),
                         false);
    if (!rows) return rows.error().message();
    std::vector<std::string> lines;
    for (;;) {
      Result<bool> more = rows->step();
      if (!more) return more.error().message();
      if (!*more) break;
      std::string line;
      for (int i = 0; i < rows->column_count(); ++i) line += to_text(cell_of(*rows, i)) + "|";
      lines.push_back(std::move(line));
    }
    std::sort(lines.begin(), lines.end());
    for (const std::string& line : lines) text += "  " + line + "\n";
  }
  return text + "indexes\n" + index_columns(database);
}

std::string integrity_of(const std::string& path) {
  Result<Database> database = Database::open(path, OpenMode::read_write);
  if (!database) return database.error().message();
  Result<std::optional<std::string>> answer = database->query_text("PRAGMA integrity_check");
  return answer ? answer->value_or("") : answer.error().message();
}

}  // namespace binferry::test
