// The part of the generator that changes rows: single statements, transactions, XA.
#include "tests/integration/support/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

namespace binferry::test {

using namespace std::chrono_literals;
namespace {

std::string column_list(const std::vector<const ColumnInfo*>& columns) {
  std::string text;
  for (const ColumnInfo* column : columns) text += (text.empty() ? "" : ", ") + quote_name(column->name);
  return text;
}

}  // namespace

std::string Workload::value_for(const ColumnInfo& column) {
  if (column.auto_increment && random_.chance(70)) return "NULL";
  if ((column.primary_key || column.unique) && random_.chance(75)) return random_key_value(random_, column);
  if (random_.chance(4)) return "DEFAULT";
  return random_value(random_, column);
}

std::string Workload::rows_for(const std::vector<const ColumnInfo*>& columns, std::size_t count) {
  std::string text;
  for (std::size_t row = 0; row < count; ++row) {
    std::string values;
    for (const ColumnInfo* column : columns) values += (values.empty() ? "" : ", ") + value_for(*column);
    text += (row == 0 ? "(" : ", (") + values + ")";
  }
  return text;
}

void Workload::change_rows() {
  const TableInfo* table = random_table();
  if (table == nullptr) return;
  const std::size_t dice = random_.below(100);
  if (dice < 40) {
    insert(*table);
  } else if (dice < 63) {
    update(*table);
  } else if (dice < 70) {
    update_key(*table);
  } else if (dice < 74) {
    shift_unique(*table);
  } else if (dice < 88) {
    remove(*table);
  } else if (dice < 94) {
    multi_table(*table);
  } else if (dice < 98) {
    copy_rows(*table);
  } else if (options_.temporary_tables) {
    temporary_table();
  }
}

void Workload::insert(const TableInfo& table) {
  const std::array<std::string_view, 5> verbs = {"INSERT", "INSERT", "INSERT", "REPLACE", "INSERT IGNORE"};
  const std::string_view verb = random_.pick(verbs);
  std::vector<const ColumnInfo*> columns = table.writable();
  // MariaDB 10.11 carries out a REPLACE as an update where it can, and a MINIMAL image of that leaves out the columns
  // that the statement does not name, though they go back to their defaults: its own replicas diverge.
  if (verb != "REPLACE" && random_.chance(20) && columns.size() > 1) {
    columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(random_.below(columns.size())));
  }
  if (columns.empty()) return;
  const std::size_t count = random_.chance(4) ? random_.between(20, options_.batch_rows) : random_.between(1, 5);
  std::string sql = fmt::format("{} INTO {} ({}) VALUES {}", verb, full_name(table.name), column_list(columns),
                                rows_for(columns, count));
  if (verb == "INSERT" && random_.chance(30)) {
    const ColumnInfo& column = *random_.pick(columns);
    sql += " ON DUPLICATE KEY UPDATE " + quote_name(column.name) + "=" + value_for(column);
  }
  execute(sql);
}

void Workload::update(const TableInfo& table) {
  const std::vector<const ColumnInfo*> columns = table.writable();
  if (columns.empty()) return;
  std::string set;
  const std::size_t count = random_.between(1, 3);
  for (std::size_t i = 0; i < count; ++i) {
    const ColumnInfo& column = *random_.pick(columns);
    if (column.primary_key) continue;
    set += (set.empty() ? "" : ", ") + quote_name(column.name) + "=" + random_value(random_, column);
  }
  if (set.empty()) return;
  execute(fmt::format("UPDATE {}{} SET {} ORDER BY RAND({}) LIMIT {}", random_.chance(20) ? "IGNORE " : "",
                      full_name(table.name), set, random_.below(1000),
                      random_.chance(10) ? 50 : random_.between(1, 4)));
}

void Workload::update_key(const TableInfo& table) {
  const std::vector<const ColumnInfo*> key = table.key();
  if (key.empty()) return;
  const ColumnInfo& column = *random_.pick(key);
  const std::string name = quote_name(column.name);
  if (is_integer(column) && random_.chance(60)) {
    // From the highest down, so that no row meets its neighbour.
    execute(fmt::format("UPDATE {0} SET {1}={1}+{2} ORDER BY {1} DESC LIMIT {3}", full_name(table.name), name,
                        random_.between(1, 9), random_.between(1, 30)));
  } else {
    execute(fmt::format("UPDATE IGNORE {} SET {}={} ORDER BY RAND({}) LIMIT 1", full_name(table.name), name,
                        value_for(column), random_.below(1000)));
  }
}

// Values of a unique column move along inside one statement: each row takes the value that the one before it had.
void Workload::shift_unique(const TableInfo& table) {
  for (const ColumnInfo& column : table.columns) {
    if (!column.unique || !is_integer(column)) continue;
    execute(fmt::format("UPDATE {0} SET {1}={1}+1 ORDER BY {1} DESC", full_name(table.name), quote_name(column.name)));
    return;
  }
}

