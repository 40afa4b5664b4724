#include "applier/replay.hpp"
#include "binlog/event/gtid_event.hpp"
#include "binlog/source/log_directory.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sys/stat.h>

namespace binferry {
namespace {

struct GivenFile {
  std::string name;
  std::string path;
  std::uint64_t bytes = 0;
};

Result<std::vector<GivenFile>> given_files(const std::vector<std::string>& inputs) {
  std::vector<GivenFile> files;
  struct stat status{};
  const bool is_place =
      inputs.size() == 1 &&
      (inputs.front().ends_with(".index") || (::stat(inputs.front().c_str(), &status) == 0 && S_ISDIR(status.st_mode)));
  if (is_place) {
    Result<std::vector<LogFile>> logs = list_logs(inputs.front());
    if (!logs) return propagate(logs);
    for (const LogFile& log : *logs) files.push_back({log.name, log.path, log.bytes});
    return files;
  }
  for (const std::string& path : inputs) {
    if (::stat(path.c_str(), &status) != 0) return fail(Errc::not_found, "there is no file " + path);
    files.push_back({std::string(base_name_of(path)), path, static_cast<std::uint64_t>(status.st_size)});
  }
  return files;
}

struct FirstGroup {
  SourceIdentity source;  // without UUID
  AnyGtid gtid;           // of the file's first group, if it has one; not read if only the head was asked for
};

// The head, FORMAT_DESCRIPTION, is never encrypted.
Result<FirstGroup> first_group_of(const std::string& path, const FileSourceOptions& options, bool only_head = false) {
  FileSourceOptions file = options;
  file.start = kFirstEventOffset;
  file.follow = false;
  file.tail = TailRule::active;
  Result<std::unique_ptr<FileSource>> source = FileSource::open(path, file);
  if (!source) return propagate(source);
  FirstGroup first;
  RawEvent event;
  for (;;) {
    Result<SourceState> state = (*source)->next(event);
    if (!state) return propagate(state);
    if (*state == SourceState::file_begin) continue;
    if (*state != SourceState::event) return first;
    switch (event.header.type) {
      case EventType::format_description:
        first.source.server_id = event.header.server_id;
        first.source.version = (*source)->format().server_version;
        first.source.file_created = event.header.timestamp;
        if (only_head) return first;
        continue;
      case EventType::gtid:
      case EventType::gtid_tagged: {
        Result<GtidEvent> gtid =
            event.header.type == EventType::gtid ? decode_gtid(event.body, false) : decode_gtid_tagged(event.body);
        if (!gtid) return propagate(gtid, event.place());
        first.gtid = gtid->gtid;
        return first;
      }
      case EventType::mariadb_gtid: {
        Result<MariadbGtidEvent> gtid = decode_mariadb_gtid(event.body, event.header.server_id);
        if (!gtid) return propagate(gtid, event.place());
        first.gtid = gtid->gtid;
        return first;
      }
      case EventType::query:
      case EventType::anonymous_gtid: return first;
      default: continue;
    }
  }
}

// The files may all come before the replica's position, so that nothing of them would be looked at. What can be known
// of them is: whose they are, when the one that the replica has last read to its end was begun, and whether the replica
// has the first transaction of the newest.
Status check_own_log(const std::vector<GivenFile>& files, const Checkpoint& checkpoint,
                     const FileSourceOptions& options) {
  const SourceIdentity& source = checkpoint.source;
  if (!source.known()) return {};
  const auto current = std::ranges::find(files, checkpoint.position.file, &GivenFile::name);
  if (current != files.end() && source.file_created != 0) {
    Result<FirstGroup> head = first_group_of(current->path, options, true);
    if (!head) return propagate(head);
    if (Status same = check_same_source(source, head->source); !same) return propagate(same, current->path);
  }
  const auto closed = std::ranges::find(files, source.closed_file, &GivenFile::name);
  if (closed != files.end()) {
    Result<FirstGroup> head = first_group_of(closed->path, options, true);
    if (!head) return propagate(head);
    if (head->source.file_created != source.closed_created) {
      return fail(
          Errc::wrong_source,
          fmt::format("{} is not the file that the replica has read: it was begun at another time", closed->path),
          "the source's log was reset, or this is another server's: make the replica again");
    }
    return {};
  }
  const GivenFile& newest = files.back();
  if (compare_log_names(newest.name, checkpoint.position.file) >= 0) return {};
  Result<FirstGroup> first = first_group_of(newest.path, options);
  if (!first) return propagate(first);
  if (Status same = check_same_source(source, first->source); !same) return propagate(same, newest.path);
  const bool is_comparable = !checkpoint.gtids.empty() && !text_of(first->gtid).empty();
  if (is_comparable && !checkpoint.gtids.contains(first->gtid)) {
    return fail(
        Errc::wrong_source,
        fmt::format("{} comes before the replica's position {}, but the replica does not have its transaction {}",
                    newest.path, checkpoint.position.text(), text_of(first->gtid)),
        "the source's log was reset, or this is another server's: make the replica again");
  }
  return {};
}

}  // namespace

Result<ReplayStart> plan_replay(const std::vector<std::string>& inputs, const Checkpoint& checkpoint,
                                std::optional<std::uint64_t> start_position, const FileSourceOptions& options) {
  Result<std::vector<GivenFile>> files = given_files(inputs);
  if (!files) return propagate(files);
  ReplayStart start;
  if (files->empty()) {
    start.nothing_new = true;
    return start;
  }
  start.last_file = files->back().name;
  if (Status own = check_own_log(*files, checkpoint, options); !own) return propagate(own);
  const BinlogPosition& position = checkpoint.position;
  auto first = files->begin();
  if (position.file.empty()) {
    start.offset = start_position.value_or(kFirstEventOffset);
  } else {
    if (start_position) {
      return fail(Errc::usage, "--start-position is for a new replica; this one stands at " + position.text(),
                  "leave it out: replay goes on from there");
    }
    first = std::ranges::find(*files, position.file, &GivenFile::name);
    start.offset = position.offset;
    if (first == files->end()) {
      const auto later = std::ranges::find_if(
          *files, [&](const GivenFile& file) { return compare_log_names(file.name, position.file) > 0; });
      if (later == files->end()) {
        // Who waits for more reads the newest file again, and passes over what the replica has.
        start.nothing_new = true;
        start.file = files->back().name;
        start.offset = kFirstEventOffset;
        return start;
      }
      return fail(Errc::purged,
                  fmt::format("the replica stands at {}, and the first file after it that was given is {}: what is "
                              "between is missing",
                              position.text(), later->name),
                  "give " + position.file + " and the files after it; if they are gone, make the replica again");
    }
    if (start.offset > first->bytes) {
      return fail(
          Errc::diverged,
          fmt::format("the replica stands at {}, but {} has only {} bytes", position.text(), first->path, first->bytes),
          "the source's log was reset, or this is another server's: make the replica again");
    }
  }
  start.file = first->name;
  for (auto file = first; file != files->end(); ++file) start.bytes += file->bytes;
  start.bytes -= std::min(start.bytes, start.offset);
  return start;
}

}  // namespace binferry
