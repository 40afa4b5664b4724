// A follower of a hub that only takes what is sent and counts it: for crowds. Plain sockets, no library. Tests only.
#pragma once

#include <cstdint>
#include <string>

namespace binferry::test {

class LightFollower {
 public:
  // Connects to 127.0.0.1, asks for the whole log uncompressed. Throws std::runtime_error.
  LightFollower(std::uint16_t port, const std::string& name);
  ~LightFollower();
  LightFollower(const LightFollower&) = delete;
  LightFollower& operator=(const LightFollower&) = delete;

  [[nodiscard]] int socket() const { return socket_; }
  // Takes what is there without waiting; false: the hub has ended the connection.
  bool take();
  // Everything that came, the WebSocket's and the protocol's own bytes with it.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  int socket_ = -1;
  std::uint64_t bytes_ = 0;
};

}  // namespace binferry::test
