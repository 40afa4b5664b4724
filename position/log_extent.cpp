#include "position/log_extent.hpp"

#include "binlog/source/log_info.hpp"
#include "binlog/source/transaction_stream.hpp"

#include <memory>
#include <string_view>

namespace binferry {
namespace {

// What one file tells.
struct Pass {
  std::uint64_t groups = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // behind the newest whole group; without one, where the first would begin
  std::uint64_t end = 0;   // as `last`, with what stands between groups behind it
  std::uint32_t began = 0;
  std::uint32_t ended = 0;
  std::uint64_t unfinished_bytes = 0;
  AnyGtidSet gtids;  // with those before the file
};

constexpr std::string_view kIncompleteGroup = "incomplete group";

bool is_head_event(EventType type) {
  return type == EventType::format_description || type == EventType::start_encryption ||
         type == EventType::previous_gtids || type == EventType::gtid_list;
}

// `first_only`: ends at the first group.
Result<Pass> read_groups(const LogFile& log, const LogInfo& head, bool is_newest, bool first_only,
                         const FileSourceOptions& options) {
  FileSourceOptions file = options;
  file.start = kFirstEventOffset;
  file.follow = false;
  file.tail = is_newest ? TailRule::newest : TailRule::whole;
  Result<std::unique_ptr<FileSource>> source = FileSource::open(log.path, file);
  if (!source) return propagate(source);
  TransactionStream stream(**source, options.limits);
  Pass pass{.last = kFirstEventOffset, .gtids = head.gtids_before};
  stream.on_event = [&](const RawEvent& event) {
    if (pass.groups == 0 && is_head_event(event.header.type)) pass.last = event.end;
  };
  for (;;) {
    Result<TransactionStream::Item> item = stream.next();
    if (!item) return propagate(item);
    if (*item == TransactionStream::Item::file_end) break;
    if (*item != TransactionStream::Item::transaction) continue;
    const Transaction& group = stream.transaction();
    if (pass.groups++ == 0) {
      pass.first = group.offset;
      pass.began = group.timestamp;
    }
    pass.last = group.end;
    pass.ended = group.timestamp;
    if (first_only) return pass;
    if (Status added = pass.gtids.add(group.gtid); !added) return propagate(added, group.place());
  }
  const auto& inert = stream.coverage().inert_by_kind();
  const auto cut = inert.find(kIncompleteGroup);
  pass.unfinished_bytes = (*source)->torn_tail_bytes() + (cut == inert.end() ? 0 : cut->second);
  pass.end = pass.unfinished_bytes == 0 ? stream.offset() : pass.last;
  return pass;
}

}  // namespace

Result<LogExtent> read_log_extent(const std::vector<LogFile>& logs, const FileSourceOptions& options) {
  if (logs.empty()) return fail(Errc::not_found, "there are no logs", "name a log file, or the folder that holds them");
  LogExtent extent;
  extent.files = logs.size();
  for (const LogFile& log : logs) extent.bytes += log.bytes;
  // From the newest back to one that has groups: a log that was just begun has none.
  for (std::size_t i = logs.size(); i-- > 0;) {
    const bool is_newest = i + 1 == logs.size();
    Result<LogInfo> head = read_log_info(logs[i].path, options);
    if (!head) return propagate(head);
    Result<Pass> pass = read_groups(logs[i], *head, is_newest, false, options);
    if (!pass) return propagate(pass);
    if (is_newest) {
      extent.format = head->format;
      extent.server_id = head->server_id;
      extent.in_use = head->in_use;
      extent.unfinished_bytes = pass->unfinished_bytes;
      extent.last = {logs[i].name, pass->last};
      // A file that was closed is followed by the next one, whether that is here or not.
      const std::string next = head->in_use ? std::string() : next_log_name(logs[i].name);
      extent.end = next.empty() ? BinlogPosition{logs[i].name, pass->end} : BinlogPosition{next, kFirstEventOffset};
      extent.gtids = pass->gtids;
    }
    extent.first = {logs[i].name, pass->groups == 0 ? extent.last.offset : pass->first};
    extent.gtids_before = std::move(head->gtids_before);
    if (pass->groups == 0) continue;
    extent.last = {logs[i].name, pass->last};
    extent.gtids = std::move(pass->gtids);
    extent.began = pass->began;
    extent.ended = pass->ended;
    break;
  }
  if (!extent.ended) {
    extent.first = extent.last;
    return extent;
  }
  for (std::size_t i = 0; logs[i].name != extent.last.file; ++i) {
    Result<LogInfo> head = read_log_info(logs[i].path, options);
    if (!head) return propagate(head);
    Result<Pass> pass = read_groups(logs[i], *head, false, true, options);
    if (!pass) return propagate(pass);
    if (i == 0) extent.gtids_before = std::move(head->gtids_before);
    if (pass->groups == 0) continue;
    extent.first = {logs[i].name, pass->first};
    extent.began = pass->began;
    break;
  }
  return extent;
}

}  // namespace binferry
