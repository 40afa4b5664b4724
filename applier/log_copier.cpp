#include "applier/log_copier.hpp"

#include <system_error>
#include <utility>

namespace binferry {

LogCopier::LogCopier(Database& writer, std::string path, std::string vfs)
    : writer_(writer), path_(std::move(path)), vfs_(std::move(vfs)) {
  writer_.watch_log(this);
}

LogCopier::~LogCopier() {
  writer_.watch_log(nullptr);
  if (!thread_.joinable()) return;
  stopping_ = true;
  called_.release();
  thread_.join();
}

void LogCopier::copy_from(int pages) {
  pages_ = pages;
}

void LogCopier::log_has(int pages) {
  if (pages < pages_ || turn_ == Turn::thread) return;
  if (turn_ == Turn::writer) {
    (void)writer_.copy_log();
    turn_ = Turn::none;
    return;
  }
  if (!thread_.joinable() && !start()) return;
  turn_ = Turn::thread;
  called_.release();
}

// Called by SQLite, which knows of no exceptions.
bool LogCopier::start() noexcept {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    turn_ = Turn::writer;
  }
  return thread_.joinable();
}

void LogCopier::run() {
  std::optional<Database> database;
  for (;;) {
    called_.acquire();
    if (stopping_) return;
    copy(database);
    turn_ = Turn::writer;
  }
}

void LogCopier::copy(std::optional<Database>& database) {
  if (!database) {
    Result<Database> opened = Database::open(path_, OpenMode::read_write, vfs_);
    // A connection that has read nothing does not know that there is a log.
    if (!opened || !opened->query_text("SELECT count(*) FROM sqlite_schema")) return;
    database = std::move(*opened);
  }
  // Synced here, or the writer would wait for all of it when it syncs the rest.
  if (database->copy_log()) (void)database->sync();
}

}  // namespace binferry
