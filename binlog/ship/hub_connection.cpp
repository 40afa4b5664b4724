#include "binlog/ship/hub_connection.hpp"

#include "binlog/ship/hub_client.hpp"
#include "binlog/ship/ship_frame.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>

namespace binferry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

std::unexpected<Error> broken(std::string_view doing, const error_code& error) {
  return fail(Errc::connection, std::string(doing) + ": " + error.message());
}

}  // namespace

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
    dial.resolver.cancel();
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
  HubDial dial{io};  // before what uses its context
  websocket::stream<TlsConnection> stream{io};
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
  Status done = link->dial.connect(address, link->stream.next_layer(), [&](std::string_view doing, auto start) {
    return link->operate(doing, timeout_ms, std::move(start));
  });
  if (!done) return propagate(done, address.text());
  link->stream.set_option(websocket::stream_base::decorator([&address](websocket::request_type& request) {
    request.set(http::field::sec_websocket_protocol, "binferry.v1");
    request.set(http::field::user_agent, "binferry");
    if (!address.token.empty()) {
      request.set(http::field::authorization, "Bearer " + std::string(address.token.reveal()));
    }
  }));
  link->stream.read_message_max(ship::kLargestMessage);
  link->stream.binary(true);
  websocket::response_type response;
  done = link->operate("greet the hub", timeout_ms, [&](auto handler) {
    link->stream.async_handshake(response, address.authority(), std::string(ship::kPath), std::move(handler));
  });
  if (response.result_int() >= 400) {
    return std::unexpected(refusal_of(response.result_int(), response.body()).at(address.text()));
  }
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
