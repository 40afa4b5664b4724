#include "binlog/base/error.hpp"

#include "binlog/base/bytes.hpp"

namespace binferry {

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::usage: return "usage";
    case Errc::io: return "io";
    case Errc::truncated: return "truncated";
    case Errc::corrupt: return "corrupt";
    case Errc::checksum: return "checksum";
    case Errc::limit: return "limit";
    case Errc::unsupported: return "unsupported";
    case Errc::unknown_event: return "unknown event";
    case Errc::out_of_order: return "out of order";
    case Errc::incident: return "incident";
    case Errc::encrypted: return "encrypted";
    case Errc::statement_based: return "statement based";
    case Errc::ddl: return "ddl";
    case Errc::schema_mismatch: return "schema mismatch";
    case Errc::undecodable: return "undecodable";
    case Errc::not_found: return "not found";
    case Errc::connection: return "connection";
    case Errc::timeout: return "timeout";
    case Errc::refused: return "refused";
    case Errc::purged: return "purged";
    case Errc::diverged: return "diverged";
    case Errc::wrong_source: return "wrong source";
    case Errc::protocol: return "protocol";
    case Errc::replica: return "replica";
    case Errc::busy: return "busy";
    case Errc::no_space: return "no space";
    case Errc::cancelled: return "cancelled";
    case Errc::internal: return "internal";
  }
  return "internal";
}

bool is_retryable(Errc code) {
  return code == Errc::connection || code == Errc::timeout || code == Errc::busy;
}

std::string Error::message() const {
  return where.empty() ? what : where + ": " + what;
}

Error Error::at(std::string_view place) && {
  where = where.empty() ? std::string(place) : std::string(place) + ": " + where;
  return std::move(*this);
}

std::string to_hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kDigits[bytes[i] >> 4];
    text[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return text;
}

}  // namespace binferry
