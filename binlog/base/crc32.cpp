#include "binlog/base/crc32.hpp"

#include <libdeflate.h>

namespace binferry {

std::uint32_t crc32(Bytes bytes, std::uint32_t seed) {
  // libdeflate takes a null buffer as a request for the initial value, whatever the seed.
  if (bytes.empty()) return seed;
  return libdeflate_crc32(seed, bytes.data(), bytes.size());
}

}  // namespace binferry
