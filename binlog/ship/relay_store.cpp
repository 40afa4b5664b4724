#include "binlog/ship/relay_store.hpp"

#include "binlog/base/byte_writer.hpp"
#include "binlog/base/crc32.hpp"
#include "binlog/base/mapped_pages.hpp"
#include "binlog/event/event_header.hpp"
#include "binlog/ship/durable_file.hpp"
#include "binlog/source/file_source.hpp"
#include "binlog/source/log_directory.hpp"
#include "binlog/transaction.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace binferry {
namespace {

constexpr std::string_view kMagic = "\xFE\x62in";
constexpr std::size_t kBufferBytes = 1 << 20;
constexpr std::size_t kFlagsOffset = 17;  // in an event's header
constexpr std::size_t kLogPosOffset = 13;
constexpr std::size_t kLargestFill = 1 << 20;
constexpr mode_t kMode = 0640;

FileDescriptor open_file(const std::string& path, int flags) {
  return FileDescriptor(::open(path.c_str(), flags | O_CLOEXEC, kMode));
}

std::unexpected<Error> failed_on(const std::string& path, std::string_view doing) {
  auto failed = system_error(doing, errno);
  return std::unexpected(std::move(failed.error()).at(path));
}

// A name becomes a path of ours, so it must be a log's name and nothing else.
Status check_name(const std::string& name) {
  if (parse_log_name(name) && name.find('/') == std::string::npos && !name.starts_with('.')) return {};
  return fail(Errc::protocol, "the source's log has the name `" + name + "`, which is no log's name");
}

}  // namespace

Result<std::unique_ptr<RelayStore>> RelayStore::open(const std::string& folder, const RelayStoreOptions& options) {
  std::unique_ptr<RelayStore> store(new RelayStore(folder, options));
  if (::mkdir(folder.c_str(), 0750) != 0 && errno != EEXIST) return failed_on(folder, "make the folder");
  if (Status locked = store->lock(); !locked) return propagate(locked);
  if (Status recovered = store->recover(); !recovered) return propagate(recovered);
  return store;
}

RelayStore::~RelayStore() = default;

Status RelayStore::lock() {
  const std::string path = folder_ + "/relay.lock";
  lock_ = open_file(path, O_RDWR | O_CREAT);
  if (!lock_.is_open()) return failed_on(path, "open");
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return failed_on(path, "lock");
  return std::unexpected(
      Error{Errc::busy, "another hub writes into this folder", folder_, "end it, or give another --store"});
}

Status RelayStore::recover() {
  // A crash may come between the index and the file that it names.
  Result<std::vector<LogFile>> logs = list_logs(folder_, {}, IndexRule::live);
  if (!logs) return propagate(logs);
  for (const LogFile& log : *logs) files_.push_back({log.name, log.bytes});
  while (!files_.empty()) {
    base_ = parse_log_name(files_.back().name) ? parse_log_name(files_.back().name)->base : "";
    if (Status newest = recover_newest(); !newest) return newest;
    if (end_ > kFirstEventOffset) break;
    // Nothing of it is whole: the source begins it again. It does not stay, for a folder whose index is empty is read
    // by the names in it.
    const std::string path = path_of(files_.back().name);
    if (options_.note) options_.note(files_.back().name + " holds no whole event and is begun again");
    files_.pop_back();
    if (Status written = write_index(files_); !written) return written;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed_on(path, "remove");
  }
  return files_.empty() ? Status{} : open_newest();
}

// Finds the last boundary: every event is read and checked, for a crash of the machine may have lost any page.
Status RelayStore::recover_newest() {
  FileSourceOptions options;
  options.tail = TailRule::active;
  Result<std::unique_ptr<FileSource>> source = FileSource::open(path_of(files_.back().name), options);
  if (!source) return propagate(source);
  TransactionAssembler assembler;
  RawEvent event;
  boundary_ = 0;
  std::string doubt;
  for (;;) {
    Result<SourceState> state = (*source)->next(event);
    if (!state && (state.error().code == Errc::io || state.error().code == Errc::no_space)) return propagate(state);
    if (!state) doubt = state.error().message();
    if (!state || *state == SourceState::file_end || *state == SourceState::end) break;
    if (*state != SourceState::event) continue;
    if (Result<EventRole> role = assembler.push(event, (*source)->format()); !role) {
      doubt = role.error().message();
      break;
    }
    if (assembler.idle()) boundary_ = event.end;
  }
  in_use_ = (*source)->in_use();
  // A file that the source ended may end in the middle of a group, if that is how the source itself ended.
  if (!in_use_ && doubt.empty() && (*source)->torn_tail_bytes() == 0) boundary_ = files_.back().end;
  if (boundary_ < files_.back().end && options_.note) {
    options_.note(files_.back().name + " is cut from " + std::to_string(files_.back().end) + " to " +
                  std::to_string(boundary_) + " bytes, the end of its last whole transaction" +
                  (doubt.empty() ? "" : ": " + doubt));
  }
  end_ = written_ = boundary_;
  files_.back().end = boundary_;
  return {};
}

