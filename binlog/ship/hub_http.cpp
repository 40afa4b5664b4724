#include "binlog/ship/hub_http.hpp"

#include <algorithm>

#include <arpa/inet.h>

namespace binferry {
namespace {

// Locale-free: header names are ASCII.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// Of a query: `+` is a blank there.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

std::string_view header_of(const HttpRequest& request, std::string_view name) {
  const std::string* const value = request.header(name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

// The first subprotocol asked for that begins so; nothing if there is none.
std::string_view subprotocol(const HttpRequest& request, std::string_view beginning) {
  std::string_view rest = header_of(request, "Sec-WebSocket-Protocol");
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    if (const std::string_view name = trimmed(item); name.starts_with(beginning)) return name;
  }
  return {};
}

bool is_address(std::string_view text) {
  unsigned char bytes[sizeof(in6_addr)];
  // A zone says which way an address is reached, not what it is.
  const std::string plain(text.substr(0, text.find('%')));
  return ::inet_pton(AF_INET, plain.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, plain.c_str(), bytes) == 1;
}

}  // namespace

std::string_view token_of(const HttpRequest& request) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string_view header = header_of(request, "Authorization");
  if (header.size() > kBearer.size() && same_name(header.substr(0, kBearer.size()), kBearer)) {
    return header.substr(kBearer.size());
  }
  std::string_view token = subprotocol(request, kTokenSubprotocol);
  token.remove_prefix(std::min(token.size(), kTokenSubprotocol.size()));
  return token;
}

bool asks_for(const HttpRequest& request, std::string_view name) {
  return subprotocol(request, name) == name;
}

bool is_of_own_page(const HttpRequest& request) {
  const std::string_view origin = header_of(request, "Origin");
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == header_of(request, "Host");
}

bool names_this_machine(const HttpRequest& request) {
  const std::string_view host = header_of(request, "Host");
  if (!host.starts_with('[')) {
    const std::string_view name = host.substr(0, host.rfind(':'));
    return same_name(name, "localhost") || is_address(name);
  }
  const std::size_t end = host.find(']');
  return end != std::string_view::npos && is_address(host.substr(1, end - 1));
}

const std::string* HttpRequest::parameter(std::string_view name) const {
  const auto found = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
  return found == query.end() ? nullptr : &found->second;
}

const std::string* HttpRequest::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [name](const auto& entry) { return same_name(entry.first, name); });
  return found == headers.end() ? nullptr : &found->second;
}

Result<HttpRequest> parse_http_target(std::string_view target) {
  HttpRequest request;
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.path = target.substr(0, mark);
  if (!request.path.starts_with('/')) return fail(Errc::protocol, "a request's target begins with `/`");
  std::string_view rest = target.substr(std::min(mark + 1, target.size()));
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> name = decoded(pair.substr(0, equals));
    std::optional<std::string> value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return fail(Errc::protocol, "a request's query is not percent-encoded");
    request.query.emplace_back(std::move(*name), std::move(*value));
  }
  return request;
}

const HttpRoute* HttpRouter::find(std::string_view path) const {
  const auto found = routes_.find(path);
  return found == routes_.end() ? nullptr : &found->second;
}

}  // namespace binferry
