// The tables of a consistent read: which there are, that they stay as they are, and the proof that they are those of
// the position.
#include "binlog/source/mysql/consistent_read.hpp"
#include "binlog/source/mysql/server_state.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

#include <fmt/format.h>

namespace binferry::mysql {
namespace {

constexpr std::uint16_t kUnknownTable = 1146;
constexpr std::uint16_t kTableChanged = 1412;
constexpr std::uint16_t kLockWaitTimeout = 1205;
constexpr std::uint16_t kDeadlock = 1213;    // of metadata locks, with a table statement: ours is the one given up
constexpr std::uint16_t kNoSuchView = 1356;  // a broken view's; never a table's

std::string full_name(const ConsistentTable& table) {
  return quote_mysql_name(table.schema) + "." + quote_mysql_name(table.name);
}

// A table statement got in between: nothing is wrong, but it must be begun anew.
bool is_change(std::uint16_t code) {
  return code == kUnknownTable || code == kTableChanged || code == kLockWaitTimeout || code == kDeadlock ||
         code == kNoSuchView || code == 1051 || code == 1049;
}

std::string_view without_use(std::string_view info) {
  // use `d`; statement
  if (!info.starts_with("use `")) return info;
  const std::size_t end = info.find("`; ");
  return end == std::string_view::npos ? info : info.substr(end + 3);
}

// The text of a QUERY event that changes no table's definition: what stands around rows.
bool is_harmless(std::string_view info) {
  const std::string_view text = without_use(info);
  return text == "BEGIN" || text == "COMMIT" || text == "ROLLBACK" || text.starts_with("SAVEPOINT") ||
         text.starts_with("ROLLBACK TO") || text.starts_with("# Dum");
}

std::string savepoint(std::size_t table) {
  return "binferry_" + std::to_string(table);
}

}  // namespace

Result<std::vector<ConsistentTable>> ConsistentRead::list_tables(Connection& connection) {
  std::vector<ConsistentTable> tables;
  Status asked = connection.query(
      "SELECT table_schema, table_name, engine, data_length FROM information_schema.tables WHERE table_type IN ('BASE "
      "TABLE', 'SYSTEM VERSIONED', 'SEQUENCE') AND table_schema NOT IN ('information_schema', 'performance_schema')"
      " ORDER BY BINARY table_schema, BINARY table_name",
      [&](QueryRow row) -> Status {
        if (row.size() < 4 || !row[0] || !row[1]) return fail(Errc::protocol, "a table without a name");
        const bool wanted = options_.wants ? options_.wants(*row[0], *row[1]) : !is_system_schema(*row[0]);
        if (!wanted) return {};
        ConsistentTable& table = tables.emplace_back();
        table.schema = *row[0];
        table.name = *row[1];
        table.engine = row[2].value_or("");
        table.transactional = transactional_engines_.contains(table.engine);
        const std::string_view size = row[3].value_or("");
        std::from_chars(size.data(), size.data() + size.size(), table.bytes);
        return {};
      });
  if (!asked) return propagate(asked);
  return tables;
}

// The largest first, each to whom has least to read.
void ConsistentRead::assign_readers() {
  std::vector<std::size_t> by_size(tables_.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::ranges::stable_sort(by_size, std::ranges::greater{}, [&](std::size_t i) { return tables_[i].bytes; });
  std::vector<std::uint64_t> load(readers_.size(), 0);
  for (const std::size_t i : by_size) {
    if (!tables_[i].transactional) {
      tables_[i].reader = readers_.size();
      continue;
    }
    const auto least = std::ranges::min_element(load);
    tables_[i].reader = static_cast<std::size_t>(least - load.begin());
    *least += tables_[i].bytes + 16'384;
  }
}

std::vector<std::size_t> ConsistentRead::order_of(std::size_t reader) const {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (tables_[i].reader == reader) order.push_back(i);
  }
  return order;
}

Result<ConsistentRead::Attempt> ConsistentRead::pin() {
  Result<std::vector<ConsistentTable>> tables = list_tables(*control_);
  if (!tables) return propagate(tables);
  tables_ = std::move(*tables);
  for (const ConsistentTable& table : tables_) {
    if (!table.transactional && !held_.contains({table.schema, table.name})) return Attempt::again;
  }
  assign_readers();
  schemas_.clear();
  Status asked = control_->query("SELECT schema_name, default_collation_name FROM information_schema.schemata",
                                 [&](QueryRow row) -> Status {
                                   if (row.size() < 2 || !row[0] || !row[1]) return {};
                                   schemas_.push_back({std::string(*row[0]), std::string(*row[1])});
                                   return {};
                                 });
  if (!asked) return propagate(asked);
  for (Result<Attempt> (ConsistentRead::*step)() : {&ConsistentRead::touch_all, &ConsistentRead::proved_still,
                                                    &ConsistentRead::unlock, &ConsistentRead::define_all}) {
    Result<Attempt> done = (this->*step)();
    if (!done || *done == Attempt::again) return done;
  }
  return Attempt::done;
}

// In the reverse order of reading, a savepoint before each: to go back to a table's savepoint gives its metadata lock
// back and keeps those of the tables that are read later. The tables that are locked need no touch, and must not get
// one: an engine without savepoints would take part in the transaction.
Result<ConsistentRead::Attempt> ConsistentRead::touch_all() {
  for (std::size_t reader = 0; reader < readers_.size(); ++reader) {
    std::vector<std::size_t> order = order_of(reader);
    for (auto table = order.rbegin(); table != order.rend(); ++table) {
      Connection& connection = *readers_[reader];
      if (Status set = connection.query("SAVEPOINT " + savepoint(*table)); !set) return propagate(set);
      Status touched = connection.query("SELECT 1 FROM " + full_name(tables_[*table]) + " LIMIT 0");
      if (touched) continue;
      if (is_change(connection.refusal().code)) return Attempt::again;
      return propagate(touched);
    }
  }
  return Attempt::done;
}

// Of Way::held_lock; of the others nothing is locked by now.
Result<ConsistentRead::Attempt> ConsistentRead::unlock() {
  if (Status unlocked = control_->query("UNLOCK TABLES"); !unlocked) return propagate(unlocked);
  return Attempt::done;
}

Result<ConsistentRead::Attempt> ConsistentRead::define_all() {
  for (ConsistentTable& table : tables_) {
    Connection& connection = reader(table.reader);
    Status shown = connection.query("SHOW CREATE TABLE " + full_name(table), [&](QueryRow row) -> Status {
      if (row.size() > 1 && row[1]) table.create_sql = *row[1];
      return {};
    });
    if (!shown) {
      if (is_change(connection.refusal().code)) return Attempt::again;
      return propagate(shown);
    }
    if (table.create_sql.empty()) return fail(Errc::protocol, "no definition of " + full_name(table));
  }
  return Attempt::done;
}

// From before the snapshot until all tables were touched the log holds nothing but rows. A statement that was logged
// before the snapshot had made its change before, and one that ended after the touch waits until the table was read.
Result<ConsistentRead::Attempt> ConsistentRead::proved_still() {
  Result<BinlogPosition> now = current_position(*control_);
  if (!now) return propagate(now);
  if (now->file != before_.file || position_.file != before_.file) return Attempt::again;
  if (*now == before_) return Attempt::done;
  bool still = true;
  Status asked = control_->query(fmt::format("SHOW BINLOG EVENTS IN '{}' FROM {}", before_.file, before_.offset),
                                 [&](QueryRow row) -> Status {
                                   if (row.size() < 6 || !row[1] || !row[2]) return {};
                                   const std::string_view type = *row[2];
                                   std::uint64_t offset = 0;
                                   std::from_chars(row[1]->data(), row[1]->data() + row[1]->size(), offset);
                                   if (offset >= now->offset) return {};
                                   const std::string_view info = row[5].value_or("");
                                   const bool changes_tables = type.starts_with("Query") && !is_harmless(info);
                                   const bool is_xa = type.starts_with("XA_") || without_use(info).starts_with("XA ");
                                   still = still && !changes_tables && !is_xa;
                                   return {};
                                 });
  if (!asked) return propagate(asked);
  return still ? Attempt::done : Attempt::again;
}

Status ConsistentRead::release(std::size_t table) {
  const ConsistentTable& released = tables_[table];
  if (released.transactional) {
    return readers_[released.reader]->query("ROLLBACK TO SAVEPOINT " + savepoint(table));
  }
  const bool more = std::any_of(tables_.begin() + static_cast<std::ptrdiff_t>(table) + 1, tables_.end(),
                                [](const ConsistentTable& other) { return !other.transactional; });
  return more ? Status{} : holder_->query("UNLOCK TABLES");
}

}  // namespace binferry::mysql
