#include "binlog/event/format_description.hpp"

#include "binlog/base/byte_reader.hpp"

#include <algorithm>
#include <charconv>

namespace binferry {
namespace {

constexpr std::size_t kServerVersionSize = 50;

// Codes 16 to 22 of the test releases: TABLE_MAP, the row events of version 0, XID, BEGIN_LOAD_QUERY,
// EXECUTE_LOAD_QUERY.
constexpr std::uint8_t kFirstOldCode = 16;
constexpr std::array<std::uint8_t, 7> kOldCodes{19, 20, 21, 22, 16, 17, 18};

bool writes_checksum_field(const FormatDescription& format) {
  return format.version >= (format.kind == ServerKind::mariadb ? 50300U : 50601U);
}

}  // namespace

std::uint8_t FormatDescription::type_code(std::uint8_t written) const {
  const bool other = old_type_codes && written >= kFirstOldCode && written < kFirstOldCode + kOldCodes.size();
  return other ? kOldCodes[written - kFirstOldCode] : written;
}

std::uint32_t parse_server_version(std::string_view text) {
  std::array<std::uint32_t, 3> parts{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint32_t& part : parts) {
    const auto [stop, error] = std::from_chars(at, end, part);
    if (error != std::errc{} || part > 999) {
      part = 0;
      break;
    }
    at = stop;
    if (at == end || *at != '.') break;
    ++at;
  }
  return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

Result<FormatDescription> decode_format_description(Bytes event) {
  ByteReader in(event);
  in.skip(kEventHeaderSize);
  const std::uint16_t binlog_version = in.u16();
  if (!in.failed() && binlog_version != 4) {
    return fail(Errc::unsupported, "binary log version " + std::to_string(binlog_version),
                "only version 4 (MySQL 5.0 and later, every MariaDB) can be read");
  }
  const std::string_view padded = in.text(kServerVersionSize);
  FormatDescription format;
  format.server_version = padded.substr(0, padded.find('\0'));
  format.version = parse_server_version(format.server_version);
  if (format.server_version.find("MariaDB") != std::string::npos ||
      format.server_version.find("-maria-") != std::string::npos) {
    format.kind = ServerKind::mariadb;
  }
  format.created = in.u32();
  format.header_length = in.u8();
  if (Status status = in.finish_open("FORMAT_DESCRIPTION"); !status) return propagate(status);
  if (format.header_length < kEventHeaderSize) {
    return fail(Errc::corrupt,
                "FORMAT_DESCRIPTION announces event headers of " + std::to_string(format.header_length) + " bytes");
  }

  format.has_checksum_field = writes_checksum_field(format);
  const std::size_t tail = format.has_checksum_field ? 1 + kChecksumSize : 0;
  if (in.remaining() < tail) return fail(Errc::truncated, "FORMAT_DESCRIPTION ends before its checksum");
  const Bytes lengths = in.bytes(in.remaining() - tail);
  if (lengths.size() > 255) return fail(Errc::corrupt, "FORMAT_DESCRIPTION lists more than 255 event types");
  format.event_types = static_cast<std::uint8_t>(lengths.size());
  format.old_type_codes = format.event_types == 22 && format.kind == ServerKind::mysql;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    format.post_header_lengths[format.type_code(static_cast<std::uint8_t>(i + 1))] = lengths[i];
  }
  if (!format.has_checksum_field) return format;

  switch (const std::uint8_t algorithm = in.u8()) {
    case 0:
    case 255: break;  // 255: "undefined", in relay logs fed by a source that knows no checksums
    case 1: format.checksum = ChecksumAlgorithm::crc32; break;
    default:
      return fail(Errc::unsupported, "checksum algorithm " + std::to_string(algorithm),
                  "upgrade binferry, or set binlog_checksum=CRC32 at the source");
  }
  return format;
}

}  // namespace binferry
