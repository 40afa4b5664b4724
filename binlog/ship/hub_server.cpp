#include "binlog/ship/hub_server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace binferry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kRequestHeaderBytes = 8 << 10;
constexpr std::size_t kBodyPiece = 256 << 10;
constexpr std::chrono::milliseconds kAskAgain{250};  // a handler that waits for something

using Request = http::request<http::empty_body>;

bool asks_for_our_protocol(const Request& request) {
  for (const auto& protocol : http::token_list(request[http::field::sec_websocket_protocol])) {
    if (std::string_view(protocol.data(), protocol.size()) == ship::kSubprotocol) return true;
  }
  return false;
}

std::string_view path_of(const Request& request) {
  const std::string_view target(request.target().data(), request.target().size());
  return target.substr(0, target.find('?'));
}

// One connection; shared by its two coroutines, which run on the server's one thread.
struct Peer {
  Peer(tcp::socket socket, const RelayStore& store, const HubSessionOptions& options)
      : stream(std::move(socket)), news(stream.get_executor()), session(store, options) {}

  websocket::stream<beast::tcp_stream> stream;
  asio::steady_timer news;  // cancelled when there may be something to send
  HubSession session;
  std::string remote;
  std::uint64_t id = 0;
  std::uint64_t sent_bytes = 0;
  bool closed = false;
  std::string why;  // it ended

  // Of what happens next on the socket; 0: no limit.
  void expire_after(std::uint32_t ms) {
    if (ms == 0) return stream.next_layer().expires_never();
    stream.next_layer().expires_after(std::chrono::milliseconds(ms));
  }
  void close(std::string reason) {
    if (std::exchange(closed, true)) return;
    why = std::move(reason);
    error_code ignored;
    beast::get_lowest_layer(stream).socket().close(ignored);
    news.cancel();
  }
};

}  // namespace

struct HubServer::State {
  State(const RelayStore& relay, HubServerOptions given) : store(relay), options(std::move(given)), acceptor(io) {}

  Status listen();
  asio::awaitable<void> accept_all();
  asio::awaitable<void> serve(std::shared_ptr<Peer> peer);
  asio::awaitable<void> answer(Peer& peer, const Request& request);
  asio::awaitable<HttpReply> reply_to(Peer& peer, const Request& request);
  asio::awaitable<void> send_body(Peer& peer, HttpBody& body, bool in_chunks);
  asio::awaitable<void> follow(std::shared_ptr<Peer> peer, const Request& request);
  asio::awaitable<void> send_all(std::shared_ptr<Peer> peer);
  asio::awaitable<void> receive_all(std::shared_ptr<Peer> peer);
  void update(const Peer& peer);
  void forget(const Peer& peer);
  void note(const std::string& text) const {
    if (options.note) options.note(text);
  }
  void changed() {
    if (options.on_change) options.on_change();
    for (Peer* const peer : waiting) peer->news.cancel();
  }
  [[nodiscard]] std::uint64_t now_us() const { return options.clock_us ? options.clock_us() : 0; }

  const RelayStore& store;
  HubServerOptions options;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  std::thread thread;
  std::map<std::uint64_t, std::weak_ptr<Peer>> peers;
  std::set<Peer*> waiting;  // for a reply
  std::uint64_t next_id = 1;

  mutable std::mutex mutex;
  std::map<std::uint64_t, FollowerStatus> followers;
};

Status HubServer::State::listen() {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return fail(Errc::usage, "`" + options.address + "` is not an address", "write it as 127.0.0.1:7070");
  if (!address.is_loopback()) {
    return fail(Errc::usage, "the hub listens on loopback addresses only: it has no TLS yet",
                "listen on 127.0.0.1 and lead remote followers there by an SSH tunnel");
  }
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error) {
    return fail(Errc::io, "listen on " + options.address + ":" + std::to_string(options.port) + ": " + error.message(),
                "give another --listen");
  }
  return {};
}

asio::awaitable<void> HubServer::State::accept_all() {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {  // out of descriptors, or a peer that has gone already
      asio::steady_timer pause(io, std::chrono::milliseconds(100));
      co_await pause.async_wait(kAwait);
      continue;
    }
    std::erase_if(peers, [](const auto& entry) { return entry.second.expired(); });
    if (peers.size() >= options.connections) continue;  // the socket closes
    error_code ignored;
    const tcp::endpoint remote = socket.remote_endpoint(ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    auto peer = std::make_shared<Peer>(std::move(socket), store, options.session);
    peer->remote = remote.address().to_string(ignored) + ":" + std::to_string(remote.port());
    peer->id = next_id++;
    peers[peer->id] = peer;
    asio::co_spawn(io, serve(std::move(peer)), asio::detached);
  }
}

