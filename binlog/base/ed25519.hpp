// Ed25519 signatures (RFC 8032) by seeds of any length, as MariaDB makes them of passwords; by libsodium's arithmetic,
// whose own signing function takes seeds of 32 bytes only.
#pragma once

#include "binlog/base/bytes.hpp"

#include <array>
#include <cstdint>

namespace binferry {

// The signature R ‖ S of `message` by the key whose secret is SHA-512 of `seed`.
std::array<std::uint8_t, 64> ed25519_sign(Bytes seed, Bytes message);

}  // namespace binferry
