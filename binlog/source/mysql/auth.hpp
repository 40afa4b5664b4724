// The ways to prove a password to a server: pure functions of the password and what the server sent (PROTOCOL 6.2).
//
// Passwords come as views into a Secret. What is returned is as confidential as its name says.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace binferry::mysql {

enum class AuthPlugin : std::uint8_t {
  native_password,
  caching_sha2_password,
  sha256_password,
  ed25519,
  clear_password,
};

// Nothing for a plugin that binferry does not speak.
std::optional<AuthPlugin> find_auth_plugin(std::string_view name);
std::string_view name_of(AuthPlugin plugin);

// Bytes of the server's random data that answers are computed from.
inline constexpr std::size_t kScrambleBytes = 20;
inline constexpr std::size_t kNonceBytes = 32;  // of MariaDB's client_ed25519

// SHA1(pw) XOR SHA1(scramble ‖ SHA1(SHA1(pw))): 20 bytes; none for an empty password.
std::string native_password_answer(std::string_view password, Bytes scramble);

// SHA256(pw) XOR SHA256(SHA256(SHA256(pw)) ‖ scramble): 32 bytes; none for an empty password.
std::string caching_sha2_answer(std::string_view password, Bytes scramble);

// MariaDB's client_ed25519: the Ed25519 signature (64 bytes) of the nonce, by the key that the password itself is the
// seed of, be it as long as it may. `protocol` for a nonce of another length.
Result<std::string> ed25519_answer(std::string_view password, Bytes nonce);

// Password and NUL, masked with the scramble, for the owner of the RSA key in `pem`. `refused` if that is no usable
// key.
Result<std::string> rsa_password_answer(std::string_view password, Bytes scramble, std::string_view pem);

// Password and NUL as they are. Wipe it after use.
std::string clear_password_answer(std::string_view password);

}  // namespace binferry::mysql
