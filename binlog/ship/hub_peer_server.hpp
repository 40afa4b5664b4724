// HubPeer: one connection to a hub, as its coroutines await it.
//
// Shared by the coroutines that serve it, all on the server's one thread.
#pragma once

#include "binlog/ship/hub_session.hpp"
#include "binlog/ship/web_connection.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

namespace binferry {

// How an operation ended.
struct Finish {
  boost::system::error_code error;
  std::size_t size = 0;
};

// Any operation, awaited: `start` begins it and lives until it has ended. It owns nothing, for GCC 12 destroys twice
// what a lambda within a `co_await` owns.
boost::asio::awaitable<Finish> ended_of(std::move_only_function<void(Done)> start);
template <class Start>
  requires std::is_trivially_destructible_v<Start>
boost::asio::awaitable<Finish> ended(Start start) {
  return ended_of(start);
}
// False: the timer was cancelled.
boost::asio::awaitable<bool> expired(boost::asio::steady_timer& timer);

struct HubPeer {
  HubPeer(boost::asio::ip::tcp::socket socket, const RelayStore& store, const HubSessionOptions& options)
      : web(std::move(socket)), news(web.line().get_executor()), session(store, options) {}

  // --- operations; what they are given must live until they have ended ---
  boost::asio::awaitable<Finish> write(std::string_view bytes);
  boost::asio::awaitable<Finish> accept(const WebConnection::Request& request, const WebSocketTerms& terms);
  boost::asio::awaitable<Finish> send(std::string_view message);
  boost::asio::awaitable<Finish> receive(WebConnection::Buffer& buffer);

  // Of what happens next on the socket; 0: no limit.
  void expire_after(std::uint32_t ms) { web.line().expire_after(std::chrono::milliseconds(ms)); }
  void close(std::string reason);

  WebConnection web;
  boost::asio::steady_timer news;  // cancelled when there may be something to send
  HubSession session;
  std::string remote;
  std::uint64_t id = 0;
  std::uint64_t sent_bytes = 0;
  bool closed = false;
  bool is_stranger = true;  // has not shown yet that it may be here
  std::string why;          // it ended
};

}  // namespace binferry
