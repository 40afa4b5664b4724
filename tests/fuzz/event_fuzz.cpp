// libraries: binferry_event
// A stream of events to the framer (with a key, so that decryption runs too) and to the decoder of each type. The first
// byte chooses: a file, a stream, or a single body of the type that the second byte names.
#include "binlog/event/event_framer.hpp"
#include "binlog/event/mysql_encryption.hpp"
#include "tests/unit/event/decode_any.hpp"

#include <cstdlib>

namespace {

using namespace binferry;
using test::decode_body;

Limits small_limits() {
  Limits limits;
  limits.event_bytes = 1 << 20;
  limits.payload_bytes = 1 << 20;
  limits.inflated_bytes = 1 << 20;
  return limits;
}

void read_stream(Bytes bytes, bool network) {
  static const MariadbKeys keys =
      *MariadbKeys::parse(bytes_of("1;00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"));
  FramerOptions options;
  options.network = network;
  options.keys = &keys;
  options.limits = small_limits();
  EventFramer framer(options);
  std::uint64_t offset = 4;
  while (!bytes.empty()) {
    const auto length = event_length(bytes, options.limits);
    if (!length || *length > bytes.size()) return;
    const auto event = framer.frame(bytes.first(*length), offset, "log");
    bytes = bytes.subspan(*length);
    offset += *length;
    // A wrong checksum must not end the run here: mutations break it nearly always, and bodies come by the other way.
    if (!event) continue;
    if (event->bytes.size() != *length || event->body.size() > event->bytes.size()) std::abort();
    static_cast<void>(decode_body(event->header.type, event->body, options.limits));
    static_cast<void>(decode_format_description(event->bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const Bytes rest = Bytes(data, size).subspan(2);
  switch (data[0] % 6) {
    case 0: read_stream(rest, false); break;
    case 1: read_stream(rest, true); break;
    case 2:
      static_cast<void>(MysqlKeyring::parse(rest));
      static_cast<void>(MariadbKeys::parse(rest, "password"));
      break;
    case 3:
      static_cast<void>(parse_mysql_encryption_header(rest));
      static_cast<void>(XaId::parse(text_of(rest)));
      break;
    default: static_cast<void>(decode_body(static_cast<EventType>(data[1]), rest, small_limits())); break;
  }
  return 0;
}
