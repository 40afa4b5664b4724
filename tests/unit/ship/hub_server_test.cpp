#include "binlog/ship/hub_server.hpp"

#include "binlog/ship/hub_source.hpp"
#include "tests/unit/ship/relay_fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace binferry {
namespace {

using test::fill;
using test::open_store;
using test::SourceFolder;
using test::TempDir;

std::unique_ptr<HubSource> open_source(const HubServer& hub, const BinlogPosition& position) {
  HubSourceOptions options;
  options.name = "one";
  options.counts = true;
  options.position = position;
  auto source = HubSource::open({"127.0.0.1", std::to_string(hub.port())}, options);
  EXPECT_TRUE(source) << source.error().message();
  return source ? std::move(*source) : nullptr;
}

// Event bytes up to the hub's tip, by file.
void read_up_to(HubSource& source, const BinlogPosition& tip, std::vector<std::string>& files) {
  RawEvent event;
  for (int waits = 0; waits < 1000;) {
    Result<SourceState> state = source.next(event);
    ASSERT_TRUE(state) << state.error().message();
    if (*state == SourceState::file_begin) files.emplace_back("\xFE\x62in");
    if (*state == SourceState::wait) {
      ++waits;
      ASSERT_TRUE(source.wait(100));
    }
    if (*state != SourceState::event) continue;
    files.back().append(text_of(event.bytes));
    if (event.file == tip.file && event.end == tip.offset) return;
  }
  FAIL() << "the hub did not send all";
}

class HubServerTest : public ::testing::Test {
 protected:
  HubServerTest() : source_(50), store_(open_store(dir_.path())) {
    EXPECT_TRUE(fill(*store_, source_.folder()));
    HubServerOptions options;
    options.handshake_ms = 300;
    options.session.message_bytes = 3000;
    options.routes.add("/healthz", {HttpAccess::open, [](const HttpRequest&) { return HttpReply{.body = "ok\n"}; }});
    auto hub = HubServer::start(*store_, options);
    EXPECT_TRUE(hub) << hub.error().message();
    hub_ = std::move(*hub);
  }

