// What a page of a browser watches: a text about the hub, by WebSocket, every second.
#pragma once

#include "binlog/ship/hub_peer_server.hpp"

#include <functional>
#include <memory>
#include <string>

namespace binferry {

// Until the connection ends. The page says nothing itself. `text` must outlive it.
boost::asio::awaitable<void> show_live(std::shared_ptr<HubPeer> peer, const WebConnection::Request& request,
                                       const std::function<std::string()>& text);

}  // namespace binferry
