#include "binlog/source/tail_source.hpp"

#include <algorithm>
#include <sys/stat.h>

namespace binferry {
namespace {

bool exists(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::uint64_t number_of(std::string_view name) {
  const auto parsed = parse_log_name(name);
  return parsed ? parsed->number : 0;
}

}  // namespace

Result<std::unique_ptr<TailSource>> TailSource::open(const std::string& path, const TailOptions& options) {
  const bool is_list = is_directory(path) || path.ends_with(".index");
  if (!is_list && !exists(path)) {
    return std::unexpected(
        Error{Errc::not_found, "no such file or folder", path, "give a log file or the folder of the logs"});
  }
  std::unique_ptr<TailSource> tail(new TailSource(is_list ? path : folder_of(path), options));
  tail->folder_ = is_directory(path) ? path : folder_of(path);
  tail->watch_.watch_directory(tail->folder_);
  if (Status chosen = tail->choose_first(is_list ? "" : path); !chosen) return propagate(chosen);
  return tail;
}

Status TailSource::choose_first(const std::string& first_path) {
  if (!first_path.empty()) {
    if (const auto name = parse_log_name(base_name_of(first_path))) base_ = name->base;
    return open_file(first_path, true);
  }
  Result<std::vector<LogFile>> logs = list_logs(place_, {}, IndexRule::live);
  if (!logs) return propagate(logs);
  const LogFile* first = logs->empty() ? nullptr : &logs->front();
  if (options_.start == TailStart::at_end && first != nullptr) first = &logs->back();
  if (options_.start == TailStart::at_position && !options_.start_file.empty()) {
    const auto found = std::ranges::find(*logs, options_.start_file, &LogFile::name);
    if (found == logs->end()) {
      if (first == nullptr)
        return fail(Errc::not_found, options_.start_file + " is not in " + place_, "check the folder");
      const bool purged = number_of(options_.start_file) < first->number;
      return fail(purged ? Errc::purged : Errc::not_found,
                  options_.start_file + " is not in " + place_ + ", whose logs go from " + first->name + " to " +
                      logs->back().name,
                  purged ? "it was purged: start from a new snapshot" : "check the position");
    }
    first = &*found;
  }
  if (first == nullptr) return {};  // the server has not written anything yet
  base_ = parse_log_name(first->name) ? parse_log_name(first->name)->base : "";
  folder_ = folder_of(first->path);
  watch_.watch_directory(folder_);
  return open_file(first->path, true);
}

Status TailSource::open_file(const std::string& path, bool is_first) {
  FileSourceOptions file = options_.file;
  file.start = is_first && options_.start == TailStart::at_position ? options_.start_offset : kFirstEventOffset;
  // A server opens a file only when it is done with the one before.
  const std::string successor = next_log_name(base_name_of(path));
  const bool is_newest = successor.empty() || !exists(folder_of(path) + "/" + successor);
  file.follow = is_newest;
  file.tail = is_newest ? TailRule::newest : TailRule::whole;
  Result<std::unique_ptr<FileSource>> opened = FileSource::open(path, file);
  if (!opened) return propagate(opened);
  file_ = std::move(*opened);
  watch_.watch_file(path);
  if (is_first && options_.start == TailStart::at_end) {
    Result<std::uint64_t> size = file_->size();
    if (!size) return propagate(size);
    history_end_ = *size;
  }
  is_first_ = false;
  pending_.clear();
  rotation_.clear();
  rechecked_ = false;
  return {};
}

// False while the next file is not there yet.
Result<bool> TailSource::open_next() {
  const std::string path = pending_.empty() ? "" : folder_ + "/" + pending_;
  if (!path.empty() && exists(path)) {
    if (Status opened = open_file(path, is_first_); !opened) return propagate(opened);
    return true;
  }
  Result<std::vector<LogFile>> logs = list_logs(place_, base_, IndexRule::live);
  if (!logs && pending_.empty()) return propagate(logs);
  if (!logs || logs->empty()) return false;  // in the middle of a rotation or purge a folder may look broken
  if (pending_.empty()) {                    // the first log of a folder that was empty: all of it is new
    base_ = parse_log_name(logs->front().name) ? parse_log_name(logs->front().name)->base : "";
    folder_ = folder_of(logs->front().path);
    if (Status opened = open_file(logs->front().path, false); !opened) return propagate(opened);
    return true;
  }
  if (logs->back().number > number_of(pending_) && !exists(path)) {
    return fail(Errc::purged, pending_ + " was purged before it was read; the oldest log left is " + logs->front().name,
                "start from a new snapshot");
  }
  return false;
}

Result<SourceState> TailSource::next(RawEvent& event) {
  for (;;) {
    if (!file_) {
      Result<bool> opened = open_next();
      if (!opened) return propagate(opened);
      if (!*opened) return options_.stop_at_end || stopped() ? SourceState::end : SourceState::wait;
    }
    Result<SourceState> state = file_->next(event);
    if (!state) return state;
    switch (*state) {
      case SourceState::event:
        if (std::exchange(waited_, false)) watch_.observe_growth(true);
        rotation_.observe(event, file_->is_relay_log());
        rechecked_ = false;
        return state;
      case SourceState::file_begin: return state;
      case SourceState::file_end:
        if (Status chosen = choose_next(); !chosen) return propagate(chosen);
        return state;
      case SourceState::end:
        if (ending_ || pending_.empty()) return state;
        file_.reset();
        continue;
      case SourceState::wait: break;
    }
    state = at_end_of_data();
    if (!state || *state != SourceState::event) return state;
  }
}

Status TailSource::choose_next() {
  if (ending_) return {};
  pending_ = find_successor();
  if (pending_.empty()) pending_ = next_log_name(file_->file());
  const auto here = parse_log_name(file_->file());
  const auto there = parse_log_name(pending_);
  if (here && there && here->base == there->base && there->number <= here->number) {
    return std::unexpected(Error{Errc::corrupt, "the file says that the log goes on in " + pending_,
                                 file_->file() + ":" + std::to_string(file_->offset()),
                                 "check the files of the folder"});
  }
  return {};
}

// `wait`, `end`, or `event`: ask the file again, which now knows how to go on.
Result<SourceState> TailSource::at_end_of_data() {
  if (std::exchange(waited_, false)) watch_.observe_growth(false);
  if (Status checked = check_not_reset(); !checked) return propagate(checked);
  if (!find_successor().empty()) {
    // The last events may have been written after our look at the file and before the look at the folder.
    if (std::exchange(rechecked_, true) && !file_->is_doubtful()) file_->finish(TailRule::newest);
    if (!file_->is_doubtful()) return SourceState::event;
  }
  if (stopped() && file_->is_doubtful()) return SourceState::end;
  if (options_.stop_at_end || stopped()) {
    ending_ = true;
    file_->finish(TailRule::active);
    return SourceState::event;
  }
  return SourceState::wait;
}

// Base name of the file after this one; empty while there is none.
std::string TailSource::find_successor() {
  if (!rotation_.next().empty()) return rotation_.next();
  const std::string next = next_log_name(file_->file());
  if (next.empty()) return {};
  if (exists(folder_ + "/" + next)) return next;
  if (!watch_.take_directory_change()) return {};
  // Only a server that skipped a number gets here with one. A folder in the middle of a purge may look broken for a
  // moment: the next look decides.
  const Result<std::vector<LogFile>> logs = list_logs(place_, base_, IndexRule::live);
  if (!logs) return {};
  const std::uint64_t number = number_of(file_->file());
  const auto later = std::ranges::find_if(*logs, [&](const LogFile& log) { return log.number > number; });
  return later != logs->end() ? later->name : std::string();
}

// RESET MASTER removes all files and starts from number 1 again: what follows has nothing to do with what was read.
Status TailSource::check_not_reset() {
  if (!file_->was_replaced()) return {};
  bool was_reset = exists(file_->path());
  if (!was_reset) {
    const Result<std::vector<LogFile>> logs = list_logs(place_, base_, IndexRule::live);
    was_reset = logs && !logs->empty() && logs->back().number < number_of(file_->file());
  }
  if (!was_reset) return {};  // purged: what is open can still be read
  return std::unexpected(Error{Errc::diverged,
                               "the log was reset: this file is gone and older numbers are written anew",
                               file_->file() + ":" + std::to_string(file_->offset()), "start from a new snapshot"});
}

Status TailSource::wait(int timeout_ms) {
  waited_ = true;
  const bool doubtful = file_ != nullptr && file_->is_doubtful();
  return watch_.wait(doubtful ? std::min(timeout_ms, LogWatch::kPollInterval_ms) : timeout_ms);
}

const FormatDescription& TailSource::format() const {
  static const FormatDescription kNone;
  return file_ ? file_->format() : kNone;
}

const std::string& TailSource::file() const {
  return file_ ? file_->file() : pending_;
}

const std::string& TailSource::path() const {
  return file_ ? file_->path() : folder_;
}

}  // namespace binferry
