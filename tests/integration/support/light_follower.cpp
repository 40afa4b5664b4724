#include "tests/integration/support/light_follower.hpp"

#include "binlog/ship/follower_session.hpp"

#include <cerrno>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace binferry::test {
namespace {

void send_all(int socket, const std::string& bytes) {
  if (::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("the hub takes nothing");
  }
}

// One binary frame of a client; the mask is zero, so that the payload stands as it is.
std::string frame(const std::string& payload) {
  std::string bytes = "\x82";
  bytes.push_back(static_cast<char>(0x80 | payload.size()));
  return bytes + std::string(4, '\0') + payload;
}

}  // namespace

LightFollower::LightFollower(std::uint16_t port, const std::string& name) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("no hub listens");
  }
  send_all(socket_,
           "GET /v1/ship HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Protocol: binferry.v1\r\n\r\n");
  // Byte by byte, so that nothing behind the answer is taken.
  std::string answer;
  for (char byte = 0; !answer.ends_with("\r\n\r\n"); answer.push_back(byte)) {
    if (::recv(socket_, &byte, 1, 0) != 1) throw std::runtime_error("the hub does not answer");
  }
  if (!answer.starts_with("HTTP/1.1 101")) throw std::runtime_error("the hub refuses: " + answer);
  ship::Hello hello;
  hello.name = name;
  hello.takes_zstd = false;
  send_all(socket_, frame(FollowerSession(hello, {}).hello()));
}

LightFollower::~LightFollower() {
  ::close(socket_);
}

bool LightFollower::take() {
  static thread_local std::string buffer(1 << 20, '\0');
  for (;;) {
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size > 0) {
      bytes_ += static_cast<std::uint64_t>(size);
      if (static_cast<std::size_t>(size) < buffer.size()) return true;
      continue;
    }
    return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  }
}

}  // namespace binferry::test
