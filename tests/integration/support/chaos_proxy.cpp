#include "tests/integration/support/chaos_proxy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <limits>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace binferry::test {
namespace {

constexpr int kPollMs = 20;

bool send_all(int fd, const char* data, std::size_t size) {
  while (size != 0) {
    const ssize_t sent = ::send(fd, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

ChaosProxy::ChaosProxy(std::uint16_t target, std::uint64_t seed) : target_(target), random_(seed) {
  thread_ = std::thread([this] { run(); });
}

ChaosProxy::~ChaosProxy() {
  stopped_ = true;
  thread_.join();
  for (const Pair& pair : pairs_) close_pair(pair, false);
}

void ChaosProxy::cut_within(std::uint32_t least, std::uint32_t most) {
  cut_range_ = std::uint64_t{least} << 32 | most;
}

void ChaosProxy::close_pair(const Pair& pair, bool reset) {
  const linger now{.l_onoff = reset ? 1 : 0, .l_linger = 0};
  for (const int fd : {pair.client, pair.server}) {
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(fd);
  }
}

void ChaosProxy::accept_one() {
  Pair pair;
  pair.client = listener_.accept();
  if (pair.client < 0) return;
  pair.server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(target_);
  if (::connect(pair.server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close_pair(pair, true);
    return;
  }
  const std::uint64_t range = cut_range_;
  const auto least = static_cast<std::size_t>(range >> 32);
  const auto most = static_cast<std::size_t>(range & 0xFFFF'FFFF);
  pair.left = most == 0 ? std::numeric_limits<std::uint64_t>::max() : random_.between(least, most);
  pairs_.push_back(pair);
}

bool ChaosProxy::forward(Pair& pair, bool from_server) {
  std::array<char, 16384> piece;
  const int from = from_server ? pair.server : pair.client;
  const std::size_t room = from_server ? std::min<std::uint64_t>(piece.size(), pair.left) : piece.size();
  const ssize_t got = ::recv(from, piece.data(), room, 0);
  if (got <= 0) {
    close_pair(pair, false);
    return false;
  }
  if (const int delay = delay_ms_; delay > 0) std::this_thread::sleep_for(std::chrono::milliseconds(delay));
  const bool sent = send_all(from_server ? pair.client : pair.server, piece.data(), static_cast<std::size_t>(got));
  if (from_server) pair.left -= static_cast<std::uint64_t>(got);
  if (sent && pair.left != 0) return true;
  cuts_ += pair.left == 0 ? 1 : 0;
  close_pair(pair, pair.left == 0);
  return false;
}

void ChaosProxy::run() {
  std::vector<pollfd> polled;
  while (!stopped_) {
    if (frozen_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
      continue;
    }
    polled.assign(1, {.fd = listener_.fd(), .events = POLLIN, .revents = 0});
    for (const Pair& pair : pairs_) {
      polled.push_back({.fd = pair.client, .events = POLLIN, .revents = 0});
      polled.push_back({.fd = pair.server, .events = POLLIN, .revents = 0});
    }
    if (::poll(polled.data(), polled.size(), kPollMs) <= 0) continue;
    std::vector<Pair> left;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      bool goes_on = true;
      if (polled[2 * i + 1].revents != 0) goes_on = forward(pairs_[i], false);
      if (goes_on && polled[2 * i + 2].revents != 0) goes_on = forward(pairs_[i], true);
      if (goes_on) left.push_back(pairs_[i]);
    }
    pairs_ = std::move(left);
    if (polled[0].revents != 0) accept_one();
  }
}

}  // namespace binferry::test
