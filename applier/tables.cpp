#include "applier/tables.hpp"

#include <algorithm>

namespace binferry {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_in_sqlite(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view name_of(TableState state) {
  switch (state) {
    case TableState::active: return "active";
    case TableState::excluded: return "excluded";
    case TableState::quarantined: return "quarantined";
    case TableState::rejoining: return "rejoining";
  }
  return "active";
}

const ReplicaTable* TableRegistry::find(std::string_view schema, std::string_view table) const {
  const auto found = tables_.find(Key(schema, table));
  return found == tables_.end() ? nullptr : &found->second;
}

ReplicaTable* TableRegistry::find(std::string_view schema, std::string_view table) {
  const auto found = tables_.find(Key(schema, table));
  return found == tables_.end() ? nullptr : &found->second;
}

ReplicaTable& TableRegistry::put(std::string_view schema, std::string_view table, ReplicaTable entry) {
  return tables_.insert_or_assign(Key(schema, table), std::move(entry)).first->second;
}

bool TableRegistry::remove(std::string_view schema, std::string_view table) {
  return tables_.erase(Key(schema, table)) != 0;
}

const TableRegistry::Map::value_type* TableRegistry::owner_of(std::string_view sqlite_name) const {
  const auto found = std::ranges::find_if(tables_, [&](const Map::value_type& entry) {
    return entry.second.layout && same_in_sqlite(entry.second.layout->name, sqlite_name);
  });
  return found == tables_.end() ? nullptr : &*found;
}

std::size_t TableRegistry::quarantined() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      tables_, [](const Map::value_type& entry) { return entry.second.state == TableState::quarantined; }));
}

}  // namespace binferry
