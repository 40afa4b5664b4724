// From a `ws[s]://…` operand to a hub that lets us in: where the token comes from, and what proves the hub.
#pragma once

#include "binlog/ship/hub_address.hpp"

#include <string>

namespace binferry::cli {

struct HubLoginArguments {
  std::string token_file{};  // holds the token and nothing else
  std::string token_env{};   // an environment variable's name
  std::string ssl_ca{};
  std::string ssl_cert{};
  std::string ssl_key{};
};

// Errors: `usage`; `io` and `usage` for the token's file, as read_secret_file().
Result<HubAddress> hub_address(const std::string& text, const HubLoginArguments& login);

}  // namespace binferry::cli
