#include "binlog/base/ed25519.hpp"

#include <algorithm>
#include <span>

#include <sodium.h>

namespace binferry {
namespace {

using Scalar = std::array<std::uint8_t, crypto_core_ed25519_SCALARBYTES>;
using Point = std::array<std::uint8_t, crypto_core_ed25519_BYTES>;
using Digest = std::array<std::uint8_t, crypto_hash_sha512_BYTES>;

// SHA-512 of the parts, one after the other.
template <class... Parts>
Digest digest_of(const Parts&... parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  (crypto_hash_sha512_update(&state, parts.data(), parts.size()), ...);
  Digest digest;
  crypto_hash_sha512_final(&state, digest.data());
  return digest;
}

Scalar reduced(const Digest& digest) {
  Scalar scalar;
  crypto_core_ed25519_scalar_reduce(scalar.data(), digest.data());
  return scalar;
}

Point times_base(const Scalar& scalar) {
  Point point{};
  // Fails only where the result is the neutral element, which no honest scalar gives.
  (void)crypto_scalarmult_ed25519_base_noclamp(point.data(), scalar.data());
  return point;
}

}  // namespace

std::array<std::uint8_t, 64> ed25519_sign(Bytes seed, Bytes message) {
  Digest secret = digest_of(seed);
  Scalar key;
  std::copy_n(secret.begin(), key.size(), key.begin());
  key[0] &= 0xF8;
  key[31] = static_cast<std::uint8_t>((key[31] & 0x7F) | 0x40);
  const std::span prefix = std::span(secret).last<32>();

  Scalar nonce = reduced(digest_of(prefix, message));
  const Point commitment = times_base(nonce);
  const Scalar challenge = reduced(digest_of(commitment, times_base(key), message));
  // S = nonce + challenge · key, modulo the order of the group.
  Scalar product;
  Scalar sum;
  crypto_core_ed25519_scalar_mul(product.data(), challenge.data(), key.data());
  crypto_core_ed25519_scalar_add(sum.data(), nonce.data(), product.data());

  std::array<std::uint8_t, 64> signature;
  std::ranges::copy(commitment, signature.begin());
  std::ranges::copy(sum, signature.begin() + 32);
  for (const std::span<std::uint8_t> used : {std::span<std::uint8_t>(secret), std::span<std::uint8_t>(key),
                                             std::span<std::uint8_t>(nonce), std::span<std::uint8_t>(product)}) {
    sodium_memzero(used.data(), used.size());
  }
  return signature;
}

}  // namespace binferry
