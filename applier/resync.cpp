#include "applier/resync.hpp"

#include "applier/cascades.hpp"
#include "applier/ddl.hpp"
#include "applier/indexes.hpp"
#include "applier/table_copy.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
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

// Tables of this state (or of any, but those left out) that cascade into one of the tables.
void add_parents(const Replica& replica, Keys& keys, std::optional<TableState> state) {
  for (const auto& [name, table] : replica.tables.all()) {
    const bool may_be = state ? table.state == *state : table.state != TableState::excluded;
    if (!may_be || keys.contains(name)) continue;
    const auto reached = Cascades::reached_from(replica.catalogue, name.first, name.second);
    if (std::ranges::any_of(reached, [&](const auto& child) { return keys.contains(child); })) keys.insert(name);
  }
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

Status replace_tables(mysql::ConsistentRead& read, Replica& replica, const ResyncOptions& options) {
  std::vector<TableRegistry::Key> names;
  for (const mysql::ConsistentTable& table : read.tables()) names.emplace_back(table.schema, table.name);
  Result<std::vector<std::string>> others = drop_tables(replica, names);
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

// What the copied rows would have done to the children between the replica's place and the copy's is passed over as
// well. And as long as a frozen parent stands still, nothing that it reaches can go on.
Result<std::set<TableRegistry::Key>> tables_to_copy(const Replica& replica,
                                                    const std::vector<TableRegistry::Key>& tables) {
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
    add_parents(replica, keys, TableState::quarantined);
  }
  return keys;
}

std::set<TableRegistry::Key> with_ancestors(const Replica& replica, std::set<TableRegistry::Key> tables) {
  for (std::size_t size = 0; size != tables.size();) {
    size = tables.size();
    add_parents(replica, tables, std::nullopt);
  }
  return tables;
}

Result<std::vector<std::string>> drop_tables(Replica& replica, const std::vector<TableRegistry::Key>& tables) {
  std::vector<std::string> others;
  for (const auto& [schema, name] : tables) {
    const ReplicaTable* const old = replica.tables.find(schema, name);
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
    replica.tables.remove(schema, name);
  }
  return others;
}

Status replace_in(Replica& replica, const std::function<Status()>& replace) {
  const Catalogue catalogue = replica.catalogue;
  const TableRegistry registry = replica.tables;
  if (Status begun = replica.begin(); !begun) return begun;
  Status replaced = replace();
  Status ended = replaced ? replica.commit() : replica.roll_back();
  if (!replaced) {
    replica.catalogue = catalogue;
    replica.tables = registry;
  }
  return replaced ? ended : replaced;
}

Result<ResyncOutcome> copy_tables(const mysql::Address& source, SqliteApplier& applier,
                                  const std::vector<TableRegistry::Key>& tables, const ResyncOptions& options) {
  Replica& replica = applier.replica();
  if (Status released = applier.release_tables(); !released) return propagate(released);
  Result<Keys> wanted = tables_to_copy(replica, tables);
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

  Status replaced = replace_in(replica, [&] { return replace_tables(**read, replica, options); });
  if (Status adopted = applier.adopt_tables(); !adopted) return propagate(adopted);
  if (!replaced) return propagate(replaced, replica.path());

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
