// One moment of a live server, read at leisure: connections whose transactions share a snapshot, its exact place in the
// log, and the tables as they were then.
//
// How the moment is found, the first way that the server and the account allow:
//   MariaDB      START TRANSACTION WITH CONSISTENT SNAPSHOT, whose binlog_snapshot_position is exact, without any lock;
//                several connections try until they all meet the same position
//   RELOAD       FLUSH TABLES WITH READ LOCK for as long as it takes to begin the transactions and read the position;
//                where table statements come between that and the touch (below) again and again, until the touch
//   GTIDs        MySQL 5.7 and later: @@gtid_executed holds only what the engine has committed, and it together with
//                @@gtid_owned all that is in the log. Equal before and after the snapshot, with nothing owned in
//                between, it is the snapshot's set (DESIGN 5; the proof stands in consistent_read.cpp)
//   LOCK TABLES  the wanted tables, for the same moment: a transaction lets go of a table only once it has committed in
//                the engine
// Where none of them is to be had, Errc::refused says what to grant: a position that may be wrong is never given.
//
// Every table is touched at once, so that its metadata lock keeps table statements away until it was read: what stands
// in SHOW CREATE TABLE then is what stood there at the position. That no such statement came between the snapshot and
// the touch is proved by the log. Tables of engines without transactions stay locked for writing until they have been
// read, by a reader of their own.
//
// One thread a reader; everything else from the thread that opened it, but stop(), which may come from any.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/source/mysql/address.hpp"
#include "binlog/source/mysql/mysql_connection.hpp"
#include "binlog/source/mysql/wakeup.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace binferry::mysql {

struct ConsistentTable {
  std::string schema;
  std::string name;
  std::string engine;
  std::string create_sql;  // of SHOW CREATE TABLE, UTF-8
  bool transactional = true;
  std::uint64_t bytes = 0;  // as the server estimates it; 0 if it does not
  std::size_t reader = 0;   // the connection that reads it
};

struct ConsistentSchema {
  std::string name;
  std::string collation;  // default, by name
};

struct ConsistentReadOptions {
  std::function<bool(std::string_view schema, std::string_view table)> wants;  // null: all but the server's own
  std::uint32_t connections = 1;
  int tries = 40;       // of the last way; half of it before another is tried
  int lock_wait_s = 5;  // longest wait for a lock at the source; nobody else waits longer because of us
  int read_deadline_ms = 3'600'000;
  std::function<bool()> should_stop;             // may be null
  std::function<void(const std::string&)> note;  // told of fallbacks and locks; may be null
};

// Which server, for the checkpoint.
struct ConsistentSource {
  std::string server_uuid;  // empty at MariaDB
  std::uint32_t server_id = 0;
  std::string version;
  ServerKind kind = ServerKind::mysql;
  std::uint32_t clock_s = 0;  // its time at the snapshot
};

class ConsistentRead {
 public:
  // Errors: `refused` (privileges, no binary log, prepared XA transactions that nobody ends), `busy` if the source
  // never held still for long enough, `cancelled`, and as Connection.
  static Result<std::unique_ptr<ConsistentRead>> open(const Address& address, ConsistentReadOptions options);
  ~ConsistentRead();
  ConsistentRead(const ConsistentRead&) = delete;
  ConsistentRead& operator=(const ConsistentRead&) = delete;

  [[nodiscard]] const ConsistentSource& source() const { return source_; }
  [[nodiscard]] const BinlogPosition& position() const { return position_; }
  [[nodiscard]] const AnyGtidSet& gtids() const { return gtids_; }
  [[nodiscard]] const std::vector<ConsistentTable>& tables() const { return tables_; }
  [[nodiscard]] const std::vector<ConsistentSchema>& schemas() const { return schemas_; }
  [[nodiscard]] std::size_t readers() const { return readers_.size() + 1; }
  [[nodiscard]] Connection& reader(std::size_t index) { return index < readers_.size() ? *readers_[index] : *holder_; }

  // The reader's tables in the order in which they are to be read, as indexes of tables().
  [[nodiscard]] std::vector<std::size_t> order_of(std::size_t reader) const;
  // A table was read to its end: table statements may have it again. In the order of order_of(), on the reader's
  // thread.
  Status release(std::size_t table);

  // Ends whatever a reader waits for. Any thread.
  void stop() noexcept;

 private:
  explicit ConsistentRead(ConsistentReadOptions options) : options_(std::move(options)) {}

  enum class Attempt : std::uint8_t { done, again };
  enum class Way : std::uint8_t { mariadb, global_lock, gtids, held_lock, table_locks };

  Status connect(const Address& address);
  Result<std::unique_ptr<Connection>> new_connection(const Address& address);
  Status learn_source();
  Result<std::vector<Way>> ways();
  Status take(const Address& address);
  Result<Attempt> attempt(Way way);
  Status reset();
  Result<Attempt> lock_nontransactional(bool& locked);
  Result<Attempt> begin_mariadb();
  Result<Attempt> begin_global_lock(bool stays);
  Result<Attempt> begin_gtids();
  Result<Attempt> begin_table_locks();
  Status begin_readers();
  Result<Attempt> pin();
  Result<Attempt> touch_all();
  Result<Attempt> proved_still();
  Result<Attempt> unlock();
  Result<Attempt> define_all();
  Result<std::vector<ConsistentTable>> list_tables(Connection& connection);
  Result<bool> has_prepared_xa();
  Status read_place();
  Result<AnyGtidSet> executed();
  void assign_readers();
  void note(const std::string& text) const;
  [[nodiscard]] bool is_mariadb() const { return source_.kind == ServerKind::mariadb; }

  ConsistentReadOptions options_;
  ConsistentSource source_;
  std::uint32_t version_ = 0;
  BinlogPosition before_;  // the end of the log before the attempt began
  BinlogPosition position_;
  AnyGtidSet gtids_;
  std::vector<ConsistentTable> tables_;
  std::vector<ConsistentSchema> schemas_;
  std::vector<std::unique_ptr<Wakeup>> wakeups_;
  std::vector<std::unique_ptr<Connection>> readers_;
  std::unique_ptr<Connection> control_;                 // asks for positions, and takes locks
  std::unique_ptr<Connection> holder_;                  // keeps tables locked that have no transactions, and reads them
  std::set<std::pair<std::string, std::string>> held_;  // by holder_
  std::set<std::string> transactional_engines_;
  std::atomic<bool> stopped_ = false;
};

// `a``b`.
std::string quote_mysql_name(std::string_view name);

}  // namespace binferry::mysql
