#include "binlog/source/mysql/auth.hpp"

#include "binlog/base/crypto.hpp"
#include "binlog/base/ed25519.hpp"
#include "binlog/base/secret.hpp"

#include <array>

namespace binferry::mysql {
namespace {

template <std::size_t N>
std::string exclusive_or(const std::array<std::uint8_t, N>& left, const std::array<std::uint8_t, N>& right) {
  std::string result(N, '\0');
  for (std::size_t i = 0; i < N; ++i) result[i] = static_cast<char>(left[i] ^ right[i]);
  return result;
}

std::string joined(Bytes first, Bytes second) {
  return std::string(text_of(first)).append(text_of(second));
}

}  // namespace

std::optional<AuthPlugin> find_auth_plugin(std::string_view name) {
  for (const AuthPlugin plugin : {AuthPlugin::native_password, AuthPlugin::caching_sha2_password,
                                  AuthPlugin::sha256_password, AuthPlugin::ed25519, AuthPlugin::clear_password}) {
    if (name == name_of(plugin)) return plugin;
  }
  return std::nullopt;
}

std::string_view name_of(AuthPlugin plugin) {
  switch (plugin) {
    case AuthPlugin::native_password: return "mysql_native_password";
    case AuthPlugin::caching_sha2_password: return "caching_sha2_password";
    case AuthPlugin::sha256_password: return "sha256_password";
    case AuthPlugin::ed25519: return "client_ed25519";
    case AuthPlugin::clear_password: return "mysql_clear_password";
  }
  return {};
}

std::string native_password_answer(std::string_view password, Bytes scramble) {
  if (password.empty()) return {};
  const auto once = sha1(bytes_of(password));
  const auto twice = sha1(once);
  return exclusive_or(once, sha1(bytes_of(joined(scramble, twice))));
}

std::string caching_sha2_answer(std::string_view password, Bytes scramble) {
  if (password.empty()) return {};
  const auto once = sha256(bytes_of(password));
  const auto twice = sha256(once);
  return exclusive_or(once, sha256(bytes_of(joined(twice, scramble))));
}

Result<std::string> rsa_password_answer(std::string_view password, Bytes scramble, std::string_view pem) {
  if (scramble.empty()) return fail(Errc::protocol, "the server sent no random data to log in with");
  std::string masked = clear_password_answer(password);
  for (std::size_t i = 0; i < masked.size(); ++i) {
    masked[i] = static_cast<char>(static_cast<std::uint8_t>(masked[i]) ^ scramble[i % scramble.size()]);
  }
  Result<std::string> answer = rsa_oaep_encrypt(pem, bytes_of(masked));
  wipe(masked);
  return answer;
}

Result<std::string> ed25519_answer(std::string_view password, Bytes nonce) {
  if (nonce.size() != kNonceBytes) {
    return fail(Errc::protocol, "random data of " + std::to_string(nonce.size()) + " bytes to log in with");
  }
  const auto signature = ed25519_sign(bytes_of(password), nonce);
  return std::string(signature.begin(), signature.end());
}

std::string clear_password_answer(std::string_view password) {
  std::string answer;
  answer.reserve(password.size() + 1);  // so that no copy is left behind
  answer.append(password).push_back('\0');
  return answer;
}

}  // namespace binferry::mysql
