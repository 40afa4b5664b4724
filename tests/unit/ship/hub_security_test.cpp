#include "binlog/ship/hub_fetch.hpp"
#include "binlog/ship/hub_server.hpp"
#include "binlog/ship/hub_source.hpp"
#include "tests/unit/ship/relay_fixture.hpp"
#include "tests/unit/support/certificates.hpp"

#include <algorithm>
#include <mutex>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace binferry {
namespace {

using test::fill;
using test::open_store;
using test::SourceFolder;
using test::TempDir;

constexpr const char* kReader = "reader-0123456789";
constexpr const char* kFollower = "follower-0123456789";

HubTokens some_tokens() {
  return *HubTokens::parse("page read reader-0123456789\none follow follower-0123456789\n", "tokens");
}

// A follower's or a page's request for a WebSocket.
std::string upgrade(const std::string& path, const std::string& protocols, const std::string& more = {}) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
         "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: " +
         protocols + "\r\n" + more + "\r\n";
}

std::string get(const std::string& path, const std::string& more = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

class HubSecurityTest : public ::testing::Test {
 protected:
  HubSecurityTest() : source_(5), store_(open_store(dir_.path())) {
    EXPECT_TRUE(fill(*store_, source_.folder()));
    options_.handshake_ms = 300;
    options_.routes.add("/status.json",
                        {HttpAccess::read, [](const HttpRequest&) { return HttpReply{.body = "{}\n"}; }});
    options_.routes.add("/healthz", {HttpAccess::open, [](const HttpRequest&) { return HttpReply{.body = "ok\n"}; }});
    options_.live_text = [] { return std::string("{\"live\":1}"); };
    options_.on_error = [this](std::string_view kind) {
      const std::lock_guard guard(mutex_);
      errors_.emplace_back(kind);
    };
    options_.note = [this](const std::string& text) {
      const std::lock_guard guard(mutex_);
      notes_ += text + '\n';
    };
  }
  void start() {
    auto hub = HubServer::start(*store_, options_);
    ASSERT_TRUE(hub) << hub.error().message();
    hub_ = std::move(*hub);
  }
  [[nodiscard]] FileDescriptor dial() const {
    FileDescriptor peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{20, 0};
    ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(hub_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return peer;
  }
  static std::string hear(const FileDescriptor& peer) {
    std::string answer;
    char chunk[4096];
    for (ssize_t size = 0; (size = ::recv(peer.get(), chunk, sizeof chunk, 0)) > 0;)
      answer.append(chunk, static_cast<std::size_t>(size));
    return answer;
  }
  [[nodiscard]] std::string say(std::string_view bytes) const {
    const FileDescriptor peer = dial();
    (void)::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return hear(peer);
  }
  [[nodiscard]] HubAddress address(const std::string& token = {}) const {
    HubAddress address;
    address.host = "127.0.0.1";
    address.port = std::to_string(hub_->port());
    address.token = Secret(std::string(token));
    return address;
  }
  // The hub goes on as if nothing had been.
  void expect_unharmed(const HubAddress& address) const {
    HubSourceOptions options;
    options.name = "good";
    auto source = HubSource::open(address, options);
    ASSERT_TRUE(source) << source.error().message();
    RawEvent event;
    for (int waits = 0; waits < 200;) {
      Result<SourceState> state = (*source)->next(event);
      ASSERT_TRUE(state) << state.error().message();
      if (*state == SourceState::event && BinlogPosition{std::string(event.file), event.end} == store_->published())
        return;
      if (*state != SourceState::wait) continue;
      ++waits;
      ASSERT_TRUE((*source)->wait(100));
    }
    FAIL() << "the hub did not send all";
  }
  [[nodiscard]] std::ptrdiff_t errors(std::string_view kind) {
    const std::lock_guard guard(mutex_);
    return std::ranges::count(errors_, kind);
  }

  SourceFolder source_;
  TempDir dir_;
  std::unique_ptr<RelayStore> store_;
  HubServerOptions options_;
  std::mutex mutex_;
  std::vector<std::string> errors_;
  std::string notes_;
  std::unique_ptr<HubServer> hub_;
};

TEST_F(HubSecurityTest, TokensLetInAsFarAsTheyReach) {
  options_.tokens = some_tokens();
  start();
  const std::string reader = "Authorization: Bearer " + std::string(kReader) + "\r\n";
  const std::string follower = "Authorization: bearer " + std::string(kFollower) + "\r\n";
  EXPECT_TRUE(say(get("/healthz")).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(say(get("/status.json")).starts_with("HTTP/1.1 401"));
  EXPECT_NE(say(get("/status.json")).find("WWW-Authenticate: Bearer\r\n"), std::string::npos);
  EXPECT_TRUE(say(get("/status.json", "Authorization: Bearer nobody-0123456789\r\n")).starts_with("HTTP/1.1 401"));
  EXPECT_TRUE(say(get("/status.json", "Authorization: Basic cmVhZGVy\r\n")).starts_with("HTTP/1.1 401"));
  // A token in an address would be in every log on the way: it is no token there.
  EXPECT_TRUE(say(get("/status.json?token=" + std::string(kReader))).starts_with("HTTP/1.1 401"));
  EXPECT_TRUE(say(get("/status.json", reader)).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(say(get("/status.json", follower)).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(say(upgrade("/v1/ship", "binferry.v1")).starts_with("HTTP/1.1 401"));
  EXPECT_TRUE(say(upgrade("/v1/ship", "binferry.v1", reader)).starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(say(upgrade("/v1/ship", "binferry.v1", follower)).starts_with("HTTP/1.1 101"));
  EXPECT_EQ(errors(hub_error::kToken), 7);
  EXPECT_EQ(notes_.find("0123456789"), std::string::npos) << notes_;

  HubSourceOptions options;
  options.name = "one";
  EXPECT_EQ(HubSource::open(address(), options).error().code, Errc::refused);
  EXPECT_EQ(HubSource::open(address(kReader), options).error().code, Errc::refused);
  EXPECT_EQ(get_from_hub(address(), "/status.json", 5000).error().code, Errc::refused);
  EXPECT_EQ(get_from_hub(address(kReader), "/status.json", 5000).value_or(""), "{}\n");
  expect_unharmed(address(kFollower));
}

TEST_F(HubSecurityTest, APageShowsItsTokenAsASubprotocolAndComesFromTheHubItself) {
  options_.tokens = some_tokens();
  start();
  const std::string own = "Origin: http://localhost\r\n";
  const std::string shown = std::string("binferry.live.v1, binferry.token.") + kReader;
  EXPECT_TRUE(say(upgrade("/v1/live", "binferry.live.v1", own)).starts_with("HTTP/1.1 401"));
  EXPECT_TRUE(say(upgrade("/v1/live", shown)).starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(say(upgrade("/v1/live", shown, "Origin: http://evil.example\r\n")).starts_with("HTTP/1.1 404"));
  const FileDescriptor peer = dial();
  const std::string request = upgrade("/v1/live", shown, own);
  ASSERT_GT(::send(peer.get(), request.data(), request.size(), MSG_NOSIGNAL), 0);
  std::string answer;
  char chunk[4096];
  while (answer.find("{\"live\":1}") == std::string::npos) {
    const ssize_t size = ::recv(peer.get(), chunk, sizeof chunk, 0);
    ASSERT_GT(size, 0) << answer;
    answer.append(chunk, static_cast<std::size_t>(size));
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 101"));
  // It is told which of the two was chosen, and its token is not said again.
  EXPECT_NE(answer.find("Sec-WebSocket-Protocol: binferry.live.v1\r\n"), std::string::npos) << answer;
  EXPECT_EQ(answer.find(kReader), std::string::npos);
}

TEST_F(HubSecurityTest, WithoutTokensNoNameOfSomebodyElseReachesIt) {
  start();
  for (const char* host : {"localhost", "LOCALHOST:7070", "127.0.0.1:7070", "[::1]:7070", "10.1.2.3"}) {
    const std::string request = std::string("GET /status.json HTTP/1.1\r\nHost: ") + host + "\r\n\r\n";
    EXPECT_TRUE(say(request).starts_with("HTTP/1.1 200")) << host;
  }
  for (const char* host : {"evil.example", "evil.example:7070", "localhost.evil.example", ""}) {
    const std::string request = std::string("GET /status.json HTTP/1.1\r\nHost: ") + host + "\r\n\r\n";
    EXPECT_TRUE(say(request).starts_with("HTTP/1.1 421")) << host;
  }
}

TEST_F(HubSecurityTest, AnAddressThatOthersReachNeedsTlsAndTokens) {
  for (const bool with_tokens : {false, true}) {
    HubServerOptions options;
    options.address = "0.0.0.0";
    if (with_tokens) options.tokens = some_tokens();
    const auto hub = HubServer::start(*store_, options);
    ASSERT_FALSE(hub);
    EXPECT_EQ(hub.error().code, Errc::usage);
    EXPECT_NE(hub.error().hint.find("--tls-cert"), std::string::npos);
  }
}

TEST_F(HubSecurityTest, StrangersNeverTakeTheRoomOfThoseWhoMayBeHere) {
  options_.strangers = 3;
  options_.handshake_ms = 30'000;
  start();
  std::vector<FileDescriptor> half_open;
  for (int i = 0; i < 3; ++i) half_open.push_back(dial());
  EXPECT_EQ(hear(dial()), "");
  EXPECT_GE(errors(hub_error::kFull), 1);
  half_open.clear();
  for (int i = 0; i < 100 && say(get("/healthz")).empty(); ++i) ::usleep(20'000);
  expect_unharmed(address());
}

// A follower that breaks the rules after its HELLO: what it hears in the end, in plain as it does not take zstd.
class BadFollower : public HubSecurityTest {
 protected:
  static std::string masked(std::string_view message, unsigned char opcode = 2) {
    std::string frame;
    frame.push_back(static_cast<char>(0x80 | opcode));
    if (message.size() < 126) {
      frame.push_back(static_cast<char>(0x80 | message.size()));
    } else {
      frame.push_back(static_cast<char>(0x80 | 126));
      frame.push_back(static_cast<char>(message.size() >> 8));
      frame.push_back(static_cast<char>(message.size() & 0xFF));
    }
    frame.append(4, '\0');  // the mask
    return frame.append(message);
  }
  static std::string hello(std::uint16_t version = ship::kVersion) {
    ship::Hello hello;
    hello.version = version;
    hello.takes_zstd = false;
    hello.name = "bad";
    std::string message(1, '\0');
    append(message, hello);
    return masked(message);
  }
  static std::string ack(const BinlogPosition& position) {
    std::string message(1, '\0');
    append(message, ship::Ack{ship::AckLevel::applied, position});
    return masked(message);
  }
  // Frames come after the hub has agreed to the WebSocket, not before.
  [[nodiscard]] FileDescriptor joined() const {
    FileDescriptor peer = dial();
    const std::string request = upgrade("/v1/ship", "binferry.v1");
    EXPECT_GT(::send(peer.get(), request.data(), request.size(), MSG_NOSIGNAL), 0);
    std::string answer;
    char one = 0;
    while (!answer.ends_with("\r\n\r\n") && ::recv(peer.get(), &one, 1, 0) == 1) answer.push_back(one);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 101")) << answer;
    return peer;
  }
  // It says this, and hears that.
  [[nodiscard]] bool is_told(const std::string& bytes, std::string_view expected) const {
    const FileDescriptor peer = joined();
    (void)::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    std::string answer;
    char chunk[4096];
    while (answer.find(expected) == std::string::npos) {
      const ssize_t size = ::recv(peer.get(), chunk, sizeof chunk, 0);
      if (size <= 0) return false;
      answer.append(chunk, static_cast<std::size_t>(size));
    }
    return true;
  }
  // It says this, and the hub ends the connection.
  void expect_cut_off(const std::string& bytes) const {
    const FileDescriptor peer = joined();
    (void)::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    hear(peer);
    char one = 0;
    EXPECT_LE(::recv(peer.get(), &one, 1, MSG_DONTWAIT), 0);
  }
};

TEST_F(BadFollower, IsToldWhyAndNobodyElseIsHurt) {
  options_.handshake_ms = 3000;
  start();
  const BinlogPosition end = store_->published();
  EXPECT_TRUE(is_told(hello(9), "the hub speaks version 1, not 9"));
  EXPECT_TRUE(is_told(masked("garbage"), "not compressed"));
  EXPECT_TRUE(is_told(hello() + hello(), "a second HELLO"));
  EXPECT_TRUE(is_told(ack(end), "an ACK before HELLO"));
  BinlogPosition beyond = end;
  ++beyond.offset;
  EXPECT_TRUE(is_told(hello() + ack(beyond), "which the hub has not sent"));
  EXPECT_TRUE(is_told(hello() + ack({"zzz.999999", 4}), "which the hub has not sent"));
  EXPECT_TRUE(is_told(hello() + ack(end) + ack({"binlog.000001", 4}), " after one of "));
  EXPECT_EQ(errors(hub_error::kProtocol), 7);
  // Said again it is no lie, and changes nothing; then this one is cut off for a text message of no meaning.
  EXPECT_TRUE(is_told(hello() + ack(end) + ack(end) + masked("?", 1), "not compressed"));
  // A frame that says it is 2^60 bytes long, and a message beyond what a follower may say.
  expect_cut_off(hello() + std::string("\x82\xFF\x10\0\0\0\0\0\0\0\0\0\0\0", 14));
  expect_cut_off(hello() + masked(std::string(20'000, '\0')));
  // One that is cut in the middle of a frame.
  expect_cut_off(hello().substr(0, 9));
  expect_unharmed(address());
}

TEST_F(BadFollower, AMessageByteByByteIsGivenUpInTime) {
  start();
  const FileDescriptor slow = joined();
  const std::string greeting = hello();
  std::size_t sent = 0;
  for (; sent < greeting.size(); ++sent) {
    if (::send(slow.get(), greeting.data() + sent, 1, MSG_NOSIGNAL) != 1) break;
    ::usleep(40'000);
  }
  EXPECT_LT(sent, greeting.size());
  EXPECT_EQ(errors(hub_error::kStalled), 1);
  // The same with a request.
  const std::string request = upgrade("/v1/ship", "binferry.v1");
  const FileDescriptor loris = dial();
  for (sent = 0; sent < request.size(); ++sent) {
    if (::send(loris.get(), request.data() + sent, 1, MSG_NOSIGNAL) != 1) break;
    ::usleep(10'000);
  }
  EXPECT_LT(sent, request.size());
  expect_unharmed(address());
}

class HubTlsTest : public HubSecurityTest {
 protected:
  void SetUp() override {
    if (!test::make_certificates(files_.path(), "server client")) GTEST_SKIP() << "no openssl program";
    options_.tls = {files_ / "server.pem", files_ / "server.key", ""};
    options_.tokens = some_tokens();
    options_.handshake_ms = 5000;
  }
  [[nodiscard]] HubAddress secure(const std::string& host = "localhost", const std::string& ca = "ca.pem") const {
    HubAddress address = this->address(kFollower);
    address.is_tls = true;
    address.host = host;
    address.ca = files_ / ca;
    return address;
  }

  TempDir files_;
};

TEST_F(HubTlsTest, ShipsAndAnswersInTlsOnlyToThoseWhoProveTheHub) {
  options_.address = "127.0.0.1";
  start();
  expect_unharmed(secure());
  EXPECT_EQ(get_from_hub(secure(), "/status.json", 5000).value_or(""), "{}\n");
  // Another authority, another name, no TLS at all, and TLS with a wrong token.
  EXPECT_EQ(get_from_hub(secure("localhost", "other.pem"), "/status.json", 5000).error().code, Errc::refused);
  EXPECT_EQ(get_from_hub(secure("127.0.0.1"), "/status.json", 5000).error().code, Errc::refused);
  EXPECT_FALSE(get_from_hub(address(kFollower), "/status.json", 5000));
  HubAddress wrong = secure();
  wrong.token = Secret(std::string("nobody-0123456789"));
  EXPECT_EQ(get_from_hub(wrong, "/status.json", 5000).error().code, Errc::refused);
  EXPECT_EQ(say("garbage that is no TLS\r\n\r\n").find("HTTP"), std::string::npos);
  EXPECT_GE(errors(hub_error::kTls), 3);
  expect_unharmed(secure());
}

TEST_F(HubTlsTest, AsksForCertificatesOfPeersWhereToldTo) {
  options_.tls.client_ca = files_ / "ca.pem";
  start();
  EXPECT_FALSE(get_from_hub(secure(), "/status.json", 5000));
  HubAddress known = secure();
  known.cert = files_ / "client.pem";
  known.key = files_ / "client.key";
  EXPECT_EQ(get_from_hub(known, "/status.json", 5000).value_or(""), "{}\n");
  HubAddress stranger = secure();
  stranger.cert = files_ / "other.pem";
  stranger.key = files_ / "other.key";
  EXPECT_FALSE(get_from_hub(stranger, "/status.json", 5000));
  expect_unharmed(known);
}

TEST_F(HubTlsTest, NamesTheFileThatIsNoCertificateOrKey) {
  const auto error_with = [this](const HubCertificate& tls) {
    HubServerOptions options;
    options.tls = tls;
    const auto hub = HubServer::start(*store_, options);
    EXPECT_FALSE(hub);
    return hub ? Error{} : hub.error();
  };
  EXPECT_EQ(error_with({files_ / "none.pem", files_ / "server.key", ""}).where, files_ / "none.pem");
  EXPECT_EQ(error_with({files_ / "server.pem", files_ / "client.key", ""}).where, files_ / "client.key");
  EXPECT_EQ(error_with({files_ / "server.pem", files_ / "server.key", files_ / "names"}).where, files_ / "names");
  std::filesystem::permissions(files_ / "server.key", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(error_with({files_ / "server.pem", files_ / "server.key", ""}).hint,
            "chmod 600 " + (files_ / "server.key"));
}

}  // namespace
}  // namespace binferry
