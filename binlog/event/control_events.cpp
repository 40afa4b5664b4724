#include "binlog/event/control_events.hpp"

#include "binlog/base/byte_reader.hpp"

namespace binferry {

Result<Rotate> decode_rotate(Bytes body) {
  ByteReader in(body);
  Rotate rotate;
  rotate.position = in.u64();
  rotate.file = text_of(in.rest());
  if (Status status = in.finish_open("ROTATE"); !status) return propagate(status);
  if (rotate.file.empty()) return fail(Errc::corrupt, "ROTATE names no file");
  if (rotate.file.find('\0') != std::string_view::npos) return fail(Errc::corrupt, "ROTATE names a file with a NUL");
  return rotate;
}

Result<Heartbeat> decode_heartbeat(Bytes body, std::uint32_t log_pos) {
  ByteReader in(body);
  Heartbeat heartbeat;
  heartbeat.position = log_pos;
  // A position beyond 32 bits is the only one of zero: then it stands in front of the name.
  if (log_pos == 0) heartbeat.position = in.u64();
  heartbeat.file = text_of(in.rest());
  if (Status status = in.finish_open("HEARTBEAT"); !status) return propagate(status);
  return heartbeat;
}

Result<Heartbeat> decode_heartbeat_v2(Bytes body) {
  ByteReader in(body);
  Heartbeat heartbeat;
  while (!in.failed()) {
    const std::uint64_t field = in.pint();
    if (field == 0) break;
    ByteReader value(in.bytes(in.pint()));
    if (field == 1) {
      heartbeat.file = text_of(value.rest());
    } else if (field == 2) {
      heartbeat.position = value.pint();
      if (value.failed()) in.fail_value();
    }
  }
  if (Status status = in.finish_open("HEARTBEAT_V2"); !status) return propagate(status);
  return heartbeat;
}

Result<Incident> decode_incident(Bytes body) {
  ByteReader in(body);
  Incident incident;
  incident.number = in.u16();
  incident.message = in.text(in.u8());
  if (Status status = in.finish_open("INCIDENT"); !status) return propagate(status);
  return incident;
}

Result<BinlogCheckpoint> decode_binlog_checkpoint(Bytes body) {
  ByteReader in(body);
  BinlogCheckpoint checkpoint;
  checkpoint.file = in.text(in.u32());
  if (Status status = in.finish_open("BINLOG_CHECKPOINT"); !status) return propagate(status);
  return checkpoint;
}

Result<StartEncryption> decode_start_encryption(Bytes body) {
  ByteReader in(body);
  StartEncryption start;
  start.scheme = in.u8();
  start.key_version = in.u32();
  start.nonce = in.bytes(12);
  if (Status status = in.finish_open("START_ENCRYPTION"); !status) return propagate(status);
  if (start.scheme != 1) {
    return fail(Errc::unsupported, "encryption scheme " + std::to_string(start.scheme), "upgrade binferry");
  }
  return start;
}

}  // namespace binferry
