// Copying the write-ahead log into the database while its writer goes on (SQLite calls that a checkpoint).
#pragma once

#include "applier/sqlite.hpp"

#include <atomic>
#include <limits>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>

namespace binferry {

// SQLite has the writer itself copy a log that has grown long, at a commit, and the writer waits for all of it and for
// the disk. Here a thread with a connection of its own copies and syncs what there is. What was written meanwhile is
// the writer's, at its next commit: only a log that was copied whole is begun anew, and with a writer that never rests
// no one else would ever find it so.
//
// What a crash finds is as with SQLite's own checkpoints, for that is what these are. A failure is no one's: the log
// grows on, the writer tries at each commit, and meets by itself what keeps a replica from being written.
//
// It is there as long as the object, which must end before the writer's connection.
class LogCopier final : LogWatcher {
 public:
  // `path` and `vfs` are the writer's.
  LogCopier(Database& writer, std::string path, std::string vfs);
  ~LogCopier() override;  // a copy that has begun is ended first
  LogCopier(const LogCopier&) = delete;
  LogCopier& operator=(const LogCopier&) = delete;

  // From here on a log of `pages` pages or more is copied; none before.
  void copy_from(int pages);

 private:
  enum class Turn : std::uint8_t { none, thread, writer };

  void log_has(int pages) override;
  bool start() noexcept;  // false: there is no thread to be had
  void run();
  void copy(std::optional<Database>& database);

  Database& writer_;
  std::string path_;
  std::string vfs_;
  int pages_ = std::numeric_limits<int>::max();
  std::atomic<Turn> turn_ = Turn::none;
  std::atomic<bool> stopping_ = false;
  std::counting_semaphore<2> called_{0};  // to copy, to end
  std::thread thread_;                    // begun when the log is long for the first time
};

}  // namespace binferry
