#include "binlog/ship/hub_connection.hpp"

#include "binlog/ship/hub_client.hpp"
#include "binlog/ship/ship_frame.hpp"

#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace binferry {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
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
  Status operate(std::string_view doing, int timeout_ms, const Start& start) {
    bool done = false;
    error_code result;
    start([&done, &result](const error_code& error, std::size_t) {
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
    dial.resolver.cancel();
    web.line().abandon();
  }
  void start_read() {
    if (reading || has_message || read_error) return;
    reading = true;
    buffer.clear();
    web.receive(buffer, [this](const error_code& error, std::size_t) {
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
  WebConnection web{io};
  WebConnection::Buffer buffer{ship::kLargestMessage};
  bool reading = false;
  bool arrived = false;
  bool has_message = false;
  error_code read_error;
};

HubConnection::HubConnection(std::unique_ptr<Link> link) : link_(std::move(link)) {}
HubConnection::~HubConnection() = default;

Result<std::unique_ptr<HubConnection>> HubConnection::open(const HubAddress& address, int timeout_ms) {
  auto link = std::make_unique<Link>();
  const Operate operate = [&](std::string_view doing, const Start& start) {
    return link->operate(doing, timeout_ms, start);
  };
  Status done = link->dial.connect(address, link->web.line(), operate);
  if (!done) return propagate(done, address.text());
  const WebConnection::Request request = hub_request(address, ship::kPath);
  const WebSocketTerms terms{.subprotocol = ship::kSubprotocol, .largest_message = ship::kLargestMessage};
  WebConnection::Upgraded response;
  done = operate("greet the hub", [&](Done ended) { link->web.handshake(request, terms, response, std::move(ended)); });
  if (response.result_int() >= 400) {
    return std::unexpected(refusal_of(response.result_int(), response.body()).at(address.text()));
  }
  if (!done) return propagate(done, address.text());
  if (response[http::field::sec_websocket_protocol] != ship::kSubprotocol) {
    return std::unexpected(Error{Errc::protocol, "the server is no hub that speaks binferry.v1", address.text(), {}});
  }
  return std::unique_ptr<HubConnection>(new HubConnection(std::move(link)));
}

Status HubConnection::send(std::string_view message, int timeout_ms) {
  return link_->operate("send to the hub", timeout_ms, [&](Done ended) { link_->web.send(message, std::move(ended)); });
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
