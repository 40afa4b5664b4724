// Frames of the MySQL client protocol (PROTOCOL 6.1): payloads out as numbered chunks, chunks in as whole payloads.
//
// Sans-io: the caller moves the bytes. One codec a connection, one thread. A packet's view lives until the next call of
// next() or receive_into(). Packets of 16 MiB and more are joined in a temporary file.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/source/mysql/large_packet.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace binferry::mysql {

// A payload of this size or more goes on in another chunk, be it an empty one.
inline constexpr std::size_t kMaxChunkBytes = 0xFFFFFF;
inline constexpr std::size_t kChunkHeaderBytes = 4;

struct CodecOptions {
  // A joined payload; the bytes in front of an event are included.
  std::uint64_t packet_bytes = Limits{}.event_bytes + 16;
  std::size_t read_bytes = 256 << 10;
  std::string temporary_directory{};
};

class PacketCodec {
 public:
  explicit PacketCodec(const CodecOptions& options = {});

  // --- out: queued until the caller has sent it ---

  // The next packet begins a command: numbers start at 0.
  void begin_command() { sequence_ = 0; }
  void write(Bytes payload);
  // Outside of the count, with number 0: a semi-sync ACK (PROTOCOL 7.3). At most 16 MiB - 1.
  void write_detached(Bytes payload);
  [[nodiscard]] Bytes outgoing() const& { return bytes_of(outgoing_); }
  // All of outgoing() was sent. The bytes are wiped: there may have been a password among them.
  void clear_outgoing();

  // --- in ---

  // Room for what comes next; never empty.
  std::span<std::uint8_t> receive_into();
  void received(std::size_t size);
  // True: packet() is the next one. False: more bytes are needed. Errors: `protocol` (a number out of order), `limit`,
  // and those of the temporary file. An ERR packet is given whatever its number: servers send it when they give up.
  Result<bool> next();
  [[nodiscard]] Bytes packet() const { return packet_; }
  // packet() is a file mapping (see RawEvent::is_mapped).
  [[nodiscard]] bool packet_is_mapped() const { return large_.size() != 0 && !joining_; }
  // The next chunk to come has this number; a source counts from 1 again behind an event that asks for an ACK.
  void expect(std::uint8_t sequence) { sequence_ = sequence; }
  // Bytes received that no packet has used yet. Some before TLS begins would be somebody's injection.
  [[nodiscard]] std::size_t unread_bytes() const { return end_ - begin_; }

 private:
  void write_chunk(Bytes chunk, std::uint8_t sequence);

  CodecOptions options_;
  std::uint8_t sequence_ = 0;
  std::string outgoing_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // of what was received and not used
  std::size_t end_ = 0;
  Bytes packet_;
  LargePacket large_;
  bool joining_ = false;
};

}  // namespace binferry::mysql
