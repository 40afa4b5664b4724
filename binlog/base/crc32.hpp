// CRC-32 as zlib computes it (PROTOCOL 1.5), by libdeflate. Incremental: pass the previous result as `seed`.
#pragma once

#include "binlog/base/bytes.hpp"

#include <cstdint>

namespace binferry {

std::uint32_t crc32(Bytes bytes, std::uint32_t seed = 0);

}  // namespace binferry
