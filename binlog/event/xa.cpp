#include "binlog/event/xa.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/base/hex.hpp"

#include <charconv>
#include <optional>

namespace binferry {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n;") - first + 1);
}

std::unexpected<Error> malformed(std::string_view text) {
  return fail(Errc::corrupt, "`" + std::string(text) + "` is not the name of an XA transaction");
}

// The text up to the comma that ends the part; commas inside quotes belong to it. `rest` goes on behind the comma.
std::string_view next_part(std::string_view& rest) {
  char quote = '\0';
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    const char c = rest[end];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == ',') {
      break;
    }
  }
  const std::string_view part = trim(rest.substr(0, end));
  rest.remove_prefix(end == rest.size() ? end : end + 1);
  return part;
}

// X'…', 0x… or a quoted string.
std::optional<std::string> part_bytes(std::string_view part) {
  const auto quoted = [](std::string_view text) {
    return text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front();
  };
  if ((part.starts_with("X'") || part.starts_with("x'")) && quoted(part.substr(1))) {
    return from_hex(part.substr(2, part.size() - 3));
  }
  if (part.starts_with("0x")) return from_hex(part.substr(2));
  if (!quoted(part)) return std::nullopt;
  const std::string_view inside = part.substr(1, part.size() - 2);
  if (inside.find_first_of("\\'\"") != std::string_view::npos) return std::nullopt;
  return std::string(inside);
}

}  // namespace

std::string XaId::text() const {
  std::string text = "X'";
  text += to_hex(bytes_of(gtrid));
  text += "',X'";
  text += to_hex(bytes_of(bqual));
  text += "',";
  text += std::to_string(format);
  return text;
}

Result<XaId> XaId::parse(std::string_view text) {
  std::string_view rest = trim(text);
  const std::string_view first = next_part(rest);
  const bool has_second = !rest.empty();
  const std::string_view second = has_second ? next_part(rest) : "''";
  const std::string_view third = trim(rest);

  const auto gtrid = part_bytes(first);
  const auto bqual = part_bytes(second);
  if (!gtrid || !bqual || gtrid->size() > kMaxPart || bqual->size() > kMaxPart) return malformed(text);
  XaId id{1, *gtrid, *bqual};
  if (!third.empty()) {
    const auto [stop, error] = std::from_chars(third.data(), third.data() + third.size(), id.format);
    if (error != std::errc{} || stop != third.data() + third.size()) return malformed(text);
  }
  return id;
}

Result<XaPrepare> decode_xa_prepare(Bytes body) {
  ByteReader in(body);
  XaPrepare prepare;
  prepare.one_phase = in.u8() != 0;
  prepare.xid.format = in.u32();
  const std::uint32_t gtrid_length = in.u32();
  const std::uint32_t bqual_length = in.u32();
  if (gtrid_length > XaId::kMaxPart || bqual_length > XaId::kMaxPart) {
    return fail(Errc::corrupt, "XA_PREPARE names a transaction in more than 64 bytes a part");
  }
  prepare.xid.gtrid = in.text(gtrid_length);
  prepare.xid.bqual = in.text(bqual_length);
  if (Status status = in.finish("XA_PREPARE"); !status) return propagate(status);
  return prepare;
}

Result<std::uint64_t> decode_xid(Bytes body) {
  ByteReader in(body);
  const std::uint64_t xid = in.u64();
  if (Status status = in.finish("XID"); !status) return propagate(status);
  return xid;
}

}  // namespace binferry
