// libraries: binferry_event
// A TRANSACTION_PAYLOAD: the body as it is, and the bytes as a stored and as a zstd payload.
#include "binlog/base/byte_writer.hpp"
#include "tests/unit/event/decode_any.hpp"

#include <cstdlib>

namespace {

using namespace binferry;

Result<std::size_t> drain(Bytes body) {
  Limits limits;
  limits.event_bytes = 1 << 20;
  limits.payload_bytes = 4 << 20;
  RawEvent event;
  event.header.type = EventType::transaction_payload;
  event.body = body;
  return test::drain_payload(event, limits);
}

Result<std::size_t> drain(Bytes payload, std::uint64_t compression) {
  ByteWriter body;
  body.pint(2).lenenc(ByteWriter().pint(compression).str());
  body.pint(1).lenenc(ByteWriter().pint(payload.size()).str()).pint(0).bytes(payload);
  return drain(body.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(data, size);
  static_cast<void>(drain(bytes));
  static_cast<void>(drain(bytes, 0));
  const auto plain = drain(bytes, 255);
  // The same events come out whether they were compressed or not.
  const auto compressed = drain(bytes_of(*zstd_compress(bytes, 1)), 0);
  if (plain.has_value() != compressed.has_value() || (plain && *plain != *compressed)) std::abort();
  return 0;
}
