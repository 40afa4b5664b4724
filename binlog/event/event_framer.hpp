// Turns the stored bytes of one event after another into checked, decrypted RawEvents. Sans-io: the caller fetches.
//
// One framer follows one stream of events (a file, or a connection). It owns the format in force and the decryption
// state; one thread at a time. Readers ask event_length() how many bytes to fetch and hand them to frame().
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/event/event_header.hpp"
#include "binlog/event/format_description.hpp"
#include "binlog/event/mariadb_keys.hpp"
#include "binlog/event/raw_event.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace binferry {

struct FramerOptions {
  // Events of a dump connection: never encrypted, and what has no place in the source's file does not move the offset.
  bool network = false;
  // Network only: what the session declared (`@source_binlog_checksum`). It governs the artificial ROTATE that comes
  // before the first FORMAT_DESCRIPTION.
  ChecksumAlgorithm session_checksum = ChecksumAlgorithm::crc32;
  // Keys of encrypted MariaDB files; may be null. Must outlive the framer.
  const MariadbKeys* keys = nullptr;
  Limits limits;
};

class EventFramer {
 public:
  explicit EventFramer(const FramerOptions& options = {}) : options_(options) {}

  // `stored` is one whole event as event_length() measured it, `offset` its place in the source's file, `file` the base
  // name. The result views `stored`, or for an encrypted event a buffer of the framer that lives until the next call;
  // `file` is kept as the view it is.
  // Order of the checks: length, decryption, checksum, content. Errors carry `file:offset` and are
  //   truncated, corrupt    the length does not fit, or the format description is malformed
  //   checksum              stored and computed CRC differ
  //   encrypted             an encrypted file without its key
  //   out_of_order          a file whose first event is not FORMAT_DESCRIPTION
  //   unsupported           another binlog version, checksum algorithm or encryption scheme
  //   unknown_event         a type that is not in the list and not flagged ignorable
  // An ignorable event of unknown type is given out: duty_of() says `unknown`, the reader passes over it.
  // After an error the framer's state is as before the call.
  Result<RawEvent> frame(Bytes stored, std::uint64_t offset, std::string_view file);
  // The same into the caller's event, whose is_mapped says of `stored`; what it holds after an error means nothing.
  Status frame(Bytes stored, std::uint64_t offset, std::string_view file, RawEvent& event);

  // The format in force; null before the first FORMAT_DESCRIPTION.
  [[nodiscard]] const FormatDescription* format() const { return format_ ? &*format_ : nullptr; }

  // True if the events that follow are encrypted in the file.
  [[nodiscard]] bool decrypting() const { return nonce_.has_value(); }

  // Before the first event of another file or connection. An event at offset 4 of a file does it by itself.
  void reset();

 private:
  using Nonce = std::array<std::uint8_t, 12>;

  Status frame_checked(Bytes stored, std::uint64_t offset, RawEvent& event);
  Result<Bytes> decrypt(Bytes stored, std::uint64_t offset);
  Status begin_encryption(Bytes body);

  FramerOptions options_;
  std::optional<FormatDescription> format_;
  std::optional<Nonce> nonce_;
  std::vector<std::uint8_t> plain_;
};

}  // namespace binferry
