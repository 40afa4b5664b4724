#include "binlog/source/log_info.hpp"

#include "binlog/event/gtid_event.hpp"

namespace binferry {
namespace {

// No more than these stand before a file's first group: FORMAT_DESCRIPTION, START_ENCRYPTION and the GTIDs.
constexpr int kHeadEvents = 3;
constexpr std::size_t kBufferBytes = 64 << 10;

}  // namespace

Result<AnyGtidSet> gtids_before_of(const RawEvent& event) {
  if (event.header.type == EventType::previous_gtids) {
    Result<GtidSet> set = decode_previous_gtids(event.body);
    if (!set) return propagate(set, event.place());
    return AnyGtidSet(std::move(*set));
  }
  Result<GtidList> list = decode_gtid_list(event.body);
  if (!list) return propagate(list, event.place());
  MariadbGtidSet set;
  for (const MariadbGtid& gtid : list->gtids) set.set(gtid);  // the last one of a domain is its newest
  return AnyGtidSet(std::move(set));
}

Result<LogInfo> read_log_info(const std::string& path, const FileSourceOptions& options) {
  FileSourceOptions file = options;
  file.start = kFirstEventOffset;
  file.tail = TailRule::active;
  file.follow = false;
  file.buffer_bytes = kBufferBytes;
  Result<std::unique_ptr<FileSource>> source = FileSource::open(path, file);
  if (!source) return propagate(source);
  LogInfo info;
  RawEvent event;
  for (int events = 0; events < kHeadEvents && !info.has_gtids_before;) {
    Result<SourceState> state = (*source)->next(event);
    if (!state) return propagate(state);
    if (*state == SourceState::file_end || *state == SourceState::end) break;
    if (*state != SourceState::event) continue;
    if (++events == 1) {
      info.timestamp = event.header.timestamp;
      info.server_id = event.header.server_id;
    }
    if (event.header.type == EventType::previous_gtids || event.header.type == EventType::gtid_list) {
      Result<AnyGtidSet> gtids = gtids_before_of(event);
      if (!gtids) return propagate(gtids);
      info.gtids_before = std::move(*gtids);
      info.has_gtids_before = true;
    }
  }
  info.format = (*source)->format();
  info.in_use = (*source)->in_use();
  info.is_relay_log = (*source)->is_relay_log();
  return info;
}

}  // namespace binferry
