#include "applier/wal_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
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

// What of a log waits to be written.
struct Waiting {
  sqlite3_file* log;  // of the VFS beneath
  std::size_t size;
  sqlite3_int64 offset;
  bool page_comes;  // it ends with a header
  std::array<char, kMostWaiting> bytes;

  // What could not be written is tried again with the next write: after a full disk SQLite undoes one statement, and
  // the frames of those before it count.
  int flush() {
    if (size == 0) return SQLITE_OK;
    page_comes = false;
    const int code = log->pMethods->xWrite(log, bytes.data(), static_cast<int>(size), offset);
    if (code == SQLITE_OK) size = 0;
    return code;
  }

  int append(const void* more, std::size_t count, sqlite3_int64 at) {
    const bool goes_on = size != 0 && at == offset + static_cast<sqlite3_int64>(size);
    if (!goes_on || size + count > kMostWaiting) {
      if (const int code = flush(); code != SQLITE_OK) return code;
    }
    if (size == 0) offset = at;
    std::memcpy(bytes.data() + size, more, count);
    size += count;
    return SQLITE_OK;
  }

  int write(const void* more, int count, sqlite3_int64 at) {
    if (count == kFrameHeaderBytes) return write_header(static_cast<const unsigned char*>(more), at);
    const bool is_page = page_comes && at == offset + static_cast<sqlite3_int64>(size);
    page_comes = false;
    if (is_page) return append(more, static_cast<std::size_t>(count), at);
    if (const int code = flush(); code != SQLITE_OK) return code;
    return log->pMethods->xWrite(log, more, count, at);
  }

  int write_header(const unsigned char* header, sqlite3_int64 at) {
    if (const int code = append(header, kFrameHeaderBytes, at); code != SQLITE_OK) return code;
    // The database's size behind a transaction's end, else 0.
    const bool ends_transaction = std::any_of(header + 4, header + 8, [](unsigned char byte) { return byte != 0; });
    page_comes = !ends_transaction;
    return ends_transaction ? flush() : SQLITE_OK;
  }
};

// A database or its log. The file object of the VFS beneath follows it in memory.
struct File {
  sqlite3_file base;  // first, as SQLite wants it
  Waiting* waiting;   // the log's own; the database has it while its log is open
  File* database;     // of a log

  [[nodiscard]] sqlite3_file* beneath() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  [[nodiscard]] const sqlite3_io_methods& methods() { return *beneath()->pMethods; }
};

File& of(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}

template <auto method, class... Arguments>
auto passed_on(sqlite3_file* file, Arguments... arguments) {
  return (of(file).methods().*method)(of(file).beneath(), arguments...);
}

// What waits first, then the operation.
template <auto method, class... Arguments>
int in_order(sqlite3_file* file, Arguments... arguments) {
  if (const int code = of(file).waiting->flush(); code != SQLITE_OK) return code;
  return passed_on<method, Arguments...>(file, arguments...);
}

int write_log(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  return of(file).waiting->write(bytes, count, at);
}

int close_log(sqlite3_file* file) {
  of(file).database->waiting = nullptr;
  delete of(file).waiting;
  return passed_on<&sqlite3_io_methods::xClose>(file);
}

// A writer gives its lock back: what still waits is of a transaction that was undone, and its place is the next one's.
int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  constexpr int kWriteLock = 0;
  Waiting* const waiting = of(file).waiting;
  if (waiting != nullptr && offset == kWriteLock && (flags & SQLITE_SHM_UNLOCK) != 0) waiting->size = 0;
  return passed_on<&sqlite3_io_methods::xShmLock>(file, offset, count, flags);
}

constexpr sqlite3_io_methods kDatabaseMethods = {
    .iVersion = 2,  // pages are not mapped
    .xClose = passed_on<&sqlite3_io_methods::xClose>,
    .xRead = passed_on<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = passed_on<&sqlite3_io_methods::xWrite, const void*, int, sqlite3_int64>,
    .xTruncate = passed_on<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    .xSync = passed_on<&sqlite3_io_methods::xSync, int>,
    .xFileSize = passed_on<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = passed_on<&sqlite3_io_methods::xLock, int>,
    .xUnlock = passed_on<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = passed_on<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = passed_on<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize = passed_on<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = passed_on<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = passed_on<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>,
    .xShmLock = lock_shared,
    .xShmBarrier = passed_on<&sqlite3_io_methods::xShmBarrier>,
    .xShmUnmap = passed_on<&sqlite3_io_methods::xShmUnmap, int>,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

// Shared memory is the database's.
constexpr sqlite3_io_methods kLogMethods = [] {
  sqlite3_io_methods methods = kDatabaseMethods;
  methods.iVersion = 1;
  methods.xClose = close_log;
  methods.xRead = in_order<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>;
  methods.xWrite = write_log;
  methods.xTruncate = in_order<&sqlite3_io_methods::xTruncate, sqlite3_int64>;
  methods.xSync = in_order<&sqlite3_io_methods::xSync, int>;
  methods.xFileSize = in_order<&sqlite3_io_methods::xFileSize, sqlite3_int64*>;
  methods.xFileControl = in_order<&sqlite3_io_methods::xFileControl, int, void*>;
  return methods;
}();

// Registered for good, as SQLite's own are.
struct JoiningVfs {
  sqlite3_vfs vfs;  // first: SQLite hands it back
  sqlite3_vfs* base;
  std::string base_name;
  std::string name;
};

int open_file(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* into, int flags, int* out_flags) {
  sqlite3_vfs* const base = reinterpret_cast<JoiningVfs*>(vfs)->base;
  const bool is_log = (flags & SQLITE_OPEN_WAL) != 0;
  if (!is_log && (flags & SQLITE_OPEN_MAIN_DB) == 0) return base->xOpen(base, path, into, flags, out_flags);
  auto* const file = new (into) File{};
  std::unique_ptr<Waiting> waiting(is_log ? new (std::nothrow) Waiting : nullptr);
  if (is_log && waiting == nullptr) return SQLITE_NOMEM;
  if (const int code = base->xOpen(base, path, file->beneath(), flags, out_flags); code != SQLITE_OK) return code;
  if (is_log) {
    waiting->log = file->beneath();
    waiting->size = 0;
    waiting->page_comes = false;
    file->database = &of(sqlite3_database_file_object(path));
    file->waiting = file->database->waiting = waiting.release();
  }
  file->base.pMethods = is_log ? &kLogMethods : &kDatabaseMethods;
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
  joining.vfs.szOsFile += static_cast<int>(sizeof(File));
  joining.vfs.xOpen = open_file;
  joining.vfs.pNext = nullptr;
  if (sqlite3_vfs_register(&joining.vfs, 0) != SQLITE_OK) return fail(Errc::internal, "SQLite takes no VFS");
  return joining.name;
}

}  // namespace binferry
