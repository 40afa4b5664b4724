// Bounded inflation of deflate data: the only way to libdeflate's decompressor.
//
// The size is always announced by the format; data that inflates to anything else is corrupt. Nothing is allocated
// before the announced size is proved possible (deflate cannot grow data more than about 1032 times).
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string>

namespace binferry {

enum class DeflateForm : std::uint8_t { zlib, raw };

// Replaces `out` by the `size` bytes that `data` inflates to. Errc::limit if `size` is above `limit_bytes`,
// Errc::corrupt if the data is damaged or has another size.
Status inflate(DeflateForm form, Bytes data, std::uint64_t size, std::uint64_t limit_bytes, std::string& out);

// MariaDB's compressed block (PROTOCOL 3.17): head byte, big-endian size, zlib stream to the end. Errors as inflate().
Status inflate_block(Bytes block, std::uint64_t limit_bytes, std::string& out);

}  // namespace binferry
