// A seeded stream of random tables, rows and table statements against a live server.
//
// The server is the oracle: the generator asks it what the tables look like and tolerates every refusal (a duplicate
// key, a deadlock, an ALTER that cannot be). One Workload is one writer with its own connection; several may share a
// schema, each with its own seed. With one writer the same seed gives the same statements.
#pragma once

#include "tests/integration/support/column_values.hpp"
#include "tests/integration/support/random.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/sql_client.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::test {

struct WorkloadOptions {
  Flavor flavor = Flavor::mariadb;
  std::uint64_t seed = 1;
  std::string schema = "load";
  std::size_t tables = 5;        // kept at about this number
  std::size_t batch_rows = 120;  // of the occasional large INSERT
  bool ddl = true;               // ALTERs that leave existing values as they are, CREATE, DROP, RENAME, TRUNCATE
  bool converting_ddl = false;   // ALTERs that convert, compute or renumber existing values
  bool copies = true;            // CREATE … LIKE, CREATE … SELECT, INSERT … SELECT
  bool swaps = true;             // RENAME a TO old, ghost TO a, as online schema change tools do
  bool transactions = true;      // BEGIN … COMMIT or ROLLBACK, savepoints
  bool xa = false;
  bool foreign_keys = false;  // families of tables with cascades
  bool keyless = true;
  bool non_transactional = true;   // MyISAM, Aria
  bool generated_columns = true;   // MariaDB
  bool compressed_columns = true;  // MariaDB
  bool odd_names = true;
  bool session_changes = true;   // sql_mode, time_zone, two-phase ALTER
  bool temporary_tables = true;  // inside transactions too
  bool rotate = true;            // FLUSH BINARY LOGS now and then
  std::filesystem::path trace;   // every statement and its outcome is written here, unless empty
};

struct WorkloadCounts {
  std::uint64_t executed = 0;
  std::uint64_t refused = 0;
  std::map<std::string, std::uint64_t> executed_by_verb;  // "INSERT", "ALTER", …
};

class Workload {
 public:
  Workload(WorkloadOptions options, Endpoint endpoint);

  void prepare();               // the schema and its first tables; by one writer, before the others start
  void run(std::size_t steps);  // a step is a statement, a transaction or a table statement
  void run_for(std::chrono::milliseconds duration);
  void finish();  // ends what is open: transactions and prepared XA groups

  [[nodiscard]] const WorkloadCounts& counts() const { return counts_; }
  [[nodiscard]] SqlClient& client() { return client_; }

 private:
  struct TableInfo {
    std::string name;
    std::vector<ColumnInfo> columns;
    [[nodiscard]] std::vector<const ColumnInfo*> writable() const;
    [[nodiscard]] std::vector<const ColumnInfo*> key() const;
  };

  // workload.cpp
  bool execute(const std::string& sql);  // false if the server refused
  void step();
  void change_session();
  void reload();                    // table names from the server; forgets the descriptions
  const TableInfo* random_table();  // null if there is none
  const TableInfo* describe(const std::string& table);
  std::string full_name(std::string_view table);

  // workload_rows.cpp
  void change_rows();
  void transaction();
  void xa_transaction();
  void insert(const TableInfo& table);
  void update(const TableInfo& table);
  void update_key(const TableInfo& table);
  void shift_unique(const TableInfo& table);
  void remove(const TableInfo& table);
  void multi_table(const TableInfo& table);
  void copy_rows(const TableInfo& table);
  void temporary_table();
  std::string value_for(const ColumnInfo& column);
  std::string rows_for(const std::vector<const ColumnInfo*>& columns, std::size_t count);

  // workload_tables.cpp
  void change_tables();
  void create_table();
  void create_family();
  void alter(const TableInfo& table);
  std::string alter_clause(const TableInfo& table);
  std::string converting_clause(const TableInfo& table);
  std::string widening_clause(const TableInfo& table);
  std::string added_column();
  std::string position(const TableInfo& table);
  void change_indexes(const TableInfo& table);
  void rename_tables(const TableInfo& table);
  bool rename_several(const std::string& sql);
  void ghost_copy(const TableInfo& table);
  void copy_table(const TableInfo& table);
  std::string definition_of(const TableInfo& table, const ColumnInfo& column);  // as SHOW CREATE TABLE has it
  std::string fresh_name(bool table);

  WorkloadOptions options_;
  Random random_;
  SqlClient client_;
  std::vector<std::string> tables_;
  std::map<std::string, TableInfo> described_;
  std::vector<std::string> prepared_xa_;
  std::uint64_t names_made_ = 0;
  bool in_schema_ = false;  // the schema is the connection's default database
  WorkloadCounts counts_;
  std::ofstream trace_;
};

// `writers` of them on threads of their own, with seeds of their own, for that long; each ends with finish(). Rethrows
// the first failure of a writer. The first of them prepares.
WorkloadCounts run_writers(const WorkloadOptions& options, const Endpoint& endpoint, std::size_t writers,
                           std::chrono::milliseconds duration);

}  // namespace binferry::test
