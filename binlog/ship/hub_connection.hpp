// A follower's WebSocket to a hub: messages in and out, nothing of what they mean.
//
// One thread; every wait has a deadline. It runs only inside of its calls, so that a reader that does something else
// for long leaves the hub waiting, which is what the hub expects.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"
#include "binlog/ship/hub_address.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace binferry {

class HubConnection {
 public:
  // Connects and agrees on the subprotocol. Errors: `connection`, `timeout`, `protocol` (no hub), `refused` (a token,
  // or a certificate).
  static Result<std::unique_ptr<HubConnection>> open(const HubAddress& address, int timeout_ms);
  ~HubConnection();
  HubConnection(const HubConnection&) = delete;
  HubConnection& operator=(const HubConnection&) = delete;

  // Errors: `connection`, `timeout`.
  Status send(std::string_view message, int timeout_ms);
  // True: message() is the next one, valid until the next call. Never waits. Errors: `connection`.
  Result<bool> poll();
  // Waits for poll() to have something. False: the time is over. Errors: `connection`.
  Result<bool> wait(int timeout_ms);
  [[nodiscard]] Bytes message() const;

 private:
  struct Link;
  explicit HubConnection(std::unique_ptr<Link> link);
  std::unique_ptr<Link> link_;
};

}  // namespace binferry