void Workload::remove(const TableInfo& table) {
  execute(fmt::format("DELETE FROM {} ORDER BY RAND({}) LIMIT {}", full_name(table.name), random_.below(1000),
                      random_.chance(15) ? 60 : random_.between(1, 4)));
}

void Workload::multi_table(const TableInfo& table) {
  const std::string first = table.name;  // the description may go when the next one is read
  const std::vector<const ColumnInfo*> columns = table.writable();
  if (columns.empty()) return;
  const ColumnInfo own = *random_.pick(columns);
  const TableInfo* other = random_table();
  if (other == nullptr || other->name == first) return;
  const std::vector<const ColumnInfo*> others = other->writable();
  if (others.empty()) return;
  const ColumnInfo theirs = *random_.pick(others);
  const std::string joined = fmt::format("{} a JOIN {} b", full_name(first), full_name(other->name));
  if (random_.chance(50)) {
    execute(fmt::format("UPDATE {} SET a.{}={}, b.{}={} WHERE RAND({}) < 0.02", joined, quote_name(own.name),
                        random_value(random_, own), quote_name(theirs.name), random_value(random_, theirs),
                        random_.below(1000)));
  } else {
    execute(fmt::format("DELETE {} FROM {} WHERE RAND({}) < 0.02", random_.chance(50) ? "a" : "a, b", joined,
                        random_.below(1000)));
  }
}

void Workload::copy_rows(const TableInfo& table) {
  if (!options_.copies) return;
  std::vector<const ColumnInfo*> columns = table.writable();
  std::erase_if(columns, [](const ColumnInfo* column) { return column->auto_increment; });
  if (columns.empty()) return;
  std::string values;
  for (const ColumnInfo* column : columns) {
    values += values.empty() ? "" : ", ";
    values += column->primary_key || column->unique ? random_value(random_, *column) : quote_name(column->name);
  }
  execute(fmt::format("INSERT IGNORE INTO {0} ({1}) SELECT {2} FROM {0} LIMIT 8", full_name(table.name),
                      column_list(columns), values));
}

void Workload::temporary_table() {
  execute("CREATE TEMPORARY TABLE IF NOT EXISTS " + full_name("scratch") + " (id INT)");
  execute("INSERT INTO " + full_name("scratch") + " VALUES (1), (2)");
  execute("DROP TEMPORARY TABLE IF EXISTS " + full_name("scratch"));
}

void Workload::transaction() {
  if (!execute(random_.chance(50) ? "BEGIN" : "START TRANSACTION")) return;
  bool saved = false;
  const std::size_t statements = random_.between(1, 8);
  for (std::size_t i = 0; i < statements; ++i) {
    change_rows();
    if (random_.chance(20)) saved = execute("SAVEPOINT `s p`");
    if (saved && random_.chance(15)) execute("ROLLBACK TO `s p`");
    if (saved && random_.chance(5)) saved = !execute("RELEASE SAVEPOINT `s p`");
  }
  execute(random_.chance(80) ? "COMMIT" : "ROLLBACK");
}

void Workload::xa_transaction() {
  // MariaDB keeps a prepared group when its connection goes; MySQL 5.6 rolls it back.
  const bool outlives = options_.flavor == Flavor::mariadb;
  if (!prepared_xa_.empty()) {
    execute((random_.chance(60) ? "XA COMMIT " : "XA ROLLBACK ") + prepared_xa_.back());
    prepared_xa_.pop_back();
    execute("SET innodb_lock_wait_timeout=DEFAULT, lock_wait_timeout=DEFAULT");
    return;
  }
  const std::string xid = fmt::format("'g{}-{}','b',{}", options_.seed, ++names_made_, random_.below(9));
  if (!execute("XA START " + xid)) return;
  const std::size_t statements = random_.between(1, 5);
  for (std::size_t i = 0; i < statements; ++i) change_rows();
  execute("XA END " + xid);
  if (random_.chance(20)) {
    if (!execute("XA COMMIT " + xid + " ONE PHASE")) execute("XA ROLLBACK " + xid);
    return;
  }
  if (!execute("XA PREPARE " + xid)) {
    execute("XA ROLLBACK " + xid);
    return;
  }
  if (outlives && random_.chance(40)) {
    const std::string old_connection =
        fmt::format("SELECT COUNT(*) FROM information_schema.processlist WHERE id = {}", client_.thread_id());
    client_.reconnect();
    // A group is nobody's, for others to end, once its connection is gone.
    for (int i = 0; i < 2000 && client_.scalar(old_connection) != "0"; ++i) std::this_thread::sleep_for(5ms);
    // Nobody but this writer will end the group: to wait for its locks would be in vain.
    execute("SET innodb_lock_wait_timeout=0, lock_wait_timeout=0");
    change_session();
    prepared_xa_.push_back(xid);
    return;
  }
  execute((random_.chance(70) ? "XA COMMIT " : "XA ROLLBACK ") + xid);
}

}  // namespace binferry::test
