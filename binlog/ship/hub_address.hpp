// HubAddress: where a hub is, and what it takes to be let in.
//
// A value. Nothing secret of it is in text().
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/base/secret.hpp"

#include <string>
#include <string_view>

namespace binferry {

struct HubAddress {
  std::string host;
  std::string port;
  bool is_tls = false;
  Secret token{};  // empty: none
  // With is_tls; paths of PEM files.
  std::string ca{};    // empty: the system's authorities
  std::string cert{};  // empty: none
  std::string key{};   // empty: in `cert`, too

  // `wss://host:port`
  [[nodiscard]] std::string text() const;
  // For a request's Host: `host:port`.
  [[nodiscard]] std::string authority() const;
};

// `ws://host:port`, or wss, http, https. Usage error otherwise.
Result<HubAddress> parse_hub_address(std::string_view text);
// It begins as one.
bool is_hub_address(std::string_view text);

}  // namespace binferry
