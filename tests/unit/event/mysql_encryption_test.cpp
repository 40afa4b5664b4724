#include "binlog/event/mysql_encryption.hpp"

#include "binlog/base/byte_writer.hpp"
#include "tests/unit/support/binlog_writer.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

constexpr std::string_view kKeyId = "MySQLReplicationKey_3e11fa47-71ca-11e1-9e33-c80aa9429562_1";
const std::string kKey = "0123456789abcdefFEDCBA9876543210";

using Block = std::array<std::uint8_t, kAesBlockSize>;

// CBC and CTR from single blocks, so that the test does not lean on the code under test.
std::string cbc_encrypt(std::string_view key, std::string_view iv, std::string_view plain) {
  std::string out;
  Block previous{};
  std::copy(iv.begin(), iv.end(), previous.begin());
  for (std::size_t at = 0; at < plain.size(); at += kAesBlockSize) {
    for (std::size_t i = 0; i < kAesBlockSize; ++i) previous[i] ^= static_cast<std::uint8_t>(plain[at + i]);
    previous = *aes_encrypt_block(bytes_of(key), previous);
    out += text_of(previous);
  }
  return out;
}

std::string ctr_encrypt(Bytes key, Bytes iv, std::string_view plain) {
  std::string out(plain);
  for (std::size_t at = 0; at < out.size(); ++at) {
    Block counter{};
    std::copy(iv.begin(), iv.begin() + 8, counter.begin());
    const std::uint64_t block = at / kAesBlockSize;
    for (std::size_t i = 0; i < 8; ++i) counter[15 - i] = static_cast<std::uint8_t>(block >> (8 * i));
    const Block mask = *aes_encrypt_block(key, counter);
    out[at] = static_cast<char>(static_cast<std::uint8_t>(out[at]) ^ mask[at % kAesBlockSize]);
  }
  return out;
}

struct EncryptedFile {
  std::string plain;
  std::string stored;
};

EncryptedFile encrypted_file() {
  test::BinlogWriter log;
  log.begin_file().insert_transaction(1, 20).stop();
  const std::string iv = "iv-iv-iv-iv-iv-i";
  const std::string password = "a file password of 32 bytes long";
  ByteWriter out;
  out.text("\xFD\x62in").u8(1).u8(1).u8(static_cast<std::uint8_t>(kKeyId.size())).text(kKeyId);
  out.u8(2).text(cbc_encrypt(kKey, iv, password)).u8(3).text(iv).u8(0);
  out.fill(kMysqlEncryptionHeaderSize - out.size());
  const auto derived = sha512(bytes_of(password));
  out.text(ctr_encrypt(Bytes(derived).first(32), Bytes(derived).subspan(32, 16), log.str()));
  return {log.str(), std::move(out).str()};
}

std::string plugin_record(std::string_view id, std::string_view key) {
  static constexpr std::string_view kHide = "*305=Ljt0*!@$Hnm(*-9-w;:";
  std::string hidden(key);
  for (std::size_t i = 0; i < hidden.size(); ++i) hidden[i] = static_cast<char>(hidden[i] ^ kHide[i % kHide.size()]);
  const std::size_t content = 40 + id.size() + 3 + 5 + key.size();
  const std::size_t padded = (content + 7) / 8 * 8;
  ByteWriter out;
  out.u64(padded).u64(id.size()).u64(3).u64(5).u64(key.size()).text(id).text("AES").text("admin").text(hidden);
  out.fill(padded - content);
  return std::move(out).str();
}

std::string plugin_file() {
  return "Keyring file version:2.0" + plugin_record("INNODBKey-1", std::string(32, 'x')) + plugin_record(kKeyId, kKey) +
         "EOF" + std::string(32, '#');
}

TEST(MysqlEncryption, AFileIsDecryptedAtAnyPlace) {
  const EncryptedFile file = encrypted_file();
  ASSERT_TRUE(is_mysql_encrypted(bytes_of(file.stored)));
  const auto header = parse_mysql_encryption_header(bytes_of(file.stored));
  ASSERT_TRUE(header) << header.error().what;
  EXPECT_EQ(header->key_id, kKeyId);
  const auto keyring = MysqlKeyring::parse(bytes_of(plugin_file()));
  ASSERT_TRUE(keyring) << keyring.error().what;
  auto decryptor = MysqlFileDecryptor::create(*header, *keyring);
  ASSERT_TRUE(decryptor) << decryptor.error().what;

  const std::string secret = file.stored.substr(kMysqlEncryptionHeaderSize);
  for (const std::size_t begin : {0U, 1U, 15U, 16U, 17U, 100U}) {
    for (const std::size_t size : {0U, 1U, 16U, 33U, 200U}) {
      std::string piece = secret.substr(begin, size);
      const std::span<std::uint8_t> data(reinterpret_cast<std::uint8_t*>(piece.data()), piece.size());
      ASSERT_TRUE(decryptor->decrypt(begin, data));
      EXPECT_EQ(piece, file.plain.substr(begin, size)) << begin << '+' << size;
    }
  }
}

