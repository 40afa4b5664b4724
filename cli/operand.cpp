#include "cli/operand.hpp"

#include "applier/replica_reader.hpp"

#include <sys/stat.h>

namespace binferry::cli {
namespace {

Standpoint standpoint_of(LogExtent&& extent) {
  Standpoint point;
  point.source = {.server_uuid = {}, .server_id = extent.server_id, .version = extent.format.server_version};
  point.position = std::move(extent.last);
  point.until = std::move(extent.end);
  point.gtids = std::move(extent.gtids);
  if (extent.ended) point.source_commit_us = std::uint64_t{*extent.ended} * 1'000'000;
  return point;
}

}  // namespace

Result<OperandKind> kind_of_operand(const std::string& operand) {
  struct stat status{};
  if (::stat(operand.c_str(), &status) == 0) return is_sqlite_file(operand) ? OperandKind::replica : OperandKind::logs;
  if (AnyGtidSet::parse(operand)) return OperandKind::gtid_set;
  return std::unexpected(Error{Errc::not_found, "there is no such file, and it is no GTID set", operand,
                               "give a replica, a log file, a folder of logs, or a GTID set"});
}

Result<std::vector<LogFile>> logs_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0)
    return std::unexpected(Error{Errc::not_found, "there is no such file", path, {}});
  if (S_ISDIR(status.st_mode) || path.ends_with(".index")) {
    Result<std::vector<LogFile>> logs = list_logs(path);
    if (!logs) return propagate(logs);
    if (logs->empty()) {
      return std::unexpected(
          Error{Errc::not_found, "the folder holds no logs", path, "name the folder of the server's logs"});
    }
    return logs;
  }
  LogFile log{
      .name = std::string(base_name_of(path)), .path = path, .bytes = static_cast<std::uint64_t>(status.st_size)};
  if (const auto name = parse_log_name(log.name)) log.number = name->number;
  return std::vector<LogFile>{std::move(log)};
}

FileSourceOptions reading_options(const Keys& keys) {
  FileSourceOptions options;
  options.mariadb_keys = keys.mariadb_or_null();
  options.mysql_keyring = keys.mysql_or_null();
  return options;
}

Result<Standpoint> standpoint_of_operand(const std::string& operand, const Keys& keys) {
  Result<OperandKind> kind = kind_of_operand(operand);
  if (!kind) return propagate(kind);
  switch (*kind) {
    case OperandKind::gtid_set: {
      Result<AnyGtidSet> set = AnyGtidSet::parse(operand);
      if (!set) return propagate(set);
      Standpoint point;
      point.gtids = std::move(*set);
      return point;
    }
    case OperandKind::replica: {
      Result<ReplicaReader> reader = ReplicaReader::open(operand);
      if (!reader) return propagate(reader);
      Result<Checkpoint> checkpoint = reader->read_checkpoint();
      if (!checkpoint) return propagate(checkpoint);
      return binferry::standpoint_of(*checkpoint);
    }
    case OperandKind::logs: break;
  }
  Result<std::vector<LogFile>> logs = logs_of(operand);
  if (!logs) return propagate(logs);
  Result<LogExtent> extent = read_log_extent(*logs, reading_options(keys));
  if (!extent) return propagate(extent);
  return standpoint_of(std::move(*extent));
}

}  // namespace binferry::cli
