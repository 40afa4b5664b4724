#include "position/dump_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace binferry {
namespace {

using mysql::SourceHistory;

constexpr const char* kReseed = "make the replica again from a snapshot (--on-purged=reseed does it)";

bool is_mariadb(std::string_view version) {
  return version.find("MariaDB") != std::string_view::npos;
}

bool is_same_server(const SourceIdentity& known, const SourceHistory& history) {
  if (!known.server_uuid.empty() && !history.server_uuid.empty()) return known.server_uuid == history.server_uuid;
  return known.server_id == history.server_id;
}

Result<DumpPlan> plan_by_gtids(const Checkpoint& checkpoint, const SourceHistory& history, DumpPlan plan) {
  if (!history.executed.contains(checkpoint.gtids)) {
    AnyGtidSet missing = checkpoint.gtids;
    if (Status done = missing.subtract(history.executed); !done) return propagate(done);
    return fail(Errc::diverged,
                fmt::format("the source lacks what the replica has: {}; it has {}", missing.text(),
                            history.executed.empty() ? "nothing" : history.executed.text()),
                "the source was reset, restored or lost its last transactions: name a source that has them with "
                "--source, or make the replica again");
  }
  if (!checkpoint.gtids.contains(history.purged)) {
    AnyGtidSet missing = history.purged;
    if (Status done = missing.subtract(checkpoint.gtids); !done) return propagate(done);
    return fail(Errc::purged,
                fmt::format("the source no longer has {} in its log; the replica has {}", missing.text(),
                            checkpoint.gtids.text()),
                kReseed);
  }
  plan.gtids = checkpoint.gtids;
  return plan;
}

Result<DumpPlan> plan_by_place(const Checkpoint& checkpoint, const SourceHistory& history, DumpPlan plan) {
  const BinlogPosition& position = checkpoint.position;
  if (plan.is_other_server) {
    return fail(Errc::wrong_source,
                fmt::format("this is another server (id {}{}) than the replica's source (id {}{}), and there are no "
                            "GTIDs to go by",
                            history.server_id, history.server_uuid.empty() ? "" : ", " + history.server_uuid,
                            checkpoint.source.server_id,
                            checkpoint.source.server_uuid.empty() ? "" : ", " + checkpoint.source.server_uuid),
                "check the address, or make the replica again from this server");
  }
  plan.position = position;
  const auto file = std::ranges::find(history.files, position.file, &SourceHistory::File::name);
  if (file != history.files.end()) {
    if (position.offset <= file->bytes) return plan;
    return fail(
        Errc::diverged,
        fmt::format("the replica stands at {}, but the source's file has only {} bytes", position.text(), file->bytes),
        "the source was reset or restored, or lost its last transactions in a crash: make the replica again");
  }
  const auto is_later = [&](const SourceHistory::File& log) { return compare_log_names(log.name, position.file) > 0; };
  if (!history.files.empty() && std::ranges::all_of(history.files, is_later)) {
    return fail(Errc::purged,
                fmt::format("the replica stands at {}, and the source's oldest log is {}", position.text(),
                            history.files.front().name),
                kReseed);
  }
  return fail(Errc::diverged,
              fmt::format("the replica stands at {}, and the source has no such log: its log ends at {}",
                          position.text(), history.end.text()),
              "the source was reset or restored: make the replica again");
}

}  // namespace

Result<DumpPlan> plan_dump(const Checkpoint& checkpoint, const SourceHistory& history) {
  DumpPlan plan;
  if (!checkpoint.source.known()) {
    if (!checkpoint.gtids.empty()) {
      if (!history.has_gtids) {
        return fail(Errc::refused, "the source does not give every transaction a GTID",
                    "set gtid_mode=ON there, or start by file and offset with --start-position");
      }
      return plan_by_gtids(checkpoint, history, std::move(plan));
    }
    if (!checkpoint.position.file.empty()) return plan_by_place(checkpoint, history, std::move(plan));
    return plan;
  }
  if (is_mariadb(checkpoint.source.version) != (history.kind == ServerKind::mariadb)) {
    return fail(
        Errc::wrong_source,
        fmt::format("the server is {}, the replica's source was {}", history.version, checkpoint.source.version),
        "check the address, or make the replica again from this server");
  }
  plan.is_other_server = !is_same_server(checkpoint.source, history);
  if (history.has_gtids && !checkpoint.gtids.empty()) return plan_by_gtids(checkpoint, history, std::move(plan));
  return plan_by_place(checkpoint, history, std::move(plan));
}

}  // namespace binferry
