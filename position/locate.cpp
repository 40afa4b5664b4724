#include "position/locate.hpp"

#include "binlog/source/log_info.hpp"
#include "binlog/source/transaction_stream.hpp"

#include <functional>
#include <memory>

namespace binferry {
namespace {

using HeadTest = std::function<bool(const LogInfo&)>;
using GroupTest = std::function<bool(const Transaction&)>;

// Index of the first log whose head passes; logs.size() if none does. Once a head passes, all later ones must.
Result<std::size_t> first_log(const std::vector<LogFile>& logs, const FileSourceOptions& options,
                              const HeadTest& passes) {
  std::size_t low = 0;
  std::size_t high = logs.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    Result<LogInfo> info = read_log_info(logs[middle].path, options);
    if (!info) return propagate(info);
    if (passes(*info)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// The first group of one log that is meant. Else the place where its next group would begin.
Result<Location> first_group(const LogFile& log, bool is_newest, const FileSourceOptions& options,
                             const GroupTest& is_meant) {
  FileSourceOptions file = options;
  file.start = kFirstEventOffset;
  file.follow = false;
  file.tail = is_newest ? TailRule::newest : TailRule::whole;
  Result<std::unique_ptr<FileSource>> source = FileSource::open(log.path, file);
  if (!source) return propagate(source);
  TransactionStream stream(**source, options.limits);
  std::uint64_t end = kFirstEventOffset;  // behind the last event that is part of no open group
  for (;;) {
    Result<TransactionStream::Item> item = stream.next();
    if (!item) return propagate(item);
    if (*item == TransactionStream::Item::end) return Location{.position = {log.name, end}};
    if (*item != TransactionStream::Item::transaction) continue;
    const Transaction& group = stream.transaction();
    if (is_meant(group)) {
      return Location{
          .position = {log.name, group.offset}, .begins_group = true, .gtid = group.gtid, .timestamp = group.timestamp};
    }
    end = group.end;
  }
}

std::unexpected<Error> no_logs() {
  return fail(Errc::not_found, "there are no logs", "name the folder that holds the server's binary logs");
}

}  // namespace

Result<Location> locate_time(const std::vector<LogFile>& logs, std::uint32_t timestamp,
                             const FileSourceOptions& options) {
  if (logs.empty()) return no_logs();
  // A file ends when the next one is begun, so what was logged at `timestamp` is at the earliest in the file before the
  // first that was begun then or later.
  Result<std::size_t> later =
      first_log(logs, options, [&](const LogInfo& head) { return head.timestamp >= timestamp; });
  if (!later) return propagate(later);
  for (std::size_t i = *later == 0 ? 0 : *later - 1;; ++i) {
    const bool is_newest = i + 1 == logs.size();
    Result<Location> found = first_group(logs[i], is_newest, options,
                                         [&](const Transaction& group) { return group.timestamp >= timestamp; });
    if (!found || found->begins_group || is_newest) return found;
  }
}

Result<Location> locate_gtid(const std::vector<LogFile>& logs, const AnyGtid& gtid, const FileSourceOptions& options) {
  if (logs.empty()) return no_logs();
  Result<std::size_t> behind =
      first_log(logs, options, [&](const LogInfo& head) { return head.gtids_before.contains(gtid); });
  if (!behind) return propagate(behind);
  if (*behind == 0) {
    return std::unexpected(Error{Errc::purged, "the logs begin behind this transaction, with " + logs.front().name,
                                 text_of(gtid), "fetch older logs, or take a new snapshot"});
  }
  const LogFile& log = logs[*behind - 1];
  Result<Location> found =
      first_group(log, *behind == logs.size(), options, [&](const Transaction& group) { return group.gtid == gtid; });
  if (found && !found->begins_group) {
    const bool is_newest = *behind == logs.size();
    return std::unexpected(Error{Errc::not_found,
                                 is_newest ? "no log has this transaction; they end at " + found->position.text()
                                           : log.name + " ought to have this transaction and has not",
                                 text_of(gtid),
                                 is_newest ? "wait for it, or check that these are the logs of the right server"
                                           : "the server left its number out, or another server's transaction has it"});
  }
  return found;
}

}  // namespace binferry
