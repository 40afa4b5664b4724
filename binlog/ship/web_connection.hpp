// WebConnection: HTTP and WebSocket messages over a TlsConnection, for a hub and for its clients.
//
// Beast's operations are templates of what they call at their end. Every one that we use is begun here, by one type of
// handler, and so compiled once, in the .cpp. Buffers, parsers and what is sent must live until `done` is called, which
// never happens within the function that begins. One operation of a kind at a time, one thread.
#pragma once

#include "binlog/ship/tls_connection.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace binferry {

// What both ends of a WebSocket agree on, and what this end allows.
struct WebSocketTerms {
  std::string_view subprotocol;
  std::size_t largest_message = 0;  // that the peer may send
  bool is_binary = true;
  std::chrono::milliseconds handshake{0};  // the longest that one may take; 0: somebody else watches over it
  bool pings = false;                      // a peer that is silent is asked whether it is there, and given up
};

class WebConnection {
 public:
  using Request = boost::beast::http::request<boost::beast::http::empty_body>;
  using Head = boost::beast::http::response<boost::beast::http::empty_body>;
  using Upgraded = boost::beast::http::response<boost::beast::http::string_body>;
  using Buffer = boost::beast::flat_buffer;

  explicit WebConnection(boost::asio::ip::tcp::socket socket);
  explicit WebConnection(boost::asio::io_context& io);
  ~WebConnection();
  WebConnection(const WebConnection&) = delete;
  WebConnection& operator=(const WebConnection&) = delete;

  // What it runs on.
  TlsConnection& line();

  // --- HTTP ---
  static std::string text_of(const Request& request);
  static std::string text_of(const Head& head);
  void write(std::string_view bytes, Done done);
  void read(Buffer& buffer, boost::beast::http::basic_parser<true>& request, Done done);
  void read(Buffer& buffer, boost::beast::http::basic_parser<false>& response, Done done);
  void read_head(Buffer& buffer, boost::beast::http::basic_parser<false>& response, Done done);

  // --- WebSocket ---
  // Requires: is_upgrade(request).
  void accept(const Request& request, const WebSocketTerms& terms, Done done);
  static bool is_upgrade(const Request& request);
  // Asks `request`, of which the target and the other fields than a WebSocket's own are taken. The status of `response`
  // is 0 if none came.
  void handshake(const Request& request, const WebSocketTerms& terms, Upgraded& response, Done done);
  void send(std::string_view message, Done done);
  void receive(Buffer& buffer, Done done);
  // Says goodbye: the peer broke the rules.
  void refuse(Done done);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace binferry
