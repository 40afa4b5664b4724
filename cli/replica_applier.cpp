#include "cli/replica_applier.hpp"

#include "cli/signals.hpp"

#include <chrono>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

namespace binferry::cli {

std::uint64_t now_us() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
}

ReplicaOptions options_of_schemas(std::vector<std::string> schemas, std::vector<std::string> tables) {
  ReplicaOptions options;
  options.qualified_names = schemas.size() != 1 || schemas.front().find_first_of("*?") != std::string::npos;
  options.schemas = std::move(schemas);
  options.tables = std::move(tables);
  return options;
}

Result<std::unique_ptr<SqliteApplier>> make_applier(std::unique_ptr<Replica> replica, Durability durability,
                                                    ApplierOptions options) {
  if (Status set = replica->set_durability(durability); !set) return propagate(set);
  options.filter.databases = replica->options().schemas;
  options.filter.tables = replica->options().tables;
  if (replica->options().lower_case_names) {
    for (auto* const patterns : {&options.filter.databases, &options.filter.tables}) {
      for (std::string& pattern : *patterns) pattern = folded_name(pattern);
    }
  }
  options.now_us = now_us;
  options.note = [](const std::string& text) { note(text); };
  return SqliteApplier::make(std::move(replica), std::move(options));
}

Result<std::unique_ptr<RelayLog>> open_relay(const std::string& path, bool is_wanted, SqliteApplier& applier) {
  const bool is_there = std::filesystem::exists(RelayLog::folder_of(path));
  if (!is_wanted && !is_there) return std::unique_ptr<RelayLog>();
  Result<std::unique_ptr<RelayLog>> relay = RelayLog::open(path, [](const std::string& text) { note(text); });
  if (!relay || is_wanted) return relay;
  if (Status drained = (*relay)->drain(applier, stop_requested); !drained) return propagate(drained);
  if (stop_requested()) return std::unique_ptr<RelayLog>();
  if (Status removed = (*relay)->remove(); !removed) return propagate(removed);
  return std::unique_ptr<RelayLog>();
}

ExitCode report_quarantined(SqliteApplier& applier) {
  ExitCode code = kDone;
  for (const auto& [key, table] : applier.replica().tables.all()) {
    if (table.state != TableState::quarantined) continue;
    code = kDifferences;
    note(fmt::format("table {}.{} stands still since {}:{}: {}", key.first, key.second, table.file, table.offset,
                     table.reason));
  }
  return code;
}

}  // namespace binferry::cli
