#include "binlog/coordinates/uuid.hpp"

#include <algorithm>

namespace binferry {
namespace {

constexpr std::size_t kDigits = 2 * Uuid::kBytes;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A dash stands before bytes 4, 6, 8 and 10.
bool dash_before(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

// `text` has exactly the characters of the form asked for.
std::optional<Uuid> read(std::string_view text, bool dashes) {
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < Uuid::kBytes; ++i) {
    if (dashes && dash_before(i) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    uuid.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return uuid;
}

}  // namespace

std::optional<Uuid> Uuid::from_dashed(std::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  return read(text, true);
}

Result<Uuid> Uuid::parse(std::string_view text) {
  std::string_view inner = text;
  if (inner.size() == kTextLength + 2 && inner.front() == '{' && inner.back() == '}') {
    inner = inner.substr(1, kTextLength);
  }
  std::optional<Uuid> uuid;
  if (inner.size() == kTextLength) uuid = read(inner, true);
  if (inner.size() == kDigits) uuid = read(inner, false);
  if (uuid) return *uuid;
  return fail(Errc::usage, "'" + std::string(text.substr(0, 80)) + "' is not a UUID",
              "write it as 3e11fa47-71ca-11e1-9e33-c80aa9429562");
}

Uuid Uuid::from_bytes(Bytes raw) {
  Uuid uuid;
  if (raw.size() == kBytes) std::copy(raw.begin(), raw.end(), uuid.bytes.begin());
  return uuid;
}

void Uuid::append_to(std::string& out) const {
  static constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t i = 0; i < kBytes; ++i) {
    if (dash_before(i)) out.push_back('-');
    out.push_back(kHex[bytes[i] >> 4]);
    out.push_back(kHex[bytes[i] & 15]);
  }
}

std::string Uuid::text() const {
  std::string out;
  out.reserve(kTextLength);
  append_to(out);
  return out;
}

}  // namespace binferry