asio::awaitable<void> HubServer::State::serve(std::shared_ptr<Peer> peer) {
  try {
    beast::tcp_stream& stream = peer->stream.next_layer();
    stream.expires_after(std::chrono::milliseconds(options.handshake_ms));
    beast::flat_buffer buffer(kRequestHeaderBytes);
    http::request_parser<http::empty_body> parser;
    parser.header_limit(kRequestHeaderBytes);
    auto [error, size] = co_await http::async_read(stream, buffer, parser, kAwait);
    if (error) co_return;
    const Request request = parser.release();
    // A page of another origin may not talk to a hub on its reader's machine.
    const bool is_ours = websocket::is_upgrade(request) && path_of(request) == ship::kPath &&
                         asks_for_our_protocol(request) && request.find(http::field::origin) == request.end();
    if (is_ours) {
      co_await follow(peer, request);
    } else {
      co_await answer(*peer, request);
    }
  } catch (const std::exception& thrown) {
    note(peer->remote + ": " + thrown.what());
  }
  peer->close("done");
}

// A handler that has nothing to say yet is asked again whenever something changes.
asio::awaitable<void> HubServer::State::answer(Peer& peer, const Request& request) {
  HttpReply reply = co_await reply_to(peer, request);
  http::response<http::empty_body> head(static_cast<http::status>(reply.status), request.version());
  head.set(http::field::content_type, reply.content_type);
  for (const auto& [name, value] : reply.headers) head.set(name, value);
  head.keep_alive(false);
  const std::optional<std::uint64_t> size = reply.stream ? reply.stream->size() : std::uint64_t{reply.body.size()};
  if (size) {
    head.content_length(*size);
  } else {
    head.chunked(true);
  }
  http::response_serializer<http::empty_body> serializer(head);
  peer.expire_after(options.handshake_ms);
  auto [error, sent] = co_await http::async_write_header(peer.stream.next_layer(), serializer, kAwait);
  if (error) co_return;
  if (!reply.stream) {
    co_await asio::async_write(peer.stream.next_layer(), asio::buffer(reply.body), kAwait);
    co_return;
  }
  co_await send_body(peer, *reply.stream, !size);
}

asio::awaitable<HttpReply> HubServer::State::reply_to(Peer& peer, const Request& request) {
  Result<HttpRequest> parsed = parse_http_target({request.target().data(), request.target().size()});
  if (!parsed) co_return HttpReply{.status = 400, .body = parsed.error().what + "\n"};
  if (parsed->path == ship::kPath) {
    co_return HttpReply{.status = 426,
                        .body = "this is for followers: a WebSocket of the subprotocol binferry.v1\n",
                        .headers = {{"Upgrade", "websocket"}}};
  }
  const HttpRoute* const route = options.routes.find(parsed->path);
  if (route == nullptr) {
    co_return HttpReply{.status = 404, .body = "there is nothing here; /status.json tells how the hub is\n"};
  }
  parsed->method = std::string(request.method_string());
  if (parsed->method != route->method) {
    co_return HttpReply{
        .status = 405, .body = route->method + " is all there is here\n", .headers = {{"Allow", route->method}}};
  }
  for (const auto& field : request) parsed->headers.emplace_back(field.name_string(), field.value());
  parsed->remote = peer.remote;
  const std::uint64_t began_us = now_us();
  while (!peer.closed) {
    if (std::optional<HttpReply> reply = route->handler(*parsed)) co_return std::move(*reply);
    waiting.insert(&peer);
    peer.news.expires_after(kAskAgain);
    co_await peer.news.async_wait(kAwait);
    waiting.erase(&peer);
    parsed->waited_ms = static_cast<std::uint32_t>((now_us() - began_us) / 1000);
  }
  co_return HttpReply{.status = 503, .body = "the hub ends\n"};
}

asio::awaitable<void> HubServer::State::send_body(Peer& peer, HttpBody& body, bool in_chunks) {
  std::string piece;
  for (;;) {
    piece.clear();
    const Result<bool> more = body.read(piece, kBodyPiece);
    if (!more) co_return note(peer.remote + ": " + more.error().message());
    if (!*more) break;
    peer.expire_after(options.stall_ms);
    const auto [error, sent] =
        in_chunks ? co_await asio::async_write(peer.stream.next_layer(), http::make_chunk(asio::buffer(piece)), kAwait)
                  : co_await asio::async_write(peer.stream.next_layer(), asio::buffer(piece), kAwait);
    if (error) co_return;
  }
  if (in_chunks) co_await asio::async_write(peer.stream.next_layer(), http::make_chunk_last(), kAwait);
}

asio::awaitable<void> HubServer::State::follow(std::shared_ptr<Peer> peer, const Request& request) {
  peer->stream.next_layer().expires_never();
  websocket::stream_base::timeout times{};
  times.handshake_timeout = std::chrono::milliseconds(options.handshake_ms);
  times.idle_timeout = websocket::stream_base::none();
  times.keep_alive_pings = false;
  peer->stream.set_option(times);
  peer->stream.set_option(websocket::stream_base::decorator(
      [](websocket::response_type& response) { response.set(http::field::sec_websocket_protocol, "binferry.v1"); }));
  peer->stream.read_message_max(ship::kLargestFollowerMessage);
  peer->stream.binary(true);
  peer->stream.auto_fragment(false);
  auto [error] = co_await peer->stream.async_accept(request, kAwait);
  if (error) co_return;
  asio::co_spawn(io, receive_all(peer), asio::detached);
  co_await send_all(peer);
  if (!peer->session.hello().name.empty()) {
    note("follower " + peer->session.hello().name + " at " + peer->remote + " has gone: " + peer->why);
  }
  forget(*peer);
}

