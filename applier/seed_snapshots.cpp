#include "applier/seed_snapshots.hpp"

#include "applier/replica_reader.hpp"
#include "applier/sqlite_copy.hpp"
#include "applier/unfinished_file.hpp"
#include "binlog/base/bytes.hpp"
#include "binlog/base/crypto.hpp"
#include "binlog/base/write_behind.hpp"
#include "binlog/base/zstd_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace binferry {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStepBytes = 1 << 20;
constexpr int kLevel = 3;
constexpr int kWindowLog = 22;

// A file that goes with this object unless it is kept.
class Draft {
 public:
  explicit Draft(std::string path) : path_(std::move(path)) { ::unlink(path_.c_str()); }
  ~Draft() {
    if (!kept_) remove_in_pieces(path_);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_ = false;
};

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return system_error("write the snapshot", errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

// `from` as one frame in `into`; gives its size and digest in `snapshot`.
Status compress(const std::string& from, int into, SeedSnapshot& snapshot, const std::function<bool()>& should_stop) {
  const FileDescriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.is_open()) return system_error("open the snapshot", errno);
  ZstdCompressor zstd(kLevel, kWindowLog);
  WriteBehind behind;
  Sha256 digest;
  std::string plain(kStepBytes, '\0');
  std::string packed;
  for (bool ended = false; !ended;) {
    if (should_stop()) return fail(Errc::cancelled, "the snapshot was stopped");
    const ssize_t count = ::read(source.get(), plain.data(), plain.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("read the snapshot", errno);
    ended = count == 0;
    const Bytes piece = bytes_of(plain).first(static_cast<std::size_t>(count));
    // Nobody reads it again: it is not to take the place of what others have in the page cache, nor leave that at once.
    ::posix_fadvise(source.get(), static_cast<off_t>(snapshot.database_bytes), count, POSIX_FADV_DONTNEED);
    snapshot.database_bytes += piece.size();
    packed.clear();
    Status done = ended ? zstd.finish(piece, packed) : zstd.flush(piece, packed);
    if (!done) return done;
    digest.add(bytes_of(packed));
    snapshot.bytes += packed.size();
    if (Status written = write_all(into, packed); !written) return written;
    behind.has_grown(into);
  }
  snapshot.sha256 = to_hex(digest.finish());
  return {};
}

}  // namespace

SeedSnapshots::SeedSnapshots(SeedSnapshotsOptions options) : options_(std::move(options)) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(options_.folder, ignored)) {
    if (entry.path().filename().string().starts_with("snapshot-")) fs::remove(entry.path(), ignored);
  }
  thread_ = std::thread([this] { run(); });
}

SeedSnapshots::~SeedSnapshots() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
  for (const Kept& kept : kept_) ::unlink(kept.snapshot->path.c_str());
}

Result<std::shared_ptr<const SeedSnapshot>> SeedSnapshots::newest(const BinlogPosition& least) {
  const std::lock_guard guard(mutex_);
  const std::uint64_t now_us = options_.now_us();
  if (!kept_.empty()) {
    Kept& last = kept_.back();
    if (now_us < last.snapshot->made_us + options_.fresh_us && last.snapshot->position >= least) {
      last.asked_us = now_us;
      return last.snapshot;
    }
  }
  if (failed_) {
    Error error = std::move(*failed_);
    failed_.reset();
    return std::unexpected(std::move(error));
  }
  if (!making_) wanted_ = true;
  wake_.notify_all();
  return nullptr;
}

std::shared_ptr<const SeedSnapshot> SeedSnapshots::find(std::string_view sha256) {
  const std::lock_guard guard(mutex_);
  for (Kept& kept : kept_) {
    if (kept.snapshot->sha256 != sha256) continue;
    kept.asked_us = options_.now_us();
    return kept.snapshot;
  }
  return nullptr;
}

std::vector<BinlogPosition> SeedSnapshots::positions() {
  const std::lock_guard guard(mutex_);
  forget_old(options_.now_us());
  std::vector<BinlogPosition> positions;
  for (const Kept& kept : kept_) positions.push_back(kept.snapshot->position);
  return positions;
}

void SeedSnapshots::run() {
  std::uint64_t number = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ending_ || wanted_; });
    if (ending_) return;
    wanted_ = false;
    making_ = true;
    lock.unlock();
    Result<std::shared_ptr<const SeedSnapshot>> made = make(++number);
    if (options_.note && made) {
      options_.note("a snapshot at " + (*made)->position.text() +
                    " was made: " + std::to_string((*made)->database_bytes >> 20) + " MiB, " +
                    std::to_string((*made)->bytes >> 20) + " MiB compressed");
    }
    lock.lock();
    making_ = false;
    const std::uint64_t now_us = options_.now_us();
    if (made) {
      failed_.reset();
      kept_.push_back({*made, now_us});
      forget_old(now_us);
    } else {
      failed_ = made.error();
    }
  }
}

// With mutex_ held. Whoever reads a file that goes has its descriptor.
void SeedSnapshots::forget_old(std::uint64_t now_us) {
  std::erase_if(kept_, [&](const Kept& kept) {
    const bool is_old = kept.asked_us + options_.keep_us < now_us;
    if (is_old) ::unlink(kept.snapshot->path.c_str());
    return is_old;
  });
}

Result<std::shared_ptr<const SeedSnapshot>> SeedSnapshots::make(std::uint64_t number) {
  const auto should_stop = [this] {
    const std::lock_guard guard(mutex_);
    return ending_;
  };
  const std::string name = options_.folder + "/snapshot-" + std::to_string(number) + ".db";
  const Draft plain(name);
  {
    Result<Database> seed = Database::open(options_.replica, OpenMode::read_only);
    if (!seed) return propagate(seed);
    if (Status copied = copy_database(*seed, plain.path(), should_stop); !copied) return propagate(copied);
  }
  Result<Checkpoint> checkpoint = [&]() -> Result<Checkpoint> {
    Result<ReplicaReader> reader = ReplicaReader::open(plain.path());
    if (!reader) return propagate(reader);
    return reader->read_checkpoint();
  }();
  for (const char* const tail : {"-wal", "-shm"}) ::unlink((plain.path() + tail).c_str());
  if (!checkpoint) return propagate(checkpoint);
  auto snapshot = std::make_shared<SeedSnapshot>();
  snapshot->position = checkpoint->position;
  snapshot->path = name + ".zst";
  Draft packed(snapshot->path);
  snapshot->file = FileDescriptor(::open(packed.path().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  if (!snapshot->file.is_open()) return system_error("make the snapshot", errno);
  if (Status done = compress(plain.path(), snapshot->file.get(), *snapshot, should_stop); !done) return propagate(done);
  snapshot->made_us = options_.now_us();
  packed.keep();
  return snapshot;
}

}  // namespace binferry
