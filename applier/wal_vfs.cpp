#include "applier/wal_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <new>

namespace binferry {
namespace {

constexpr int kFrameHeaderBytes = 24;
// A frame of the largest page fits; SQLite's VFS for Unix cuts the length of a write to 17 bits.
constexpr std::size_t kMostWaiting = 120 << 10;

// The file object of the VFS beneath follows it in memory.
struct LogFile {
  sqlite3_file base;  // first, as SQLite wants it
  char* waiting;      // kMostWaiting bytes, the file's own
  std::size_t size;   // of what waits
  sqlite3_int64 offset;
  bool page_comes;  // what waits ends with a header

  [[nodiscard]] sqlite3_file* beneath() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  [[nodiscard]] const sqlite3_io_methods& methods() { return *beneath()->pMethods; }

  // What could not be written is tried again with the next write: after a full disk SQLite undoes one statement, and
  // the frames of those before it count.
  int flush() {
    if (size == 0) return SQLITE_OK;
    page_comes = false;
    const int code = methods().xWrite(beneath(), waiting, static_cast<int>(size), offset);
    if (code == SQLITE_OK) size = 0;
    return code;
  }

  int append(const void* bytes, std::size_t count, sqlite3_int64 at) {
    const bool goes_on = size != 0 && at == offset + static_cast<sqlite3_int64>(size);
    if (!goes_on || size + count > kMostWaiting) {
      if (const int code = flush(); code != SQLITE_OK) return code;
    }
    if (size == 0) offset = at;
    std::memcpy(waiting + size, bytes, count);
    size += count;
    return SQLITE_OK;
  }

  int write(const void* bytes, int count, sqlite3_int64 at) {
    if (count == kFrameHeaderBytes) return write_header(static_cast<const unsigned char*>(bytes), at);
    const bool is_page = page_comes && at == offset + static_cast<sqlite3_int64>(size);
    page_comes = false;
    if (is_page) return append(bytes, static_cast<std::size_t>(count), at);
    if (const int code = flush(); code != SQLITE_OK) return code;
    return methods().xWrite(beneath(), bytes, count, at);
  }

  int write_header(const unsigned char* bytes, sqlite3_int64 at) {
    if (const int code = append(bytes, kFrameHeaderBytes, at); code != SQLITE_OK) return code;
    // The database's size behind a transaction's end, else 0.
    const bool ends_transaction = std::any_of(bytes + 4, bytes + 8, [](unsigned char byte) { return byte != 0; });
    page_comes = !ends_transaction;
    return ends_transaction ? flush() : SQLITE_OK;
  }
};

LogFile& of(sqlite3_file* file) {
  return *reinterpret_cast<LogFile*>(file);
}

// What waits first, then the operation.
template <auto method, class... Arguments>
int in_order(sqlite3_file* file, Arguments... arguments) {
  LogFile& log = of(file);
  if (const int code = log.flush(); code != SQLITE_OK) return code;
  return (log.methods().*method)(log.beneath(), arguments...);
}

template <auto method, class... Arguments>
int passed_on(sqlite3_file* file, Arguments... arguments) {
  return (of(file).methods().*method)(of(file).beneath(), arguments...);
}

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  return of(file).write(bytes, count, at);
}

int close_file(sqlite3_file* file) {
  LogFile& log = of(file);
  const int flushed = log.flush();
  delete[] log.waiting;
  const int closed = log.methods().xClose(log.beneath());
  return flushed != SQLITE_OK ? flushed : closed;
}

// A log has no shared memory and no mapped pages: those are the database's.
constexpr sqlite3_io_methods kMethods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = in_order<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = write_file,
    .xTruncate = in_order<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    .xSync = in_order<&sqlite3_io_methods::xSync, int>,
    .xFileSize = in_order<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = passed_on<&sqlite3_io_methods::xLock, int>,
    .xUnlock = passed_on<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = passed_on<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = in_order<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize = passed_on<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = passed_on<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

// Registered for good, as SQLite's own are.
struct JoiningVfs {
  sqlite3_vfs vfs;  // first: SQLite hands it back
  sqlite3_vfs* base;
  std::string base_name;
  std::string name;
};

int open_file(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* const base = reinterpret_cast<JoiningVfs*>(vfs)->base;
  if ((flags & SQLITE_OPEN_WAL) == 0) return base->xOpen(base, path, file, flags, out_flags);
  auto* const log = new (file) LogFile{};
  std::unique_ptr<char[]> waiting(new (std::nothrow) char[kMostWaiting]);
  if (waiting == nullptr) return SQLITE_NOMEM;
  const int code = base->xOpen(base, path, log->beneath(), flags, out_flags);
  if (code != SQLITE_OK) return code;
  log->waiting = waiting.release();
  log->base.pMethods = &kMethods;
  return SQLITE_OK;
}

}  // namespace

Result<std::string> frame_joining_vfs(const std::string& base) {
  static std::mutex mutex;
  static std::deque<JoiningVfs> registered;
  const std::lock_guard lock(mutex);
  for (const JoiningVfs& one : registered) {
    if (one.base_name == base) return one.name;
  }
  sqlite3_vfs* const found = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
  if (found == nullptr) return fail(Errc::internal, "SQLite has no VFS `" + base + "`");
  // The operations that take no file are the base's; they do not look at which VFS they are called for.
  JoiningVfs& joining = registered.emplace_back(*found, found, base, std::string("binferry-") + found->zName);
  joining.vfs.zName = joining.name.c_str();
  joining.vfs.szOsFile += static_cast<int>(sizeof(LogFile));
  joining.vfs.xOpen = open_file;
  joining.vfs.pNext = nullptr;
  if (sqlite3_vfs_register(&joining.vfs, 0) != SQLITE_OK) return fail(Errc::internal, "SQLite takes no VFS");
  return joining.name;
}

}  // namespace binferry
