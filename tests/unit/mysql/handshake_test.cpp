#include "binlog/source/mysql/handshake.hpp"

#include "tests/unit/mysql/conversation.hpp"
#include "tests/unit/mysql/rsa_key.hpp"

#include <gtest/gtest.h>

namespace binferry::mysql::test {
namespace {

constexpr std::string_view kScramble = "abcdefghijklmnopqrst";
constexpr std::uint32_t kAll = 0xFFFFFFFF & ~0x800U;  // every capability but TLS
constexpr std::uint32_t kTls = 0x800;

std::string greeting(std::string_view plugin, std::uint32_t capabilities = kAll, std::string_view version = "8.0.40") {
  ByteWriter writer;
  writer.u8(10).text(version).u8(0).u32(77).text(kScramble.substr(0, 8)).u8(0);
  writer.u16(static_cast<std::uint16_t>(capabilities)).u8(255).u16(2);
  writer.u16(static_cast<std::uint16_t>(capabilities >> 16)).u8(21).fill(10);
  writer.text(kScramble.substr(8)).u8(0).text(plugin).u8(0);
  return writer.str();
}

std::string switch_to(std::string_view plugin, std::string_view scramble) {
  ByteWriter writer;
  writer.u8(0xFE).text(plugin).u8(0).text(scramble).u8(0);
  return writer.str();
}

Credentials credentials(std::string password = "secret") {
  Credentials login;
  login.user = "repl";
  login.password = Secret(std::move(password));
  return login;
}

// Plays the server's packets; TLS begins when it is asked for. The last step, or what stopped the login.
struct Login {
  explicit Login(Credentials given) : login(std::move(given)), handshake(login, codec) {}

  Result<Handshake::Step> play(const std::vector<std::string>& packets) {
    Result<Handshake::Step> step = Handshake::Step::receive;
    for (const std::string& packet : packets) {
      if (*step == Handshake::Step::start_tls) {
        sent.push_back(take_outgoing(codec));
        used_tls = true;
        step = handshake.tls_started();
        if (!step) return step;
      }
      if (*step == Handshake::Step::done) break;
      step = handshake.resume(bytes_of(packet));
      sent.push_back(take_outgoing(codec));
      if (!step) return step;
    }
    return step;
  }
  [[nodiscard]] bool sent_in_clear(std::string_view text) const {
    return std::ranges::any_of(sent, [&](const std::string& bytes) { return bytes.find(text) != std::string::npos; });
  }