Status RelayStore::open_newest() {
  const std::string path = path_of(files_.back().name);
  file_ = open_file(path, O_RDWR);
  if (!file_.is_open()) return failed_on(path, "open");
  if (::ftruncate(file_.get(), static_cast<off_t>(end_)) != 0) return failed_on(path, "cut");
  return sync_file();
}

Status RelayStore::begin_file(const std::string& name) {
  if (!files_.empty() && files_.back().name == name) return {};
  if (Status named = check_name(name); !named) return named;
  if (!files_.empty()) {
    const std::string& newest = files_.back().name;
    if (compare_log_names(name, newest) < 0 || parse_log_name(name)->base != base_) {
      return fail(Errc::diverged, "the source goes on in " + name + ", the store's newest file is " + newest,
                  "the source's log was reset, or this is another server: begin a new store");
    }
    if (Status ended = end_file(); !ended) return ended;
  }
  const std::string path = path_of(name);
  file_ = open_file(path, O_RDWR | O_CREAT | O_TRUNC);
  if (!file_.is_open()) return failed_on(path, "make");
  base_ = parse_log_name(name)->base;
  buffer_ = kMagic;
  written_ = 0;
  end_ = boundary_ = kFirstEventOffset;
  in_use_ = false;
  std::vector<RelayFile> files = this->files();
  files.push_back({name, 0});
  if (Status indexed = write_index(files); !indexed) return indexed;
  const std::lock_guard guard(mutex_);
  files_ = std::move(files);
  return {};
}

Status RelayStore::append(const RawEvent& event) {
  const bool is_in_file = event.end != event.offset;
  if (event.header.type == EventType::format_description && file_.is_open() && end_ > kFirstEventOffset) {
    if (Status same = check_same_file(event); !same) return same;
  }
  if (options_.fills_holes && file_.is_open()) {
    if (event.header.type == EventType::format_description) {
      // The algorithm stands in front of the event's own checksum.
      has_checksums_ = event.bytes[event.bytes.size() - kChecksumSize - 1] != 0;
      if (!is_in_file && end_ == kFirstEventOffset) return write_head(event);
    }
    if (is_in_file && event.offset > end_ && end_ == boundary_) {
      if (Status filled = fill_up_to(event.offset); !filled) return filled;
    }
  }
  if (!is_in_file || event.end <= end_) return {};
  if (event.offset != end_ || !file_.is_open()) {
    return std::unexpected(Error{Errc::out_of_order, "the store ends at " + resume_position().text() + ", not here",
                                 event.place(), "report it"});
  }
  unpublished_ += event.bytes.size();
  if (event.offset != kFirstEventOffset && !in_use_) {
    // The source goes on in a file that looked closed.
    if (Status set = set_in_use(true); !set) return set;
  }
  if (event.bytes.size() > kBufferBytes) return write_large(event);
  const std::size_t at = buffer_.size();
  buffer_.append(text_of(event.bytes));
  end_ = event.end;
  const auto set_flag = [&](std::uint16_t flag) {
    buffer_[at + kFlagsOffset] = static_cast<char>(buffer_[at + kFlagsOffset] | static_cast<char>(flag));
  };
  if (event.header.type == EventType::format_description && event.offset == kFirstEventOffset) {
    set_flag(EventHeader::kInUse);  // not part of the checksum
    in_use_ = true;
  } else if (event.header.type == EventType::start_encryption && (event.header.flags & EventHeader::kIgnorable) == 0) {
    // What follows is in plain here, so that nobody may take the event at its word.
    set_flag(EventHeader::kIgnorable);
    const std::size_t covered = event.bytes.size() - kChecksumSize;
    ByteWriter checksum;
    checksum.u32(crc32(bytes_of(buffer_).subspan(at, covered)));
    if (event.body.size() + kEventHeaderSize == covered) buffer_.replace(at + covered, kChecksumSize, checksum.str());
  }
  return buffer_.size() < kBufferBytes ? Status{} : write_out();
}

