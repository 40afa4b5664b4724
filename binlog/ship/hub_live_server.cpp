#include "binlog/ship/hub_live_server.hpp"

#include "binlog/ship/hub_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace binferry {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kEvery{1000};

// Pongs and the end are all there is to hear; reading is what notices them.
asio::awaitable<void> listen_to(std::shared_ptr<HubPeer> peer) {
  WebConnection::Buffer buffer(ship::kLargestFollowerMessage);
  for (;;) {
    const auto [error, size] = co_await peer->receive(buffer);
    if (error) co_return peer->close(error.message());
    buffer.clear();
  }
}

}  // namespace

asio::awaitable<void> show_live(std::shared_ptr<HubPeer> peer, const WebConnection::Request& request,
                                const std::function<std::string()>& text) {
  const WebSocketTerms terms{.subprotocol = kLiveSubprotocol,
                             .largest_message = ship::kLargestFollowerMessage,
                             .is_binary = false,
                             .pings = true};
  peer->expire_after(0);
  const auto [refused, nothing] = co_await peer->accept(request, terms);
  if (refused) co_return;
  asio::co_spawn(peer->news.get_executor(), listen_to(peer), asio::detached);
  while (!peer->closed) {
    const std::string now = text();
    const auto [error, size] = co_await peer->send(now);
    if (error) co_return peer->close(error.message());
    peer->news.expires_after(kEvery);
    co_await expired(peer->news);
  }
}

}  // namespace binferry
