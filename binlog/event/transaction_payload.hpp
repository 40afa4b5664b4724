// TRANSACTION_PAYLOAD: a whole group body in one compressed event, read event by event (PROTOCOL 3.15).
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/base/zstd_stream.hpp"
#include "binlog/event/raw_event.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace binferry {

struct TransactionPayload {
  enum class Compression : std::uint8_t { zstd = 0, none = 255 };
  Compression compression = Compression::zstd;
  std::optional<std::uint64_t> uncompressed_bytes;  // what the source says; a hint, never an allocation
  Bytes payload;                                    // views the body
};
// `body` is RawEvent::body. Errors: `truncated`, `corrupt`, `unsupported` for another compression.
Result<TransactionPayload> decode_transaction_payload(Bytes body);

// Gives the events inside, decompressing as it goes: memory is zstd's window and the largest event. Keep one and open()
// it for every payload; it reuses its memory. One thread at a time.
class PayloadReader {
 public:
  explicit PayloadReader(const Limits& limits = {}) : limits_(limits) {}

  // `outer` is the TRANSACTION_PAYLOAD event; its bytes and file name must live until the last next().
  Status open(const RawEvent& outer);

  // The next event inside, null behind the last. It has no checksum, carries the outer event's file, offset and end,
  // and lives until the next call. Errors carry the outer event's place; after one the payload cannot be read on:
  //   corrupt        malformed compression, an event cut short, a payload inside the payload
  //   limit          more than Limits::payload_bytes inside, or a compression window beyond the cap
  //   unknown_event  as EventFramer::frame
  Result<const RawEvent*> next();

 private:
  Result<const RawEvent*> read_event();
  // Makes at least `size` bytes available in window_, false if the payload ends first.
  Result<bool> fill(std::size_t size);

  void release_passed();

  Limits limits_;
  ZstdDecompressor zstd_;
  std::vector<std::uint8_t> buffer_;
  RawEvent outer_;
  RawEvent inner_;
  Bytes compressed_;  // what zstd has not consumed
  Bytes window_;      // decompressed and not given out: in buffer_, or in the payload if it is stored plain
  const std::uint8_t* released_ = nullptr;  // of a mapped payload: its pages up to here are given back
  std::size_t given_bytes_ = 0;             // of the front of window_, to be dropped at the next call
  std::uint64_t total_bytes_ = 0;
  bool is_plain_ = false;
  bool is_broken_ = true;  // nothing is open, or an error was given out
};

}  // namespace binferry