  Credentials login;
  PacketCodec codec;
  Handshake handshake;
  std::vector<std::string> sent;
  bool used_tls = false;
};

TEST(Auth, AnswersAreThoseOfTheManual) {
  // Computed with another implementation of SHA-1 and SHA-256.
  EXPECT_EQ(to_hex(bytes_of(native_password_answer("secret", bytes_of(kScramble)))),
            "8817C50FA779DAEF010EE7577825B0847DF9842E");
  EXPECT_EQ(to_hex(bytes_of(caching_sha2_answer("secret", bytes_of(kScramble)))),
            "C76E2898612A4CF042C77FA8C4702C4C64C0C2C557C53C4D75595AAA6ABAE809");
  EXPECT_EQ(native_password_answer("", bytes_of(kScramble)), "");
  EXPECT_EQ(caching_sha2_answer("", bytes_of(kScramble)), "");
}

TEST(Handshake, ReadsAGreetingAndNoPrefixOfIt) {
  const std::string packet = greeting("mysql_native_password", kAll, "5.5.5-10.11.19-MariaDB-log");
  const Result<Greeting> parsed = parse_greeting(bytes_of(packet));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->kind, ServerKind::mariadb);
  EXPECT_EQ(parsed->version_number, 101119U);
  EXPECT_EQ(parsed->scramble, kScramble);
  EXPECT_EQ(parsed->connection_id, 77U);
  for (std::size_t size = 1; size < packet.size(); ++size) {
    const std::vector<std::uint8_t> exact(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(parse_greeting(exact).error().code, Errc::truncated) << size;
  }
}

TEST(Handshake, LogsInByNativePassword) {
  Login login(credentials());
  EXPECT_EQ(login.play({greeting("mysql_native_password"), ok_packet()}), Handshake::Step::done);
  EXPECT_NE(login.sent[0].find(native_password_answer("secret", bytes_of(kScramble))), std::string::npos);
  EXPECT_FALSE(login.sent_in_clear("secret"));
}

TEST(Handshake, LogsInByTheFastPathOfCachingSha2) {
  Login login(credentials());
  EXPECT_EQ(login.play({greeting("caching_sha2_password"), "\x01\x03", ok_packet()}), Handshake::Step::done);
  EXPECT_NE(login.sent[0].find(caching_sha2_answer("secret", bytes_of(kScramble))), std::string::npos);
}

TEST(Handshake, SendsThePasswordItselfOnlyWithinTls) {
  Login login(credentials());
  EXPECT_EQ(login.play({greeting("caching_sha2_password", kAll | kTls), "\x01\x04", ok_packet()}),
            Handshake::Step::done);
  EXPECT_TRUE(login.used_tls);
  EXPECT_EQ(login.sent[0].size(), 36U);  // the request for TLS goes without user and password
  EXPECT_TRUE(login.sent_in_clear(std::string("secret\0", 7)));

  Login bare(credentials());
  EXPECT_EQ(bare.play({greeting("caching_sha2_password"), "\x01\x04"}).error().code, Errc::refused);
  EXPECT_FALSE(bare.sent_in_clear("secret"));
}

TEST(Handshake, EncryptsThePasswordWithTheServersKeyWhenAsked) {
  Credentials asked = credentials();
  asked.request_public_key = true;
  Login login(std::move(asked));
  const std::string key_packet = std::string("\x01") + std::string(kPublicKey);
  EXPECT_EQ(login.play({greeting("caching_sha2_password"), "\x01\x04", key_packet, ok_packet()}),
            Handshake::Step::done);
  EXPECT_EQ(login.sent[1], frame(1, "\x02"));
  EXPECT_EQ(unmask(decrypt(login.sent[2].substr(4)), kScramble), std::string("secret\0", 7));
}

TEST(Handshake, AKeyGivenByFileNeedsNoRequest) {
  Credentials given = credentials();
  given.server_public_key = kPublicKey;
  Login login(std::move(given));
  EXPECT_EQ(login.play({greeting("caching_sha2_password"), "\x01\x04", ok_packet()}), Handshake::Step::done);
  EXPECT_EQ(unmask(decrypt(login.sent[1].substr(4)), kScramble), std::string("secret\0", 7));
}

TEST(Handshake, FollowsASwitchOfThePluginInTheMiddle) {
  const std::string other = "TSRQPONMLKJIHGFEDCBA";
  Login login(credentials());
  EXPECT_EQ(login.play({greeting("caching_sha2_password"), switch_to("mysql_native_password", other), ok_packet()}),
            Handshake::Step::done);
  EXPECT_EQ(login.sent[1], frame(1, native_password_answer("secret", bytes_of(other))));
}

// The plugin before caching_sha2_password, which MySQL 8.0 still has.
TEST(Handshake, LogsInBySha256PasswordWithinTlsOrByTheServersKey) {
  const std::string other = "TSRQPONMLKJIHGFEDCBA";
  const std::string to_sha256 = switch_to("sha256_password", other);
  Login within_tls(credentials());
  EXPECT_EQ(within_tls.play({greeting("caching_sha2_password", kAll | kTls), to_sha256, ok_packet()}),
            Handshake::Step::done);
  EXPECT_TRUE(within_tls.sent_in_clear(std::string("secret\0", 7)));

  Credentials asked = credentials();
  asked.request_public_key = true;
  Login by_key(asked);
  const std::string key_packet = std::string("\x01") + std::string(kPublicKey);
  EXPECT_EQ(by_key.play({greeting("caching_sha2_password"), to_sha256, key_packet, ok_packet()}),
            Handshake::Step::done);
  EXPECT_EQ(by_key.sent[1], frame(1, "\x01"));
  EXPECT_EQ(unmask(decrypt(by_key.sent[2].substr(4)), other), std::string("secret\0", 7));

  Credentials given = credentials();
  given.server_public_key = kPublicKey;
  Login by_file(std::move(given));
  EXPECT_EQ(by_file.play({greeting("sha256_password"), to_sha256, ok_packet()}), Handshake::Step::done);
  EXPECT_EQ(unmask(decrypt(by_file.sent[1].substr(4)), other), std::string("secret\0", 7));

  Login without_password(credentials(""));
  EXPECT_EQ(without_password.play({greeting("caching_sha2_password"), to_sha256, ok_packet()}), Handshake::Step::done);
  EXPECT_EQ(without_password.sent[1], frame(1, std::string(1, '\0')));

  Credentials local = credentials();
  local.is_local = true;  // which this plugin does not take for safe
  for (const Credentials& bare : {credentials(), local}) {
    Login refused(bare);
    EXPECT_EQ(refused.play({greeting("caching_sha2_password"), to_sha256}).error().code, Errc::refused);
    EXPECT_FALSE(refused.sent_in_clear("secret"));
  }
}

TEST(Handshake, SignsTheNonceOfMariadbsEd25519EvenIfItEndsWithANul) {
  for (const std::string& nonce : {std::string(32, 'n'), std::string(31, 'n') + '\0'}) {
    for (const std::string& tail : {std::string(), std::string(1, '\0')}) {
      Login login(credentials());
      const std::string request = std::string("\xFE") + "client_ed25519" + '\0' + nonce + tail;
      EXPECT_EQ(login.play({greeting("mysql_native_password"), request, ok_packet()}), Handshake::Step::done);
      EXPECT_EQ(login.sent[1], frame(1, ed25519_answer("secret", bytes_of(nonce)).value()));
    }
  }
  Login confused(credentials());
  const auto refused = confused.play({greeting("mysql_native_password"), switch_to("client_ed25519", "short")});
  EXPECT_EQ(refused.error().code, Errc::protocol);
}

TEST(Handshake, GivesThePasswordInClearOnlyIfAllowedAndWithinTls) {
  const std::vector<std::string> plain = {greeting("mysql_native_password"), switch_to("mysql_clear_password", "")};
  Login unasked(credentials());
  EXPECT_EQ(unasked.play(plain).error().code, Errc::refused);
  Credentials allowed = credentials();
  allowed.allow_clear_password = true;
  Login unencrypted(allowed);
  EXPECT_EQ(unencrypted.play(plain).error().code, Errc::refused);
  EXPECT_FALSE(unencrypted.sent_in_clear("secret"));
  Login encrypted(allowed);
  EXPECT_EQ(encrypted.play(
                {greeting("mysql_native_password", kAll | kTls), switch_to("mysql_clear_password", ""), ok_packet()}),
            Handshake::Step::done);
}

TEST(Handshake, RefusesWhatItCannotOrMustNotDo) {
  Login unknown(credentials());
  const auto refused = unknown.play({greeting("dialog"), switch_to("dialog", std::string(32, 'n'))});
  EXPECT_EQ(refused.error().code, Errc::unsupported);
  EXPECT_NE(refused.error().what.find("dialog"), std::string::npos);

  Credentials strict = credentials();
  strict.ssl_mode = SslMode::required;
  Login no_tls(std::move(strict));
  EXPECT_EQ(no_tls.play({greeting("mysql_native_password")}).error().code, Errc::refused);
  EXPECT_TRUE(no_tls.sent[0].empty());  // nothing of the login is given away

  Login old(credentials());
  EXPECT_EQ(old.play({greeting("mysql_native_password"), "\xFE"}).error().code, Errc::unsupported);
}

TEST(Handshake, TakesNothingThatWasSentBeforeTlsBegan) {
  const Credentials login = credentials();
  PacketCodec codec;
  Handshake handshake(login, codec);
  feed(codec, frame(0, greeting("mysql_native_password", kAll | kTls)) + frame(2, ok_packet()));
  ASSERT_TRUE(codec.next().value());
  EXPECT_EQ(handshake.resume(codec.packet()).error().code, Errc::protocol);
}

TEST(Handshake, AnErrorAtAnyStepEndsTheLoginWithTheServersWords) {
  Credentials asked = credentials();
  asked.request_public_key = true;
  const std::vector<std::string> script = {greeting("caching_sha2_password"), "\x01\x04",
                                           std::string("\x01") + std::string(kPublicKey), ok_packet()};
  for (std::size_t step = 0; step < script.size(); ++step) {
    std::vector<std::string> cut(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(step));
    cut.push_back(error_packet(1045, "Access denied for user 'repl'"));
    Login login(asked);
    const auto result = login.play(cut);
    ASSERT_FALSE(result) << step;
    EXPECT_EQ(result.error().code, Errc::refused);
    EXPECT_NE(result.error().what.find("Access denied"), std::string::npos);
    EXPECT_FALSE(login.sent_in_clear("secret"));
    for (const std::string_view garbage :
         {std::string_view(""), std::string_view("\x07\x07"), std::string_view("\x01")}) {
      cut.back() = garbage;
      Login confused(asked);
      EXPECT_FALSE(confused.play(cut)) << step << " " << to_hex(bytes_of(garbage));
    }
  }
}

// The login that a MySQL 8.0.40 replica made as `cs` with password `secret`; only the RSA key is ours.
TEST(Handshake, ReplaysTheRecordedLogin) {
  const std::vector<Message> recorded = read_transcript("mysql-8.0.40-gtid-semisync.jsonl");
  ASSERT_GT(recorded.size(), 6U);
  Credentials asked = credentials();
  asked.user = "cs";
  asked.ssl_mode = SslMode::disabled;  // offered, and not used there
  asked.request_public_key = true;
  PacketCodec codec;
  Handshake handshake(asked, codec);
  Handshake::Step step = Handshake::Step::receive;
  std::vector<std::string> sent;
  for (const Message& message : recorded) {
    if (!message.from_source) continue;
    std::string bytes = message.bytes;
    if (bytes.find("BEGIN PUBLIC KEY") != std::string::npos) bytes = frame(4, "\x01" + std::string(kPublicKey));
    feed(codec, bytes);
    ASSERT_TRUE(codec.next().value());
    Result<Handshake::Step> next = handshake.resume(codec.packet());
    ASSERT_TRUE(next) << next.error().message();
    step = *next;
    if (step == Handshake::Step::done) break;
    if (std::string out = take_outgoing(codec); !out.empty()) sent.push_back(std::move(out));
  }
  EXPECT_EQ(step, Handshake::Step::done);
  EXPECT_EQ(handshake.greeting().version, "8.0.40");
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].substr(3, 1), recorded[1].bytes.substr(3, 1));      // numbers as recorded
  EXPECT_EQ(sent[0].substr(36, 36), recorded[1].bytes.substr(36, 36));  // the user and the answer to the scramble
  EXPECT_EQ(sent[1], recorded[3].bytes);
  EXPECT_EQ(sent[2].substr(0, 4), recorded[5].bytes.substr(0, 4));
  EXPECT_EQ(unmask(decrypt(sent[2].substr(4)), handshake.greeting().scramble), std::string("secret\0", 7));
}

}  // namespace
}  // namespace binferry::mysql::test
