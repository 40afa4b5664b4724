// HubServer: ships a relay store to followers over WebSockets, and answers a few HTTP requests about itself.
//
// Owns its listener and one thread that runs all connections; the store must outlive it. A follower has one message in
// flight at a time, read from the store when the one before is gone, so that slow ones cost nothing and hold nobody up.
// It listens on loopback addresses only: there is no TLS and there are no tokens yet.
#pragma once

#include "binlog/ship/hub_http.hpp"
#include "binlog/ship/hub_session.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace binferry {

// What a follower is to the hub, as a value.
struct FollowerStatus {
  std::uint64_t id = 0;  // of the connection
  std::string name;
  std::string remote;  // address and port
  bool counts = false;
  BinlogPosition sent;
  BinlogPosition received;
  BinlogPosition logged;
  BinlogPosition applied;
  std::uint64_t sent_bytes = 0;  // as they went over the wire
};

struct HubServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any that is free
  HubSessionOptions session{};
  std::size_t connections = 1024;       // more are turned away
  std::uint32_t handshake_ms = 10'000;  // for a request, and for the HELLO
  std::uint32_t stall_ms = 600'000;     // a follower that takes nothing for so long is given up
  // On the server's thread. May be null.
  std::function<void()> on_change{};               // a follower came, went, or acknowledged
  std::function<void(const std::string&)> note{};  // of people's interest, one line
  HttpRouter routes{};                             // of everything but followers
  std::function<std::uint64_t()> clock_us{};       // any that only goes forward; null: time stands still
};

class HubServer {
 public:
  // Errors: `usage` for an address that is not a loopback one, `io` if it is taken.
  static Result<std::unique_ptr<HubServer>> start(const RelayStore& store, HubServerOptions options);
  // Ends the connections and the thread.
  ~HubServer();
  HubServer(const HubServer&) = delete;
  HubServer& operator=(const HubServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // --- any thread ---
  // The store has published more.
  void notify();
  // Of those that are connected and said who they are.
  [[nodiscard]] std::vector<FollowerStatus> followers() const;

 private:
  struct State;
  explicit HubServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace binferry
