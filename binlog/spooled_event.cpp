#include "binlog/spooled_event.hpp"

#include <cstdint>
#include <cstring>

namespace binferry {
namespace {

// What precedes the bytes.
struct Record {
  std::uint64_t offset;
  std::uint64_t end;
  EventHeader header;
  std::uint32_t bytes;
  std::uint32_t body_offset;
  std::uint32_t body_bytes;
};

}  // namespace

Status append_event(Spool& spool, const RawEvent& event) {
  const Record record{event.offset,
                      event.end,
                      event.header,
                      static_cast<std::uint32_t>(event.bytes.size()),
                      static_cast<std::uint32_t>(event.body.data() - event.bytes.data()),
                      static_cast<std::uint32_t>(event.body.size())};
  return spool.append({reinterpret_cast<const std::uint8_t*>(&record), sizeof record}, event.bytes);
}

Status read_event(Spool::Cursor& cursor, RawEvent& event) {
  Result<Bytes> head = cursor.read(sizeof(Record));
  if (!head) return propagate(head);
  Record record;
  std::memcpy(&record, head->data(), sizeof record);
  Result<Bytes> bytes = cursor.read(record.bytes);
  if (!bytes) return propagate(bytes);
  event.header = record.header;
  event.bytes = *bytes;
  event.body = bytes->subspan(record.body_offset, record.body_bytes);
  event.offset = record.offset;
  event.end = record.end;
  return {};
}

}  // namespace binferry
