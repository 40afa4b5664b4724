#include "binlog/event/event_header.hpp"

namespace binferry {

Result<EventHeader> parse_header(Bytes bytes) {
  if (bytes.size() < kEventHeaderSize) {
    return fail(Errc::truncated, std::to_string(bytes.size()) + " bytes are fewer than an event header",
                "the file ends inside an event: fetch it again, or wait if it is being written");
  }
  const EventHeader header = read_header(bytes);
  if (header.length < kEventHeaderSize) {
    return fail(Errc::corrupt, "event length " + std::to_string(header.length) + " is shorter than an event header",
                "check that the start position is an event boundary, or fetch the file again");
  }
  return header;
}

std::unexpected<Error> refuse_length(Bytes stored_header, const Limits& limits) {
  const Result<EventHeader> header = parse_header(stored_header);
  if (!header) return std::unexpected(header.error());
  return fail(Errc::corrupt,
              "event length " + std::to_string(header->length) + " is beyond the limit of " +
                  std::to_string(limits.event_bytes) + " bytes",
              "check that the start position is an event boundary, or fetch the file again");
}

}  // namespace binferry
