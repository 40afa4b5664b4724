// The part of the generator that changes tables.
#include "tests/integration/support/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace binferry::test {
namespace {

using Texts = std::vector<std::string_view>;

bool is_text(const ColumnInfo& column) {
  return column.type == "varchar" || column.type == "varbinary";
}

}  // namespace

std::string Workload::fresh_name(bool table) {
  const Texts odd = {"a.b",  "x;y",      "ba`ck", "select",   "ünï", "sp ace",
                     "it's", "dq\"uote", "日本",  "per%cent", "--",  "/*c*/"};
  const Texts odd_columns = {"rowid",  "oid",   "_rowid_", "key",   "table", "@1",
                             "sp ace", "ba`ck", "it's",    "größe", "a.b",   "?1"};
  const std::string number = std::to_string(++names_made_);
  if (!options_.odd_names || random_.chance(60)) return (table ? "t" : "c") + number + (random_.chance(20) ? "_X" : "");
  const std::string name(random_.pick(table ? odd : odd_columns));
  // Half of them as they are: the names of interest are short.
  return random_.chance(50) ? name : name + number;
}

std::string Workload::added_column() {
  // Defaults written as the server prints them, so that whoever follows needs no conversion to know old rows' values.
  const Texts with_default = {"INT NOT NULL DEFAULT 7",
                              "INT NOT NULL",
                              "BIGINT UNSIGNED DEFAULT 18446744073709551615",
                              "VARCHAR(20) NOT NULL DEFAULT 'it''s'",
                              "VARCHAR(9) CHARACTER SET latin1 NOT NULL",
                              "DECIMAL(10,3) NOT NULL DEFAULT 1.500",
                              "DATETIME(3) DEFAULT '2024-01-01 00:00:00.123'",
                              "DATE NOT NULL DEFAULT '1000-01-01'",
                              "ENUM('x','y') NOT NULL",
                              "BINARY(4) NOT NULL DEFAULT 'abcd'",
                              "VARBINARY(9) NOT NULL",
                              "DOUBLE NOT NULL DEFAULT 1.5"};
  const std::string name = quote_name(fresh_name(false)) + " ";
  if (options_.converting_ddl && random_.chance(15)) return name + "DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6)";
  if (options_.converting_ddl && random_.chance(8)) return name + "TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)";
  if (random_.chance(35)) return name + std::string(random_.pick(with_default));
  return name + random_type(random_, options_.flavor, options_.compressed_columns);
}

void Workload::create_table() {
  const bool mariadb = options_.flavor == Flavor::mariadb;
  std::string body;
  const auto add = [&body](const std::string& part) { body += (body.empty() ? "" : ", ") + part; };
  const std::size_t shape = options_.keyless ? random_.below(10) : random_.below(8);
  if (shape < 4) {
    add(random_.chance(50) ? "id INT NOT NULL AUTO_INCREMENT PRIMARY KEY"
                           : "`id` " + random_key_type(random_, options_.flavor) + " NOT NULL PRIMARY KEY");
  } else if (shape < 8) {
    add("k1 " + random_key_type(random_, options_.flavor) + " NOT NULL");
    add("k2 " + random_key_type(random_, options_.flavor) + " NOT NULL");
    add(random_.chance(50) ? "PRIMARY KEY (k2, k1)" : "PRIMARY KEY (k1, k2)");
  }
  if (random_.chance(35)) add("u " + std::string(random_.chance(70) ? "INT" : "VARCHAR(12)") + " UNIQUE");
  const std::size_t count = random_.between(1, 9);
  for (std::size_t i = 0; i < count; ++i) add(added_column());
  if (mariadb && options_.generated_columns && random_.chance(35)) {
    add("g0 INT");
    add("g1 BIGINT AS (g0 + 1) " + std::string(random_.chance(50) ? "STORED" : "VIRTUAL"));
    if (random_.chance(50)) add("g2 VARCHAR(30) AS (CONCAT('n', g0)) STORED");
  }
  if (mariadb && random_.chance(15)) add("hid INT INVISIBLE DEFAULT 3");
  const Texts engines = mariadb ? Texts{"MyISAM", "Aria"} : Texts{"MyISAM"};
  const std::string engine(options_.non_transactional && random_.chance(15) ? random_.pick(engines) : "InnoDB");
  const Texts charsets = {"utf8mb4", "latin1", "utf8", "utf8mb4", "gbk", "latin2"};
  execute(fmt::format("CREATE TABLE {} ({}) ENGINE={} DEFAULT CHARSET={} COMMENT='it''s; \"odd\"'",
                      full_name(fresh_name(true)), body, engine, random_.pick(charsets)));
}

