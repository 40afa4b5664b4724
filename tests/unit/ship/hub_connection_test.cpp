#include "binlog/ship/hub_connection.hpp"

#include "binlog/ship/hub_address.hpp"
#include "tests/support/loopback_listener.hpp"

#include <string>
#include <string_view>
#include <thread>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace binferry {
namespace {

// Hears one request, says `answer` and hangs up.
class OneAnswer {
 public:
  explicit OneAnswer(std::string_view answer) : answers_([this, answer] { hear_and_say(answer); }) {}
  ~OneAnswer() { answers_.join(); }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  [[nodiscard]] Errc error_of_a_follower() const {
    const auto address = parse_hub_address("ws://127.0.0.1:" + std::to_string(listener_.port()));
    EXPECT_TRUE(address) << address.error().message();
    const auto connection = HubConnection::open(*address, 5000);
    EXPECT_FALSE(connection);
    return connection ? Errc{} : connection.error().code;
  }

 private:
  void hear_and_say(std::string_view answer) const {
    const int peer = listener_.accept();
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

  test::LoopbackListener listener_;
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
