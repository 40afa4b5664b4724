#include "binlog/event/event_framer.hpp"

#include "binlog/base/crc32.hpp"
#include "binlog/base/crypto.hpp"
#include "binlog/base/mapped_pages.hpp"
#include "binlog/event/control_events.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

namespace binferry {
namespace {

constexpr std::uint64_t kFirstEventOffset = 4;
constexpr std::size_t kTypeOffset = 4;
constexpr std::size_t kLengthOffset = 9;
constexpr std::size_t kFlagsOffset = 17;

std::string hex32(std::uint32_t value) {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  return "0x" + to_hex(bytes);
}

std::uint32_t crc32_of_mapped(Bytes bytes) {
  constexpr std::size_t kStep = 1 << 20;
  std::uint32_t crc = 0;
  while (!bytes.empty()) {
    const Bytes piece = bytes.first(std::min(kStep, bytes.size()));
    crc = crc32(piece, crc);
    release_mapped_pages(piece);
    bytes = bytes.subspan(piece.size());
  }
  return crc;
}

Status verify_checksum(Bytes event, bool is_format_description, bool decrypted, bool is_mapped) {
  const Bytes covered = event.first(event.size() - kChecksumSize);
  const Bytes stored_bytes = event.last(kChecksumSize);
  std::uint32_t stored = 0;
  std::memcpy(&stored, stored_bytes.data(), sizeof stored);
  std::uint32_t computed = 0;
  if (is_format_description) {
    // The in-use flag is rewritten in place when the file is closed, so the checksum is that of the cleared flag.
    const std::uint8_t flag = covered[kFlagsOffset] & static_cast<std::uint8_t>(~EventHeader::kInUse);
    computed = crc32(covered.first(kFlagsOffset));
    computed = crc32({&flag, 1}, computed);
    computed = crc32(covered.subspan(kFlagsOffset + 1), computed);
  } else {
    computed = is_mapped ? crc32_of_mapped(covered) : crc32(covered);
  }
  if (stored == computed) [[likely]]
    return {};
  return fail(Errc::checksum, "checksum mismatch (stored " + hex32(stored) + ", computed " + hex32(computed) + ")",
              decrypted ? "check that the key file is this server's; else fetch the file again"
                        : "fetch the file again, or restore it from another copy");
}

}  // namespace

void EventFramer::reset() {
  format_.reset();
  nonce_.reset();
}

Result<RawEvent> EventFramer::frame(Bytes stored, std::uint64_t offset, std::string_view file) {
  RawEvent event;
  if (Status framed = frame(stored, offset, file, event); !framed) return propagate(framed);
  return event;
}

Status EventFramer::frame(Bytes stored, std::uint64_t offset, std::string_view file, RawEvent& event) {
  if (offset == kFirstEventOffset && !options_.network) reset();
  event.file = file;
  Status framed = frame_checked(stored, offset, event);
  if (framed) [[likely]]
    return framed;
  return propagate(framed, std::string(file) + ":" + std::to_string(offset));
}

Status EventFramer::frame_checked(Bytes stored, std::uint64_t offset, RawEvent& event) {
  const Result<std::uint32_t> length = event_length(stored, options_.limits);
  if (!length) return std::unexpected(length.error());
  if (*length != stored.size()) {
    return fail(
        stored.size() < *length ? Errc::truncated : Errc::corrupt,
        "event length is " + std::to_string(*length) + " but " + std::to_string(stored.size()) + " bytes were given");
  }
  Bytes bytes = stored;
  if (nonce_) {
    Result<Bytes> plain = decrypt(stored, offset);
    if (!plain) return propagate(plain);
    bytes = *plain;
  }

  const std::uint8_t written_type = bytes[kTypeOffset];
  if (format_ && format_->old_type_codes && format_->type_code(written_type) != written_type) {
    if (!nonce_) plain_.assign(stored.begin(), stored.end());
    const auto type = static_cast<EventType>(format_->type_code(written_type));
    if (type == EventType::table_map || is_rows_event(type)) {
      return fail(Errc::unsupported,
                  std::string(name_of(type)) + ": row events of the test release " + format_->server_version +
                      " hold its record buffer, whose layout is not logged",
                  "only what that server logged as statements can be read");
    }
    plain_[kTypeOffset] = static_cast<std::uint8_t>(type);
    bytes = plain_;
  }

  // The type decides where the checksum is, so the one byte is looked at before it can be trusted.
  const auto type = static_cast<EventType>(bytes[kTypeOffset]);
  std::unique_ptr<FormatDescription> new_format;  // rare and large: not on every event's stack
  bool has_checksum = false;
  bool checksum_is_right = true;
  if (type == EventType::format_description) {
    Result<FormatDescription> decoded = decode_format_description(bytes);
    if (!decoded) return propagate(decoded, "FORMAT_DESCRIPTION");
    has_checksum = decoded->has_checksum_field;
    // A source that writes no checksums zeroes `created` before it sends the event and leaves the old checksum behind.
    checksum_is_right = !options_.network || decoded->checksum == ChecksumAlgorithm::crc32;
    new_format = std::make_unique<FormatDescription>(std::move(*decoded));
  } else if (format_) {
    has_checksum = format_->checksum == ChecksumAlgorithm::crc32;
  } else if (options_.network) {
    has_checksum = options_.session_checksum == ChecksumAlgorithm::crc32;
  } else if (type == EventType::start_v3) {
    return fail(Errc::unsupported, "a binary log of a server older than MySQL 5.0");
  } else {
    return fail(Errc::out_of_order, "the first event is not FORMAT_DESCRIPTION",
                "read the file from its beginning, or check that it is a binary log");
  }

  const std::size_t tail = has_checksum ? kChecksumSize : 0;
  if (bytes.size() < kEventHeaderSize + tail) {
    return fail(Errc::corrupt, "event length " + std::to_string(bytes.size()) + " leaves no room for a checksum");
  }
  if (has_checksum && checksum_is_right) {
    Status status =
        verify_checksum(bytes, type == EventType::format_description, nonce_.has_value(), event.is_mapped && !nonce_);
    // The type may be what is broken; it still tells most readers where they are.
    if (!status) return propagate(status, name_of(type));
  }

  event.header = read_header(bytes);
  const bool fixed_header = type == EventType::format_description || type == EventType::rotate || !format_;
  const std::size_t header_length = fixed_header ? kEventHeaderSize : format_->header_length;
  if (bytes.size() < header_length + tail) {
    return fail(Errc::corrupt, "event length " + std::to_string(bytes.size()) + " is shorter than its header");
  }
  event.bytes = bytes;
  event.body = bytes.subspan(header_length, bytes.size() - header_length - tail);
  event.offset = offset;
  event.end = offset + bytes.size();
  if (duty_of(type) == EventDuty::unknown && (event.header.flags & EventHeader::kIgnorable) == 0) {
    return fail(Errc::unknown_event, "event type " + std::to_string(static_cast<unsigned>(type)) + " is not known",
                "upgrade binferry; the event cannot be passed over without risk of losing changes");
  }

  if (options_.network) {
    const bool made_for_us = (event.header.flags & EventHeader::kArtificial) != 0 || event.header.log_pos == 0;
    // MariaDB 11.4 leaves log_pos 0 in the middle of a group, so only these types are known to be outside the file.
    const bool may_be_made = type == EventType::rotate || type == EventType::format_description ||
                             type == EventType::gtid_list || duty_of(type) == EventDuty::network;
    if (duty_of(type) == EventDuty::network || (made_for_us && may_be_made)) event.end = offset;
  } else if (type == EventType::start_encryption && (event.header.flags & EventHeader::kIgnorable) == 0) {
    // Flagged ignorable, it was copied from a stream that the source had decrypted.
    if (Status status = begin_encryption(event.body); !status) return propagate(status, "START_ENCRYPTION");
  }
  if (new_format) format_ = std::move(*new_format);
  return {};
}

Status EventFramer::begin_encryption(Bytes body) {
  const Result<StartEncryption> start = decode_start_encryption(body);
  if (!start) return std::unexpected(start.error());
  nonce_.emplace();
  std::copy(start->nonce.begin(), start->nonce.end(), nonce_->begin());
  return {};
}

// PROTOCOL 1.7. The stored bytes 0…3 are the encrypted ones of the length's place, which itself holds the clear length.
Result<Bytes> EventFramer::decrypt(Bytes stored, std::uint64_t offset) {
  const Bytes key = options_.keys == nullptr ? Bytes{} : options_.keys->find(MariadbKeys::kBinlogKeyId);
  if (key.empty()) {
    return fail(Errc::encrypted,
                options_.keys == nullptr ? "the file is encrypted" : "the key file holds no key with id 1",
                "give the server's file_key_management key file with --key-file");
  }
  std::array<std::uint8_t, kAesBlockSize> iv{};
  std::copy(nonce_->begin(), nonce_->end(), iv.begin());
  for (std::size_t i = 0; i < 4; ++i) iv[12 + i] = static_cast<std::uint8_t>(offset >> (8 * i));

  plain_.assign(stored.begin(), stored.end());
  std::copy_n(stored.begin(), 4, plain_.begin() + kLengthOffset);
  const std::span<std::uint8_t> secret = std::span(plain_).subspan(4);
  const std::size_t whole = secret.size() / kAesBlockSize * kAesBlockSize;
  const std::span<std::uint8_t> blocks = secret.first(whole);
  if (Status status = aes_cbc_decrypt(key, iv, blocks, blocks); !status) return propagate(status);
  if (whole != secret.size()) {
    const auto mask = aes_encrypt_block(key, iv);
    if (!mask) return std::unexpected(mask.error());
    for (std::size_t i = whole; i < secret.size(); ++i) secret[i] ^= (*mask)[i - whole];
  }
  std::copy_n(plain_.begin() + kLengthOffset, 4, plain_.begin());
  std::copy_n(stored.begin() + kLengthOffset, 4, plain_.begin() + kLengthOffset);
  return Bytes(plain_);
}

}  // namespace binferry
