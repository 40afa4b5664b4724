#include "binlog/event/group_replication_events.hpp"

#include "binlog/base/byte_reader.hpp"

namespace binferry {
namespace {

void read_set(ByteReader& in, std::uint32_t announced, std::vector<std::string_view>& set) {
  const std::size_t count = in.count(announced, 2);
  set.reserve(count);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) set.push_back(in.text(in.u16()));
}

}  // namespace

Result<TransactionContext> decode_transaction_context(Bytes body) {
  ByteReader in(body);
  TransactionContext context;
  const std::uint8_t uuid_length = in.u8();
  context.thread_id = in.u32();
  context.gtid_specified = in.u8() != 0;
  const std::uint32_t snapshot_length = in.u32();
  const std::uint32_t writes = in.u32();
  const std::uint32_t reads = in.u32();
  context.server_uuid = in.text(uuid_length);
  context.snapshot = in.bytes(snapshot_length);
  read_set(in, writes, context.write_set);
  read_set(in, reads, context.read_set);
  if (Status status = in.finish_open("TRANSACTION_CONTEXT"); !status) return propagate(status);
  return context;
}

Result<ViewChange> decode_view_change(Bytes body) {
  ByteReader in(body);
  ViewChange change;
  const std::string_view padded = in.text(40);
  change.view_id = padded.substr(0, padded.find('\0'));
  change.sequence_number = in.u64();
  const std::size_t count = in.count(in.u32(), 6);
  change.certification.reserve(count);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    const std::string_view key = in.text(in.u16());
    change.certification.emplace_back(key, in.bytes(in.u32()));
  }
  if (Status status = in.finish_open("VIEW_CHANGE"); !status) return propagate(status);
  return change;
}

}  // namespace binferry