// The names of files and the offsets in them say little: a log that was reset has the same ones, and so have others.
// When and by whom a file was begun stands in its first event, which a source sends with every connection.
Status RelayStore::check_same_file(const RawEvent& event) {
  if (Status written = write_out(); !written) return written;
  std::uint8_t head[kEventHeaderSize];
  if (::pread(file_.get(), head, sizeof head, static_cast<off_t>(kFirstEventOffset)) != sizeof head) {
    return failed_on(path_of(files_.back().name), "read");
  }
  Result<EventHeader> mine = parse_header(head);
  if (!mine) return propagate(mine, path_of(files_.back().name));
  constexpr const char* kNewStore = "check the address, or begin a new store";
  if (mine->server_id != event.header.server_id) {
    return fail(Errc::wrong_source,
                "the source's " + files_.back().name + " is of the server " + std::to_string(event.header.server_id) +
                    ", the store's of the server " + std::to_string(mine->server_id),
                kNewStore);
  }
  if (mine->timestamp == event.header.timestamp) return {};
  return fail(Errc::diverged,
              "the source's " + files_.back().name +
                  " was begun at another time than the store's: its log was reset, " + "or it is another server's",
              kNewStore);
}

Status RelayStore::write_large(const RawEvent& event) {
  if (Status written = write_out(); !written) return written;
  for (std::size_t at = 0; at < event.bytes.size(); at += kBufferBytes) {
    const Bytes piece = event.bytes.subspan(at, std::min(kBufferBytes, event.bytes.size() - at));
    if (Status written = write_at(piece, written_); !written) return written;
    written_ += piece.size();
    if (event.is_mapped) release_mapped_pages(piece);
  }
  end_ = event.end;
  return {};
}

// A source that is asked for the middle of a file sends its FORMAT_DESCRIPTION as one that stands nowhere.
Status RelayStore::write_head(const RawEvent& event) {
  std::string stored(text_of(event.bytes));
  ByteWriter position;
  position.u32(static_cast<std::uint32_t>(kFirstEventOffset + stored.size()));
  stored.replace(kLogPosOffset, 4, position.str());
  stored[kFlagsOffset] = static_cast<char>(stored[kFlagsOffset] & ~static_cast<char>(EventHeader::kInUse));
  const std::size_t covered = stored.size() - kChecksumSize;
  ByteWriter checksum;
  checksum.u32(crc32(bytes_of(stored).first(covered)));
  stored.replace(covered, kChecksumSize, checksum.str());
  stored[kFlagsOffset] = static_cast<char>(stored[kFlagsOffset] | static_cast<char>(EventHeader::kInUse));
  buffer_ += stored;
  end_ += stored.size();
  unpublished_ += stored.size();
  in_use_ = true;
  return {};
}

Status RelayStore::fill_up_to(std::uint64_t offset) {
  while (end_ < offset) {
    // The rest of a hole is never too short for an event's header, for whole events are missing.
    const std::uint64_t left = offset - end_;
    const std::size_t size = left < 2 * kLargestFill ? left : kLargestFill;
    const std::size_t checksum_bytes = has_checksums_ ? kChecksumSize : 0;
    if (size < kEventHeaderSize + checksum_bytes) {
      return std::unexpected(
          Error{Errc::out_of_order, "a hole too small for an event", resume_position().text(), "report it"});
    }
    ByteWriter event;
    event.u32(0).u8(static_cast<std::uint8_t>(EventType::ignorable)).u32(0).u32(static_cast<std::uint32_t>(size));
    event.u32(static_cast<std::uint32_t>(end_ + size)).u16(EventHeader::kIgnorable);
    event.fill(size - kEventHeaderSize - checksum_bytes);
    if (has_checksums_) event.u32(crc32(event.view()));
    // Only its two ends are written: the zeros between take no room on the disk.
    const std::size_t tail = std::min<std::size_t>(size - kEventHeaderSize, kChecksumSize);
    if (Status written = write_out(); !written) return written;
    if (Status written = write_at(event.view().first(kEventHeaderSize), end_); !written) return written;
    if (Status written = write_at(event.view().last(tail), end_ + size - tail); !written) return written;
    written_ = end_ += size;
    unpublished_ += size;
  }
  boundary_ = end_;
  return {};
}

