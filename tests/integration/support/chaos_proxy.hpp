// A TCP proxy of the test's own in front of a server, which does what networks do: cuts connections at any byte, stands
// still, is slow. Tests only.
//
// Owns its thread and sockets. All functions may be called from any thread.
#pragma once

#include "tests/integration/support/random.hpp"
#include "tests/support/loopback_listener.hpp"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace binferry::test {

class ChaosProxy {
 public:
  // Listens on a free port of 127.0.0.1; what connects there reaches `target` on 127.0.0.1. Throws
  // std::runtime_error.
  ChaosProxy(std::uint16_t target, std::uint64_t seed);
  ~ChaosProxy();
  ChaosProxy(const ChaosProxy&) = delete;
  ChaosProxy& operator=(const ChaosProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

  // Every connection accepted from now on is reset once a random number of bytes between these has come from the
  // server; 0, 0: none is.
  void cut_within(std::uint32_t least, std::uint32_t most);
  // Nothing goes either way, and nobody is told.
  void freeze(bool frozen) { frozen_ = frozen; }
  // Before each piece of at most 16 KiB.
  void delay_ms(int delay) { delay_ms_ = delay; }
  [[nodiscard]] std::uint64_t cuts() const { return cuts_; }

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    std::uint64_t left = 0;  // bytes from the server until it is cut
  };

  void run();
  void accept_one();
  // False: the pair is at its end.
  bool forward(Pair& pair, bool from_server);
  static void close_pair(const Pair& pair, bool reset);

  std::uint16_t target_;
  LoopbackListener listener_;
  Random random_;
  std::vector<Pair> pairs_;
  std::atomic<std::uint64_t> cut_range_ = 0;  // least in the upper half, most in the lower
  std::atomic<bool> frozen_ = false;
  std::atomic<int> delay_ms_ = 0;
  std::atomic<std::uint64_t> cuts_ = 0;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace binferry::test
