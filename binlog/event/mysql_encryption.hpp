// MySQL's encrypted log files (`binlog_encryption=ON`): the file header, the keyring, the cipher (PROTOCOL 1.6).
//
// Everything behind the 512-byte header is one stream that can be decrypted at any place; what comes out is a plain log
// file, magic number included. Positions in MySQL never count the header.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/crypto.hpp"
#include "binlog/base/result.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace binferry {

inline constexpr std::size_t kMysqlEncryptionHeaderSize = 512;

// FD 62 69 6E at the front.
bool is_mysql_encrypted(Bytes file_start);

struct MysqlEncryptionHeader {
  std::string key_id;  // `MySQLReplicationKey_<server uuid>_<number>`
  std::array<std::uint8_t, 32> encrypted_password{};
  std::array<std::uint8_t, 16> iv{};
};
// From the first 512 bytes; more may follow. Errors: `truncated`, `corrupt`, `unsupported` for another version.
Result<MysqlEncryptionHeader> parse_mysql_encryption_header(Bytes file_start);

// Keys by their id; a value that owns them.
class MysqlKeyring {
 public:
  // The whole file, in one of the forms that are told apart by their beginning: the keyring_file plugin's, the
  // component_keyring_file's JSON, or text with a line `key id;hexadecimal key` each. Errors: `encrypted`, never with
  // a key in the text.
  static Result<MysqlKeyring> parse(Bytes content);

  // Empty if there is none. Lives as long as this.
  [[nodiscard]] Bytes find(std::string_view key_id) const;

 private:
  static Result<MysqlKeyring> parse_plugin_file(Bytes content);
  static Result<MysqlKeyring> parse_component_file(std::string_view content);
  static Result<MysqlKeyring> parse_text(std::string_view content);

  std::map<std::string, std::string, std::less<>> keys_;
};

// The cipher of one file.
class MysqlFileDecryptor {
 public:
  // Errors: `encrypted` if the keyring lacks the key, naming its id, or the key is not of 32 bytes.
  static Result<MysqlFileDecryptor> create(const MysqlEncryptionHeader& header, const MysqlKeyring& keyring);

  // Decrypts in place bytes that stand at `offset` of the plain file: at offset + 512 of the encrypted one.
  Status decrypt(std::uint64_t offset, std::span<std::uint8_t> data) { return cipher_.apply(offset, data); }

 private:
  explicit MysqlFileDecryptor(AesCtr cipher) : cipher_(std::move(cipher)) {}
  AesCtr cipher_;
};

}  // namespace binferry
