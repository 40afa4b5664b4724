// Cascades on their way through tables that the replica leaves out: it does not have the rows by which they go on, so
// that a table that they may have come to cannot go on either.
#include "applier/cascades.hpp"
#include "applier/foreign_keys.hpp"
#include "binlog/format/same_value.hpp"

#include <algorithm>

namespace binferry {
namespace {

const ForeignKey& key_of(const Catalogue::Child& child) {
  return child.table->foreign_keys[child.foreign_key];
}

ReferenceAction action_of(const Catalogue::Child& child, bool removes) {
  return removes ? key_of(child).on_delete : key_of(child).on_update;
}

// Finds nothing if no row of the child has a parent.
std::string any_that_refers(const ReplicaTable& child, const ForeignKey& key) {
  std::string sql = " FROM " + sql_name(child) + " WHERE 1";
  for (const std::string& column : key.columns) {
    if (const auto index = layout_column(child, column)) {
      sql += " AND " + quote_identifier(child.layout->columns[*index].name) + " IS NOT NULL";
    }
  }
  return sql + " LIMIT 1";
}

}  // namespace

// A table that is not known is one whose definition a snapshot had no reason to bring.
bool Cascades::is_outside(const ReplicaTable* entry) {
  return entry == nullptr || entry->state == TableState::excluded;
}

// The held tables, with their keys, that change when a row of the parent of `child` is removed, or else updated: this
// one, or if it is outside, those that its cascades come to.
std::vector<Catalogue::Child> Cascades::held_below(const Catalogue::Child& child, bool removes) const {
  std::vector<Catalogue::Child> held;
  std::set<std::pair<TableRegistry::Key, bool>> seen;
  const auto visit = [&](const auto& self, const Catalogue::Child& at, bool removed) -> void {
    const ReferenceAction action = action_of(at, removed);
    if (!changes_child(action) || !keeps_foreign_keys(*at.table)) return;
    const ReplicaTable* const entry = tables_.find(at.table->schema, at.table->name);
    if (entry != nullptr && entry->is_active()) held.push_back(at);
    if (!is_outside(entry)) return;
    const bool goes = removed && action == ReferenceAction::cascade;
    if (!seen.insert({{at.table->schema, at.table->name}, goes}).second) return;
    for (const Catalogue::Child& next : catalogue_.children(at.table->schema, at.table->name)) self(self, next, goes);
  };
  visit(visit, child, removes);
  return held;
}

std::set<TableRegistry::Key> Cascades::parents_outside() const {
  std::set<TableRegistry::Key> found;
  std::vector<TablePtr> children;
  for (const auto& [name, table] : tables_.all()) {
    if (table.is_active() && table.definition) children.push_back(table.definition);
  }
  while (!children.empty()) {
    const TablePtr child = std::move(children.back());
    children.pop_back();
    if (!keeps_foreign_keys(*child)) continue;
    for (const ForeignKey& key : child->foreign_keys) {
      if (!changes_child(key.on_delete) && !changes_child(key.on_update)) continue;
      if (!is_outside(tables_.find(key.referenced_schema, key.referenced_table))) continue;
      if (!found.insert({key.referenced_schema, key.referenced_table}).second) continue;
      if (TablePtr parent = catalogue_.find(key.referenced_schema, key.referenced_table)) {
        children.push_back(std::move(parent));
      }
    }
  }
  return found;
}

bool Cascades::reaches_inward(std::string_view schema, std::string_view table) const {
  return std::ranges::any_of(catalogue_.children(schema, table), [&](const Catalogue::Child& child) {
    return !held_below(child, true).empty() || !held_below(child, false).empty();
  });
}

Result<std::optional<Cascades::Blocked>> Cascades::blocked_by_outside(const RowChange& change) const {
  if (change.op == RowOp::write || change.no_foreign_key_checks || change.cascades_logged) return std::nullopt;
  const std::string& schema = change.table->schema;
  const std::string& name = change.table->name;
  const TablePtr parent = catalogue_.find(schema, name);
  if (parent && !keeps_foreign_keys(*parent)) return std::nullopt;
  const auto has_changed = [&](const std::string& wanted) {
    const auto& columns = change.table->columns;
    const auto found =
        std::ranges::find_if(columns, [&](const Column& column) { return same_name(column.name, wanted); });
    const auto index = static_cast<std::size_t>(found - columns.begin());
    if (change.op == RowOp::remove || index >= change.after.size()) return true;
    return change.after[index].present() && !same_value(change.before[index], change.after[index]);
  };
  for (const Catalogue::Child& child : catalogue_.children(schema, name)) {
    const std::vector<std::string>& referenced = key_of(child).referenced_columns;
    if (!referenced.empty() && std::ranges::none_of(referenced, has_changed)) continue;
    for (const Catalogue::Child& held : held_below(child, change.op == RowOp::remove)) {
      const ReplicaTable& entry = *tables_.find(held.table->schema, held.table->name);
      Result<std::optional<std::string>> any = database_.query_text("SELECT 1" + any_that_refers(entry, key_of(held)));
      if (!any) return propagate(any);
      if (!*any) continue;
      return Blocked{held.table->schema, held.table->name,
                     "foreign keys cascade into it from " + schema + "." + name + ", which the replica leaves out"};
    }
  }
  return std::nullopt;
}

// From a held table through `child`, which is outside, to others that are held.
Status Cascades::install_way_outside(const ReplicaTable& parent, const Catalogue::Child& child) {
  for (const bool removes : {true, false}) {
    std::string body;
    for (const Catalogue::Child& held : held_below(child, removes)) {
      body += "SELECT binferry_blocked(" + std::to_string(blocked_.size()) + ")" +
              any_that_refers(*tables_.find(held.table->schema, held.table->name), key_of(held)) + ";\n";
      blocked_.push_back({held.table->schema, held.table->name,
                          "foreign keys cascade into it from " + parent.definition->schema + "." +
                              parent.definition->name + " by way of " + child.table->schema + "." + child.table->name +
                              ", which the replica leaves out"});
    }
    if (body.empty()) continue;
    std::vector<std::string> columns;
    for (const std::string& column : key_of(child).referenced_columns) {
      const auto index = removes ? std::nullopt : layout_column(parent, column);
      if (index) columns.push_back(quote_identifier(parent.layout->columns[*index].name));
    }
    Status made = make_trigger(parent, removes ? "DELETE" : "UPDATE", and_changed(columns), body);
    if (!made) return made;
  }
  return {};
}

}  // namespace binferry
