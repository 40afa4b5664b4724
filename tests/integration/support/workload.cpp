#include "tests/integration/support/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <thread>
#include <utility>

namespace binferry::test {
namespace {

unsigned number_of(const std::optional<std::string>& text) {
  return text ? static_cast<unsigned>(std::strtoul(text->c_str(), nullptr, 10)) : 0U;
}

std::string_view verb_of(std::string_view sql) {
  return sql.substr(0, sql.find(' '));
}

}  // namespace

Workload::Workload(WorkloadOptions options, Endpoint endpoint)
    : options_(std::move(options)), random_(options_.seed), client_(std::move(endpoint)) {
  if (!options_.trace.empty()) trace_.open(options_.trace);
  change_session();
}

std::string Workload::full_name(std::string_view table) {
  // Both ways to write a name stand in logs: the schema in the text, and in the event's default database.
  if (in_schema_ && random_.chance(40)) return quote_name(table);
  return quote_name(options_.schema) + "." + quote_name(table);
}

bool Workload::execute(const std::string& sql) {
  const std::optional<SqlError> refusal = client_.attempt(sql);
  if (trace_.is_open())
    trace_ << sql << (refusal ? fmt::format(";  -- refused {}\n", refusal->code()) : ";\n") << std::flush;
  if (refusal) {
    ++counts_.refused;
    described_.clear();  // another writer may have changed the table
    return false;
  }
  ++counts_.executed;
  ++counts_.executed_by_verb[std::string(verb_of(sql))];
  return true;
}

void Workload::change_session() {
  const std::array<std::string_view, 4> modes = {"", "NO_ENGINE_SUBSTITUTION", "ANSI_QUOTES,ALLOW_INVALID_DATES",
                                                 "STRICT_TRANS_TABLES,NO_ZERO_DATE"};
  const std::array<std::string_view, 3> zones = {"+00:00", "+05:30", "-11:00"};
  in_schema_ = !client_.attempt("USE " + quote_name(options_.schema));
  execute(fmt::format("SET sql_mode='{}', time_zone='{}'", options_.session_changes ? random_.pick(modes) : modes[0],
                      options_.session_changes ? random_.pick(zones) : zones[0]));
  if (options_.flavor == Flavor::mariadb && options_.session_changes) {
    execute(fmt::format("SET binlog_alter_two_phase={}", random_.below(2)));
  }
}

void Workload::prepare() {
  execute("CREATE DATABASE " + quote_name(options_.schema) + " DEFAULT CHARACTER SET utf8mb4");
  change_session();
  for (std::size_t tries = 0; tables_.size() < options_.tables && tries < 20 * options_.tables; ++tries) {
    create_table();
    reload();
  }
  if (options_.foreign_keys) create_family();
  reload();
}

void Workload::reload() {
  described_.clear();
  tables_.clear();
  const ResultSet names = client_.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema=" + quote_text(options_.schema) +
      " AND table_type='BASE TABLE' ORDER BY BINARY table_name");
  for (const SqlRow& row : names.rows) tables_.push_back(row[0].value_or(""));
}

const Workload::TableInfo* Workload::random_table() {
  if (tables_.empty()) reload();
  return tables_.empty() ? nullptr : describe(std::string(random_.pick(tables_)));
}

const Workload::TableInfo* Workload::describe(const std::string& table) {
  if (const auto found = described_.find(table); found != described_.end()) return &found->second;
  const ResultSet columns = client_.query(
      "SELECT column_name, data_type, column_type, character_set_name, numeric_precision, numeric_scale, "
      "datetime_precision, character_maximum_length, is_nullable, column_key, extra FROM information_schema.columns "
      "WHERE table_schema=" +
      quote_text(options_.schema) + " AND table_name=" + quote_text(table) + " ORDER BY ordinal_position");
  if (columns.rows.empty()) {
    reload();
    return nullptr;
  }
  TableInfo info{table, {}};
  for (const SqlRow& row : columns.rows) {
    ColumnInfo column;
    column.name = row[0].value_or("");
    column.type = row[1].value_or("");
    column.full_type = row[2].value_or("");
    column.charset = row[3].value_or("");
    column.precision = number_of(row[4]);
    column.scale = number_of(row[5]);
    column.fsp = number_of(row[6]);
    column.length = number_of(row[7]);
    column.nullable = row[8] == "YES";
    column.primary_key = row[9] == "PRI";
    column.unique = row[9] == "UNI";
    const std::string extra = row[10].value_or("");
    column.auto_increment = extra.find("auto_increment") != std::string::npos;
    column.generated = extra.find("GENERATED") != std::string::npos;
    info.columns.push_back(std::move(column));
  }
  return &described_.emplace(table, std::move(info)).first->second;
}

std::vector<const ColumnInfo*> Workload::TableInfo::writable() const {
  std::vector<const ColumnInfo*> list;
  for (const ColumnInfo& column : columns) {
    if (!column.generated) list.push_back(&column);
  }
  return list;
}

std::vector<const ColumnInfo*> Workload::TableInfo::key() const {
  std::vector<const ColumnInfo*> list;
  for (const ColumnInfo& column : columns) {
    if (column.primary_key) list.push_back(&column);
  }
  return list;
}

void Workload::step() {
  const std::size_t dice = random_.below(100);
  if (dice < 15 && options_.ddl) {
    change_tables();
  } else if (dice < 40 && options_.transactions) {
    transaction();
  } else if (dice < 50 && options_.xa) {
    xa_transaction();
  } else if (dice < 52 && options_.session_changes) {
    change_session();
  } else if (dice < 53 && options_.rotate) {
    execute("FLUSH BINARY LOGS");
  } else {
    change_rows();
  }
}

void Workload::run(std::size_t steps) {
  for (std::size_t i = 0; i < steps; ++i) step();
}

void Workload::run_for(std::chrono::milliseconds duration) {
  constexpr unsigned kNoSuchTable = 1146;
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) {
    try {
      step();
    } catch (const SqlError& error) {
      // Another writer dropped the table between two questions about it.
      if (error.code() != kNoSuchTable) throw;
      execute("ROLLBACK");
      reload();
    }
  }
}

void Workload::finish() {
  execute("COMMIT");
  for (const std::string& xid : prepared_xa_) execute((random_.chance(50) ? "XA COMMIT " : "XA ROLLBACK ") + xid);
  prepared_xa_.clear();
}

WorkloadCounts run_writers(const WorkloadOptions& options, const Endpoint& endpoint, std::size_t writers,
                           std::chrono::milliseconds duration) {
  Workload(options, endpoint).prepare();
  std::vector<std::thread> threads;
  std::vector<WorkloadCounts> counts(writers);
  std::vector<std::exception_ptr> failures(writers);
  for (std::size_t i = 0; i < writers; ++i) {
    threads.emplace_back([&, i] {
      try {
        WorkloadOptions own = options;
        own.seed = options.seed * 1000 + i;
        if (!own.trace.empty()) own.trace += fmt::format(".{}", i);
        Workload writer(own, endpoint);
        writer.run_for(duration);
        writer.finish();
        counts[i] = writer.counts();
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  WorkloadCounts total;
  for (std::size_t i = 0; i < writers; ++i) {
    if (failures[i]) std::rethrow_exception(failures[i]);
    total.executed += counts[i].executed;
    total.refused += counts[i].refused;
    for (const auto& [verb, count] : counts[i].executed_by_verb) total.executed_by_verb[verb] += count;
  }
  return total;
}

}  // namespace binferry::test
