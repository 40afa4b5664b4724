// What a hub answers to plain HTTP requests: a path, who may ask, and a function that replies. Sans-io.
//
// Values; a router is filled before the server starts and only read from then on. Handlers run on the server's thread:
// they must not block, and ask to be called again if they have nothing to say yet. Nothing of a request names a file.
#pragma once

#include "binlog/base/result.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace binferry {

// A token is another subprotocol, behind this.
inline constexpr std::string_view kTokenSubprotocol = "binferry.token.";

struct HttpRequest {
  std::string method;
  std::string path;                                          // without the query
  std::vector<std::pair<std::string, std::string>> query;    // decoded, in the order given
  std::vector<std::pair<std::string, std::string>> headers;  // as they came
  std::string remote;                                        // the peer's address and port
  std::string memo;                                          // the handler's, to find again when it is called again
  std::uint32_t waited_ms = 0;                               // since the handler was first called for it

  // The first of the name; null if there is none. Names of headers have no case.
  [[nodiscard]] const std::string* parameter(std::string_view name) const;
  [[nodiscard]] const std::string* header(std::string_view name) const;
};

// `path?name=value&…` apart, percent-decoded. Errors: `protocol` for what is no such thing.
Result<HttpRequest> parse_http_target(std::string_view target);

// What a request shows of who asks: in a header, or, as a page of a browser cannot set one for a WebSocket, as a
// subprotocol. A view into it; empty: nothing.
std::string_view token_of(const HttpRequest& request);
// It asks for a WebSocket of this subprotocol.
bool asks_for(const HttpRequest& request, std::string_view subprotocol);
// It was sent by a page of the very hub that it asks.
bool is_of_own_page(const HttpRequest& request);
// It calls the hub by an address, or `localhost`. Any other name could be anybody's who lets it point here: a page of
// theirs would read the hub as its own.
bool names_this_machine(const HttpRequest& request);

// A reply's body that is too large to hold. Read piece by piece as the peer takes it.
class HttpBody {
 public:
  HttpBody() = default;
  HttpBody(const HttpBody&) = delete;
  HttpBody& operator=(const HttpBody&) = delete;
  virtual ~HttpBody() = default;
  // Bytes in all; nullopt if nobody knows yet, it is then sent in chunks.
  [[nodiscard]] virtual std::optional<std::uint64_t> size() const { return std::nullopt; }
  // Appends between 1 and `most` bytes to `out`. False: that was all. An error cuts the connection off, so that what
  // has arrived is not taken for the whole.
  virtual Result<bool> read(std::string& out, std::size_t most) = 0;
};

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::unique_ptr<HttpBody> stream{};  // instead of `body`
};

// Each includes the ones before it.
enum class HttpAccess : std::uint8_t { open, read, follow, admin };

// Nullopt: nothing to say yet; it is called again when something has changed, or a moment later.
using HttpHandler = std::function<std::optional<HttpReply>(HttpRequest&)>;

struct HttpRoute {
  HttpAccess access = HttpAccess::read;
  HttpHandler handler{};
  std::string method = "GET";
};

class HttpRouter {
 public:
  void add(const std::string& path, HttpRoute route) { routes_[path] = std::move(route); }
  [[nodiscard]] const HttpRoute* find(std::string_view path) const;

 private:
  std::map<std::string, HttpRoute, std::less<>> routes_;
};

}  // namespace binferry
