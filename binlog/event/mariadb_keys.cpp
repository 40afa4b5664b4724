#include "binlog/event/mariadb_keys.hpp"

#include "binlog/base/crypto.hpp"
#include "binlog/base/hex.hpp"

#include <charconv>

namespace binferry {
namespace {

constexpr std::string_view kSalted = "Salted__";
constexpr std::size_t kSaltSize = 8;

// `openssl enc -aes-256-cbc -md sha1`: key and IV are a chain of SHA-1 digests over password and salt.
Result<std::string> decrypt_key_file(Bytes content, std::string_view password) {
  if (password.empty()) {
    return fail(Errc::encrypted, "the key file is itself encrypted", "give its password file with --key-file-password");
  }
  const Bytes salt = content.subspan(kSalted.size()).first(kSaltSize);
  const Bytes in = content.subspan(kSalted.size() + kSaltSize);
  std::string chain;
  std::string last;
  while (chain.size() < 32 + kAesBlockSize) {
    last += password;
    last += text_of(salt);
    const auto digest = sha1(bytes_of(last));
    last.assign(text_of(digest));
    chain += last;
  }
  const Bytes secret = bytes_of(chain);
  std::string plain(in.size(), '\0');
  const std::span<std::uint8_t> out(reinterpret_cast<std::uint8_t*>(plain.data()), plain.size());
  if (Status status = aes_cbc_decrypt(secret.first(32), secret.subspan(32, kAesBlockSize), in, out); !status) {
    return propagate(status, "key file");
  }
  const std::size_t padding = plain.empty() ? 0 : static_cast<std::uint8_t>(plain.back());
  if (padding == 0 || padding > kAesBlockSize || padding > plain.size()) {
    return fail(Errc::encrypted, "the key file cannot be decrypted", "check its password");
  }
  plain.resize(plain.size() - padding);
  return plain;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

Result<MariadbKeys> MariadbKeys::parse(Bytes content, std::string_view password) {
  std::string decrypted;
  std::string_view rest = text_of(content);
  if (rest.starts_with(kSalted) && rest.size() >= kSalted.size() + kSaltSize) {
    Result<std::string> plain = decrypt_key_file(content, password);
    if (!plain) return propagate(plain);
    decrypted = std::move(*plain);
    rest = decrypted;
  }
  MariadbKeys keys;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t newline = rest.find('\n');
    const std::string_view whole = rest.substr(0, newline);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    const std::string_view line = trim(whole.substr(0, whole.find('#')));
    if (line.empty()) continue;

    std::uint32_t id = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), id);
    const auto digits = static_cast<std::size_t>(stop - line.data());
    const std::string_view separator = line.substr(digits, 1);
    const auto key = error == std::errc{} && separator == ";" ? from_hex(trim(line.substr(digits + 1))) : std::nullopt;
    if (!key || id == 0 || (key->size() != 16 && key->size() != 24 && key->size() != 32)) {
      return fail(Errc::encrypted, "line " + std::to_string(number) + " of the key file is not `id;hexadecimal key`",
                  "a key is 32, 48 or 64 hexadecimal digits");
    }
    if (!keys.keys_.emplace(id, *key).second) {
      return fail(Errc::encrypted, "the key file gives key " + std::to_string(id) + " twice");
    }
  }
  return keys;
}

Bytes MariadbKeys::find(std::uint32_t id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? Bytes{} : bytes_of(found->second);
}

}  // namespace binferry