// Three generations with cascades, a table that refers to itself, and two paths to one child.
void Workload::create_family() {
  const std::string number = std::to_string(++names_made_);
  const std::string parent = full_name("parent" + number);
  const std::string child = full_name("child" + number);
  const Texts actions = {"CASCADE", "SET NULL"};
  const auto rule = [&] {
    return fmt::format("ON DELETE {} ON UPDATE {}", random_.pick(actions), random_.pick(actions));
  };
  execute(fmt::format("CREATE TABLE {} (id INT PRIMARY KEY, a INT, b VARCHAR(9), UNIQUE KEY (a, b)) ENGINE=InnoDB",
                      parent));
  execute(
      fmt::format("CREATE TABLE {0} (id INT PRIMARY KEY, p INT, q INT, FOREIGN KEY (p) REFERENCES {1} (id) {2}, "
                  "FOREIGN KEY (q) REFERENCES {1} (id) ON DELETE CASCADE) ENGINE=InnoDB",
                  child, parent, rule()));
  execute(fmt::format(
      "CREATE TABLE {} (id INT PRIMARY KEY, c INT, a INT, b VARCHAR(9), FOREIGN KEY (c) REFERENCES {} (id) {}, "
      "FOREIGN KEY (a, b) REFERENCES {} (a, b) {}) ENGINE=InnoDB",
      full_name("grandchild" + number), child, rule(), parent, rule()));
  execute(fmt::format(
      "CREATE TABLE {0} (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES {0} (id) ON DELETE CASCADE) "
      "ENGINE=InnoDB",
      full_name("self" + number)));
}

void Workload::change_tables() {
  if (tables_.size() < options_.tables) {
    if (options_.foreign_keys && random_.chance(25)) create_family();
    create_table();
    reload();
    return;
  }
  const TableInfo* table = random_table();
  if (table == nullptr) return;
  const TableInfo chosen = *table;
  const std::size_t dice = random_.below(100);
  if (dice < 50) {
    alter(chosen);
  } else if (dice < 62) {
    change_indexes(chosen);
  } else if (dice < 70) {
    rename_tables(chosen);
  } else if (dice < 80) {
    if (options_.swaps) ghost_copy(chosen);
  } else if (dice < 88) {
    if (options_.copies) copy_table(chosen);
  } else if (dice < 92) {
    execute("TRUNCATE TABLE " + full_name(chosen.name));
  } else if (dice < 96) {
    execute(fmt::format("DROP TABLE IF EXISTS {}, {}", full_name(chosen.name), full_name("never there")));
  } else {
    execute((random_.chance(50) ? "OPTIMIZE TABLE " : "ANALYZE TABLE ") + full_name(chosen.name));
  }
  if (tables_.size() > 2 * options_.tables) execute("DROP TABLE " + full_name(chosen.name));
  reload();
}

std::string Workload::position(const TableInfo& table) {
  if (random_.chance(50)) return {};
  return random_.chance(30) ? " FIRST" : " AFTER " + quote_name(random_.pick(table.columns).name);
}

std::string Workload::definition_of(const TableInfo& table, const ColumnInfo& column) {
  const ResultSet shown = client_.query("SHOW CREATE TABLE " + full_name(table.name));
  if (shown.rows.empty()) return {};
  const std::string text = shown.rows.front()[1].value_or("");
  const std::string start = "\n  " + quote_name(column.name) + " ";
  const std::size_t begin = text.find(start);
  if (begin == std::string::npos) return {};
  const std::size_t from = begin + start.size();
  std::string definition = text.substr(from, text.find('\n', from) - from);
  if (definition.ends_with(',')) definition.pop_back();
  return definition;
}

