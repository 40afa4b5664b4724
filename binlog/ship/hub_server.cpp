#include "binlog/ship/hub_server.hpp"

#include "binlog/ship/hub_live_server.hpp"
#include "binlog/ship/hub_peer_server.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace binferry {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Request = WebConnection::Request;

constexpr std::uint32_t kRequestHeaderBytes = 8 << 10;
constexpr std::size_t kBodyPiece = 256 << 10;
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::chrono::milliseconds kAskAgain{250};  // a handler that waits for something

// A piece of a body whose size nobody knew, as HTTP frames it.
std::string chunk_of(std::string_view piece) {
  char digits[16];
  const auto [end, fine] = std::to_chars(std::begin(digits), std::end(digits), piece.size(), 16);
  return std::string(digits, end).append("\r\n").append(piece).append("\r\n");
}

Result<HttpRequest> understood(const Request& request, const std::string& remote) {
  Result<HttpRequest> parsed = parse_http_target({request.target().data(), request.target().size()});
  if (!parsed) return parsed;
  parsed->method = std::string(request.method_string());
  parsed->remote = remote;
  for (const auto& field : request) parsed->headers.emplace_back(field.name_string(), field.value());
  return parsed;
}

// What goes in front of a reply's body, of which `size` may not be known.
std::string head_of(const HttpReply& reply, std::optional<std::uint64_t> size, unsigned version) {
  WebConnection::Head head(static_cast<http::status>(reply.status), version);
  head.set(http::field::content_type, reply.content_type);
  head.set("X-Content-Type-Options", "nosniff");
  head.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : reply.headers) head.set(name, value);
  head.keep_alive(false);
  if (size) {
    head.content_length(*size);
  } else {
    head.chunked(true);
  }
  return WebConnection::text_of(head);
}

}  // namespace

struct HubServer::State {
  State(const RelayStore& relay, HubServerOptions given) : store(relay), options(std::move(given)), acceptor(io) {}

  Status prepare();
  Status listen(const asio::ip::address& address);
  asio::awaitable<void> accept_all();
  [[nodiscard]] bool is_full() const;
  asio::awaitable<void> serve(std::shared_ptr<HubPeer> peer);
  asio::awaitable<void> converse(std::shared_ptr<HubPeer> peer);
  asio::awaitable<bool> shake_hands(HubPeer& peer);
  asio::awaitable<void> answer(std::shared_ptr<HubPeer> peer, const Request& request);
  [[nodiscard]] std::optional<HttpReply> forbids(const HttpRequest& asked, HttpAccess needed) const;
  asio::awaitable<HttpReply> reply_to(HubPeer& peer, HttpRequest& asked);
  asio::awaitable<void> send(HubPeer& peer, HttpReply reply, unsigned version);
  asio::awaitable<void> send_body(HubPeer& peer, HttpBody& body, bool in_chunks);
  asio::awaitable<void> follow(std::shared_ptr<HubPeer> peer, const Request& request);
  asio::awaitable<void> send_all(std::shared_ptr<HubPeer> peer);
  asio::awaitable<void> receive_all(std::shared_ptr<HubPeer> peer);
  using Acknowledged = std::array<BinlogPosition, 3>;
  static Acknowledged acknowledged_by(const HubPeer& peer);
  void tell_acks(const HubPeer& peer, const Acknowledged& before) const;
  void update(const HubPeer& peer);
  void forget(const HubPeer& peer);
  void note(const std::string& text) const {
    if (options.note) options.note(text);
  }
  void count(std::string_view kind) const {
    if (options.on_error) options.on_error(kind);
  }
  void changed() {
    if (options.on_change) options.on_change();
    for (HubPeer* const peer : waiting) peer->news.cancel();
  }
  [[nodiscard]] std::uint64_t now_us() const { return options.clock_us ? options.clock_us() : 0; }

  const RelayStore& store;
  HubServerOptions options;
  std::unique_ptr<asio::ssl::context> tls;  // null: none
  asio::io_context io{1};
  tcp::acceptor acceptor;
  std::thread thread;
  std::map<std::uint64_t, std::weak_ptr<HubPeer>> peers;
  std::set<HubPeer*> waiting;  // for a reply
  std::uint64_t next_id = 1;

  mutable std::mutex mutex;
  std::map<std::uint64_t, FollowerStatus> followers;
};

