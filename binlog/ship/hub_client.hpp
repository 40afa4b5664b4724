// How a client comes to a hub: look it up, connect, agree on TLS.
#pragma once

#include "binlog/ship/hub_fetch.hpp"
#include "binlog/ship/tls_connection.hpp"

#include <memory>
#include <utility>

namespace binferry {

// What a client keeps as long as its connection.
struct HubDial {
  explicit HubDial(boost::asio::io_context& io) : resolver(io) {}

  // The stages of one connection, each by `operate(doing, start)`, where `start(handler)` begins an operation and
  // operate() gives its Status. Errors: those; `usage` for files of TLS; `refused` if the hub does not prove its name.
  template <class Operate>
  Status connect(const HubAddress& address, TlsConnection& connection, Operate operate) {
    boost::asio::ip::tcp::resolver::results_type found;
    Status done = operate("look up " + address.host, [&](auto handler) {
      resolver.async_resolve(address.host, address.port, [&found, handler](const auto& error, auto results) mutable {
        found = std::move(results);
        handler(error);
      });
    });
    if (!done) return done;
    done = operate("connect to the hub",
                   [&](auto handler) { connection.next_layer().async_connect(found, std::move(handler)); });
    if (!done) return done;
    boost::system::error_code ignored;
    connection.next_layer().socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    if (!address.is_tls) return {};
    auto made = make_context(ClientTls{address.ca, address.cert, address.key});
    if (!made) return propagate(made);
    context = std::move(*made);
    connection.use_tls(*context);
    verify_name(connection.tls(), address.host);
    done = operate("agree on TLS with the hub", [&](auto handler) {
      connection.tls().async_handshake(boost::asio::ssl::stream_base::client, std::move(handler));
    });
    return done || is_proved(connection) ? done : unproved(address, done.error());
  }

  boost::asio::ip::tcp::resolver resolver;
  std::unique_ptr<boost::asio::ssl::context> context;  // null without TLS

 private:
  static bool is_proved(TlsConnection& connection);
  static Status unproved(const HubAddress& address, const Error& error);
};

}  // namespace binferry
