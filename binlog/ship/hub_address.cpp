#include "binlog/ship/hub_address.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace binferry {
namespace {

struct Scheme {
  std::string_view prefix;
  bool is_tls;
};
constexpr Scheme kSchemes[] = {{"ws://", false}, {"wss://", true}, {"http://", false}, {"https://", true}};

const Scheme* scheme_of(std::string_view text) {
  const auto* const found =
      std::ranges::find_if(kSchemes, [text](const Scheme& one) { return text.starts_with(one.prefix); });
  return found == std::end(kSchemes) ? nullptr : found;
}

}  // namespace

std::string HubAddress::authority() const {
  return (host.find(':') == std::string::npos ? host : '[' + host + ']') + ':' + port;
}

std::string HubAddress::text() const {
  return (is_tls ? "wss://" : "ws://") + authority();
}

bool is_hub_address(std::string_view text) {
  return scheme_of(text) != nullptr;
}

Result<HubAddress> parse_hub_address(std::string_view text) {
  const auto wrong = [&] {
    return fail(Errc::usage, "`" + std::string(text) + "` is not a hub's address", "write it as ws://127.0.0.1:7070");
  };
  const Scheme* const scheme = scheme_of(text);
  if (scheme == nullptr) return wrong();
  std::string_view rest = text.substr(scheme->prefix.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || rest.find_first_of("/?#@") != std::string_view::npos) {
    return wrong();
  }
  const std::string_view port = rest.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || stop != port.data() + port.size() || number == 0) return wrong();
  std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  HubAddress address;
  address.host = host;
  address.port = port;
  address.is_tls = scheme->is_tls;
  return address;
}

}  // namespace binferry
