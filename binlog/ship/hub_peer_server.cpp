#include "binlog/ship/hub_peer_server.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace binferry {

namespace asio = boost::asio;
using boost::system::error_code;

asio::awaitable<Finish> ended_of(std::move_only_function<void(Done)> start) {
  // The one place where callbacks become coroutines: Asio's part of that is long to compile, too.
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(Finish)>(
      [](auto handler, std::move_only_function<void(Done)> begin) {
        begin([handler = std::move(handler)](const error_code& error, std::size_t size) mutable {
          std::move(handler)(Finish{error, size});
        });
      },
      asio::use_awaitable, std::move(start));
}

asio::awaitable<bool> expired(asio::steady_timer& timer) {
  const Finish outcome = co_await ended([&timer](Done done) { timer.async_wait(without_size(std::move(done))); });
  co_return !outcome.error;
}

asio::awaitable<Finish> HubPeer::write(std::string_view bytes) {
  return ended([this, bytes](Done done) { web.write(bytes, std::move(done)); });
}

asio::awaitable<Finish> HubPeer::accept(const WebConnection::Request& request, const WebSocketTerms& terms) {
  return ended([&, this](Done done) { web.accept(request, terms, std::move(done)); });
}

asio::awaitable<Finish> HubPeer::send(std::string_view message) {
  return ended([this, message](Done done) { web.send(message, std::move(done)); });
}

asio::awaitable<Finish> HubPeer::receive(WebConnection::Buffer& buffer) {
  return ended([&buffer, this](Done done) { web.receive(buffer, std::move(done)); });
}

void HubPeer::close(std::string reason) {
  if (std::exchange(closed, true)) return;
  why = std::move(reason);
  web.line().abandon();
  news.cancel();
}

}  // namespace binferry
