#include "binlog/row/table_map_cache.hpp"

#include <cstring>

namespace binferry {

Result<std::shared_ptr<const Table>> TableMapCache::add(Bytes body, std::size_t post_header_length) {
  const auto id = table_id_of(body, post_header_length);
  if (!id) return fail(Errc::truncated, "TABLE_MAP ends inside its table id");

  auto found = entries_.find(*id);
  const bool live = found != entries_.end() && found->second.statement == statement_;
  if (!live && live_ >= limits_.table_maps) {
    return fail(Errc::limit, "more than " + std::to_string(limits_.table_maps) + " table maps in one statement");
  }
  if (found == entries_.end() || found->second.post_header_length != post_header_length ||
      found->second.body != text_of(body)) {
    Result<TableMap> map = TableMap::decode(body, post_header_length, limits_);
    if (!map) return propagate(map);
    Result<std::shared_ptr<const Table>> table = resolve_(*map);
    if (!table) return propagate(table);
    if (*table == nullptr) return fail(Errc::internal, "TABLE_MAP resolved to no table");
    if (entries_.size() >= kIdleEntries && found == entries_.end()) {
      std::erase_if(entries_, [this](const auto& entry) { return entry.second.statement != statement_; });
    }
    found = entries_.insert_or_assign(*id, Entry{std::string(text_of(body)), *std::move(table), 0, post_header_length})
                .first;
  }
  found->second.statement = statement_;
  if (!live) ++live_;
  return found->second.table;
}

Result<std::shared_ptr<const Table>> TableMapCache::find(std::uint64_t table_id) const {
  const auto found = entries_.find(table_id);
  if (found == entries_.end() || found->second.statement != statement_) {
    return fail(Errc::out_of_order, "rows for table id " + std::to_string(table_id) + ", which no TABLE_MAP named",
                "start at a transaction boundary");
  }
  return found->second.table;
}

void TableMapCache::invalidate() {
  entries_.clear();
  live_ = 0;
}

}  // namespace binferry
