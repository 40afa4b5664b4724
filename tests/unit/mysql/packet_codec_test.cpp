#include "binlog/source/mysql/packet_codec.hpp"

#include "tests/unit/mysql/conversation.hpp"

#include <gtest/gtest.h>

namespace binferry::mysql::test {
namespace {

TEST(PacketCodec, NumbersRunThroughBothDirectionsOfACommand) {
  PacketCodec codec;
  codec.write(bytes_of("a"));
  EXPECT_EQ(take_outgoing(codec), frame(0, "a"));
  feed(codec, frame(1, "bc"));
  ASSERT_TRUE(codec.next().value());
  EXPECT_EQ(text_of(codec.packet()), "bc");
  codec.write(bytes_of(""));
  EXPECT_EQ(take_outgoing(codec), frame(2, ""));
  codec.begin_command();
  codec.write(bytes_of("d"));
  EXPECT_EQ(take_outgoing(codec), frame(0, "d"));
}

TEST(PacketCodec, ADetachedPacketHasNumberZeroAndLeavesTheCountAlone) {
  PacketCodec codec;
  codec.expect(7);
  codec.write_detached(bytes_of("ack"));
  EXPECT_EQ(take_outgoing(codec), frame(0, "ack"));
  feed(codec, frame(7, "x"));
  EXPECT_TRUE(codec.next().value());
}

TEST(PacketCodec, GivesAPacketOnlyWhenItsLastByteIsThere) {
  const std::string bytes = frame(0, "hello") + frame(1, "");
  PacketCodec codec;
  std::vector<std::string> packets;
  for (const char byte : bytes) {
    feed(codec, {&byte, 1});
    Result<bool> ready = codec.next();
    ASSERT_TRUE(ready);
    if (*ready) packets.emplace_back(text_of(codec.packet()));
  }
  EXPECT_EQ(packets, (std::vector<std::string>{"hello", ""}));
}

TEST(PacketCodec, APacketOutOfOrderIsAnErrorUnlessTheServerSaysWhyItGivesUp) {
  PacketCodec codec;
  feed(codec, frame(1, "x"));
  EXPECT_EQ(codec.next().error().code, Errc::protocol);
  PacketCodec other;
  const std::string refusal = frame(3, error_packet(4031, "idle"));
  feed(other, refusal.substr(0, 4));
  EXPECT_FALSE(other.next().value());
  feed(other, refusal.substr(4));
  EXPECT_TRUE(other.next().value());
}

TEST(PacketCodec, SplitsAt16MibAndEndsWithAnEmptyChunk) {
  PacketCodec codec;
  const std::string payload(2 * kMaxChunkBytes, 'p');
  codec.write(bytes_of(payload));
  const std::string bytes = take_outgoing(codec);
  ASSERT_EQ(bytes.size(), payload.size() + 3 * kChunkHeaderBytes);
  EXPECT_EQ(bytes.substr(bytes.size() - 4), std::string("\0\0\0\2", 4));

  PacketCodec reader;
  feed(reader, bytes.substr(0, bytes.size() - 4));
  EXPECT_FALSE(reader.next().value());
  feed(reader, bytes.substr(bytes.size() - 4));
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.packet().size(), payload.size());
  EXPECT_TRUE(text_of(reader.packet()) == payload);
  EXPECT_TRUE(reader.packet_is_mapped());
  feed(reader, frame(3, "small"));
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(text_of(reader.packet()), "small");
  EXPECT_FALSE(reader.packet_is_mapped());
}

TEST(PacketCodec, AJoinedPacketMayFillTheLimitAndNotExceedIt) {
  CodecOptions options;
  options.packet_bytes = kMaxChunkBytes + 5;
  const std::string first = frame(0, std::string(kMaxChunkBytes, 'p'));
  PacketCodec full(options);
  feed(full, first + frame(1, "12345"));
  EXPECT_TRUE(full.next().value());
  PacketCodec beyond(options);
  feed(beyond, first + frame(1, "123456"));
  EXPECT_EQ(beyond.next().error().code, Errc::limit);
}

TEST(PacketCodec, WhatWasSentIsWiped) {
  PacketCodec codec;
  codec.write(bytes_of("hunter2"));
  const char* const place = reinterpret_cast<const char*>(codec.outgoing().data());
  codec.clear_outgoing();
  EXPECT_TRUE(codec.outgoing().empty());
  // The string keeps its buffer; only its first byte, the terminator, may be looked at.
  EXPECT_EQ(*place, '\0');
}

}  // namespace
}  // namespace binferry::mysql::test
