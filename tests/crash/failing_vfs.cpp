#include "tests/crash/failing_vfs.hpp"

#include "tests/integration/support/random.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <vector>
#include <unistd.h>

namespace binferry::test {
namespace {

constexpr std::size_t kSector = 512;

// A file as the disk surely has it, and what was done to it since.
struct Unsynced {
  struct Change {
    std::uint64_t offset = 0;
    std::string bytes;      // of a write
    bool truncate = false;  // to `offset`
  };
  std::string synced;
  std::vector<Change> changes;
};

struct State {
  MishapPlan plan;
  std::uint64_t count = 0;
  bool struck = false;
  std::map<std::string, Unsynced> files;  // by path; only while a power cut is planned
};

State& state() {
  static State the_state;
  return the_state;
}

// Held over a whole operation: what a power cut takes back must be what was done, in that order.
std::mutex& mutex() {
  static std::mutex the_mutex;
  return the_mutex;
}

sqlite3_vfs* real_vfs() {
  static sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  return real;
}

// The default VFS's own file object follows it in memory.
struct File {
  sqlite3_file base;  // first, as SQLite wants it
  const char* path;   // lives until xClose, by SQLite's contract; null for a temporary file
  [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* of(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return of(file)->real();
}
const sqlite3_io_methods& methods(sqlite3_file* file) {
  return *real(file)->pMethods;
}

std::string content_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What this operation answers instead of being carried out; SQLITE_OK: carry it out.
int strike(int io_error, bool needs_room) {
  State& now = state();
  ++now.count;
  const MishapPlan& plan = now.plan;
  if (plan.at == 0 || now.count < plan.at) return SQLITE_OK;
  switch (plan.mishap) {
    case Mishap::none: return SQLITE_OK;
    case Mishap::error: now.struck = true; return now.count == plan.at ? io_error : SQLITE_OK;
    case Mishap::full: now.struck = now.struck || needs_room; return needs_room ? SQLITE_FULL : SQLITE_OK;
    case Mishap::kill: ::kill(::getpid(), SIGKILL); return io_error;
    case Mishap::power_cut: now.struck = true; return io_error;
  }
  return SQLITE_OK;
}

Unsynced* remembered(sqlite3_file* file) {
  State& now = state();
  if (now.plan.mishap != Mishap::power_cut || of(file)->path == nullptr) return nullptr;
  const auto found = now.files.find(of(file)->path);
  return found == now.files.end() ? nullptr : &found->second;
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  const std::lock_guard lock(mutex());
  if (const int code = strike(SQLITE_IOERR_WRITE, true); code != SQLITE_OK) return code;
  if (Unsynced* const kept = remembered(file)) {
    kept->changes.push_back({static_cast<std::uint64_t>(offset),
                             std::string(static_cast<const char*>(from), static_cast<std::size_t>(size)), false});
  }
  return methods(file).xWrite(real(file), from, size, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const std::lock_guard lock(mutex());
  if (const int code = strike(SQLITE_IOERR_TRUNCATE, false); code != SQLITE_OK) return code;
  if (Unsynced* const kept = remembered(file)) kept->changes.push_back({static_cast<std::uint64_t>(size), {}, true});
  return methods(file).xTruncate(real(file), size);
}

// Nothing is synced in truth: the machine's power stays, and syncs would cost the tests their time.
int sync_file(sqlite3_file* file, int /*flags*/) {
  const std::lock_guard lock(mutex());
  if (const int code = strike(SQLITE_IOERR_FSYNC, false); code != SQLITE_OK) return code;
  if (Unsynced* const kept = remembered(file)) {
    kept->synced = content_of_file(of(file)->path);
    kept->changes.clear();
  }
  return SQLITE_OK;
}

// The rest is passed on as it is.
int close_file(sqlite3_file* file) {
  return methods(file).xClose(real(file));
}
int read_file(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  return methods(file).xRead(real(file), into, size, offset);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return methods(file).xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) {
  return methods(file).xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
  return methods(file).xUnlock(real(file), level);
}
int check_reserved(sqlite3_file* file, int* result) {
  return methods(file).xCheckReservedLock(real(file), result);
}
int control_file(sqlite3_file* file, int operation, void* argument) {
  return methods(file).xFileControl(real(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
  return methods(file).xSectorSize(real(file));
}
int characteristics(sqlite3_file* file) {
  return methods(file).xDeviceCharacteristics(real(file));
}
int map_shared(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  return methods(file).xShmMap(real(file), region, size, extend, memory);
}
int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  return methods(file).xShmLock(real(file), offset, count, flags);
}
void barrier_shared(sqlite3_file* file) {
  methods(file).xShmBarrier(real(file));
}
int unmap_shared(sqlite3_file* file, int remove) {
  return methods(file).xShmUnmap(real(file), remove);
}

constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,  // no memory-mapped pages: they would be changed behind our back
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = barrier_shared,
    .xShmUnmap = unmap_shared,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs* /*vfs*/, sqlite3_filename path, sqlite3_file* file, int flags, int* out_flags) {
  auto* const opened = new (file) File{{nullptr}, path};
  const int code = real_vfs()->xOpen(real_vfs(), path, opened->real(), flags, out_flags);
  if (code != SQLITE_OK) return code;
  opened->base.pMethods = &kMethods;
  const std::lock_guard lock(mutex());
  State& now = state();
  if (now.plan.mishap == Mishap::power_cut && path != nullptr && !now.files.contains(path)) {
    now.files[path].synced = content_of_file(path);
  }
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* /*vfs*/, const char* path, int sync_folder) {
  const std::lock_guard lock(mutex());
  if (const int code = strike(SQLITE_IOERR_DELETE, false); code != SQLITE_OK) return code;
  state().files.erase(path);  // what a lost entry of the folder would bring back is not tried
  return real_vfs()->xDelete(real_vfs(), path, sync_folder);
}

void register_once() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *real_vfs();
    made.szOsFile = static_cast<int>(sizeof(File)) + real_vfs()->szOsFile;
    made.pNext = nullptr;
    made.zName = FailingVfs::kName;
    made.xOpen = open_file;
    made.xDelete = delete_file;
    return made;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  if (registered != SQLITE_OK) std::abort();
}

// A write reaches the disk sector by sector.
void keep_some(std::string& content, const Unsynced::Change& change, Random& random) {
  if (change.truncate) {
    if (random.chance(50)) content.resize(change.offset);
    return;
  }
  for (std::size_t at = 0; at < change.bytes.size(); at += kSector) {
    if (random.chance(50)) continue;
    const std::size_t size = std::min(kSector, change.bytes.size() - at);
    const std::size_t place = change.offset + at;
    if (content.size() < place + size) content.resize(place + size, '\0');
    content.replace(place, size, change.bytes, at, size);
  }
}

}  // namespace

void FailingVfs::arm(const MishapPlan& plan) {
  register_once();
  state() = State{plan, 0, false, {}};
}

std::uint64_t FailingVfs::operations() {
  const std::lock_guard lock(mutex());
  return state().count;
}
bool FailingVfs::has_struck() {
  const std::lock_guard lock(mutex());
  return state().struck;
}

void FailingVfs::settle(std::uint64_t seed) {
  Random random(seed);
  for (auto& [path, file] : state().files) {
    if (!std::filesystem::exists(path)) continue;
    std::string content = file.synced;
    for (const Unsynced::Change& change : file.changes) keep_some(content, change, random);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  }
  state() = State{};
}

}  // namespace binferry::test
