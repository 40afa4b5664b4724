// One SQLite file that is a replica: opened for its only writer, with what binferry keeps in it.
//
//   binferry_state   one row: format version, options the replica was made with, checkpoint (JSON)
//   binferry_tables  what TableRegistry holds, definitions as CREATE TABLE text
//   binferry_schemas default collations of the source's schemas
//
// The registry and the catalogue in memory are ahead of the file until commit(); roll back by closing and opening
// again, or by keeping copies (both are cheap). One thread a Replica; a lock file beside it (`R.db.lock`) keeps out a
// second writer, and readers may read at any time (WAL).
#pragma once

#include "applier/sqlite.hpp"
#include "applier/tables.hpp"
#include "binlog/base/result.hpp"
#include "binlog/schema/catalogue.hpp"
#include "position/checkpoint.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

class LogCopier;

// How far a commit goes before the next transaction is begun (docs/guarantees.md).
enum class Durability : std::uint8_t {
  normal,  // survives the end of the process; a power loss may take the last commits, rows and position together
  full,    // survives a power loss
};

// The writer's connection. A big page cache, for applying is mostly walking down B-trees. While much is to be caught up
// (`normal`) it is larger, so that the pages that a batch of rows in random order changes wait there for the commit
// instead of being written and read again before it, and the write-ahead log may grow to 256 MiB (in pages of 4 KiB),
// so that a page that many commits change is copied into the database once; else both are kept short, and readers find
// pages in the log quickly. bench/sqlite_floor.cpp uses the same.
inline constexpr const char* kWriterPragmas = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF";
inline constexpr const char* kNormalPragmas =
    "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -262144; PRAGMA journal_size_limit = -1";
inline constexpr const char* kFullPragmas =
    "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA journal_size_limit = 33554432";
inline constexpr int kNormalLogPages = 65536;
inline constexpr int kFullLogPages = 4000;

// Chosen when a replica is made, kept in it.
struct ReplicaOptions {
  bool qualified_names = false;  // tables are named `schema.table`
  bool decimal_real = false;
  // The source finds names of schemas and tables without case (lower_case_table_names 1 or 2): the replica holds them
  // in lower case.
  bool lower_case_names = false;
  // What the time zone SYSTEM is at the source, as `zone_offset_s` reads it; empty: not known. Statements log only its
  // name, and give existing rows the time of its clock.
  std::string system_time_zone{};
  std::vector<std::string> schemas;  // patterns of what the replica holds; empty: everything
  std::vector<std::string> tables;
  std::string vfs;          // for fault injection; not kept
  std::string lock_path{};  // of the lock file; empty: `R.db.lock`; not kept
  int log_pages = 0;        // of the write-ahead log before it is copied; 0: as above; for tests, not kept
  bool fresh = false;       // what an end in the middle left there is removed first; not kept
};

class Replica {
 public:
  // Opens the replica, or makes one if there is no such file (`options` count only then). Errors: `busy` (another
  // writer, named by its process id), `replica` (not one of ours, of a newer version, read-only), `no_space`, `io`.
  static Result<std::unique_ptr<Replica>> open(const std::string& path, const ReplicaOptions& options);
  ~Replica();
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  [[nodiscard]] Database& database() { return database_; }
  [[nodiscard]] const ReplicaOptions& options() const { return options_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool is_new() const { return is_new_; }  // made by this open()

  Checkpoint checkpoint;
  Catalogue catalogue;
  TableRegistry tables;

  // The transaction that holds rows, tables and checkpoint. begin() is nothing inside one. After a commit that failed,
  // or a statement that made SQLite roll back, every later call fails: open the replica again.
  Status begin();
  // Stores the checkpoint and commits.
  Status commit();
  // As commit(), and everything committed before is as durable as `full` makes it.
  Status seal();
  Status set_durability(Durability durability);
  [[nodiscard]] Durability durability() const { return durability_; }
  // Back to the last commit, the checkpoint too. What the registry and the catalogue hold is the caller's to restore.
  Status roll_back();

  // Write one entry of `tables` (or its absence) and the default collation of one schema, in the open transaction.
  Status save_table(const std::string& schema, const std::string& table);
  Status save_schema(const std::string& schema);

  // For a layout of this table as the replica has recorded it.
  [[nodiscard]] LayoutOptions layout_options(const ReplicaTable* known = nullptr) const;

 private:
  class LockFile;
  Replica(std::string path, Database database);

  Status create(const ReplicaOptions& options);
  Status load();
  Status load_tables();
  Status prepare();
  Status check_alive();
  Status tune();

  std::string path_;
  std::unique_ptr<LockFile> lock_;
  Database database_;
  ReplicaOptions options_;
  bool is_new_ = false;
  bool open_ = false;    // a transaction is
  bool failed_ = false;  // what stands in memory is not what SQLite has: nothing may be written any more
  Durability durability_ = Durability::full;
  Checkpoint saved_;
  SqliteStatement begin_;
  SqliteStatement commit_;
  SqliteStatement roll_back_;
  SqliteStatement save_checkpoint_;
  std::unique_ptr<LogCopier> log_copier_;
};

}  // namespace binferry