Status RelayStore::write_at(Bytes bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failed_on(path_of(files_.back().name), "write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Status RelayStore::write_out() {
  if (buffer_.empty()) return {};
  if (Status written = write_at(bytes_of(buffer_), written_); !written) return written;
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Status RelayStore::publish() {
  if (!file_.is_open()) return {};
  if (Status written = write_out(); !written) return written;
  if (boundary_ <= kFirstEventOffset) return {};
  if (Status synced = options_.sync == RelaySync::always && unpublished_ != 0 ? sync_file() : Status{}; !synced) {
    return synced;
  }
  unpublished_ = 0;
  show_end(boundary_);
  return {};
}

Status RelayStore::end_file() {
  if (!file_.is_open()) return {};
  if (Status written = write_out(); !written) return written;
  if (Status cleared = in_use_ ? set_in_use(false) : Status{}; !cleared) return cleared;
  if (Status synced = sync_file(); !synced) return synced;
  boundary_ = end_;
  unpublished_ = 0;
  show_end(end_);
  return {};
}

Status RelayStore::drop_unfinished() {
  if (!file_.is_open() || end_ == boundary_) return {};
  if (Status written = write_out(); !written) return written;
  if (boundary_ <= kFirstEventOffset) {
    return fail(Errc::internal, "a file without a whole event");  // FORMAT_DESCRIPTION is a boundary
  }
  if (::ftruncate(file_.get(), static_cast<off_t>(boundary_)) != 0)
    return failed_on(path_of(files_.back().name), "cut");
  end_ = written_ = boundary_;
  return {};
}

Status RelayStore::set_in_use(bool in_use) {
  std::uint8_t flags = 0;
  const auto at = static_cast<off_t>(kFirstEventOffset + kFlagsOffset);
  if (::pread(file_.get(), &flags, 1, at) != 1) return failed_on(path_of(files_.back().name), "read");
  flags = static_cast<std::uint8_t>(in_use ? flags | EventHeader::kInUse : flags & ~EventHeader::kInUse);
  in_use_ = in_use;
  return write_at({&flags, 1}, static_cast<std::uint64_t>(at));
}

Status RelayStore::sync_file() {
  return ::fdatasync(file_.get()) == 0 ? Status{} : failed_on(path_of(files_.back().name), "sync");
}

Status RelayStore::write_index(const std::vector<RelayFile>& files) {
  std::string text;
  for (const RelayFile& file : files) text.append(file.name).append("\n");
  return replace_durably(folder_ + "/" + base_ + ".index", text);
}

BinlogPosition RelayStore::resume_position() const {
  if (files_.empty()) return {};
  return {files_.back().name, std::max(end_, kFirstEventOffset)};
}

Status RelayStore::purge(std::size_t count) {
  std::vector<RelayFile> kept = files();
  if (kept.empty()) return {};
  count = std::min(count, kept.size() - 1);
  if (count == 0) return {};
  const std::vector<RelayFile> gone(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(count));
  kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(count));
  // The index first: a file that it does not name is nobody's.
  if (Status written = write_index(kept); !written) return written;
  {
    const std::lock_guard guard(mutex_);
    files_ = std::move(kept);
  }
  for (const RelayFile& file : gone) {
    if (::unlink(path_of(file.name).c_str()) != 0 && errno != ENOENT) return failed_on(path_of(file.name), "remove");
  }
  return {};
}

Status RelayStore::clear() {
  if (files_.empty()) return {};
  std::vector<RelayFile> gone;
  {
    const std::lock_guard guard(mutex_);
    gone.swap(files_);
  }
  file_ = {};
  buffer_.clear();
  end_ = written_ = boundary_ = unpublished_ = 0;
  in_use_ = false;
  const auto remove = [&](const std::string& name) -> Status {
    if (::unlink(path_of(name).c_str()) != 0 && errno != ENOENT) return failed_on(path_of(name), "remove");
    return {};
  };
  if (Status removed = remove(base_ + ".index"); !removed) return removed;
  for (const RelayFile& file : gone) {
    if (Status removed = remove(file.name); !removed) return removed;
  }
  return sync_folder(folder_);
}

BinlogPosition RelayStore::published() const {
  const std::lock_guard guard(mutex_);
  for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
    if (file->end > kFirstEventOffset) return {file->name, file->end};
  }
  return {};
}

void RelayStore::show_end(std::uint64_t end) {
  {
    const std::lock_guard guard(mutex_);
    files_.back().end = end;
    ++news_;
  }
  has_news_.notify_all();
}

bool RelayStore::wait_for_news(std::uint64_t& news, int timeout_ms) const {
  std::unique_lock lock(mutex_);
  const bool came = has_news_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return news_ != news; });
  news = news_;
  return came;
}

std::vector<RelayFile> RelayStore::files() const {
  const std::lock_guard guard(mutex_);
  return files_;
}

std::optional<RelayStore::Extent> RelayStore::extent_of(const std::string& name) const {
  const std::lock_guard guard(mutex_);
  const auto found = std::ranges::find(files_, name, &RelayFile::name);
  if (found == files_.end()) return std::nullopt;
  Extent extent{.end = found->end, .next = {}};
  if (found + 1 != files_.end()) extent.next = (found + 1)->name;
  return extent;
}

}  // namespace binferry
