// Helpers of the tests of sans-io sessions: framing of what a server would send, and recorded conversations.
#pragma once

#include "binlog/base/byte_writer.hpp"
#include "binlog/base/hex.hpp"
#include "binlog/source/mysql/packet_codec.hpp"
#include "tests/support/source_dir.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::mysql::test {

inline std::string frame(std::uint8_t sequence, std::string_view payload) {
  ByteWriter writer;
  writer.u24(static_cast<std::uint32_t>(payload.size())).u8(sequence).text(payload);
  return writer.str();
}

// As if `bytes` had come from the socket, in pieces of at most `piece` bytes.
inline void feed(PacketCodec& codec, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<std::uint8_t> room = codec.receive_into();
    const std::size_t size = std::min(room.size(), bytes.size());
    std::copy_n(bytes.begin(), size, room.begin());
    codec.received(size);
    bytes.remove_prefix(size);
  }
}

// What the session queued since the last call.
inline std::string take_outgoing(PacketCodec& codec) {
  std::string bytes(text_of(codec.outgoing()));
  codec.clear_outgoing();
  return bytes;
}

inline std::string ok_packet() {
  return std::string("\0\0\0\2\0\0\0", 7);
}

inline std::string error_packet(std::uint16_t code, std::string_view text) {
  ByteWriter writer;
  writer.u8(0xFF).u16(code).text("#HY000").text(text);
  return writer.str();
}

struct Message {
  bool from_source = false;
  std::string bytes;
};

// A recorded conversation: one JSON object a line, with "from" and "hex".
inline std::vector<Message> read_transcript(const std::string& name) {
  std::ifstream in(std::string(source_dir()) + "/fixtures/transcripts/" + name);
  std::vector<Message> messages;
  const auto value_of = [](const std::string& line, std::string_view key) {
    const std::size_t begin = line.find(key) + key.size();
    return line.substr(begin, line.find('"', begin) - begin);
  };
  for (std::string line; std::getline(in, line);) {
    messages.push_back({value_of(line, "\"from\":\"") == "source", from_hex(value_of(line, "\"hex\":\"")).value()});
  }
  return messages;
}

}  // namespace binferry::mysql::test
