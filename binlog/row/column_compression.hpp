// Values of MariaDB's COMPRESSED columns (wire types 140 and 141, PROTOCOL 4.5).
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string>

namespace binferry {

// The value behind `stored`, which is what stands behind the length prefix. A value stored plain is a view into
// `stored`; a compressed one is put into `buffer` and lives as long as that is not touched.
// Errc::corrupt, limit (above `limit_bytes`), unsupported (another method than zlib).
Result<Bytes> decompress_column(Bytes stored, std::uint64_t limit_bytes, std::string& buffer);

}  // namespace binferry