Status HubServer::State::prepare() {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return fail(Errc::usage, "`" + options.address + "` is not an address", "write it as 127.0.0.1:7070");
  if (!address.is_loopback() && (options.tls.cert.empty() || options.tokens.empty())) {
    return fail(Errc::usage, "an address that others can reach needs TLS and tokens: " + options.address,
                "give --tls-cert, --tls-key and --token-file, or listen on 127.0.0.1");
  }
  if (!options.tls.cert.empty()) {
    auto context = make_context(ServerTls{options.tls.cert, options.tls.key, options.tls.client_ca});
    if (!context) return propagate(context);
    tls = std::move(*context);
  }
  return listen(address);
}

Status HubServer::State::listen(const asio::ip::address& address) {
  error_code error;
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
    tcp::socket socket(io);
    const auto [error, nothing] =
        co_await ended([&](Done done) { acceptor.async_accept(socket, without_size(std::move(done))); });
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {  // out of descriptors, or a peer that has gone already
      asio::steady_timer pause(io, std::chrono::milliseconds(100));
      co_await expired(pause);
      continue;
    }
    std::erase_if(peers, [](const auto& entry) { return entry.second.expired(); });
    if (is_full()) {
      count(hub_error::kFull);
      continue;  // the socket closes
    }
    error_code ignored;
    const tcp::endpoint remote = socket.remote_endpoint(ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    auto peer = std::make_shared<HubPeer>(std::move(socket), store, options.session);
    peer->remote = remote.address().to_string(ignored) + ":" + std::to_string(remote.port());
    peer->id = next_id++;
    peers[peer->id] = peer;
    asio::co_spawn(io, serve(std::move(peer)), asio::detached);
  }
}

// Strangers are counted apart, so that however many come, those who may be here find room.
bool HubServer::State::is_full() const {
  if (peers.size() >= options.connections) return true;
  const auto strangers = std::ranges::count_if(peers, [](const auto& entry) {
    const auto peer = entry.second.lock();
    return peer && peer->is_stranger;
  });
  return static_cast<std::size_t>(strangers) >= options.strangers;
}

asio::awaitable<void> HubServer::State::serve(std::shared_ptr<HubPeer> peer) {
  try {
    co_await converse(peer);
  } catch (const std::exception& thrown) {
    note(peer->remote + ": " + thrown.what());
  }
  peer->close("done");
}

asio::awaitable<bool> HubServer::State::shake_hands(HubPeer& peer) {
  if (!tls) co_return true;
  TlsConnection& line = peer.web.line();
  line.use_tls(*tls);
  const auto [error, nothing] =
      co_await ended([&line](Done done) { line.handshake(asio::ssl::stream_base::server, std::move(done)); });
  if (error) count(hub_error::kTls);
  co_return !error;
}

asio::awaitable<void> HubServer::State::converse(std::shared_ptr<HubPeer> peer) {
  peer->expire_after(options.handshake_ms);
  if (!co_await shake_hands(*peer)) co_return;
  WebConnection::Buffer buffer(kRequestHeaderBytes);
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kRequestHeaderBytes);
  const auto [error, size] = co_await ended([&](Done done) { peer->web.read(buffer, parser, std::move(done)); });
  if (error) {
    if (error != http::error::end_of_stream) count(hub_error::kRequest);
    co_return;
  }
  const Request request = parser.release();
  co_await answer(peer, request);
}

// A follower, a page that watches, or a plain request. A page of another origin may not talk to a hub on its reader's
// machine.
asio::awaitable<void> HubServer::State::answer(std::shared_ptr<HubPeer> peer, const Request& request) {
  Result<HttpRequest> asked = understood(request, peer->remote);
  std::optional<HttpReply> reply;
  if (!asked) {
    reply = HttpReply{.status = 400, .body = asked.error().what + "\n"};
  } else if (WebConnection::is_upgrade(request)) {
    const bool follows = asked->path == ship::kPath && asks_for(*asked, ship::kSubprotocol) && !asked->header("Origin");
    const bool watches =
        asked->path == kLivePath && asks_for(*asked, kLiveSubprotocol) && options.live_text && is_of_own_page(*asked);
    if (follows || watches) reply = forbids(*asked, follows ? HttpAccess::follow : HttpAccess::read);
    if ((follows || watches) && !reply) {
      peer->is_stranger = false;
      if (follows) co_return co_await follow(peer, request);
      co_return co_await show_live(peer, request, options.live_text);
    }
  }
  if (!reply) reply = co_await reply_to(*peer, *asked);
  co_await send(*peer, std::move(*reply), request.version());
  TlsConnection& line = peer->web.line();
  if (!line.is_tls()) co_return;
  peer->expire_after(options.handshake_ms);
  co_await ended([&line](Done done) { line.shutdown(std::move(done)); });
}

