#include "binlog/source/mysql/packet_codec.hpp"

#include "binlog/base/secret.hpp"

#include <algorithm>
#include <cstring>

namespace binferry::mysql {
namespace {

constexpr std::uint8_t kErrorPacket = 0xFF;

}  // namespace

PacketCodec::PacketCodec(const CodecOptions& options) : options_(options), large_(options.temporary_directory) {}

void PacketCodec::write_chunk(Bytes chunk, std::uint8_t sequence) {
  for (int shift = 0; shift < 24; shift += 8) outgoing_.push_back(static_cast<char>(chunk.size() >> shift));
  outgoing_.push_back(static_cast<char>(sequence));
  outgoing_.append(text_of(chunk));
}

void PacketCodec::write(Bytes payload) {
  while (payload.size() >= kMaxChunkBytes) {
    write_chunk(payload.first(kMaxChunkBytes), sequence_++);
    payload = payload.subspan(kMaxChunkBytes);
  }
  write_chunk(payload, sequence_++);
}

void PacketCodec::write_detached(Bytes payload) {
  write_chunk(payload, 0);
}

void PacketCodec::clear_outgoing() {
  wipe(outgoing_);
}

std::span<std::uint8_t> PacketCodec::receive_into() {
  if (begin_ == end_) begin_ = end_ = 0;
  std::size_t wanted = options_.read_bytes;
  if (unread_bytes() >= kChunkHeaderBytes) {
    const std::uint8_t* const header = buffer_.get() + begin_;
    const std::size_t chunk = header[0] | std::size_t{header[1]} << 8 | std::size_t{header[2]} << 16;
    wanted = std::max(wanted, kChunkHeaderBytes + chunk);
  }
  if (unread_bytes() >= wanted) wanted = unread_bytes() + options_.read_bytes;  // whole packets that wait for next()
  if (wanted > capacity_) {
    std::unique_ptr<std::uint8_t[]> larger = std::make_unique_for_overwrite<std::uint8_t[]>(wanted);
    std::copy_n(buffer_.get() + begin_, unread_bytes(), larger.get());
    buffer_ = std::move(larger);
    capacity_ = wanted;
    end_ -= begin_;
    begin_ = 0;
  } else if (end_ == capacity_ || begin_ + wanted > capacity_) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, unread_bytes());
    end_ -= begin_;
    begin_ = 0;
  }
  packet_ = {};
  return {buffer_.get() + end_, capacity_ - end_};
}

void PacketCodec::received(std::size_t size) {
  end_ += size;
}

Result<bool> PacketCodec::next() {
  packet_ = {};
  if (!joining_) large_.clear();
  while (unread_bytes() >= kChunkHeaderBytes) {
    const std::uint8_t* const header = buffer_.get() + begin_;
    const std::size_t size = header[0] | std::size_t{header[1]} << 8 | std::size_t{header[2]} << 16;
    if (large_.size() + size > options_.packet_bytes) {
      return fail(Errc::limit, "the server sends a packet beyond " + std::to_string(options_.packet_bytes) + " bytes");
    }
    if (header[3] != sequence_) {
      if (size != 0 && unread_bytes() == kChunkHeaderBytes) return false;  // the next byte tells what it is
      if (joining_ || size == 0 || header[kChunkHeaderBytes] != kErrorPacket) {
        return fail(Errc::protocol, "the server's packet has number " + std::to_string(header[3]) + " instead of " +
                                        std::to_string(sequence_));
      }
    }
    if (unread_bytes() < kChunkHeaderBytes + size) return false;
    const Bytes chunk(header + kChunkHeaderBytes, size);
    begin_ += kChunkHeaderBytes + size;
    sequence_ = static_cast<std::uint8_t>(header[3] + 1);
    if (!joining_ && size < kMaxChunkBytes) {
      packet_ = chunk;
      return true;
    }
    if (Status appended = large_.append(chunk); !appended) return propagate(appended);
    joining_ = size == kMaxChunkBytes;
    if (joining_) continue;
    Result<Bytes> whole = large_.view();
    if (!whole) return propagate(whole);
    packet_ = *whole;
    return true;
  }
  return false;
}

}  // namespace binferry::mysql
