// Feeds every prefix of a body, each in an exactly-sized heap block so that a sanitizer sees any read beyond it.
#pragma once

#include "binlog/base/bytes.hpp"

#include <string_view>
#include <vector>

namespace binferry::test {

template <class Decode>
void for_every_prefix(std::string_view body, Decode&& decode) {
  for (std::size_t size = 0; size < body.size(); ++size) {
    const std::vector<std::uint8_t> exact(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    decode(Bytes(exact));
  }
}

}  // namespace binferry::test
