#include "binlog/event/mysql_encryption.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/base/hex.hpp"

#include <algorithm>
#include <optional>

namespace binferry {
namespace {

constexpr std::array<std::uint8_t, 4> kMagic{0xFD, 0x62, 0x69, 0x6E};
constexpr std::string_view kPluginFileStart = "Keyring file version:";
constexpr std::string_view kPluginFileEnd = "EOF";
constexpr std::size_t kPluginVersionSize = 3;  // "1.0" or "2.0"
// The keyring_file plugin hides keys from a casual look with this text; it is no encryption.
constexpr std::string_view kObfuscation = "*305=Ljt0*!@$Hnm(*-9-w;:";
constexpr std::string_view kKeyringHint = "give the server's own keyring file, or lines of `key id;hexadecimal key`";

std::unexpected<Error> bad_keyring(std::string what) {
  return fail(Errc::encrypted, "keyring file: " + std::move(what), std::string(kKeyringHint));
}

// Just enough of JSON to find the string members of objects.
class JsonStrings {
 public:
  explicit JsonStrings(std::string_view text) : rest_(text) {}

  // The next token: '{', '}', '[', ']', ':', ',', '"' for a string (its content in `text`), 'v' for any other value,
  // 0 at the end or for what is not JSON.
  char next(std::string_view& text) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
    if (rest_.empty()) return 0;
    const char c = rest_.front();
    if (c == '"') return string(text) ? '"' : '\0';
    if (std::string_view("{}[]:,").find(c) != std::string_view::npos) {
      rest_.remove_prefix(1);
      return c;
    }
    const std::size_t end = std::min(rest_.find_first_of("{}[]:,\" \t\r\n"), rest_.size());
    rest_.remove_prefix(end);
    return 'v';
  }

