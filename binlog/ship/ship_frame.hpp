// Frames of the subprotocol `binferry.v1` (docs/shipping-protocol.md): how a hub and a follower talk in a WebSocket.
//
// Sans-io. A message is one byte that says how the rest is stored, and frames; a frame is its type (u8), the size of
// its payload (u32) and the payload. Integers are little-endian, texts a u16 size and UTF-8. Views into a message live
// as long as the message.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"
#include "binlog/coordinates/binlog_position.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace binferry::ship {

inline constexpr std::string_view kSubprotocol = "binferry.v1";
inline constexpr std::string_view kPath = "/v1/ship";
inline constexpr std::uint16_t kVersion = 1;

// What a peer may send. Whatever is larger ends the connection.
inline constexpr std::size_t kLargestName = 128;                  // of a follower
inline constexpr std::size_t kLargestText = 1024;                 // file names and error texts
inline constexpr std::size_t kMostPatterns = 256;                 // of schemas, and of tables
inline constexpr std::size_t kLargestFrame = 256 << 10;           // payload
inline constexpr std::size_t kLargestMessage = 1 << 20;           // frames of one message, decompressed
inline constexpr std::size_t kLargestFollowerMessage = 16 << 10;  // a follower has little to say
inline constexpr std::uint32_t kUnknownSilence = 0xFFFFFFFF;
inline constexpr int kWindowLog = 18;  // of the zstd stream: both ends keep 256 KiB

// How far a follower has got with what it acknowledges. Each includes the ones before it.
enum class AckLevel : std::uint8_t { received = 1, logged = 2, applied = 3 };
std::string_view name_of(AckLevel level);

// --- follower to hub ---

struct Hello {
  std::uint16_t version = kVersion;
  bool counts = false;  // joined as `sync`: the acknowledgement policy counts it
  bool takes_zstd = true;
  std::string name{};         // how the hub lists it: letters, digits and `-_.`
  BinlogPosition position{};  // where to begin; an empty file name: with the oldest log
  // Whose rows it wants, as patterns (TransactionFilter::databases, tables); empty: everybody's.
  std::vector<std::string> schemas{};
  std::vector<std::string> tables{};
  bool operator==(const Hello&) const = default;
};
struct Ack {
  AckLevel level = AckLevel::applied;
  BinlogPosition position;  // behind a transaction
  bool operator==(const Ack&) const = default;
};

// --- hub to follower ---

struct Welcome {
  std::uint16_t version = kVersion;
  bool sends_zstd = false;
  std::uint32_t heartbeat_ms = 0;  // the hub is never silent for longer than this
  bool operator==(const Welcome&) const = default;
};
struct FileBegin {
  std::string_view file;
};
// Bytes of the current file. Frames may cut an event; a hole before `offset` is not sent.
struct Data {
  std::uint64_t offset = 0;
  Bytes bytes;
};
struct FileEnd {};
// Up to where the hub has the log. Sent when a follower has everything, and as a heartbeat.
struct Tip {
  BinlogPosition position;
  // Since the hub last knew that its source has nothing newer, or kUnknownSilence: lag must not look small because the
  // hub itself is cut off.
  std::uint32_t silent_ms = kUnknownSilence;
};
// The last frame of a connection that the hub ends.
struct Refusal {
  Errc code = Errc::protocol;
  std::string_view what;
  std::string_view hint;
};

using Frame = std::variant<Hello, Ack, Welcome, FileBegin, Data, FileEnd, Tip, Refusal>;

void append(std::string& out, const Hello& hello);
void append(std::string& out, const Ack& ack);
void append(std::string& out, const Welcome& welcome);
void append(std::string& out, const FileBegin& begin);
void append(std::string& out, const Data& data);
void append(std::string& out, const FileEnd& end);
void append(std::string& out, const Tip& tip);
void append(std::string& out, const Refusal& refusal);

// First byte of a message.
enum class Storing : std::uint8_t { plain = 0, zstd = 1 };

// Takes the frames in front of `frames` apart, one a call. Errors: `protocol` for what breaks the rules, `limit` beyond
// the sizes above; `frames` is then of no use.
Result<Frame> take_frame(Bytes& frames);

// A follower's name becomes part of pages and logs.
Status check_follower_name(std::string_view name);

}  // namespace binferry::ship