std::string Workload::widening_clause(const TableInfo& table) {
  const ColumnInfo& column = random_.pick(table.columns);
  if (column.generated || column.primary_key) return {};
  const std::string name = quote_name(column.name);
  const bool is_unsigned = column.full_type.find("unsigned") != std::string::npos;
  const std::string nulls = column.nullable ? "" : " NOT NULL";
  if (is_integer(column) && column.full_type.find("zerofill") == std::string::npos && !column.auto_increment) {
    return fmt::format("MODIFY {} BIGINT{}{}", name, is_unsigned ? " UNSIGNED" : "", nulls) + position(table);
  }
  if (is_text(column) && column.full_type.find("compressed") == std::string::npos && column.length < 400) {
    const std::string charset = column.charset.empty() ? "" : " CHARACTER SET " + column.charset;
    return fmt::format("CHANGE {0} {0} {1}({2}){3}{4}", name, column.type, column.length + 7, charset, nulls) +
           position(table);
  }
  return {};
}

std::string Workload::converting_clause(const TableInfo& table) {
  const ColumnInfo& column = random_.pick(table.columns);
  const std::string name = quote_name(column.name);
  switch (random_.below(6)) {
    case 0: return "CONVERT TO CHARACTER SET " + std::string(random_.pick(Texts{"utf8mb4", "latin1", "utf8"}));
    case 1: return random_.chance(50) ? "DROP PRIMARY KEY" : "ADD PRIMARY KEY (" + name + ")";
    case 2:
      return "ADD COLUMN " + quote_name(fresh_name(false)) + " INT NOT NULL AUTO_INCREMENT UNIQUE" + position(table);
    case 3:
      return "MODIFY " + name + " " + random_type(random_, options_.flavor, options_.compressed_columns) + " NOT NULL";
    default:
      return "MODIFY " + name + " " + random_type(random_, options_.flavor, options_.compressed_columns) +
             position(table);
  }
}

std::string Workload::alter_clause(const TableInfo& table) {
  const ColumnInfo& column = random_.pick(table.columns);
  const std::string name = quote_name(column.name);
  const std::size_t dice = random_.below(100);
  if (options_.converting_ddl && dice < 25) return converting_clause(table);
  if (dice < 50) return table.columns.size() < 20 ? "ADD COLUMN " + added_column() + position(table) : "FORCE";
  if (dice < 62) {
    return table.columns.size() > 2 && (options_.converting_ddl || !column.primary_key) ? "DROP COLUMN " + name : "";
  }
  if (dice < 72) return widening_clause(table);
  if (dice < 82) {
    const std::string definition = definition_of(table, column);
    return definition.empty() ? "" : "MODIFY COLUMN " + name + " " + definition + position(table);
  }
  if (dice < 94) {
    const std::string definition = definition_of(table, column);
    return definition.empty()
               ? ""
               : "CHANGE " + name + " " + quote_name(fresh_name(false)) + " " + definition + position(table);
  }
  if (dice < 97) return "COMMENT='new; comment'";
  return "ENGINE=InnoDB";
}

void Workload::alter(const TableInfo& table) {
  std::string clauses;
  const std::size_t count = random_.chance(70) ? 1 : random_.between(2, 4);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string clause = alter_clause(table);
    if (!clause.empty()) clauses += (clauses.empty() ? "" : ", ") + clause;
  }
  if (clauses.empty()) return;
  execute(fmt::format("{}ALTER TABLE {} {}", random_.chance(20) ? "/* c; */ " : "", full_name(table.name), clauses));
}

