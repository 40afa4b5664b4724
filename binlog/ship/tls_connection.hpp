// TlsConnection: a TCP connection, in TLS or not, as one type of stream, so that what runs on it is compiled once.
//
// For Beast's HTTP and WebSocket layers. The contexts must outlive the connections that use them.
#pragma once

#include "binlog/base/result.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace binferry {

class TlsConnection {
 public:
  using Stream = boost::beast::tcp_stream;
  using Tls = boost::beast::ssl_stream<Stream&>;
  using executor_type = Stream::executor_type;
  using next_layer_type = Stream;

  template <class Argument>
    requires(!std::is_same_v<std::remove_cvref_t<Argument>, TlsConnection>)
  explicit TlsConnection(Argument&& argument) : stream_(std::forward<Argument>(argument)) {}

  // From now on everything is encrypted; the handshake comes next.
  void use_tls(boost::asio::ssl::context& context) { tls_.emplace(stream_, context); }
  [[nodiscard]] bool is_tls() const { return tls_.has_value(); }
  // Requires: is_tls().
  Tls& tls() { return *tls_; }

  executor_type get_executor() { return stream_.get_executor(); }
  Stream& next_layer() { return stream_; }
  const Stream& next_layer() const { return stream_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Token>(token));
    return stream_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Token>(token));
    return stream_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  Stream stream_;
  std::optional<Tls> tls_;
};

// How a WebSocket ends what it runs on. Its close frames have said that nothing more comes, so that TLS need not.
template <class Handler>
void async_teardown(boost::beast::role_type role, TlsConnection& connection, Handler&& handler) {
  using boost::beast::async_teardown;
  async_teardown(role, connection.next_layer(), std::forward<Handler>(handler));
}
inline void teardown(boost::beast::role_type role, TlsConnection& connection, boost::beast::error_code& error) {
  using boost::beast::teardown;
  teardown(role, connection.next_layer(), error);
}

// Paths of PEM files. TLS 1.2 is the oldest version either takes.
struct ServerTls {
  std::string cert{};       // the chain; empty: no TLS
  std::string key{};        // nobody else may read it
  std::string client_ca{};  // peers need a certificate of these authorities; empty: none
};
struct ClientTls {
  std::string ca{};    // empty: the system's authorities
  std::string cert{};  // empty: none
  std::string key{};   // empty: in `cert`, too
};
// Errors: `usage` for files that are no such thing, or a key that everybody may read.
Result<std::unique_ptr<boost::asio::ssl::context>> make_context(const ServerTls& files);
// Peers are verified; their names are whoever connects' business: verify_name().
Result<std::unique_ptr<boost::asio::ssl::context>> make_context(const ClientTls& files);
// The peer's certificate must be of `host`, which may be an address.
void verify_name(TlsConnection::Tls& tls, const std::string& host);

}  // namespace binferry
