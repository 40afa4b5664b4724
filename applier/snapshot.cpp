#include "applier/snapshot.hpp"

#include "applier/moment.hpp"
#include "applier/table_copy.hpp"
#include "applier/unfinished_file.hpp"
#include "binlog/base/write_behind.hpp"
#include "binlog/filter.hpp"
#include "binlog/row/charset.hpp"
#include "binlog/source/input.hpp"
#include "binlog/source/mysql/server_state.hpp"

#include <memory>
#include <utility>

#include <fcntl.h>

namespace binferry {
namespace {

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

Status fill(mysql::ConsistentRead& read, Replica& replica, int file, const SnapshotOptions& options) {
  // The file is thrown away if anything goes wrong, so that nothing need be undone and nothing durable until the end.
  if (Status set = replica.database().execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"); !set) return set;
  if (Status begun = replica.begin(); !begun) return begun;
  if (Status saved = save_schemas(read, options, replica); !saved) return saved;
  TableCopyOptions copy;
  copy.bad_text = options.bad_text;
  copy.queue_bytes = options.queue_bytes;
  copy.on_progress = [&, behind = WriteBehind()](const SnapshotProgress& progress) mutable {
    behind.has_grown(file);
    if (options.on_progress) options.on_progress(progress);
  };
  copy.should_stop = options.should_stop;
  if (Status copied = copy_rows(read, replica, ReplicaTable{}, copy); !copied) return copied;
  replica.checkpoint = checkpoint_of(read);
  if (options.now_us) replica.checkpoint.applied_at_us = options.now_us();
  return replica.commit();
}

}  // namespace

Status learn_settings(mysql::Connection& source, ReplicaOptions& options) {
  Result<std::optional<std::string>> names = source.query_value("SELECT @@GLOBAL.lower_case_table_names");
  if (!names) return propagate(names);
  options.lower_case_names = *names != "0";
  Result<std::optional<std::string>> zone = source.query_value("SELECT @@GLOBAL.system_time_zone");
  if (!zone) return propagate(zone);
  // The short names of zones (CET) are several zones' each, and tell nothing of summer.
  options.system_time_zone = *zone && zone_offset_s(**zone) ? **zone : "";
  return {};
}

Status take_snapshot(const mysql::Address& source, const std::string& path, const SnapshotOptions& options) {
  if (Status free = check_is_free(path); !free) return free;
  ReplicaOptions making = options.replica;
  making.schemas = options.schemas;
  making.tables = options.tables;
  making.lock_path = path + ".lock";
  making.fresh = true;
  {
    Result<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::open(source);
    if (!connection) return propagate(connection);
    if (Status learned = learn_settings(**connection, making); !learned) return propagate(learned);
  }
  FileDescriptor written;  // closed behind the replica, whose locks it would take away
  // The lock is the finished replica's, and is held until that has its name.
  Result<std::unique_ptr<Replica>> replica = Replica::open(path + ".snapshot", making);
  if (!replica) return propagate(replica);
  UnfinishedFile file(path + ".snapshot");  // goes before the lock does
  if (Status free = check_is_free(path); !free) return free;
  Result<std::unique_ptr<mysql::ConsistentRead>> read = mysql::ConsistentRead::open(source, reading(options));
  if (!read) return propagate(read);
  written = FileDescriptor(::open((path + ".snapshot").c_str(), O_RDONLY | O_CLOEXEC));
  if (Status filled = fill(**read, **replica, written.get(), options); !filled) return propagate(filled, path);
  read->reset();
  return file.move_to(path);
}

}  // namespace binferry
