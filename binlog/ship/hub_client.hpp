// How a client comes to a hub and asks it something: look it up, connect, agree on TLS, send a request.
//
// HubDial begins the operations, and whoever has it runs them. HubCall is a connection for one request, which runs its
// own. One thread.
#pragma once

#include "binlog/ship/hub_fetch.hpp"
#include "binlog/ship/web_connection.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace binferry {

// Begins an operation that calls what it is given at its end.
using Start = std::function<void(Done)>;
// Runs one to its end and gives its Status. `doing` is for messages.
using Operate = std::function<Status(std::string_view doing, const Start& start)>;

// What a client keeps as long as its connection.
struct HubDial {
  explicit HubDial(boost::asio::io_context& io) : resolver(io) {}

  // The stages of one connection, each by `operate`. Errors: its own; `usage` for files of TLS; `refused` if the hub
  // does not prove its name.
  Status connect(const HubAddress& address, TlsConnection& line, const Operate& operate);

  boost::asio::ip::tcp::resolver resolver;
  std::unique_ptr<boost::asio::ssl::context> context;  // null without TLS
};

// GET, as every request to this hub begins.
WebConnection::Request hub_request(const HubAddress& address, std::string_view target);

class HubCall {
 public:
  // No operation may take longer than `timeout`, or goes on when `should_stop` (may be null) says so.
  HubCall(std::chrono::milliseconds timeout, std::function<bool()> should_stop)
      : timeout_(timeout), should_stop_(std::move(should_stop)) {}

  // Connects and sends the request. Errors: as HubDial::connect().
  Status ask(const HubAddress& address, const WebConnection::Request& request);
  // Errors: `connection`, `timeout`, `cancelled`.
  Status operate(std::string_view doing, const Start& start);
  WebConnection& web() { return web_; }
  WebConnection::Buffer& buffer() { return buffer_; }

 private:
  std::chrono::milliseconds timeout_;
  std::function<bool()> should_stop_;
  boost::asio::io_context io_{1};
  HubDial dial_{io_};  // before what uses its context
  WebConnection web_{io_};
  WebConnection::Buffer buffer_{1 << 20};
};

}  // namespace binferry
