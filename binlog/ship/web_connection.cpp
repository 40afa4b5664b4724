#include "binlog/ship/web_connection.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <sstream>

namespace binferry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

websocket::stream_base::timeout times_of(const WebSocketTerms& terms) {
  if (terms.pings) return websocket::stream_base::timeout::suggested(beast::role_type::server);
  websocket::stream_base::timeout times{websocket::stream_base::none(), websocket::stream_base::none(), false};
  if (terms.handshake.count() != 0) times.handshake_timeout = terms.handshake;
  return times;
}

template <class Head>
std::string text_of_head(const Head& head) {
  std::ostringstream text;
  text << head.base();
  return std::move(text).str();
}

}  // namespace

// Without compression of its own: what is worth it is compressed already.
struct WebConnection::Stream : websocket::stream<TlsConnection, false> {
  using websocket::stream<TlsConnection, false>::stream;

  void agree(const WebSocketTerms& terms) {
    set_option(times_of(terms));
    read_message_max(terms.largest_message);
    binary(terms.is_binary);
    auto_fragment(false);
  }
};

WebConnection::WebConnection(asio::ip::tcp::socket socket) : stream_(std::make_unique<Stream>(std::move(socket))) {}
WebConnection::WebConnection(asio::io_context& io) : stream_(std::make_unique<Stream>(io)) {}
WebConnection::~WebConnection() = default;

TlsConnection& WebConnection::line() {
  return stream_->next_layer();
}

std::string WebConnection::text_of(const Request& request) {
  return text_of_head(request);
}

std::string WebConnection::text_of(const Head& head) {
  return text_of_head(head);
}

void WebConnection::write(std::string_view bytes, Done done) {
  asio::async_write(line(), asio::buffer(bytes.data(), bytes.size()), std::move(done));
}

void WebConnection::read(Buffer& buffer, http::basic_parser<true>& request, Done done) {
  http::async_read(line(), buffer, request, std::move(done));
}

void WebConnection::read(Buffer& buffer, http::basic_parser<false>& response, Done done) {
  http::async_read(line(), buffer, response, std::move(done));
}

void WebConnection::read_head(Buffer& buffer, http::basic_parser<false>& response, Done done) {
  http::async_read_header(line(), buffer, response, std::move(done));
}

bool WebConnection::is_upgrade(const Request& request) {
  return websocket::is_upgrade(request);
}

void WebConnection::accept(const Request& request, const WebSocketTerms& terms, Done done) {
  stream_->agree(terms);
  stream_->set_option(websocket::stream_base::decorator(
      [subprotocol = std::string(terms.subprotocol)](websocket::response_type& response) {
        response.set(http::field::sec_websocket_protocol, subprotocol);
      }));
  stream_->async_accept(request, without_size(std::move(done)));
}

void WebConnection::handshake(const Request& request, const WebSocketTerms& terms, Upgraded& response, Done done) {
  stream_->agree(terms);
  stream_->set_option(websocket::stream_base::decorator(
      [fields = http::fields(request), subprotocol = std::string(terms.subprotocol)](websocket::request_type& asked) {
        for (const auto& field : fields) asked.set(field.name_string(), field.value());
        asked.set(http::field::sec_websocket_protocol, subprotocol);
      }));
  stream_->async_handshake(response, request[http::field::host], request.target(),
                           [&response, done = std::move(done)](const boost::system::error_code& error) mutable {
                             // Beast begins with a 500 of its own, before anything was heard.
                             if (error && error != websocket::error::upgrade_declined) response.result(0);
                             done(error, 0);
                           });
}

void WebConnection::send(std::string_view message, Done done) {
  stream_->async_write(asio::buffer(message.data(), message.size()), std::move(done));
}

void WebConnection::receive(Buffer& buffer, Done done) {
  stream_->async_read(buffer, std::move(done));
}

void WebConnection::refuse(Done done) {
  stream_->async_close(websocket::close_code::policy_error, without_size(std::move(done)));
}

}  // namespace binferry