void Workload::change_indexes(const TableInfo& table) {
  const ColumnInfo& column = random_.pick(table.columns);
  const bool long_type = column.type.ends_with("blob") || column.type.ends_with("text") || column.length > 100;
  const std::string part = quote_name(column.name) + (long_type ? "(9)" : "");
  const std::string index = quote_name("ix" + std::to_string(random_.below(4)));
  switch (random_.below(5)) {
    case 0: execute(fmt::format("CREATE INDEX {} ON {} ({})", index, full_name(table.name), part)); break;
    case 1: execute(fmt::format("DROP INDEX {} ON {}", index, full_name(table.name))); break;
    case 2: execute(fmt::format("ALTER TABLE {} ADD UNIQUE {} ({})", full_name(table.name), index, part)); break;
    case 3:
      execute(fmt::format("ALTER TABLE {} DROP KEY {}, ADD KEY {} ({})", full_name(table.name), index, index, part));
      break;
    default: execute(fmt::format("ALTER TABLE {} ADD KEY ({})", full_name(table.name), part)); break;
  }
}

void Workload::rename_tables(const TableInfo& table) {
  const std::string name = full_name(table.name);
  const std::string fresh = full_name(fresh_name(true));
  if (random_.chance(40) || tables_.size() < 2) {
    execute(random_.chance(50) ? "RENAME TABLE " + name + " TO " + fresh
                               : "ALTER TABLE " + name + " RENAME TO " + fresh);
    return;
  }
  const std::string& other_table = random_.pick(tables_);
  if (other_table == table.name) return;
  const std::string other = full_name(other_table);
  rename_several(fmt::format("RENAME TABLE {0} TO {2}, {1} TO {0}, {2} TO {1}", name, other, full_name("_swap")));
}

// MariaDB undoes only a part of a RENAME of several tables that does not get InnoDB's lock of one in time, and logs
// none: a table stands under another's name, or is without rows for ever (error 1932). So it gets all the time that it
// needs; for what this writer itself has prepared it would wait in vain.
bool Workload::rename_several(const std::string& sql) {
  if (!prepared_xa_.empty()) return false;
  execute("SET innodb_lock_wait_timeout=100");
  const bool renamed = execute(sql);
  execute("SET innodb_lock_wait_timeout=DEFAULT");
  return renamed;
}

// As gh-ost and pt-online-schema-change do: a ghost with the new shape, rows copied, names swapped in one statement.
void Workload::ghost_copy(const TableInfo& table) {
  const std::string name = full_name(table.name);
  const std::string ghost = full_name("_" + table.name + "_gho");
  const std::string old = full_name("_" + table.name + "_del");
  execute("DROP TABLE IF EXISTS " + ghost);
  if (!execute("CREATE TABLE " + ghost + " LIKE " + name)) return;
  std::string columns;
  for (const ColumnInfo* column : table.writable()) columns += (columns.empty() ? "" : ", ") + quote_name(column->name);
  execute("ALTER TABLE " + ghost + " ADD COLUMN " + added_column());
  if (!execute(fmt::format("INSERT IGNORE INTO {} ({}) SELECT {} FROM {}", ghost, columns, columns, name)) ||
      !rename_several(fmt::format("RENAME TABLE {} TO {}, {} TO {}", name, old, ghost, name))) {
    execute("DROP TABLE IF EXISTS " + ghost);
    return;
  }
  execute("DROP TABLE " + old);
}

void Workload::copy_table(const TableInfo& table) {
  const std::string name = full_name(fresh_name(true));
  switch (random_.below(4)) {
    case 0: execute(fmt::format("CREATE TABLE {} LIKE {}", name, full_name(table.name))); break;
    case 1: execute(fmt::format("CREATE TABLE {} AS SELECT * FROM {} LIMIT 20", name, full_name(table.name))); break;
    case 2:
      execute(fmt::format("CREATE TABLE IF NOT EXISTS {} (extra INT DEFAULT 4) SELECT {} FROM {}", name,
                          quote_name(random_.pick(table.columns).name), full_name(table.name)));
      break;
    default: execute(fmt::format("CREATE TABLE IF NOT EXISTS {} (id INT)", full_name(table.name))); break;
  }
}

}  // namespace binferry::test
