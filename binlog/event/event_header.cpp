#include "binlog/event/event_header.hpp"

#include "binlog/base/byte_reader.hpp"

namespace binferry {

Result<EventHeader> parse_header(Bytes bytes) {
  ByteReader in(bytes);
  EventHeader header;
  header.timestamp = in.u32();
  header.type = static_cast<EventType>(in.u8());
  header.server_id = in.u32();
  header.length = in.u32();
  header.log_pos = in.u32();
  header.flags = in.u16();
  if (in.failed()) {
    return fail(Errc::truncated, std::to_string(bytes.size()) + " bytes are fewer than an event header",
                "the file ends inside an event: fetch it again, or wait if it is being written");
  }
  if (header.length < kEventHeaderSize) {
    return fail(Errc::corrupt, "event length " + std::to_string(header.length) + " is shorter than an event header",
                "check that the start position is an event boundary, or fetch the file again");
  }
  return header;
}

Result<std::uint32_t> event_length(Bytes stored_header, const Limits& limits) {
  const Result<EventHeader> header = parse_header(stored_header);
  if (!header) return std::unexpected(header.error());
  if (header->length > limits.event_bytes) {
    return fail(Errc::corrupt,
                "event length " + std::to_string(header->length) + " is beyond the limit of " +
                    std::to_string(limits.event_bytes) + " bytes",
                "check that the start position is an event boundary, or fetch the file again");
  }
  return header->length;
}

}  // namespace binferry
