#include "position/stored_history.hpp"

#include "binlog/ship/durable_file.hpp"
#include "position/dump_plan.hpp"
#include "position/log_extent.hpp"

#include <fstream>
#include <utility>

namespace binferry {
namespace {

constexpr const char* kNewStore =
    "begin a new store with another --store; followers join it from its snapshot (--on-purged=reseed)";

std::string who(const SourceIdentity& server) {
  return "id " + std::to_string(server.server_id) + (server.server_uuid.empty() ? "" : ", " + server.server_uuid);
}

std::string uuid_path(const std::string& folder) {
  return folder + "/source.uuid";
}

}  // namespace

Result<StoredHistory> StoredHistory::load(const std::string& folder) {
  StoredHistory history;
  history.folder_ = folder;
  Result<std::vector<LogFile>> logs = list_logs(folder);
  if (!logs) return propagate(logs);
  if (logs->empty()) return history;
  Result<LogExtent> extent = read_log_extent(*logs);
  if (!extent) return propagate(extent);
  history.has_.source.server_id = extent->server_id;
  history.has_.source.version = extent->format.server_version;
  std::ifstream(uuid_path(folder)) >> history.has_.source.server_uuid;
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
    return belongs_to(identity);
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
                "this is another server (" + who(identity) + ") than the store's (" + who(has_.source) +
                    "), whose logs have other files",
                kNewStore);
  }
  return belongs_to(identity);
}

Status StoredHistory::belongs_to(SourceIdentity identity) {
  if (!identity.server_uuid.empty() && identity.server_uuid != has_.source.server_uuid) {
    if (Status kept = replace_durably(uuid_path(folder_), identity.server_uuid + "\n"); !kept) return kept;
  }
  has_.source = std::move(identity);
  return {};
}

}  // namespace binferry
