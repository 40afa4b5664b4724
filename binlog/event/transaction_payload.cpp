#include "binlog/event/transaction_payload.hpp"

#include "binlog/base/mapped_pages.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/event/event_header.hpp"

#include <algorithm>
#include <cstring>

namespace binferry {
namespace {

enum Field : std::uint64_t { kEnd = 0, kPayloadSize = 1, kCompression = 2, kUncompressedSize = 3 };

// What is decompressed at a time; also the step by which a large event's buffer grows, so that an event costs memory
// only as its bytes arrive.
constexpr std::size_t kChunkBytes = 128 << 10;
constexpr std::size_t kReleaseBytes = 4 << 20;

}  // namespace

Result<TransactionPayload> decode_transaction_payload(Bytes body) {
  ByteReader in(body);
  TransactionPayload payload;
  std::optional<std::uint64_t> size;
  std::uint64_t compression = 0;
  while (!in.failed()) {
    const std::uint64_t field = in.pint();
    if (field == kEnd) break;
    ByteReader value(in.bytes(in.pint()));
    if (field != kPayloadSize && field != kCompression && field != kUncompressedSize) continue;
    const std::uint64_t number = value.pint();
    if (value.failed()) in.fail_value();
    if (field == kPayloadSize) size = number;
    if (field == kCompression) compression = number;
    if (field == kUncompressedSize) payload.uncompressed_bytes = number;
  }
  if (Status status = in.finish_open("TRANSACTION_PAYLOAD"); !status) return propagate(status);
  if (!size) return fail(Errc::corrupt, "TRANSACTION_PAYLOAD does not say its size");
  payload.payload = in.bytes(*size);
  if (Status status = in.finish("TRANSACTION_PAYLOAD"); !status) return propagate(status);
  if (compression != 0 && compression != 255) {
    return fail(Errc::unsupported, "TRANSACTION_PAYLOAD with compression type " + std::to_string(compression),
                "upgrade binferry");
  }
  payload.compression = static_cast<TransactionPayload::Compression>(compression);
  return payload;
}

Status PayloadReader::open(const RawEvent& outer) {
  outer_ = outer;
  given_bytes_ = 0;
  total_bytes_ = 0;
  is_broken_ = true;
  compressed_ = {};
  window_ = {};
  Result<TransactionPayload> payload = decode_transaction_payload(outer.body);
  if (!payload) return propagate(payload, outer.place());
  is_plain_ = payload->compression == TransactionPayload::Compression::none;
  (is_plain_ ? window_ : compressed_) = payload->payload;
  released_ = payload->payload.data();
  zstd_.reset();
  is_broken_ = false;
  return {};
}

Result<const RawEvent*> PayloadReader::next() {
  if (is_broken_) return fail(Errc::internal, "a payload is read that is not open or was found damaged");
  Result<const RawEvent*> event = read_event();
  if (event) return event;
  is_broken_ = true;
  return propagate(event, outer_.place());
}

Result<const RawEvent*> PayloadReader::read_event() {
  window_ = window_.subspan(given_bytes_);
  given_bytes_ = 0;
  release_passed();
  const auto cut_short = [](bool nothing) {
    return fail(Errc::corrupt, nothing ? "the compressed payload is cut short" : "the payload ends inside an event",
                "fetch the file again, or restore it from another copy");
  };
  Result<bool> filled = fill(kEventHeaderSize);
  if (!filled) return propagate(filled);
  if (!*filled) {
    if (window_.empty() && zstd_.at_frame_end()) return nullptr;
    return cut_short(window_.empty());
  }
  const Result<std::uint32_t> length = event_length(window_, limits_);
  if (!length) return std::unexpected(length.error());
  filled = fill(*length);
  if (!filled) return propagate(filled);
  if (!*filled) return cut_short(false);

  inner_.header = read_header(window_);
  inner_.bytes = window_.first(*length);
  inner_.body = inner_.bytes.subspan(kEventHeaderSize);
  inner_.file = outer_.file;
  inner_.offset = outer_.offset;
  inner_.end = outer_.end;
  given_bytes_ = *length;
  if (inner_.header.type == EventType::transaction_payload) return fail(Errc::corrupt, "a payload inside a payload");
  if (duty_of(inner_.header.type) == EventDuty::unknown && (inner_.header.flags & EventHeader::kIgnorable) == 0) {
    return fail(Errc::unknown_event,
                "event type " + std::to_string(static_cast<unsigned>(inner_.header.type)) + " is not known",
                "upgrade binferry; the event cannot be passed over without risk of losing changes");
  }
  return &inner_;
}

// A huge payload lies in a mapped file: what has been read need not stay in memory.
void PayloadReader::release_passed() {
  if (!outer_.is_mapped) return;
  const std::uint8_t* at = is_plain_ ? window_.data() : compressed_.data();
  const Bytes passed{released_, static_cast<std::size_t>(at - released_)};
  if (passed.size() < kReleaseBytes) return;
  release_mapped_pages(passed);
  released_ = at;
}

Result<bool> PayloadReader::fill(std::size_t size) {
  if (window_.size() >= size) return true;
  if (is_plain_) return false;
  // The rest of the last chunk goes to the front; what is given out has been dropped before.
  std::size_t held = window_.size();
  if (held != 0) std::memmove(buffer_.data(), window_.data(), held);
  while (held < size) {
    if (held == buffer_.size()) buffer_.resize(std::max(kChunkBytes, std::min(held * 2, size + kChunkBytes)));
    const std::span<std::uint8_t> room = std::span(buffer_).subspan(held);
    const Result<std::size_t> got = zstd_.read(compressed_, room.first(std::min(room.size(), kChunkBytes)));
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    held += *got;
    total_bytes_ += *got;
    if (total_bytes_ > limits_.payload_bytes) {
      return fail(Errc::limit,
                  "the payload is larger than the limit of " + std::to_string(limits_.payload_bytes) + " bytes");
    }
  }
  window_ = Bytes(buffer_).first(held);
  return held >= size;
}

}  // namespace binferry