  // Sends bytes over a bare socket and gives what comes back until the hub closes.
  std::string say(std::string_view bytes) const {
    const FileDescriptor peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(hub_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    std::string answer;
    char chunk[4096];
    for (ssize_t size = 0; (size = ::recv(peer.get(), chunk, sizeof chunk, 0)) > 0;)
      answer.append(chunk, static_cast<std::size_t>(size));
    return answer;
  }

  SourceFolder source_;
  TempDir dir_;
  std::unique_ptr<RelayStore> store_;
  std::unique_ptr<HubServer> hub_;
};

TEST_F(HubServerTest, ShipsWhatIsThereAndWhatComesAndTakesAcks) {
  const auto source = open_source(*hub_, {});
  std::vector<std::string> files;
  read_up_to(*source, store_->published(), files);
  source_.append();
  ASSERT_TRUE(fill(*store_, source_.folder()));
  hub_->notify();
  read_up_to(*source, store_->published(), files);
  ASSERT_EQ(files.size(), 3U);
  for (int file = 1; file <= 3; ++file) EXPECT_EQ(files[static_cast<std::size_t>(file) - 1], source_.bytes(file));

  ASSERT_TRUE(source->acknowledge(ship::AckLevel::applied, store_->published()));
  bool heard = false;
  for (int i = 0; i < 500 && !heard; ++i) {
    for (const FollowerStatus& follower : hub_->followers()) {
      heard = follower.name == "one" && follower.counts && follower.applied == store_->published();
    }
    if (!heard) ::usleep(10'000);
  }
  EXPECT_TRUE(heard);
}

TEST_F(HubServerTest, AFollowerThatReadsNothingHoldsNobodyUp) {
  const auto stalled = open_source(*hub_, {});
  const auto source = open_source(*hub_, {});
  std::vector<std::string> files;
  read_up_to(*source, store_->published(), files);
  EXPECT_EQ(files.size(), 3U);
}

TEST_F(HubServerTest, SurvivesPeersThatAreNoFollowers) {
  const std::string upgrade =
      "GET /v1/ship HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  EXPECT_EQ(say("garbage\r\n\r\n"), "");
  EXPECT_TRUE(say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(say("GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(
      say("POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n").starts_with("HTTP/1.1 405"));
  EXPECT_EQ(say("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x')), "");
  // A request that never ends, and a follower that never says HELLO: both are given up in time.
  EXPECT_EQ(say("GET / HTTP/1.1\r\nHost: "), "");
  EXPECT_TRUE(say(upgrade + "Sec-WebSocket-Protocol: binferry.v1\r\n\r\n").starts_with("HTTP/1.1 101"));
  // Another version, and a page of some other site.
  EXPECT_TRUE(say(upgrade + "Sec-WebSocket-Protocol: binferry.v9\r\n\r\n").starts_with("HTTP/1.1 426"));
  EXPECT_TRUE(say(upgrade + "Origin: http://evil.example\r\nSec-WebSocket-Protocol: binferry.v1\r\n\r\n")
                  .starts_with("HTTP/1.1 426"));

  const auto source = open_source(*hub_, {});
  std::vector<std::string> files;
  read_up_to(*source, store_->published(), files);
  EXPECT_EQ(files.size(), 3U);
}

// Gives `pieces` pieces of a hundred bytes.
class Pieces final : public HttpBody {
 public:
  Pieces(int pieces, bool says_size) : left_(pieces), says_size_(says_size) {}
  [[nodiscard]] std::optional<std::uint64_t> size() const override {
    return says_size_ ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(left_) * 100) : std::nullopt;
  }
  Result<bool> read(std::string& out, std::size_t) override {
    if (left_ < 0) return fail(Errc::io, "the disk is gone");
    if (left_ == 0) return false;
    --left_;
    out.append(100, 'x');
    return true;
  }

 private:
  int left_;
  bool says_size_;
};

HttpHandler gives(int pieces, bool says_size) {
  return [=](const HttpRequest&) { return HttpReply{.stream = std::make_unique<Pieces>(pieces, says_size)}; };
}

TEST_F(HubServerTest, StreamsBodiesOfKnownAndOfUnknownSize) {
  HubServerOptions options;
  options.routes.add("/known", {HttpAccess::read, gives(3, true)});
  options.routes.add("/unknown", {HttpAccess::read, gives(3, false)});
  options.routes.add("/broken", {HttpAccess::read, gives(-1, false)});
  hub_ = std::move(*HubServer::start(*store_, options));
  const std::string known = say("GET /known HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(known.find("Content-Length: 300\r\n"), std::string::npos) << known;
  EXPECT_TRUE(known.ends_with("\r\n\r\n" + std::string(300, 'x'))) << known;
  const std::string unknown = say("GET /unknown HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string chunk = "64\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_TRUE(unknown.ends_with("\r\n\r\n" + chunk + chunk + chunk + "0\r\n\r\n")) << unknown;
  // Without its last chunk nobody takes it for the whole.
  EXPECT_FALSE(say("GET /broken HTTP/1.1\r\nHost: localhost\r\n\r\n").ends_with("0\r\n\r\n"));
}

TEST_F(HubServerTest, AHandlerThatWaitsIsAskedAgain) {
  HubServerOptions options;
  options.clock_us = [now = std::make_shared<std::uint64_t>(0)] { return *now += 7000; };
  options.routes.add("/later", {HttpAccess::read, [](const HttpRequest& request) -> std::optional<HttpReply> {
                                  if (request.waited_ms < 14) return std::nullopt;
                                  return HttpReply{.body = std::to_string(request.waited_ms)};
                                }});
  hub_ = std::move(*HubServer::start(*store_, options));
  EXPECT_TRUE(say("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n").ends_with("\r\n\r\n14"));
}

TEST_F(HubServerTest, ListensOnLoopbackOnly) {
  for (const char* address : {"0.0.0.0", "192.0.2.1", "::", "db.example"}) {
    HubServerOptions options;
    options.address = address;
    const auto hub = HubServer::start(*store_, options);
    ASSERT_FALSE(hub) << address;
    EXPECT_EQ(hub.error().code, Errc::usage) << address;
  }
}

}  // namespace
}  // namespace binferry
