#include "position/stored_history.hpp"

#include "position/dump_plan.hpp"
#include "position/log_extent.hpp"

#include <utility>

namespace binferry {
namespace {

constexpr const char* kNewStore =
    "begin a new store with another --store; followers join it from its snapshot (--on-purged=reseed)";

}  // namespace

Result<StoredHistory> StoredHistory::load(const std::string& folder) {
  StoredHistory history;
  Result<std::vector<LogFile>> logs = list_logs(folder);
  if (!logs) return propagate(logs);
  if (logs->empty()) return history;
  Result<LogExtent> extent = read_log_extent(*logs);
  if (!extent) return propagate(extent);
  history.has_.source.server_id = extent->server_id;
  history.has_.source.version = extent->format.server_version;
  history.has_.gtids = std::move(extent->gtids);
  return history;
}

Status StoredHistory::add(const Transaction& transaction) {
  return has_.gtids.add(transaction.gtid);
}

Status StoredHistory::prove(const mysql::SourceHistory& server, const BinlogPosition& resume) {
  const SourceIdentity identity{
      .server_uuid = server.server_uuid, .server_id = server.server_id, .version = server.version};
  if (!has_.source.known() || resume.file.empty()) {
    has_.source = identity;
    return {};
  }
  has_.position = resume;
  Result<DumpPlan> plan = plan_dump(has_, server);
  if (!plan) {
    Error error = std::move(plan.error());
    error.hint = kNewStore;
    return std::unexpected(std::move(error));
  }
  if (plan->is_other_server) {
    return fail(Errc::wrong_source,
                "this is another server (id " + std::to_string(server.server_id) + ") than the store's (id " +
                    std::to_string(has_.source.server_id) + "), whose logs have other files",
                kNewStore);
  }
  has_.source = identity;
  return {};
}

}  // namespace binferry
