#include "applier/snapshot.hpp"

#include "applier/table_copy.hpp"
#include "binlog/filter.hpp"
#include "binlog/row/charset.hpp"
#include "binlog/source/mysql/server_state.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

namespace binferry {
namespace {

std::unexpected<Error> system_error(const std::string& path, std::string_view doing) {
  const int error = errno;
  return std::unexpected(
      Error{error == ENOSPC ? Errc::no_space : Errc::io, std::string(doing) + ": " + std::strerror(error), path, {}});
}

Status sync(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return system_error(path, "open");
  const int synced = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (synced == 0) return {};
  errno = error;
  return system_error(path, "fsync");
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool exists(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

std::unexpected<Error> there_already(const std::string& path) {
  return std::unexpected(Error{Errc::replica, "there is a file already", path, "remove it, or go on with it as it is"});
}

// The file of a replica in the making: gone with this object unless it was moved to its place.
class Unfinished {
 public:
  explicit Unfinished(std::string path) : path_(std::move(path)) {}
  ~Unfinished() {
    if (moved_) return;
    for (const char* const tail : {"", "-wal", "-shm", "-journal"}) ::unlink((path_ + tail).c_str());
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  // Durable under its new name, or not there. Never over another file.
  Status move_to(const std::string& place) {
    if (Status synced = sync(path_, O_RDWR); !synced) return synced;
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, place.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno == EEXIST) return there_already(place);
      // Some file systems know no such rename.
      if (errno != EINVAL && errno != ENOSYS) return system_error(place, "rename");
      if (exists(place)) return there_already(place);
      if (::rename(path_.c_str(), place.c_str()) != 0) return system_error(place, "rename");
    }
    moved_ = true;
    return sync(folder_of(place), O_RDONLY | O_DIRECTORY);
  }

 private:
  std::string path_;
  bool moved_ = false;
};

mysql::ConsistentReadOptions reading(const SnapshotOptions& options) {
  TransactionFilter filter;
  filter.databases = options.schemas;
  filter.tables = options.tables;
  mysql::ConsistentReadOptions read;
  read.wants = [filter](std::string_view schema, std::string_view table) {
    if (mysql::is_system_schema(schema) && filter.databases.empty()) return false;
    return filter.wants(schema, table);
  };
  read.connections = options.connections;
  read.should_stop = options.should_stop;
  read.note = options.note;
  return read;
}

Status save_schemas(const mysql::ConsistentRead& read, const SnapshotOptions& options, Replica& replica) {
  for (const mysql::ConsistentSchema& schema : read.schemas()) {
    if (!mysql::wants_schema(options.schemas, schema.name)) continue;
    replica.catalogue.put_schema(schema.name, collation_id(schema.collation));
    if (Status saved = replica.save_schema(schema.name); !saved) return saved;
  }
  return {};
}

Checkpoint checkpoint_of(const mysql::ConsistentRead& read) {
  Checkpoint checkpoint;
  checkpoint.source.server_uuid = read.source().server_uuid;
  checkpoint.source.server_id = read.source().server_id;
  checkpoint.source.version = read.source().version;
  // When its file was begun only the file tells: learned when it is opened (SqliteApplier::begin_file).
  checkpoint.source.file_created = 0;
  checkpoint.position = read.position();
  checkpoint.gtids = read.gtids();
  checkpoint.timestamp = read.source().clock_s;
  return checkpoint;
}

Status fill(mysql::ConsistentRead& read, Replica& replica, const SnapshotOptions& options) {
  // The file is thrown away if anything goes wrong, so that nothing need be undone and nothing durable until the end.
  if (Status set = replica.database().execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"); !set) return set;
  if (Status begun = replica.begin(); !begun) return begun;
  if (Status saved = save_schemas(read, options, replica); !saved) return saved;
  TableCopyOptions copy;
  copy.bad_text = options.bad_text;
  copy.queue_bytes = options.queue_bytes;
  copy.on_progress = options.on_progress;
  copy.should_stop = options.should_stop;
  if (Status copied = copy_rows(read, replica, ReplicaTable{}, copy); !copied) return copied;
  replica.checkpoint = checkpoint_of(read);
  if (options.now_us) replica.checkpoint.applied_at_us = options.now_us();
  return replica.commit();
}

}  // namespace

Status take_snapshot(const mysql::Address& source, const std::string& path, const SnapshotOptions& options) {
  if (exists(path)) return there_already(path);
  ReplicaOptions making = options.replica;
  making.schemas = options.schemas;
  making.tables = options.tables;
  making.lock_path = path + ".lock";
  making.fresh = true;
  // The lock is the finished replica's, and is held until that has its name.
  Result<std::unique_ptr<Replica>> replica = Replica::open(path + ".snapshot", making);
  if (!replica) return propagate(replica);
  Unfinished file(path + ".snapshot");  // goes before the lock does
  if (exists(path)) return there_already(path);
  Result<std::unique_ptr<mysql::ConsistentRead>> read = mysql::ConsistentRead::open(source, reading(options));
  if (!read) return propagate(read);
  if (Status filled = fill(**read, **replica, options); !filled) return propagate(filled, path);
  read->reset();
  return file.move_to(path);
}

}  // namespace binferry
