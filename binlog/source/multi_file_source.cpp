#include "binlog/source/multi_file_source.hpp"

#include <algorithm>
#include <sys/stat.h>

namespace binferry {
namespace {

bool names_many(const std::string& path) {
  struct stat status{};
  return path.ends_with(".index") || (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode));
}

}  // namespace

Result<std::unique_ptr<MultiFileSource>> MultiFileSource::open(const std::vector<std::string>& arguments,
                                                               const MultiFileOptions& options) {
  std::vector<std::string> paths = arguments;
  const bool in_sequence = arguments.size() == 1 && names_many(arguments.front());
  if (!in_sequence) {
    for (const std::string& path : arguments) {
      if (names_many(path)) return fail(Errc::usage, path + " is a folder among files", "give one folder, or files");
    }
  } else {
    Result<std::vector<LogFile>> logs = list_logs(arguments.front());
    if (!logs) return propagate(logs);
    paths.clear();
    for (const LogFile& log : *logs) paths.push_back(log.path);
  }
  if (!options.start_file.empty()) {
    const auto first =
        std::ranges::find(paths, options.start_file, [](const std::string& path) { return base_name_of(path); });
    if (first == paths.end() && !paths.empty()) {
      return fail(Errc::not_found,
                  options.start_file + " is not among the logs, which go from " +
                      std::string(base_name_of(paths.front())) + " to " + std::string(base_name_of(paths.back())),
                  "older logs may be purged: fetch the file from a backup, or start from a new snapshot");
    }
    paths.erase(paths.begin(), first);
  }
  if (paths.empty()) {
    return fail(Errc::not_found, "no log files" + (arguments.empty() ? "" : " in " + arguments.front()),
                "a log is named like binlog.000001");
  }
  std::unique_ptr<MultiFileSource> source(new MultiFileSource(std::move(paths), in_sequence, options));
  if (Status opened = source->open_current(); !opened) return propagate(opened);
  return source;
}

Status MultiFileSource::open_current() {
  FileSourceOptions file = options_.file;
  if (index_ != 0) file.start = kFirstEventOffset;
  if (index_ + 1 != paths_.size()) file.tail = TailRule::whole;
  Result<std::unique_ptr<FileSource>> opened = FileSource::open(paths_[index_], file);
  if (!opened) return propagate(opened);
  current_ = std::move(*opened);
  rotation_.clear();
  return {};
}

Result<SourceState> MultiFileSource::next(RawEvent& event) {
  Result<SourceState> state = current_->next(event);
  if (!state) return state;
  if (*state == SourceState::event) [[likely]] {
    rotation_.observe(event, current_->is_relay_log());
    return state;
  }
  if (*state == SourceState::file_end) {
    if (Status checked = check_rotation(); !checked) return propagate(checked);
    return state;
  }
  if (*state != SourceState::end || index_ + 1 == paths_.size()) return state;
  ++index_;
  if (Status opened = open_current(); !opened) return propagate(opened);
  return current_->next(event);
}

Status MultiFileSource::check_rotation() const {
  if (rotation_.next().empty()) return {};
  if (index_ + 1 == paths_.size()) {
    // Without an index nothing else shows that the newest file is missing; a server may also be about to make it.
    if (in_sequence_ && options_.note) {
      options_.note(current_->file() + " goes on in " + rotation_.next() + ", which is not here");
    }
    return {};
  }
  const std::string_view following = base_name_of(paths_[index_ + 1]);
  if (rotation_.next() == following) return {};
  const std::string what = "goes on in " + rotation_.next() + ", but the next file is " + std::string(following);
  if (in_sequence_) {
    return std::unexpected(Error{Errc::not_found, what, current_->file() + ":" + std::to_string(current_->offset()),
                                 "fetch the missing file, or name the files to read one by one"});
  }
  if (options_.note) options_.note(current_->file() + " " + what);
  return {};
}

}  // namespace binferry
