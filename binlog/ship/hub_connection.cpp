#include "binlog/ship/hub_connection.hpp"

#include "binlog/ship/ship_frame.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <charconv>
#include <chrono>

namespace binferry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

std::unexpected<Error> broken(std::string_view doing, const error_code& error) {
  return fail(Errc::connection, std::string(doing) + ": " + error.message());
}

}  // namespace

Result<HubAddress> parse_hub_address(std::string_view text) {
  constexpr std::string_view kPrefix = "ws://";
  const auto wrong = [&] {
    return fail(Errc::usage, "`" + std::string(text) + "` is not a hub's address", "write it as ws://127.0.0.1:7070");
  };
  if (!text.starts_with(kPrefix)) return wrong();
  std::string_view rest = text.substr(kPrefix.size());
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
  return HubAddress{std::string(host), std::string(port)};
}

struct HubConnection::Link {
  // Runs until `done` or the time is over; false in that case.
  bool run(const bool& done, int timeout_ms) {
    const asio::steady_timer deadline(io, std::chrono::milliseconds(timeout_ms));
    while (!done) {
      io.restart();
      if (io.run_one_until(deadline.expiry()) == 0) break;
    }
    return done;
  }
  // One operation to its end; one that is too late is cut off with the connection.
  template <class Start>
  Status operate(std::string_view doing, int timeout_ms, Start start) {
    bool done = false;
    error_code result;
    start([&done, &result](const error_code& error, auto&&...) {
      result = error;
      done = true;
    });
    if (!run(done, timeout_ms)) {
      abandon();
      while (!done) run(done, 1000);  // the handler refers to this frame
      return fail(Errc::timeout, std::string(doing) + ": no answer in " + std::to_string(timeout_ms) + " ms");
    }
    return result ? broken(doing, result) : Status{};
  }
  void abandon() {
    error_code ignored;
    resolver.cancel();
    beast::get_lowest_layer(stream).socket().close(ignored);
  }
  void start_read() {
    if (reading || has_message || read_error) return;
    reading = true;
    buffer.clear();
    stream.async_read(buffer, [this](const error_code& error, std::size_t) {
      reading = false;
      arrived = true;
      read_error = error;
      has_message = !error;
    });
  }
  ~Link() {
    abandon();
    io.restart();
    io.poll();
  }

  asio::io_context io{1};
  tcp::resolver resolver{io};
  websocket::stream<beast::tcp_stream> stream{io};
  beast::flat_buffer buffer{ship::kLargestMessage};
  bool reading = false;
  bool arrived = false;
  bool has_message = false;
  error_code read_error;
};

HubConnection::HubConnection(std::unique_ptr<Link> link) : link_(std::move(link)) {}
HubConnection::~HubConnection() = default;

Result<std::unique_ptr<HubConnection>> HubConnection::open(const HubAddress& address, int timeout_ms) {
  auto link = std::make_unique<Link>();
  tcp::resolver::results_type found;
  Status done = link->operate("look up " + address.host, timeout_ms, [&](auto handler) {
    link->resolver.async_resolve(
        address.host, address.port,
        [&found, handler](const error_code& error, tcp::resolver::results_type results) mutable {
          found = std::move(results);
          handler(error);
        });
  });
  if (!done) return propagate(done, address.text());
  done = link->operate("connect", timeout_ms, [&](auto handler) {
    asio::async_connect(beast::get_lowest_layer(link->stream).socket(), found, std::move(handler));
  });
  if (!done) return propagate(done, address.text());
  error_code ignored;
  beast::get_lowest_layer(link->stream).socket().set_option(tcp::no_delay(true), ignored);
  link->stream.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
    request.set(http::field::sec_websocket_protocol, "binferry.v1");
    request.set(http::field::user_agent, "binferry");
  }));
  link->stream.read_message_max(ship::kLargestMessage);
  link->stream.binary(true);
  websocket::response_type response;
  done = link->operate("greet the hub", timeout_ms, [&](auto handler) {
    link->stream.async_handshake(response, address.host + ":" + address.port, std::string(ship::kPath),
                                 std::move(handler));
  });
  if (!done) return propagate(done, address.text());
  if (response[http::field::sec_websocket_protocol] != "binferry.v1") {
    return std::unexpected(Error{Errc::protocol, "the server is no hub that speaks binferry.v1", address.text(), {}});
  }
  return std::unique_ptr<HubConnection>(new HubConnection(std::move(link)));
}

Status HubConnection::send(std::string_view message, int timeout_ms) {
  return link_->operate("send to the hub", timeout_ms, [&](auto handler) {
    link_->stream.async_write(asio::buffer(message.data(), message.size()), std::move(handler));
  });
}

Result<bool> HubConnection::poll() {
  // The message that was given has been taken by now.
  if (std::exchange(link_->arrived, false)) {
    if (link_->has_message) return true;
  }
  link_->has_message = false;
  link_->start_read();
  link_->io.restart();
  link_->io.poll();
  if (std::exchange(link_->arrived, false) && link_->has_message) return true;
  if (link_->read_error) return broken("receive from the hub", link_->read_error);
  return false;
}

Result<bool> HubConnection::wait(int timeout_ms) {
  link_->start_read();
  if (!link_->run(link_->arrived, timeout_ms)) return false;
  if (link_->read_error) return broken("receive from the hub", link_->read_error);
  return true;
}

Bytes HubConnection::message() const {
  const auto bytes = link_->buffer.cdata();
  return {static_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace binferry