// Ends when the connection does.
asio::awaitable<void> HubServer::State::send_all(std::shared_ptr<Peer> peer) {
  const auto heartbeat = std::chrono::milliseconds(options.session.heartbeat_ms);
  std::string message;
  bool silent = false;
  asio::steady_timer greeting(io, std::chrono::milliseconds(options.handshake_ms));
  greeting.async_wait([peer](const error_code& cancelled) {
    if (!cancelled && !peer->session.is_streaming()) peer->close("it did not say HELLO");
  });
  while (!peer->closed) {
    Result<bool> ready = peer->session.next_message(message, std::exchange(silent, false));
    if (!ready) co_return peer->close(ready.error().message());
    if (*ready) {
      // The socket's own timer ends a write that gets nowhere.
      auto& socket = beast::get_lowest_layer(peer->stream);
      asio::steady_timer stall(io, std::chrono::milliseconds(options.stall_ms));
      stall.async_wait([peer](const error_code& cancelled) {
        if (!cancelled) peer->close("it took nothing for too long");
      });
      auto [error, size] = co_await peer->stream.async_write(asio::buffer(message), kAwait);
      if (error || !socket.socket().is_open()) co_return peer->close(error.message());
      peer->sent_bytes += message.size();
      update(*peer);
      continue;
    }
    if (peer->session.has_ended()) {
      co_await peer->stream.async_close(websocket::close_code::policy_error, kAwait);
      co_return peer->close("it was refused");
    }
    peer->news.expires_after(heartbeat);
    auto [cancelled] = co_await peer->news.async_wait(kAwait);
    silent = !cancelled;  // else there is news
  }
}

asio::awaitable<void> HubServer::State::receive_all(std::shared_ptr<Peer> peer) {
  beast::flat_buffer buffer(ship::kLargestFollowerMessage);
  while (!peer->closed) {
    auto [error, size] = co_await peer->stream.async_read(buffer, kAwait);
    if (error) co_return peer->close(error.message());
    const bool was_streaming = peer->session.is_streaming();
    const auto bytes = buffer.cdata();
    const Status taken = peer->session.on_message({static_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    buffer.consume(size);
    if (!taken) note(peer->remote + ": " + taken.error().message());
    if (!was_streaming && peer->session.is_streaming()) {
      note("follower " + peer->session.hello().name + " joined from " + peer->remote + " at " +
           peer->session.hello().position.text());
    }
    update(*peer);
    changed();
    peer->news.cancel();
  }
}

void HubServer::State::update(const Peer& peer) {
  if (!peer.session.is_streaming()) return;
  FollowerStatus status;
  status.id = peer.id;
  status.name = peer.session.hello().name;
  status.remote = peer.remote;
  status.counts = peer.session.hello().counts;
  status.sent = peer.session.position();
  status.received = peer.session.acknowledged(ship::AckLevel::received);
  status.logged = peer.session.acknowledged(ship::AckLevel::logged);
  status.applied = peer.session.acknowledged(ship::AckLevel::applied);
  status.sent_bytes = peer.sent_bytes;
  const std::lock_guard guard(mutex);
  followers[peer.id] = std::move(status);
}

void HubServer::State::forget(const Peer& peer) {
  {
    const std::lock_guard guard(mutex);
    followers.erase(peer.id);
  }
  changed();
}

HubServer::HubServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<HubServer>> HubServer::start(const RelayStore& store, HubServerOptions options) {
  auto state = std::make_unique<State>(store, std::move(options));
  if (Status listening = state->listen(); !listening) return propagate(listening);
  State& running = *state;
  asio::co_spawn(running.io, running.accept_all(), asio::detached);
  running.thread = std::thread([&running] { running.io.run(); });
  return std::unique_ptr<HubServer>(new HubServer(std::move(state)));
}

HubServer::~HubServer() {
  asio::post(state_->io, [this] {
    error_code ignored;
    state_->acceptor.close(ignored);
    for (const auto& [id, peer] : state_->peers) {
      if (const auto alive = peer.lock()) alive->close("the hub ends");
    }
  });
  state_->thread.join();
}

std::uint16_t HubServer::port() const {
  error_code ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

void HubServer::notify() {
  asio::post(state_->io, [this] {
    for (const auto& [id, peer] : state_->peers) {
      if (const auto alive = peer.lock()) alive->news.cancel();
    }
  });
}

std::vector<FollowerStatus> HubServer::followers() const {
  const std::lock_guard guard(state_->mutex);
  std::vector<FollowerStatus> all;
  for (const auto& [id, follower] : state_->followers) all.push_back(follower);
  return all;
}

}  // namespace binferry
