#include "binlog/event/gtid_event.hpp"

#include "binlog/base/byte_reader.hpp"

namespace binferry {
namespace {

constexpr std::uint8_t kLogicalClock = 2;
constexpr std::uint64_t kHasOriginalCommit = std::uint64_t{1} << 55;
constexpr std::uint32_t kHasOriginalVersion = std::uint32_t{1} << 31;

Status check_number(std::int64_t gno, bool anonymous, std::string_view name) {
  if (anonymous ? gno == 0 : gno >= 1 && gno <= kMaxGno) return {};
  return fail(Errc::corrupt, std::string(name) + " has the transaction number " + std::to_string(gno));
}

// The fields that came after 5.7, each only if bytes are left.
void read_tail(ByteReader& in, GtidEvent& event) {
  if (in.empty()) return;
  const std::uint64_t immediate = in.u56();
  event.immediate_commit_us = immediate & ~kHasOriginalCommit;
  event.original_commit_us = (immediate & kHasOriginalCommit) != 0 ? in.u56() : *event.immediate_commit_us;
  if (in.empty()) return;
  event.transaction_bytes = in.pint();
  if (in.empty()) return;
  const std::uint32_t version = in.u32();
  event.immediate_server_version = version & ~kHasOriginalVersion;
  event.original_server_version = (version & kHasOriginalVersion) != 0 ? in.u32() : *event.immediate_server_version;
  if (in.empty()) return;
  event.commit_group_ticket = in.u64();
}

// Field ids of GTID_TAGGED.
enum TaggedField : std::uint64_t {
  kFlags = 0,
  kUuid = 1,
  kGno = 2,
  kTag = 3,
  kLastCommitted = 4,
  kSequenceNumber = 5,
  kImmediateCommit = 6,
  kOriginalCommit = 7,
  kTransactionLength = 8,
  kImmediateVersion = 9,
  kOriginalVersion = 10,
  kCommitGroupTicket = 11,
};

std::uint64_t bounded(ByteReader& in, std::uint64_t largest) {
  const std::uint64_t value = in.vli();
  return value <= largest ? value : in.fail_value();
}

// False for a field that is not known.
bool read_tagged_field(ByteReader& in, std::uint64_t field, GtidEvent& event) {
  switch (field) {
    case kFlags: event.flags = static_cast<std::uint8_t>(bounded(in, 0xFF)); return true;
    case kUuid:
      for (std::uint8_t& byte : event.gtid.uuid.bytes) byte = static_cast<std::uint8_t>(bounded(in, 0xFF));
      return true;
    case kGno: event.gtid.gno = in.svli(); return true;
    case kTag:
      event.gtid.tag = in.text(bounded(in, kMaxTagLength));
      if (!event.gtid.tag.empty() && !is_valid_tag(event.gtid.tag)) in.fail_value();
      return true;
    case kLastCommitted: event.last_committed = in.svli(); return true;
    case kSequenceNumber: event.sequence_number = in.svli(); return true;
    case kImmediateCommit: event.immediate_commit_us = in.vli(); return true;
    case kOriginalCommit: event.original_commit_us = in.vli(); return true;
    case kTransactionLength: event.transaction_bytes = in.vli(); return true;
    case kImmediateVersion:
      event.immediate_server_version = static_cast<std::uint32_t>(bounded(in, 0xFFFFFFFF));
      return true;
    case kOriginalVersion:
      event.original_server_version = static_cast<std::uint32_t>(bounded(in, 0xFFFFFFFF));
      return true;
    case kCommitGroupTicket: event.commit_group_ticket = in.vli(); return true;
    default: return false;
  }
}

}  // namespace

Result<GtidEvent> decode_gtid(Bytes body, bool anonymous) {
  const std::string_view name = anonymous ? "ANONYMOUS_GTID" : "GTID";
  ByteReader in(body);
  GtidEvent event;
  event.flags = in.u8();
  event.gtid.uuid = Uuid::from_bytes(in.bytes(Uuid::kBytes));
  event.gtid.gno = static_cast<std::int64_t>(in.u64());
  if (!in.empty() && in.u8() == kLogicalClock) {
    event.last_committed = static_cast<std::int64_t>(in.u64());
    event.sequence_number = static_cast<std::int64_t>(in.u64());
    read_tail(in, event);
  }
  if (Status status = in.finish_open(name); !status) return propagate(status);
  if (Status status = check_number(event.gtid.gno, anonymous, name); !status) return propagate(status);
  return event;
}

Result<GtidEvent> decode_gtid_tagged(Bytes body) {
  ByteReader head(body);
  const std::uint64_t version = head.vli();
  const std::uint64_t total_bytes = head.vli();
  const std::uint64_t last_required_field = head.vli();
  if (Status status = head.finish_open("GTID_TAGGED"); !status) return propagate(status);
  if (version != 1) {
    return fail(Errc::unsupported, "GTID_TAGGED of format " + std::to_string(version), "upgrade binferry");
  }
  if (total_bytes > body.size()) return fail(Errc::truncated, "GTID_TAGGED is shorter than it says");
  if (total_bytes < head.offset()) return fail(Errc::corrupt, "GTID_TAGGED is longer than it says");

  ByteReader in(body.subspan(head.offset(), static_cast<std::size_t>(total_bytes) - head.offset()));
  GtidEvent event;
  std::uint64_t next_field = 0;
  while (!in.empty()) {
    const std::uint64_t field = in.vli();
    if (field < next_field) return fail(Errc::corrupt, "GTID_TAGGED has its fields in a wrong order");
    next_field = field + 1;
    if (read_tagged_field(in, field, event)) continue;
    if (in.failed()) break;
    if (field <= last_required_field) {
      return fail(Errc::unsupported, "GTID_TAGGED has the required field " + std::to_string(field), "upgrade binferry");
    }
    break;  // the size of an unknown field is unknown, so what is behind it cannot be reached
  }
  if (Status status = in.finish_open("GTID_TAGGED"); !status) return propagate(status);
  if (Status status = check_number(event.gtid.gno, false, "GTID_TAGGED"); !status) return propagate(status);
  if (!event.original_commit_us) event.original_commit_us = event.immediate_commit_us;
  if (!event.original_server_version) event.original_server_version = event.immediate_server_version;
  return event;
}

Result<MariadbGtidEvent> decode_mariadb_gtid(Bytes body, std::uint32_t server_id) {
  using Event = MariadbGtidEvent;
  ByteReader in(body);
  Event event;
  event.gtid.seq_no = in.u64();
  event.gtid.domain = in.u32();
  event.gtid.server_id = server_id;
  event.flags = in.u8();
  if ((event.flags & Event::kGroupCommitId) != 0) event.commit_id = in.u64();
  if ((event.flags & (Event::kPreparedXa | Event::kCompletedXa)) != 0) {
    XaId xid;
    xid.format = in.u32();
    const std::uint8_t gtrid_length = in.u8();
    const std::uint8_t bqual_length = in.u8();
    if (gtrid_length > XaId::kMaxPart || bqual_length > XaId::kMaxPart) in.fail_value();
    xid.gtrid = in.text(gtrid_length);
    xid.bqual = in.text(bqual_length);
    event.xid = std::move(xid);
  }
  if (!in.empty()) event.flags_extra = in.u8();
  if ((event.flags_extra & Event::kMultiEngine) != 0) event.extra_engines = in.u8();
  if ((event.flags_extra & (Event::kCommitAlter | Event::kRollbackAlter)) != 0) event.start_alter = in.u64();
  if (Status status = in.finish_open("MARIADB_GTID"); !status) return propagate(status);
  return event;
}

Result<GtidList> decode_gtid_list(Bytes body) {
  ByteReader in(body);
  const std::uint32_t count_and_flags = in.u32();
  GtidList list;
  list.flags = static_cast<std::uint8_t>(count_and_flags >> 28);
  const std::size_t count = in.count(count_and_flags & 0x0FFFFFFF, 16);
  list.gtids.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    MariadbGtid& gtid = list.gtids.emplace_back();
    gtid.domain = in.u32();
    gtid.server_id = in.u32();
    gtid.seq_no = in.u64();
  }
  if (Status status = in.finish_open("GTID_LIST"); !status) return propagate(status);
  return list;
}

Result<GtidSet> decode_previous_gtids(Bytes body) {
  Result<GtidSet> set = GtidSet::decode(body);
  if (!set) return propagate(set, "PREVIOUS_GTIDS");
  return set;
}

}  // namespace binferry
