// What comparing and showing digests takes, by OpenSSL (crypto.cpp).
#pragma once

#include "binlog/base/bytes.hpp"

#include <string>

namespace binferry {

// Equal, found out in a time that depends on the sizes alone.
bool same_secret(Bytes left, Bytes right);

// With padding, on one line.
std::string base64(Bytes bytes);

}  // namespace binferry
