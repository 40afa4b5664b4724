// The ciphers and digests that encrypted logs, key files and logins need, by OpenSSL. Nothing here chooses keys.
//
// Keys are 16, 24 or 32 bytes (AES-128/192/256) unless said otherwise, IVs 16. Wrong sizes are `Errc::encrypted`.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace binferry {

inline constexpr std::size_t kAesBlockSize = 16;

// AES-CBC without padding, in place or not: `in` is whole blocks and `out` as long. `out` may be `in`.
Status aes_cbc_decrypt(Bytes key, Bytes iv, Bytes in, std::span<std::uint8_t> out);

// One block through AES-ECB encryption.
Result<std::array<std::uint8_t, kAesBlockSize>> aes_encrypt_block(Bytes key, Bytes block);

std::array<std::uint8_t, 32> sha256(Bytes bytes);
std::array<std::uint8_t, 64> sha512(Bytes bytes);
std::array<std::uint8_t, 20> sha1(Bytes bytes);

// SHA-256 of what comes piece by piece. Movable; one thread at a time.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void add(Bytes piece);
  // Nothing may be added any more.
  std::array<std::uint8_t, 32> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// RSA-OAEP with SHA-1 by the public key in `pem`, as caching_sha2_password asks for. `refused` if the text holds no RSA
// key, or the key is too small for `plain`.
Result<std::string> rsa_oaep_encrypt(std::string_view pem, Bytes plain);

// AES-CTR as a stream that can be placed anywhere: the counter is `iv` with its last 8 bytes replaced by the big-endian
// number of the 16-byte block. Encryption and decryption are the same operation. Movable; one thread at a time.
class AesCtr {
 public:
  static Result<AesCtr> create(Bytes key, Bytes iv);
  AesCtr(AesCtr&&) noexcept;
  AesCtr& operator=(AesCtr&&) noexcept;
  ~AesCtr();

  // Changes `data`, which stands at byte `offset` of the stream.
  Status apply(std::uint64_t offset, std::span<std::uint8_t> data);

 private:
  struct State;
  explicit AesCtr(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace binferry