// A reply if the request may not have what needs this access.
std::optional<HttpReply> HubServer::State::forbids(const HttpRequest& asked, HttpAccess needed) const {
  if (needed == HttpAccess::open) return std::nullopt;
  if (options.tokens.empty()) {
    // Followers are no pages, so that it is theirs what they call the hub.
    if (needed == HttpAccess::follow || names_this_machine(asked)) return std::nullopt;
    count(hub_error::kRequest);
    return HttpReply{.status = 421, .body = "without tokens a hub is asked for by its address, or as localhost\n"};
  }
  const std::string_view shown = token_of(asked);
  const HubToken* const token = shown.empty() ? nullptr : options.tokens.find(shown);
  if (token != nullptr && token->access >= needed) return std::nullopt;
  count(hub_error::kToken);
  if (token != nullptr) return HttpReply{.status = 403, .body = "the token `" + token->name + "` may not do this\n"};
  return HttpReply{.status = 401,
                   .body = shown.empty() ? "this needs a token: Authorization: Bearer TOKEN\n" : "unknown token\n",
                   .headers = {{"WWW-Authenticate", "Bearer"}}};
}

// A handler that has nothing to say yet is asked again whenever something changes.
asio::awaitable<HttpReply> HubServer::State::reply_to(HubPeer& peer, HttpRequest& asked) {
  if (asked.path == ship::kPath) {
    co_return HttpReply{.status = 426,
                        .body = "this is for followers: a WebSocket of the subprotocol binferry.v1\n",
                        .headers = {{"Upgrade", "websocket"}}};
  }
  const HttpRoute* const route = options.routes.find(asked.path);
  if (route == nullptr) {
    co_return HttpReply{.status = 404, .body = "there is nothing here; /status.json tells how the hub is\n"};
  }
  if (std::optional<HttpReply> no = forbids(asked, route->access)) co_return std::move(*no);
  peer.is_stranger = route->access == HttpAccess::open;
  if (asked.method != route->method) {
    co_return HttpReply{
        .status = 405, .body = route->method + " is all there is here\n", .headers = {{"Allow", route->method}}};
  }
  const std::uint64_t began_us = now_us();
  while (!peer.closed) {
    if (std::optional<HttpReply> reply = route->handler(asked)) co_return std::move(*reply);
    waiting.insert(&peer);
    peer.news.expires_after(kAskAgain);
    co_await expired(peer.news);
    waiting.erase(&peer);
    asked.waited_ms = static_cast<std::uint32_t>((now_us() - began_us) / 1000);
  }
  co_return HttpReply{.status = 503, .body = "the hub ends\n"};
}

asio::awaitable<void> HubServer::State::send(HubPeer& peer, HttpReply reply, unsigned version) {
  const std::optional<std::uint64_t> size = reply.stream ? reply.stream->size() : std::uint64_t{reply.body.size()};
  const std::string bytes = head_of(reply, size, version) + reply.body;
  peer.expire_after(options.handshake_ms);
  const auto [error, sent] = co_await peer.write(bytes);
  if (!error && reply.stream) co_await send_body(peer, *reply.stream, !size);
}

asio::awaitable<void> HubServer::State::send_body(HubPeer& peer, HttpBody& body, bool in_chunks) {
  std::string piece;
  for (;;) {
    piece.clear();
    const Result<bool> more = body.read(piece, kBodyPiece);
    if (!more) {
      count(hub_error::kBody);
      co_return note(peer.remote + ": " + more.error().message());
    }
    if (!*more) break;
    if (in_chunks) piece = chunk_of(piece);
    peer.expire_after(options.stall_ms);
    const auto [error, sent] = co_await peer.write(piece);
    if (error) co_return;
  }
  if (in_chunks) co_await peer.write(kLastChunk);
}

asio::awaitable<void> HubServer::State::follow(std::shared_ptr<HubPeer> peer, const Request& request) {
  const WebSocketTerms terms{.subprotocol = ship::kSubprotocol,
                             .largest_message = ship::kLargestFollowerMessage,
                             .handshake = std::chrono::milliseconds(options.handshake_ms)};
  peer->expire_after(0);
  const auto [error, nothing] = co_await peer->accept(request, terms);
  if (error) co_return;
  asio::co_spawn(io, receive_all(peer), asio::detached);
  co_await send_all(peer);
  if (!peer->session.hello().name.empty()) {
    note("follower " + peer->session.hello().name + " at " + peer->remote + " has gone: " + peer->why);
  }
  forget(*peer);
}

