// TableRefresh: tables copied anew beside a replica that goes on.
//
//   R.db.resync   a replica of these tables alone: made by a snapshot, then kept up by a stream of its own
//
// A thread of its own makes it. Once it stands where the replica stands, or beyond, its tables take the place of the
// replica's in one SQLite transaction: that is all that the replica's stream waits for. Tables that stand beyond are
// `rejoining` there (applier_rejoin.cpp). With them come the tables that foreign keys tie to them, without which their
// rows could not be kept up. The file is removed when this object goes; a crash leaves one behind that the next one
// removes.
//
// Everything but stop() belongs to the thread that owns the replica.
#pragma once

#include "applier/applier.hpp"
#include "applier/resync.hpp"
#include "binlog/source/mysql_source.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace binferry {

class TableRefresh {
 public:
  // `stream` says who we are to the source: another server id than the replica's own stream. Errors: `not_found` for a
  // table that the replica does not know.
  static Result<std::unique_ptr<TableRefresh>> start(const Replica& replica, const mysql::Address& source,
                                                     const std::vector<TableRegistry::Key>& tables,
                                                     MysqlSourceOptions stream, ResyncOptions options);
  ~TableRefresh();
  TableRefresh(const TableRefresh&) = delete;
  TableRefresh& operator=(const TableRefresh&) = delete;

  enum class State : std::uint8_t {
    copying,
    following,  // it has come to the end of the source's log once
    failed,     // see error()
  };
  [[nodiscard]] State state() const;
  // Of a failed one.
  [[nodiscard]] Error error() const;
  // True if it stands at `place` of the source's log, or beyond, within this time.
  bool reaches(const BinlogPosition& place, int timeout_ms);

  // Ends the stream and puts the tables into the replica. Everything applied so far is committed. Errors:
  // `wrong_source`, `diverged` if the copy is behind the replica, SQLite's; the replica is then as it was.
  Result<ResyncOutcome> merge_into(SqliteApplier& applier);

  void stop() noexcept;

 private:
  TableRefresh(const Replica& replica, mysql::Address source, MysqlSourceOptions stream, ResyncOptions options);

  void run();
  Status make();
  Status keep_up();
  Status replace_tables(Replica& replica, ResyncOutcome& outcome);
  Status copy_table(Replica& replica, const TableRegistry::Key& name, const ReplicaTable& made);
  void remove_files() const;

  mysql::Address source_;
  MysqlSourceOptions stream_;
  ResyncOptions options_;
  std::string path_;
  ReplicaOptions making_;
  std::set<TableRegistry::Key> wanted_;  // to be put into the replica
  std::atomic<bool> stopped_ = false;
  std::thread thread_;

  mutable std::mutex mutex_;
  std::condition_variable moved_;
  State state_ = State::copying;
  std::optional<Error> error_;
  BinlogPosition position_;
  MysqlSource* running_ = nullptr;

  // What it came to; the thread has ended.
  Checkpoint checkpoint_;
  TableRegistry made_;
};

}  // namespace binferry
