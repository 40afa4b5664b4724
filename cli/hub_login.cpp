#include "cli/hub_login.hpp"

#include "binlog/ship/hub_tokens.hpp"

#include <cstdlib>

namespace binferry::cli {
namespace {

Result<std::string> token_of(const HubLoginArguments& login) {
  if (!login.token_file.empty()) return read_secret_file(login.token_file);
  if (login.token_env.empty()) return std::string();
  const char* const value = std::getenv(login.token_env.c_str());
  if (value == nullptr) return fail(Errc::usage, "there is no environment variable " + login.token_env);
  return std::string(value);
}

}  // namespace

Result<HubAddress> hub_address(const std::string& text, const HubLoginArguments& login) {
  Result<HubAddress> address = parse_hub_address(text);
  if (!address) return propagate(address);
  if (!address->is_tls && !(login.ssl_ca.empty() && login.ssl_cert.empty() && login.ssl_key.empty())) {
    return fail(Errc::usage, "a hub at " + address->text() + " proves nothing", "write its address with wss://");
  }
  Result<std::string> token = token_of(login);
  if (!token) return propagate(token, "the token");
  while (token->ends_with('\n') || token->ends_with('\r') || token->ends_with(' ')) token->pop_back();
  // Whatever else stands there must not end up in a header.
  if (!token->empty() && !is_token(*token)) {
    wipe(*token);
    return fail(Errc::usage, "the token is not one: they are 16 to 128 letters, digits, `-` and `_`",
                "the file holds the token alone, without name and access");
  }
  address->token = Secret(std::move(*token));
  address->ca = login.ssl_ca;
  address->cert = login.ssl_cert;
  address->key = login.ssl_key;
  return address;
}

}  // namespace binferry::cli