// Ends when the connection does.
asio::awaitable<void> HubServer::State::send_all(std::shared_ptr<HubPeer> peer) {
  const auto heartbeat = std::chrono::milliseconds(options.session.heartbeat_ms);
  std::string message;
  bool silent = false;
  asio::steady_timer greeting(io, std::chrono::milliseconds(options.handshake_ms));
  greeting.async_wait([this, peer](const error_code& cancelled) {
    if (!cancelled && !peer->session.is_streaming() && !peer->closed) {
      count(hub_error::kStalled);
      peer->close("it did not say HELLO");
    }
  });
  while (!peer->closed) {
    Result<bool> ready = peer->session.next_message(message, std::exchange(silent, false));
    if (!ready) co_return peer->close(ready.error().message());
    if (*ready) {
      asio::steady_timer stall(io, std::chrono::milliseconds(options.stall_ms));
      stall.async_wait([this, peer](const error_code& cancelled) {
        if (cancelled || peer->closed) return;
        count(hub_error::kStalled);
        peer->close("it took nothing for too long");
      });
      const auto [error, size] = co_await peer->send(message);
      if (error || peer->closed) co_return peer->close(error.message());
      peer->sent_bytes += message.size();
      update(*peer);
      continue;
    }
    if (peer->session.has_ended()) {
      co_await ended([&](Done done) { peer->web.refuse(std::move(done)); });
      co_return peer->close("it was refused: " + peer->session.refusal());
    }
    peer->news.expires_after(heartbeat);
    silent = co_await expired(peer->news);  // else there is news
  }
}

asio::awaitable<void> HubServer::State::receive_all(std::shared_ptr<HubPeer> peer) {
  WebConnection::Buffer buffer(ship::kLargestFollowerMessage);
  while (!peer->closed) {
    const auto [error, size] = co_await peer->receive(buffer);
    if (error) co_return peer->close(error.message());
    const auto before = acknowledged_by(*peer);
    const auto bytes = buffer.cdata();
    const Status taken = peer->session.on_message({static_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    buffer.consume(size);
    if (!taken) {
      count(hub_error::kProtocol);
      note(peer->remote + ": " + taken.error().message());
    }
    tell_acks(*peer, before);
    update(*peer);
    changed();
    peer->news.cancel();
  }
}

HubServer::State::Acknowledged HubServer::State::acknowledged_by(const HubPeer& peer) {
  using ship::AckLevel;
  return {peer.session.acknowledged(AckLevel::received), peer.session.acknowledged(AckLevel::logged),
          peer.session.acknowledged(AckLevel::applied)};
}

void HubServer::State::tell_acks(const HubPeer& peer, const Acknowledged& before) const {
  if (!options.on_ack) return;
  const Acknowledged now = acknowledged_by(peer);
  for (std::size_t level = 0; level < now.size(); ++level) {
    if (now[level] > before[level]) options.on_ack(static_cast<ship::AckLevel>(level + 1), now[level]);
  }
}

void HubServer::State::update(const HubPeer& peer) {
  if (!peer.session.is_streaming()) return;
  FollowerStatus status;
  status.id = peer.id;
  status.name = peer.session.hello().name;
  status.remote = peer.remote;
  status.counts = peer.session.hello().counts;
  status.sent = peer.session.position();
  status.needs = peer.session.needs();
  status.received = peer.session.acknowledged(ship::AckLevel::received);
  status.logged = peer.session.acknowledged(ship::AckLevel::logged);
  status.applied = peer.session.acknowledged(ship::AckLevel::applied);
  status.sent_bytes = peer.sent_bytes;
  bool is_new = false;
  {
    const std::lock_guard guard(mutex);
    is_new = followers.insert_or_assign(peer.id, std::move(status)).second;
  }
  if (!is_new) return;
  const ship::Hello& hello = peer.session.hello();
  note("follower " + hello.name + " joined from " + peer.remote + " at " + hello.position.text());
}

void HubServer::State::forget(const HubPeer& peer) {
  {
    const std::lock_guard guard(mutex);
    followers.erase(peer.id);
  }
  changed();
}

HubServer::HubServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<HubServer>> HubServer::start(const RelayStore& store, HubServerOptions options) {
  auto state = std::make_unique<State>(store, std::move(options));
  if (Status ready = state->prepare(); !ready) return propagate(ready);
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
