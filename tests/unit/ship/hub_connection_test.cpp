#include "binlog/ship/hub_connection.hpp"

#include "binlog/ship/hub_address.hpp"

#include <string>
#include <string_view>
#include <thread>
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace binferry {
namespace {

// Hears one request, says `answer` and hangs up.
class OneAnswer {
 public:
  explicit OneAnswer(std::string_view answer) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    answers_ = std::thread([this, answer] { hear_and_say(answer); });
  }
  ~OneAnswer() {
    answers_.join();
    ::close(listener_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  [[nodiscard]] Errc error_of_a_follower() const {
    const auto address = parse_hub_address("ws://127.0.0.1:" + std::to_string(port_));
    EXPECT_TRUE(address) << address.error().message();
    const auto connection = HubConnection::open(*address, 5000);
    EXPECT_FALSE(connection);
    return connection ? Errc{} : connection.error().code;
  }

 private:
  void hear_and_say(std::string_view answer) const {
    const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::string heard;
    char piece[512];
    while (heard.find("\r\n\r\n") == std::string::npos) {
      const ssize_t size = ::recv(peer, piece, sizeof piece, 0);
      if (size <= 0) break;
      heard.append(piece, static_cast<std::size_t>(size));
    }
    EXPECT_EQ(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
    ::close(peer);
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::thread answers_;
};

TEST(HubConnectionTest, AHandshakeThatBreaksOffIsALostConnectionAndNoRefusal) {
  for (const std::string_view heard : {"", "HTTP/1.1 101 Switching", "HTTP/1.1 403 Forbidden\r\nContent-Le"}) {
    EXPECT_EQ(OneAnswer(heard).error_of_a_follower(), Errc::connection) << heard;
  }
}

TEST(HubConnectionTest, ARefusalIsForGoodUnlessItIsTheServersTrouble) {
  EXPECT_EQ(OneAnswer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").error_of_a_follower(), Errc::refused);
  EXPECT_EQ(OneAnswer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").error_of_a_follower(), Errc::not_found);
  for (const std::string_view said : {"500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"}) {
    const std::string answer = "HTTP/1.1 " + std::string(said) + "\r\nContent-Length: 0\r\n\r\n";
    EXPECT_EQ(OneAnswer(answer).error_of_a_follower(), Errc::busy) << said;
  }
}

}  // namespace
}  // namespace binferry
