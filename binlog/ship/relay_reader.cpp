#include "binlog/ship/relay_reader.hpp"

#include "binlog/event/event_header.hpp"
#include "binlog/source/file_source.hpp"
#include "binlog/source/log_directory.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace binferry {
namespace {

bool belongs_to_head(EventType type) {
  return type == EventType::format_description || type == EventType::start_encryption ||
         type == EventType::previous_gtids || type == EventType::gtid_list;
}

}  // namespace

Status RelayReader::seek(const BinlogPosition& position) {
  phase_ = Phase::begin;
  file_ = position.file;
  start_ = std::max(position.offset, kFirstEventOffset);
  head_end_ = 0;
  if (file_.empty() || store_.extent_of(file_) || is_to_come()) return {};
  return is_gone();
}

// A crash may have taken files from the hub that a follower has heard of, or has; the source sends them again.
bool RelayReader::is_to_come() const {
  const std::vector<RelayFile> files = store_.files();
  return files.empty() || compare_log_names(file_, files.back().name) > 0;
}

std::optional<Error> RelayReader::is_beyond_all() const {
  if (file_.empty()) return std::nullopt;
  if (const auto extent = store_.extent_of(file_)) {
    if (!extent->next.empty() || start_ <= std::max(extent->end, kFirstEventOffset)) return std::nullopt;
    return Error{Errc::diverged,
                 "the hub has " + file_ + " up to offset " + std::to_string(extent->end) + ", in front of " +
                     std::to_string(start_),
                 {},
                 "the replica may be another source's, or the source has lost its end: make the replica again"};
  }
  const std::vector<RelayFile> files = store_.files();
  const std::string newest = files.empty() ? "" : files.back().name;
  if (!newest.empty() && compare_log_names(file_, newest) <= 0) return std::nullopt;
  // The file before it may have ended.
  if (!newest.empty() && start_ == kFirstEventOffset && next_log_name(newest) == file_) return std::nullopt;
  return Error{Errc::not_found,
               "the hub does not have " + file_ + (newest.empty() ? "" : ", its newest is " + newest),
               {},
               "it may be another source's, or the hub has begun anew: make the replica again"};
}

std::unexpected<Error> RelayReader::is_gone() const {
  const std::vector<RelayFile> files = store_.files();
  return fail(Errc::purged,
              file_ + " was purged at the hub" + (files.empty() ? "" : ", whose oldest log is " + files.front().name),
              "make the replica again from the hub's snapshot");
}

Result<RelayReader::Item> RelayReader::next(std::size_t most) {
  switch (phase_) {
    case Phase::idle: return Item::none;
    case Phase::begin: return begin();
    case Phase::between: {
      const auto extent = store_.extent_of(file_);
      if (!extent) return is_gone();
      file_ = extent->next;
      start_ = kFirstEventOffset;
      head_end_ = 0;
      phase_ = Phase::begin;  // where it stays while nothing of the file is published
      return begin();
    }
    case Phase::head:
    case Phase::body: break;
  }
  const auto extent = store_.extent_of(file_);
  if (!extent) return is_gone();
  if (phase_ == Phase::head) {
    if (head_end_ == 0) {
      Result<bool> found = find_head(extent->end);
      if (!found) return propagate(found);
      if (!*found) return Item::none;
    }
    if (next_ < head_end_) return give(head_end_, most);
    if (start_ > extent->end) {
      if (extent->next.empty()) return Item::none;  // the source will send it to the hub again
      return fail(Errc::diverged, file_ + " has ended in front of offset " + std::to_string(start_),
                  "the replica may be another source's: make it again");
    }
    if (Status proved = prove_start(extent->end); !proved) return propagate(proved);
    next_ = start_;
    phase_ = Phase::body;
  }
  if (next_ < extent->end) return give(extent->end, most);
  if (extent->next.empty()) return Item::none;
  phase_ = Phase::between;
  return Item::file_end;
}

Result<RelayReader::Item> RelayReader::begin() {
  if (file_.empty()) {
    const std::vector<RelayFile> files = store_.files();
    if (files.empty()) return Item::none;
    file_ = files.front().name;
  }
  const auto extent = store_.extent_of(file_);
  if (!extent && is_to_come()) return Item::none;
  if (!extent) return is_gone();
  if (extent->end <= kFirstEventOffset) return Item::none;
  descriptor_ = FileDescriptor(::open(store_.path_of(file_).c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor_.is_open()) {
    if (errno == ENOENT) return is_gone();
    return propagate<void>(system_error("open " + file_, errno));
  }
  next_ = kFirstEventOffset;
  phase_ = start_ == kFirstEventOffset ? Phase::body : Phase::head;
  return Item::file_begin;
}

Result<RelayReader::Item> RelayReader::give(std::uint64_t limit, std::size_t most) {
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(most, limit - next_));
  if (Status read = read_at(next_, size, data_); !read) return propagate(read);
  data_offset_ = next_;
  next_ += size;
  return Item::data;
}

// Walks over the events at the head by their lengths. False: they are not all there yet.
Result<bool> RelayReader::find_head(std::uint64_t end) {
  std::uint64_t at = kFirstEventOffset;
  std::string stored;
  while (at < start_) {
    if (at + kEventHeaderSize > end) return false;
    if (Status read = read_at(at, kEventHeaderSize, stored); !read) return propagate(read);
    Result<EventHeader> header = parse_header(bytes_of(stored));
    if (!header) return propagate(header, file_);
    if (!belongs_to_head(header->type)) break;
    if (at + header->length > std::min(end, start_)) break;
    at += header->length;
  }
  head_end_ = at;
  return true;
}

// A follower that asks for the middle of an event would read nonsense. Its checksums would tell; this tells it sooner.
Status RelayReader::prove_start(std::uint64_t end) const {
  if (start_ < head_end_) return fail(Errc::not_found, "no event begins at " + file_ + ":" + std::to_string(start_));
  if (start_ + kEventHeaderSize > end) return {};
  std::string stored;
  if (Status read = read_at(start_, kEventHeaderSize, stored); !read) return read;
  const Result<EventHeader> header = parse_header(bytes_of(stored));
  if (header && (header->log_pos == 0 || header->log_pos == static_cast<std::uint32_t>(start_ + header->length))) {
    return {};
  }
  return fail(Errc::not_found, "no event begins at " + file_ + ":" + std::to_string(start_),
              "the replica may be another source's: make it again");
}

Status RelayReader::read_at(std::uint64_t offset, std::size_t size, std::string& into) const {
  into.resize(size);
  for (std::size_t at = 0; at < size;) {
    const ssize_t count = ::pread(descriptor_.get(), into.data() + at, size - at, static_cast<off_t>(offset + at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("read " + file_, errno);
    if (count == 0) return fail(Errc::io, file_ + " is shorter than it was", "something else writes into the store");
    at += static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace binferry
