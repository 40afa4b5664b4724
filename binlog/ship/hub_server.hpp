// HubServer: ships a relay store to followers over WebSockets, and answers a few HTTP requests about itself.
//
// Owns its listener and one thread that runs all connections; the store must outlive it. A follower has one message in
// flight at a time, read from the store when the one before is gone, so that slow ones cost nothing and hold nobody up.
// Without TLS and tokens it listens on loopback addresses only.
#pragma once

#include "binlog/ship/hub_http.hpp"
#include "binlog/ship/hub_session.hpp"
#include "binlog/ship/hub_tokens.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

// What a follower is to the hub, as a value.
struct FollowerStatus {
  std::uint64_t id = 0;  // of the connection
  std::string name;
  std::string remote;  // address and port
  bool counts = false;
  BinlogPosition sent;
  BinlogPosition needs;  // HubSession::needs()
  BinlogPosition received;
  BinlogPosition logged;
  BinlogPosition applied;
  std::uint64_t sent_bytes = 0;  // as they went over the wire
};

// Paths of PEM files.
struct HubCertificate {
  std::string cert{};       // the chain; empty: no TLS
  std::string key{};        // nobody else may read it
  std::string client_ca{};  // peers need a certificate of these authorities; empty: none
};

struct HubServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any that is free
  HubCertificate tls{};
  HubTokens tokens{};  // empty: everybody may do everything
  HubSessionOptions session{};
  std::size_t connections = 1024;       // more are turned away
  std::size_t strangers = 256;          // the same of those that have not shown yet that they may be here
  std::uint32_t handshake_ms = 10'000;  // for TLS and a request, and for the HELLO
  std::uint32_t stall_ms = 600'000;     // a follower that takes nothing for so long is given up
  // On the server's thread. May be null.
  std::function<void()> on_change{};                                    // a follower came, went, or acknowledged
  std::function<void(ship::AckLevel, const BinlogPosition&)> on_ack{};  // one follower, that far for the first time
  std::function<void(std::string_view)> on_error{};                     // its kind: HubErrors
  std::function<std::string()> live_text{};        // sent every second to those who watch; null: nobody can
  std::function<void(const std::string&)> note{};  // of people's interest, one line
  HttpRouter routes{};                             // of everything but followers
  std::function<std::uint64_t()> clock_us{};       // any that only goes forward; null: time stands still
};

// Kinds of what peers do wrong, as metrics count them.
namespace hub_error {
inline constexpr std::string_view kTls = "tls";            // no TLS, or no certificate that counts
inline constexpr std::string_view kRequest = "request";    // no HTTP, too large, or too late
inline constexpr std::string_view kToken = "token";        // unknown, missing, or of too little access
inline constexpr std::string_view kFull = "full";          // turned away
inline constexpr std::string_view kProtocol = "protocol";  // a follower that was refused
inline constexpr std::string_view kStalled = "stalled";    // a follower that took nothing, or never said HELLO
inline constexpr std::string_view kBody = "body";          // a reply that broke off at our end
inline constexpr std::string_view kAll[] = {kTls, kRequest, kToken, kFull, kProtocol, kStalled, kBody};
}  // namespace hub_error

// A page of a browser watches here, by a WebSocket of this subprotocol.
inline constexpr std::string_view kLivePath = "/v1/live";
inline constexpr std::string_view kLiveSubprotocol = "binferry.live.v1";

class HubServer {
 public:
  // Errors: `usage` for an address that needs TLS and tokens, and for files of TLS; `io` if the address is taken.
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
