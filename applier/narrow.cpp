#include "applier/narrow.hpp"

#include "applier/ddl.hpp"
#include "applier/replica_options.hpp"
#include "binlog/filter.hpp"
#include "binlog/source/mysql/server_state.hpp"

#include <utility>
#include <vector>

namespace binferry {
namespace {

Status keep_options(Replica& replica, const ReplicaOptions& options) {
  Result<SqliteStatement> statement = replica.database().prepare("UPDATE binferry_state SET options = ?1", false);
  if (!statement) return propagate(statement);
  const std::string json = to_json(options);
  statement->bind(1, std::string_view(json));
  return statement->run();
}

// Its rows go.
Status exclude(Replica& replica, ReplicaTable& table) {
  if (table.layout) {
    if (Status dropped = drop_replica_table(replica.database(), *table.layout); !dropped) return dropped;
  }
  table.layout = nullptr;
  table.wide_columns.clear();
  table.state = TableState::excluded;
  table.reason.clear();
  table.file.clear();
  table.offset = 0;
  table.gtid.clear();
  return {};
}

Status rename(Replica& replica, const ReplicaOptions& options, ReplicaTable& table) {
  if (!table.layout) return {};
  TableLayout layout = *table.layout;
  LayoutOptions naming;
  naming.qualified_names = options.qualified_names;
  Status named = name_replica_table(replica.database(), replica.tables, naming, layout);
  if (!named) return named;
  table.layout = std::make_shared<const TableLayout>(std::move(layout));
  return {};
}

}  // namespace

Status narrow_replica(Replica& replica, const ReplicaOptions& options) {
  const ReplicaOptions& had = replica.options();
  if (had.qualified_names == options.qualified_names && had.schemas == options.schemas &&
      had.tables == options.tables) {
    return {};
  }
  if (!had.schemas.empty() || !had.tables.empty() || had.decimal_real != options.decimal_real) {
    return fail(Errc::usage, "the replica was not made for everything, so that nothing else can be made of it");
  }
  TransactionFilter filter;
  filter.databases = options.schemas;
  filter.tables = options.tables;
  if (Status begun = replica.begin(); !begun) return begun;
  if (Status changed = keep_options(replica, options); !changed) return changed;
  std::vector<TableRegistry::Key> keys;
  for (const auto& [key, table] : replica.tables.all()) keys.push_back(key);
  // First everything that goes, so that its names are free.
  for (const bool goes : {true, false}) {
    for (const auto& [schema, name] : keys) {
      const bool is_system = options.schemas.empty() && mysql::is_system_schema(schema);
      if (goes == (filter.wants(schema, name) && !is_system)) continue;
      ReplicaTable& table = *replica.tables.find(schema, name);
      if (goes) {
        if (Status excluded = exclude(replica, table); !excluded) return excluded;
      } else if (had.qualified_names != options.qualified_names) {
        if (Status renamed = rename(replica, options, table); !renamed) return renamed;
      }
      if (Status saved = replica.save_table(schema, name); !saved) return saved;
    }
  }
  return replica.commit();
}

}  // namespace binferry
