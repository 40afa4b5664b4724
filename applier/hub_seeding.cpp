#include "applier/hub_seeding.hpp"

#include "applier/narrow.hpp"
#include "applier/unfinished_file.hpp"
#include "binlog/base/backoff.hpp"
#include "binlog/base/crypto.hpp"
#include "binlog/base/hex.hpp"
#include "binlog/base/write_behind.hpp"
#include "binlog/base/zstd_stream.hpp"
#include "binlog/source/input.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace binferry {
namespace {

constexpr std::size_t kDigits = 64;
constexpr std::size_t kStepBytes = 1 << 20;

Status write_at(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return system_error("write the snapshot", errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<Bytes> read_at(int fd, std::uint64_t offset, std::string& into) {
  for (;;) {
    const ssize_t count = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("read the snapshot", errno);
    return bytes_of(into).first(static_cast<std::size_t>(count));
  }
}

// The file of what was fetched so far. It stays when fetching is stopped, and goes when its replica is made.
class Download {
 public:
  static Result<Download> open(const std::string& path) {
    Download download;
    download.file_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!download.file_.is_open()) return system_error("make " + path, errno);
    if (::flock(download.file_.get(), LOCK_EX | LOCK_NB) != 0) {
      return fail(Errc::busy, "another process fetches a snapshot for this replica", "end it, or wait for it");
    }
    struct stat status{};
    if (::fstat(download.file_.get(), &status) != 0) return system_error("look at " + path, errno);
    std::string digits(kDigits, '\0');
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size < kDigits) return download;
    Result<Bytes> head = read_at(download.file_.get(), 0, digits);
    if (!head) return propagate(head);
    if (!from_hex(text_of(*head))) return download;
    download.sha256_ = text_of(*head);
    download.bytes_ = size - kDigits;
    return download;
  }
  [[nodiscard]] const std::string& sha256() const { return sha256_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }

  Status begin(const SnapshotHead& head) {
    if (head.sha256.size() != kDigits || !from_hex(head.sha256)) {
      return fail(Errc::protocol, "the hub's snapshot has no SHA-256 digest");
    }
    total_ = head.bytes;
    if (head.sha256 == sha256_ && head.offset == bytes_) return {};
    if (head.offset != 0) return fail(Errc::protocol, "the hub sends the end of a snapshot that was not begun");
    if (::ftruncate(file_.get(), 0) != 0) return system_error("empty the snapshot", errno);
    sha256_ = head.sha256;
    bytes_ = 0;
    return write_at(file_.get(), sha256_, 0);
  }
  Status add(Bytes piece) {
    if (piece.size() > total_ - bytes_) return fail(Errc::protocol, "the hub's snapshot is longer than it said");
    if (Status written = write_at(file_.get(), text_of(piece), kDigits + bytes_); !written) return written;
    bytes_ += piece.size();
    behind_.has_grown(file_.get());
    return {};
  }
  // Its content, decompressed, into a new file. Nothing of it may be used before this has succeeded.
  Status unpack(const std::string& path, const std::function<bool()>& should_stop) const {
    const FileDescriptor into(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!into.is_open()) return system_error("make " + path, errno);
    WriteBehind behind;
    Sha256 digest;
    ZstdDecompressor zstd;
    std::string packed(kStepBytes, '\0');
    std::string plain(kStepBytes, '\0');
    std::uint64_t written = 0;
    for (std::uint64_t at = 0; at < bytes_;) {
      if (should_stop()) return fail(Errc::cancelled, "stopped");
      Result<Bytes> piece = read_at(file_.get(), kDigits + at, packed);
      if (!piece) return propagate(piece);
      if (piece->empty()) return fail(Errc::io, "the fetched snapshot is shorter than it was");
      ::posix_fadvise(file_.get(), static_cast<off_t>(kDigits + at), static_cast<off_t>(piece->size()),
                      POSIX_FADV_DONTNEED);  // nobody reads it again
      at += piece->size();
      digest.add(*piece);
      for (Bytes rest = *piece;;) {
        Result<std::size_t> size = zstd.read(rest, {reinterpret_cast<std::uint8_t*>(plain.data()), plain.size()});
        if (!size) return propagate(size, "the hub's snapshot");
        if (Status kept = write_at(into.get(), std::string_view(plain).substr(0, *size), written); !kept) return kept;
        written += *size;
        behind.has_grown(into.get());
        if (*size < plain.size()) break;
      }
    }
    if (to_hex(digest.finish()) != sha256_) {
      return fail(Errc::checksum, "the snapshot that came is not the one the hub has", "begin again");
    }
    if (!zstd.at_frame_end()) return fail(Errc::corrupt, "the hub's snapshot ends too soon");
    return {};
  }

 private:
  FileDescriptor file_;
  WriteBehind behind_;
  std::string sha256_;
  std::uint64_t bytes_ = 0;
  std::uint64_t total_ = 0;
};

Status fetch(Download& download, const SeedingOptions& options) {
  Backoff backoff(options.first_pause_ms, options.longest_pause_ms, options.random);
  for (;;) {
    if (options.should_stop()) return fail(Errc::cancelled, "stopped");
    SnapshotRequest request;
    request.sha256 = download.sha256();
    request.offset = download.bytes();
    request.least = options.least;
    request.should_stop = options.should_stop;
    request.on_head = [&](const SnapshotHead& head) { return download.begin(head); };
    request.on_bytes = [&](Bytes piece) -> Status {
      backoff.reset();
      if (Status added = download.add(piece); !added) return added;
      if (options.on_progress) options.on_progress(download.bytes(), download.total());
      return {};
    };
    Status fetched = options.fetch(request);
    if (fetched && download.bytes() == download.total()) return {};
    if (fetched) fetched = fail(Errc::connection, "the hub's snapshot broke off");
    if (!is_retryable(fetched.error().code)) return fetched;
    const std::string trouble = fetched.error().message();
    if (options.note && fetched.error().code != Errc::busy && backoff.is_news(trouble)) {
      options.note("fetching the snapshot goes on: " + trouble);
    }
    rest_in_slices(backoff.next_ms(), options.should_stop, options.pause);
  }
}

}  // namespace

Status take_hub_snapshot(const std::string& path, const SeedingOptions& options) {
  if (!options.replaces) {
    if (Status free = check_is_free(path); !free) return free;
  }
  Result<Download> download = Download::open(path + ".seed");
  if (!download) return propagate(download, path);
  if (Status fetched = fetch(*download, options); !fetched) return propagate(fetched, path);
  UnfinishedFile file(path + ".snapshot");
  file.remove();
  Status unpacked = download->unpack(file.path(), options.should_stop);
  // What is broken is not gone on with; what was stopped is there the next time.
  if (unpacked || unpacked.error().code == Errc::checksum || unpacked.error().code == Errc::corrupt) {
    remove_in_pieces(path + ".seed");
  }
  if (!unpacked) return propagate(unpacked, path);
  {
    ReplicaOptions opening;
    opening.lock_path = path + ".lock";
    Result<std::unique_ptr<Replica>> replica = Replica::open(file.path(), opening);
    if (!replica) return propagate(replica);
    if (Status narrowed = narrow_replica(**replica, options.replica); !narrowed) return propagate(narrowed, path);
  }
  return file.move_to(path, options.replaces);
}

}  // namespace binferry
