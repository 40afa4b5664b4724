#include "applier/log_copier.hpp"

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
  turn_ = Turn::thread;
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  called_.release();
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
  const int little = pages_ / 16;
  for (int before = -1; !stopping_;) {
    const Result<LogPages> log = database->copy_log();
    // Synced here, for the writer would wait for all of it when it syncs the little that it adds.
    if (!log || !database->sync()) return;
    if (log->held - log->copied <= little || log->copied == before) return;
    before = log->copied;
  }
}

}  // namespace binferry
