#include "binlog/ship/ship_frame.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/base/byte_writer.hpp"

#include <algorithm>
#include <limits>

namespace binferry::ship {
namespace {

enum class Type : std::uint8_t {
  hello = 0x01,
  ack = 0x02,
  welcome = 0x81,
  file_begin = 0x82,
  data = 0x83,
  file_end = 0x84,
  tip = 0x85,
  refusal = 0x8F,
};
constexpr std::size_t kFrameHead = 5;
constexpr std::uint8_t kCounts = 1;
constexpr std::uint8_t kZstd = 2;

void frame(std::string& out, Type type, Bytes payload) {
  ByteWriter head;
  head.u8(static_cast<std::uint8_t>(type)).u32(static_cast<std::uint32_t>(payload.size()));
  out.append(head.str()).append(text_of(payload));
}

void put_text(ByteWriter& writer, std::string_view text) {
  text = text.substr(0, kLargestText);
  writer.u16(static_cast<std::uint16_t>(text.size())).text(text);
}

void put_position(ByteWriter& writer, const BinlogPosition& position) {
  put_text(writer, position.file);
  writer.u64(position.offset);
}

std::string_view take_text(ByteReader& reader) {
  const std::uint16_t size = reader.u16();
  if (size > kLargestText) reader.fail_value();
  return reader.text(size);
}

BinlogPosition take_position(ByteReader& reader) {
  std::string file(take_text(reader));
  const std::uint64_t offset = reader.u64();
  return {std::move(file), offset};
}

void put_patterns(ByteWriter& writer, const std::vector<std::string>& patterns) {
  writer.u16(static_cast<std::uint16_t>(patterns.size()));
  for (const std::string& pattern : patterns) put_text(writer, pattern);
}

std::vector<std::string> take_patterns(ByteReader& reader) {
  const std::uint16_t count = reader.u16();
  if (count > kMostPatterns) reader.fail_value();
  std::vector<std::string> patterns;
  for (std::uint16_t i = 0; i < count && !reader.failed(); ++i) patterns.emplace_back(take_text(reader));
  return patterns;
}

Result<Frame> parse(Type type, ByteReader& reader) {
  switch (type) {
    case Type::hello: {
      Hello hello;
      hello.version = reader.u16();
      const std::uint8_t flags = reader.u8();
      hello.counts = (flags & kCounts) != 0;
      hello.takes_zstd = (flags & kZstd) != 0;
      hello.name = take_text(reader);
      hello.position = take_position(reader);
      hello.schemas = take_patterns(reader);
      hello.tables = take_patterns(reader);
      return hello;
    }
    case Type::ack: {
      const std::uint8_t level = reader.u8();
      if (level < 1 || level > 3) reader.fail_value();
      return Ack{AckLevel{level}, take_position(reader)};
    }
    case Type::welcome: {
      Welcome welcome;
      welcome.version = reader.u16();
      welcome.sends_zstd = (reader.u8() & kZstd) != 0;
      welcome.heartbeat_ms = reader.u32();
      return welcome;
    }
    case Type::file_begin: return FileBegin{take_text(reader)};
    case Type::data: {
      const std::uint64_t offset = reader.u64();
      const Bytes bytes = reader.bytes(reader.remaining());
      if (bytes.empty() || offset > std::numeric_limits<std::uint64_t>::max() - bytes.size()) reader.fail_value();
      return Data{offset, bytes};
    }
    case Type::file_end: return FileEnd{};
    case Type::tip: {
      Tip tip;
      tip.position = take_position(reader);
      tip.silent_ms = reader.u32();
      return tip;
    }
    case Type::refusal: {
      const std::uint8_t code = reader.u8();
      if (code > static_cast<std::uint8_t>(Errc::internal)) reader.fail_value();
      const std::string_view what = take_text(reader);
      return Refusal{Errc{code}, what, take_text(reader)};
    }
  }
  return fail(Errc::protocol, "a frame of the unknown type " + std::to_string(static_cast<int>(type)),
              "hub and follower may be of different versions");
}

}  // namespace

std::string_view name_of(AckLevel level) {
  switch (level) {
    case AckLevel::received: return "received";
    case AckLevel::logged: return "logged";
    case AckLevel::applied: return "applied";
  }
  return "?";
}

void append(std::string& out, const Hello& hello) {
  ByteWriter payload;
  payload.u16(hello.version);
  payload.u8(static_cast<std::uint8_t>((hello.counts ? kCounts : 0) | (hello.takes_zstd ? kZstd : 0)));
  put_text(payload, hello.name);
  put_position(payload, hello.position);
  put_patterns(payload, hello.schemas);
  put_patterns(payload, hello.tables);
  frame(out, Type::hello, payload.view());
}

void append(std::string& out, const Ack& ack) {
  ByteWriter payload;
  payload.u8(static_cast<std::uint8_t>(ack.level));
  put_position(payload, ack.position);
  frame(out, Type::ack, payload.view());
}

void append(std::string& out, const Welcome& welcome) {
  ByteWriter payload;
  payload.u16(welcome.version).u8(welcome.sends_zstd ? kZstd : 0).u32(welcome.heartbeat_ms);
  frame(out, Type::welcome, payload.view());
}

void append(std::string& out, const FileBegin& begin) {
  ByteWriter payload;
  put_text(payload, begin.file);
  frame(out, Type::file_begin, payload.view());
}

void append(std::string& out, const Data& data) {
  ByteWriter payload;
  payload.u64(data.offset).bytes(data.bytes);
  frame(out, Type::data, payload.view());
}

void append(std::string& out, const FileEnd&) {
  frame(out, Type::file_end, {});
}

void append(std::string& out, const Tip& tip) {
  ByteWriter payload;
  put_position(payload, tip.position);
  payload.u32(tip.silent_ms);
  frame(out, Type::tip, payload.view());
}

void append(std::string& out, const Refusal& refusal) {
  ByteWriter payload;
  payload.u8(static_cast<std::uint8_t>(refusal.code));
  put_text(payload, refusal.what);
  put_text(payload, refusal.hint);
  frame(out, Type::refusal, payload.view());
}

Result<Frame> take_frame(Bytes& frames) {
  ByteReader head(frames);
  const auto type = Type{head.u8()};
  const std::uint32_t size = head.u32();
  if (head.failed()) return fail(Errc::protocol, "a message ends inside a frame");
  if (size > kLargestFrame) return fail(Errc::limit, "a frame of " + std::to_string(size) + " bytes");
  if (size > head.remaining()) return fail(Errc::protocol, "a message ends inside a frame");
  ByteReader payload(frames.subspan(kFrameHead, size));
  frames = frames.subspan(kFrameHead + size);
  Result<Frame> parsed = parse(type, payload);
  if (!parsed) return parsed;
  if (Status finished = payload.finish("a frame"); !finished) {
    return fail(Errc::protocol, "a malformed frame: " + finished.error().what);
  }
  return parsed;
}

Status check_follower_name(std::string_view name) {
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  if (!name.empty() && name.size() <= kLargestName && std::ranges::all_of(name, is_good)) return {};
  return fail(Errc::usage, "a follower's name is 1 to 128 letters, digits, `-`, `_` and `.`", "give another --as NAME");
}

}  // namespace binferry::ship
