#include "applier/resync.hpp"

#include "applier/cascades.hpp"
#include "applier/ddl.hpp"
#include "applier/indexes.hpp"
#include "applier/table_copy.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

namespace binferry {
namespace {

using Keys = std::set<TableRegistry::Key>;

void add_children(const Replica& replica, Keys& keys) {
  for (const TableRegistry::Key& name : Keys(keys)) {
    for (auto& child : Cascades::reached_from(replica.catalogue, name.first, name.second)) {
      const ReplicaTable* const known = replica.tables.find(child.first, child.second);
      if (known != nullptr && known->state != TableState::excluded) keys.insert(std::move(child));
    }
  }
}

// With the tables that their foreign keys cascade into: what the copied rows would have done to those between the
// replica's place and the copy's is passed over as well. And with the frozen ones that cascade into them: as long as
// one of those stands still, nothing that it reaches can go on.
Result<Keys> with_children(const Replica& replica, const std::vector<TableRegistry::Key>& tables) {
  Keys keys;
  for (const TableRegistry::Key& name : tables) {
    if (replica.tables.find(name.first, name.second) == nullptr) {
      return fail(Errc::not_found, "the replica knows no table " + name.first + "." + name.second);
    }
    keys.insert(name);
  }
  for (std::size_t size = 0; size != keys.size();) {
    size = keys.size();
    add_children(replica, keys);
    for (const auto& [name, table] : replica.tables.all()) {
      if (table.state != TableState::quarantined || keys.contains(name)) continue;
      const auto reached = Cascades::reached_from(replica.catalogue, name.first, name.second);
      if (std::ranges::any_of(reached, [&](const auto& child) { return keys.contains(child); })) keys.insert(name);
    }
  }
  return keys;
}

// The source has everything that the replica has.
Status check_is_ahead(const Checkpoint& checkpoint, const mysql::ConsistentRead& read) {
  SourceIdentity found;
  found.server_uuid = read.source().server_uuid;
  found.server_id = read.source().server_id;
  found.version = read.source().version;
  if (Status same = check_same_source(checkpoint.source, found); !same) return same;
  if (!checkpoint.gtids.empty() && !read.gtids().empty()) {
    if (read.gtids().contains(checkpoint.gtids)) return {};
    return fail(Errc::diverged, "the source lacks transactions that the replica has",
                "name the right source, or make the replica again");
  }
  if (read.position() >= checkpoint.position) return {};
  return fail(Errc::diverged,
              "the source stands at " + read.position().text() + ", behind the replica's " + checkpoint.position.text(),
              "the source's log was reset, or this is another server's: make the replica again");
}

// The tables' rows and shapes go, and what somebody hung on them is remembered.
Result<std::vector<std::string>> drop_copied(const mysql::ConsistentRead& read, Replica& replica) {
  std::vector<std::string> others;
  for (const mysql::ConsistentTable& table : read.tables()) {
    const ReplicaTable* const old = replica.tables.find(table.schema, table.name);
    if (old == nullptr) continue;
    if (old->layout && old->definition) {
      Result<std::vector<std::string>> hung = foreign_objects(replica.database(), *old->layout, *old->definition);
      if (!hung) return hung;
      // The indexes that cascades need are made again when they do.
      std::ranges::copy_if(*hung, std::back_inserter(others), [](const std::string& sql) {
        return sql.find("INDEX \"binferry_fk_") == std::string::npos;
      });
      if (Status dropped = drop_replica_table(replica.database(), *old->layout); !dropped) return propagate(dropped);
    }
    replica.tables.remove(table.schema, table.name);
  }
  return others;
}

Status replace_tables(mysql::ConsistentRead& read, Replica& replica, const ResyncOptions& options) {
  Result<std::vector<std::string>> others = drop_copied(read, replica);
  if (!others) return propagate(others);
  ReplicaTable entry;
  entry.state = TableState::rejoining;
  entry.reason = "it was copied anew";
  entry.file = read.position().file;
  entry.offset = read.position().offset;
  entry.gtid = read.gtids().text();
  TableCopyOptions copy;
  copy.bad_text = options.bad_text;
  copy.queue_bytes = options.queue_bytes;
  copy.on_progress = options.on_progress;
  copy.should_stop = options.should_stop;
  if (Status copied = copy_rows(read, replica, entry, copy); !copied) return copied;
  restore_objects(replica.database(), *others);
  return {};
}

}  // namespace

Result<ResyncOutcome> copy_tables(const mysql::Address& source, SqliteApplier& applier,
                                  const std::vector<TableRegistry::Key>& tables, const ResyncOptions& options) {
  Replica& replica = applier.replica();
  if (Status released = applier.release_tables(); !released) return propagate(released);
  Result<Keys> wanted = with_children(replica, tables);
  if (!wanted) return propagate(wanted, replica.path());
  mysql::ConsistentReadOptions reading;
  reading.wants = [&wanted](std::string_view schema, std::string_view table) {
    return wanted->contains(TableRegistry::Key(schema, table));
  };
  reading.connections = options.connections;
  reading.should_stop = options.should_stop;
  reading.note = options.note;
  Result<std::unique_ptr<mysql::ConsistentRead>> read = mysql::ConsistentRead::open(source, std::move(reading));
  if (!read) return propagate(read);
  if (Status ahead = check_is_ahead(replica.checkpoint, **read); !ahead) return propagate(ahead, source.text());

  const Catalogue catalogue = replica.catalogue;
  const TableRegistry registry = replica.tables;
  if (Status begun = replica.begin(); !begun) return propagate(begun);
  Status replaced = replace_tables(**read, replica, options);
  Status ended = replaced ? replica.commit() : replica.roll_back();
  if (!replaced) {
    replica.catalogue = catalogue;
    replica.tables = registry;
  }
  if (ended) ended = applier.adopt_tables();
  if (!replaced) return propagate(replaced, replica.path());
  if (!ended) return propagate(ended);

  ResyncOutcome outcome;
  outcome.position = (*read)->position();
  for (const TableRegistry::Key& name : *wanted) {
    const bool is_there = std::ranges::any_of((*read)->tables(), [&](const mysql::ConsistentTable& table) {
      return table.schema == name.first && table.name == name.second;
    });
    (is_there ? outcome.copied : outcome.gone).push_back(name);
  }
  return outcome;
}

}  // namespace binferry