 private:
  bool string(std::string_view& text) {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        text = rest_.substr(1, i - 1);
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

bool is_mysql_encrypted(Bytes file_start) {
  return file_start.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), file_start.begin());
}

Result<MysqlEncryptionHeader> parse_mysql_encryption_header(Bytes file_start) {
  if (!is_mysql_encrypted(file_start)) return fail(Errc::corrupt, "not an encrypted log file");
  if (file_start.size() < kMysqlEncryptionHeaderSize) {
    return fail(Errc::truncated, "the encrypted file ends inside its header");
  }
  ByteReader in(file_start.first(kMysqlEncryptionHeaderSize));
  in.skip(kMagic.size());
  if (const std::uint8_t version = in.u8(); version != 1) {
    return fail(Errc::unsupported, "encrypted log file of version " + std::to_string(version), "upgrade binferry");
  }
  MysqlEncryptionHeader header;
  bool has_password = false;
  bool has_iv = false;
  for (std::uint8_t field = in.u8(); field != 0; field = in.u8()) {
    if (field == 1) {
      header.key_id = in.text(in.u8());
    } else if (field == 2) {
      const Bytes password = in.bytes(header.encrypted_password.size());
      std::copy(password.begin(), password.end(), header.encrypted_password.begin());
      has_password = true;
    } else if (field == 3) {
      const Bytes iv = in.bytes(header.iv.size());
      std::copy(iv.begin(), iv.end(), header.iv.begin());
      has_iv = true;
    } else {
      return fail(Errc::unsupported, "encrypted log file with header field " + std::to_string(field),
                  "upgrade binferry");
    }
  }
  if (in.failed() || header.key_id.empty() || !has_password || !has_iv) {
    return fail(Errc::corrupt, "the header of the encrypted file is incomplete");
  }
  return header;
}

Result<MysqlKeyring> MysqlKeyring::parse(Bytes content) {
  const std::string_view text = text_of(content);
  if (text.starts_with(kPluginFileStart)) return parse_plugin_file(content);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') return parse_component_file(text);
  return parse_text(text);
}

Result<MysqlKeyring> MysqlKeyring::parse_plugin_file(Bytes content) {
  ByteReader in(content);
  in.skip(kPluginFileStart.size() + kPluginVersionSize);
  MysqlKeyring keyring;
  while (!in.failed() && !text_of(in.rest()).starts_with(kPluginFileEnd)) {
    const std::uint64_t record_bytes = in.u64();
    if (record_bytes < 8) in.fail_value();
    ByteReader record(in.bytes(record_bytes - 8));
    const std::uint64_t id_length = record.u64();
    const std::uint64_t type_length = record.u64();
    const std::uint64_t user_length = record.u64();
    const std::uint64_t key_length = record.u64();
    const std::string_view id = record.text(id_length);
    record.skip(type_length);
    record.skip(user_length);
    std::string key(record.text(key_length));
    if (in.failed() || record.failed()) break;
    for (std::size_t i = 0; i < key.size(); ++i) {
      key[i] = static_cast<char>(key[i] ^ kObfuscation[i % kObfuscation.size()]);
    }
    keyring.keys_.insert_or_assign(std::string(id), std::move(key));
  }
  if (!text_of(in.rest()).starts_with(kPluginFileEnd)) return bad_keyring("it is damaged or cut short");
  return keyring;
}

Result<MysqlKeyring> MysqlKeyring::parse_component_file(std::string_view content) {
  JsonStrings json(content);
  MysqlKeyring keyring;
  std::string_view string;
  std::string_view member;  // the name before the last colon
  std::string_view id;
  std::optional<std::string_view> data;
  bool after_colon = false;
  int depth = 0;
  for (char token = json.next(string); token != 0; token = json.next(string)) {
    if (token == '{' || token == '[') ++depth;
    if (token == '}' || token == ']') --depth;
    if (token == '"' && !after_colon) member = string;
    if (token == '"' && after_colon && member == "data_id") id = string;
    if (token == '"' && after_colon && member == "data") data = string;
    after_colon = token == ':';
    if (token != '}' || !data) continue;
    const auto key = from_hex(*data);
    if (!key || id.empty()) return bad_keyring("an element without data_id or hexadecimal data");
    keyring.keys_.insert_or_assign(std::string(id), *key);
    id = {};
    data.reset();
  }
  if (depth != 0) return bad_keyring("it is not complete JSON");
  return keyring;
}

Result<MysqlKeyring> MysqlKeyring::parse_text(std::string_view rest) {
  MysqlKeyring keyring;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t newline = rest.find('\n');
    std::string_view line = rest.substr(0, newline);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t separator = line.find(';');
    const auto key = separator == std::string_view::npos ? std::nullopt : from_hex(line.substr(separator + 1));
    if (!key || separator == 0) {
      return bad_keyring("line " + std::to_string(number) + " is not `key id;hexadecimal key`");
    }
    keyring.keys_.insert_or_assign(std::string(line.substr(0, separator)), *key);
  }
  return keyring;
}

Bytes MysqlKeyring::find(std::string_view key_id) const {
  const auto found = keys_.find(key_id);
  return found == keys_.end() ? Bytes{} : bytes_of(found->second);
}

Result<MysqlFileDecryptor> MysqlFileDecryptor::create(const MysqlEncryptionHeader& header,
                                                      const MysqlKeyring& keyring) {
  const Bytes key = keyring.find(header.key_id);
  if (key.empty()) {
    return fail(Errc::encrypted, "the keyring has no key `" + header.key_id + "`", std::string(kKeyringHint));
  }
  if (key.size() != 32) {
    return fail(Errc::encrypted, "the key `" + header.key_id + "` has " + std::to_string(key.size()) + " bytes, not 32",
                std::string(kKeyringHint));
  }
  std::array<std::uint8_t, 32> password{};
  if (Status status = aes_cbc_decrypt(key, header.iv, header.encrypted_password, password); !status) {
    return propagate(status);
  }
  const auto derived = sha512(password);
  Result<AesCtr> cipher = AesCtr::create(Bytes(derived).first(32), Bytes(derived).subspan(32, kAesBlockSize));
  if (!cipher) return propagate(cipher);
  return MysqlFileDecryptor(std::move(*cipher));
}

}  // namespace binferry
