// Quarantined tables copied anew while the stream goes on.
#include "applier/follow.hpp"

#include <utility>

namespace binferry {
namespace {

// How long the stream may stand still for a copy that is about to reach it.
constexpr int kReachMs = 200;

}  // namespace

// Quarantined tables whose copying has not been tried yet.
std::vector<TableRegistry::Key> Follow::to_copy() const {
  std::vector<TableRegistry::Key> keys;
  if (!options_.refresh_quarantined) return keys;
  for (const auto& [key, table] : applier_.replica().tables.all()) {
    if (table.state != TableState::quarantined) continue;
    if (!tried_.contains({key.first, key.second, table.file, table.offset})) keys.push_back(key);
  }
  return keys;
}

void Follow::begin_refresh(const mysql::Address& source) {
  refreshing_ = to_copy();
  if (refreshing_.empty() && options_.requested) refreshing_ = options_.requested(applier_.replica().tables);
  if (refreshing_.empty()) return;
  for (const TableRegistry::Key& key : refreshing_) {
    const ReplicaTable& table = *applier_.replica().tables.find(key.first, key.second);
    tried_.insert({key.first, key.second, table.file, table.offset});
  }
  Result<std::unique_ptr<TableRefresh>> begun = options_.refresh(source, refreshing_);
  if (!begun) return drop_refresh(begun.error().message(), false);
  refresh_ = std::move(*begun);
  refresh_source_ = &source;
}

// A table that cannot be copied stays quarantined, and the others go on.
void Follow::drop_refresh(const std::string& why, bool try_again) {
  refresh_.reset();
  if (options_.note) options_.note("tables could not be copied anew: " + why);
  if (!try_again) return;
  for (const TableRegistry::Key& key : refreshing_) {
    const ReplicaTable* const table = applier_.replica().tables.find(key.first, key.second);
    if (table != nullptr) tried_.erase({key.first, key.second, table->file, table->offset});
  }
}

void Follow::end_refresh() {
  Result<ResyncOutcome> merged = refresh_->merge_into(applier_);
  if (!merged) return drop_refresh(merged.error().message(), is_retryable(merged.error().code));
  refresh_.reset();
  if (!options_.note) return;
  for (const auto& [schema, table] : merged->copied) {
    options_.note("table " + schema + "." + table + " was copied anew and goes on at " + merged->position.text());
  }
  for (const auto& [schema, table] : merged->gone) {
    options_.note("table " + schema + "." + table + " is not at the source any more");
  }
}

// Everything applied is committed.
void Follow::tend_tables(const mysql::Address& source) {
  if (!options_.refresh) return;
  if (refresh_ && refresh_source_ != &source) drop_refresh("the replica goes on with another source", true);
  if (!refresh_) return begin_refresh(source);
  switch (refresh_->state()) {
    case TableRefresh::State::copying: return;
    case TableRefresh::State::failed: {
      const Error error = refresh_->error();
      return drop_refresh(error.message(), is_retryable(error.code));
    }
    case TableRefresh::State::following: break;
  }
  if (refresh_->reaches(applier_.checkpoint().position, kReachMs)) end_refresh();
}

}  // namespace binferry