TEST(MysqlEncryption, AMissingKeyIsNamedAndAWrongSizeIsRefused) {
  const auto header = parse_mysql_encryption_header(bytes_of(encrypted_file().stored));
  ASSERT_TRUE(header);
  const auto other = MysqlKeyring::parse(bytes_of("another;00"));
  const auto missing = MysqlFileDecryptor::create(*header, *other);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::encrypted);
  EXPECT_NE(missing.error().what.find(kKeyId), std::string::npos);
  const auto small = MysqlKeyring::parse(bytes_of(std::string(kKeyId) + ";00112233445566778899aabbccddeeff"));
  EXPECT_EQ(MysqlFileDecryptor::create(*header, *small).error().code, Errc::encrypted);
}

TEST(MysqlEncryption, TheHeaderMustBeWhole) {
  const std::string stored = encrypted_file().stored;
  for (std::size_t size = 0; size < kMysqlEncryptionHeaderSize; ++size) {
    const std::vector<std::uint8_t> exact(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(parse_mysql_encryption_header(exact)) << size;
  }
  std::string changed = stored;
  changed[4] = 2;
  EXPECT_EQ(parse_mysql_encryption_header(bytes_of(changed)).error().code, Errc::unsupported);
  changed = stored;
  changed[5] = 9;
  EXPECT_EQ(parse_mysql_encryption_header(bytes_of(changed)).error().code, Errc::unsupported);
  changed = stored;
  changed[5] = 0;
  EXPECT_EQ(parse_mysql_encryption_header(bytes_of(changed)).error().code, Errc::corrupt);
}

TEST(MysqlKeyring, AllThreeFormsGiveTheSameKey) {
  const std::string json = R"({"version": "1.0", "elements": [
      {"user": "", "data_id": "other", "data_type": "AES", "data": "00FF", "extension": []},
      {"user": "root@\"x\"", "data": ")" +
                           to_hex(bytes_of(kKey)) + R"(", "data_id": ")" + std::string(kKeyId) + R"("}]})";
  const std::string text = "# keys\r\n" + std::string(kKeyId) + ";" + to_hex(bytes_of(kKey)) + "\r\n";
  for (const std::string& content : {plugin_file(), json, text}) {
    const auto keyring = MysqlKeyring::parse(bytes_of(content));
    ASSERT_TRUE(keyring) << keyring.error().what;
    EXPECT_EQ(text_of(keyring->find(kKeyId)), kKey);
    EXPECT_TRUE(keyring->find("nothing").empty());
  }
}

TEST(MysqlKeyring, APluginFileIsReadWhollyOrNotAtAll) {
  const std::string whole = plugin_file();
  const std::size_t end = whole.size() - 32;
  for (std::size_t size = 21; size < end; ++size) {
    const std::vector<std::uint8_t> exact(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(MysqlKeyring::parse(exact)) << size;
  }
  EXPECT_TRUE(MysqlKeyring::parse(bytes_of(std::string_view(whole).substr(0, end))));
}

TEST(MysqlKeyring, DamageIsAnErrorWithoutAKeyInIt) {
  for (const std::string_view content :
       {"{\"elements\":[{\"data_id\":\"a\",\"data\":\"5ECRET\"}]}", "a;5ECRET", "5ECRET", ";5E", "{\"data\":\"5E5E\"}",
        "{\"data_id\":\"a\",\"data\":\"5E\"", "{\"data_id\":\"a"}) {
    const auto keyring = MysqlKeyring::parse(bytes_of(content));
    ASSERT_FALSE(keyring) << content;
    EXPECT_EQ(keyring.error().code, Errc::encrypted);
    EXPECT_EQ(keyring.error().what.find("5E"), std::string::npos);
  }
}

}  // namespace
}  // namespace binferry
