#include "binlog/ship/hub_server.hpp"

#include "binlog/ship/tls_connection.hpp"

#include <algorithm>
#include <array>
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
constexpr std::chrono::milliseconds kLiveEvery{1000};

using Request = http::request<http::empty_body>;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

// The first subprotocol asked for that begins so; nothing if there is none.
std::string_view subprotocol(const Request& request, std::string_view beginning) {
  for (const auto& protocol : http::token_list(request[http::field::sec_websocket_protocol])) {
    if (view(protocol).starts_with(beginning)) return view(protocol);
  }
  return {};
}

// What a request shows: in a header, or, as a page of a browser cannot set one for a WebSocket, as a subprotocol.
std::string_view token_of(const Request& request) {
  constexpr std::string_view kBearer = "bearer ";
  const beast::string_view header = request[http::field::authorization];
  if (header.size() > kBearer.size() && beast::iequals(header.substr(0, kBearer.size()), kBearer)) {
    return view(header.substr(kBearer.size()));
  }
  std::string_view token = subprotocol(request, kTokenSubprotocol);
  token.remove_prefix(std::min(token.size(), kTokenSubprotocol.size()));
  return token;
}

// Without its port.
std::string_view host_of(const Request& request) {
  const std::string_view host = view(request[http::field::host]);
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']') + 1, host.size()));
  return host.substr(0, host.rfind(':'));
}

// A name could be anybody's who lets it point here, a page of theirs then reads the hub as its own: only addresses and
// `localhost` are certain to mean this machine.
bool names_this_machine(std::string_view host) {
  if (beast::iequals(beast::string_view(host.data(), host.size()), "localhost")) return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  error_code error;
  asio::ip::make_address(std::string(host), error);
  return !error;
}

// A request of a page comes from a page of this very hub.
bool is_of_own_page(const Request& request) {
  const std::string_view origin = view(request[http::field::origin]);
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == view(request[http::field::host]);
}

std::string_view path_of(const Request& request) {
  const std::string_view target(request.target().data(), request.target().size());
  return target.substr(0, target.find('?'));
}

// One connection; shared by its two coroutines, which run on the server's one thread.
struct Peer {
  Peer(tcp::socket socket, const RelayStore& store, const HubSessionOptions& options)
      : stream(std::move(socket)), news(stream.get_executor()), session(store, options) {}

  websocket::stream<TlsConnection> stream;
  asio::steady_timer news;  // cancelled when there may be something to send
  HubSession session;
  std::string remote;
  std::uint64_t id = 0;
  std::uint64_t sent_bytes = 0;
  bool closed = false;
  bool is_stranger = true;  // has not shown yet that it may be here
  std::string why;          // it ended

  // Of what happens next on the socket; 0: no limit.
  void expire_after(std::uint32_t ms) {
    if (ms == 0) return beast::get_lowest_layer(stream).expires_never();
    beast::get_lowest_layer(stream).expires_after(std::chrono::milliseconds(ms));
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

  Status prepare();
  Status listen(const asio::ip::address& address);
  asio::awaitable<void> accept_all();
  [[nodiscard]] bool is_full() const;
  asio::awaitable<void> converse(std::shared_ptr<Peer> peer);
  asio::awaitable<bool> shake_hands(Peer& peer);
  [[nodiscard]] std::optional<HttpReply> forbids(const Request& request, HttpAccess needed) const;
  asio::awaitable<void> serve(std::shared_ptr<Peer> peer);
  asio::awaitable<void> answer(Peer& peer, const Request& request);
  asio::awaitable<void> send(Peer& peer, const Request& request, HttpReply reply);
  asio::awaitable<void> show(std::shared_ptr<Peer> peer, const Request& request);
  asio::awaitable<void> listen_to(std::shared_ptr<Peer> peer);
  asio::awaitable<HttpReply> reply_to(Peer& peer, const Request& request);
  asio::awaitable<void> send_body(Peer& peer, HttpBody& body, bool in_chunks);
  asio::awaitable<void> follow(std::shared_ptr<Peer> peer, const Request& request);
  asio::awaitable<void> send_all(std::shared_ptr<Peer> peer);
  asio::awaitable<void> receive_all(std::shared_ptr<Peer> peer);
  using Acknowledged = std::array<BinlogPosition, 3>;
  static Acknowledged acknowledged_by(const Peer& peer);
  void tell_acks(const Peer& peer, const Acknowledged& before) const;
  void update(const Peer& peer);
  void forget(const Peer& peer);
  void note(const std::string& text) const {
    if (options.note) options.note(text);
  }
  void count(std::string_view kind) const {
    if (options.on_error) options.on_error(kind);
  }
  void changed() {
    if (options.on_change) options.on_change();
    for (Peer* const peer : waiting) peer->news.cancel();
  }
  [[nodiscard]] std::uint64_t now_us() const { return options.clock_us ? options.clock_us() : 0; }

  const RelayStore& store;
  HubServerOptions options;
  std::unique_ptr<asio::ssl::context> tls;  // null: none
  asio::io_context io{1};
  tcp::acceptor acceptor;
  std::thread thread;
  std::map<std::uint64_t, std::weak_ptr<Peer>> peers;
  std::set<Peer*> waiting;  // for a reply
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
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {  // out of descriptors, or a peer that has gone already
      asio::steady_timer pause(io, std::chrono::milliseconds(100));
      co_await pause.async_wait(kAwait);
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
    auto peer = std::make_shared<Peer>(std::move(socket), store, options.session);
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

asio::awaitable<bool> HubServer::State::shake_hands(Peer& peer) {
  if (!tls) co_return true;
  TlsConnection& connection = peer.stream.next_layer();
  connection.use_tls(*tls);
  auto [error] = co_await connection.tls().async_handshake(asio::ssl::stream_base::server, kAwait);
  if (error) count(hub_error::kTls);
  co_return !error;
}

asio::awaitable<void> HubServer::State::converse(std::shared_ptr<Peer> peer) {
  peer->expire_after(options.handshake_ms);
  if (!co_await shake_hands(*peer)) co_return;
  beast::flat_buffer buffer(kRequestHeaderBytes);
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kRequestHeaderBytes);
  auto [error, size] = co_await http::async_read(peer->stream.next_layer(), buffer, parser, kAwait);
  if (error) {
    if (error != http::error::end_of_stream) count(hub_error::kRequest);
    co_return;
  }
  const Request request = parser.release();
  const bool upgrades = websocket::is_upgrade(request);
  // A page of another origin may not talk to a hub on its reader's machine.
  if (upgrades && path_of(request) == ship::kPath && subprotocol(request, ship::kSubprotocol) == ship::kSubprotocol &&
      request.find(http::field::origin) == request.end()) {
    std::optional<HttpReply> no = forbids(request, HttpAccess::follow);
    if (no) co_return co_await send(*peer, request, std::move(*no));
    peer->is_stranger = false;
    co_return co_await follow(peer, request);
  }
  if (upgrades && path_of(request) == kLivePath && options.live_text && is_of_own_page(request) &&
      subprotocol(request, kLiveSubprotocol) == kLiveSubprotocol) {
    std::optional<HttpReply> no = forbids(request, HttpAccess::read);
    if (no) co_return co_await send(*peer, request, std::move(*no));
    peer->is_stranger = false;
    co_return co_await show(peer, request);
  }
  co_await answer(*peer, request);
  if (!peer->stream.next_layer().is_tls()) co_return;
  peer->expire_after(options.handshake_ms);
  co_await peer->stream.next_layer().tls().async_shutdown(kAwait);
}

// A reply if the request may not have what needs this access.
std::optional<HttpReply> HubServer::State::forbids(const Request& request, HttpAccess needed) const {
  if (needed == HttpAccess::open) return std::nullopt;
  if (options.tokens.empty()) {
    // Followers are no pages, so that it is theirs what they call the hub.
    if (needed == HttpAccess::follow || names_this_machine(host_of(request))) return std::nullopt;
    count(hub_error::kRequest);
    return HttpReply{.status = 421, .body = "without tokens a hub is asked for by its address, or as localhost\n"};
  }
  const std::string_view shown = token_of(request);
  const HubToken* const token = shown.empty() ? nullptr : options.tokens.find(shown);
  if (token != nullptr && token->access >= needed) return std::nullopt;
  count(hub_error::kToken);
  if (token != nullptr) return HttpReply{.status = 403, .body = "the token `" + token->name + "` may not do this\n"};
  return HttpReply{.status = 401,
                   .body = shown.empty() ? "this needs a token: Authorization: Bearer TOKEN\n" : "unknown token\n",
                   .headers = {{"WWW-Authenticate", "Bearer"}}};
}

asio::awaitable<void> HubServer::State::serve(std::shared_ptr<Peer> peer) {
  try {
    co_await converse(peer);
  } catch (const std::exception& thrown) {
    note(peer->remote + ": " + thrown.what());
  }
  peer->close("done");
}

// A handler that has nothing to say yet is asked again whenever something changes.
asio::awaitable<void> HubServer::State::answer(Peer& peer, const Request& request) {
  co_await send(peer, request, co_await reply_to(peer, request));
}

asio::awaitable<void> HubServer::State::send(Peer& peer, const Request& request, HttpReply reply) {
  http::response<http::empty_body> head(static_cast<http::status>(reply.status), request.version());
  head.set(http::field::content_type, reply.content_type);
  head.set("X-Content-Type-Options", "nosniff");
  head.set(http::field::cache_control, "no-store");
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
  if (std::optional<HttpReply> no = forbids(request, route->access)) co_return std::move(*no);
  peer.is_stranger = route->access == HttpAccess::open;
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
    if (!more) {
      count(hub_error::kBody);
      co_return note(peer.remote + ": " + more.error().message());
    }
    if (!*more) break;
    peer.expire_after(options.stall_ms);
    const auto [failed, sent] =
        in_chunks ? co_await asio::async_write(peer.stream.next_layer(), http::make_chunk(asio::buffer(piece)), kAwait)
                  : co_await asio::async_write(peer.stream.next_layer(), asio::buffer(piece), kAwait);
    if (failed) co_return;
  }
  if (in_chunks) co_await asio::async_write(peer.stream.next_layer(), http::make_chunk_last(), kAwait);
}

asio::awaitable<void> HubServer::State::follow(std::shared_ptr<Peer> peer, const Request& request) {
  peer->expire_after(0);
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
      // The socket's own timer ends a write that gets nowhere.
      auto& socket = beast::get_lowest_layer(peer->stream);
      asio::steady_timer stall(io, std::chrono::milliseconds(options.stall_ms));
      stall.async_wait([this, peer](const error_code& cancelled) {
        if (cancelled || peer->closed) return;
        count(hub_error::kStalled);
        peer->close("it took nothing for too long");
      });
      auto [error, size] = co_await peer->stream.async_write(asio::buffer(message), kAwait);
      if (error || !socket.socket().is_open()) co_return peer->close(error.message());
      peer->sent_bytes += message.size();
      update(*peer);
      continue;
    }
    if (peer->session.has_ended()) {
      co_await peer->stream.async_close(websocket::close_code::policy_error, kAwait);
      co_return peer->close("it was refused: " + peer->session.refusal());
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

// One who watches is sent the text every second, and says nothing itself.
asio::awaitable<void> HubServer::State::show(std::shared_ptr<Peer> peer, const Request& request) {
  peer->expire_after(0);
  peer->stream.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
  peer->stream.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
    response.set(http::field::sec_websocket_protocol,
                 beast::string_view(kLiveSubprotocol.data(), kLiveSubprotocol.size()));
  }));
  peer->stream.read_message_max(ship::kLargestFollowerMessage);
  auto [refused] = co_await peer->stream.async_accept(request, kAwait);
  if (refused) co_return;
  asio::co_spawn(io, listen_to(peer), asio::detached);
  while (!peer->closed) {
    const std::string text = options.live_text();
    auto [error, size] = co_await peer->stream.async_write(asio::buffer(text), kAwait);
    if (error) co_return peer->close(error.message());
    peer->news.expires_after(kLiveEvery);
    co_await peer->news.async_wait(kAwait);
  }
}

// Pongs and the end are all there is to hear; reading is what notices them.
asio::awaitable<void> HubServer::State::listen_to(std::shared_ptr<Peer> peer) {
  beast::flat_buffer buffer(ship::kLargestFollowerMessage);
  for (;;) {
    auto [error, size] = co_await peer->stream.async_read(buffer, kAwait);
    if (error) co_return peer->close(error.message());
    buffer.clear();
  }
}

HubServer::State::Acknowledged HubServer::State::acknowledged_by(const Peer& peer) {
  using ship::AckLevel;
  return {peer.session.acknowledged(AckLevel::received), peer.session.acknowledged(AckLevel::logged),
          peer.session.acknowledged(AckLevel::applied)};
}

void HubServer::State::tell_acks(const Peer& peer, const Acknowledged& before) const {
  if (!options.on_ack) return;
  const Acknowledged now = acknowledged_by(peer);
  for (std::size_t level = 0; level < now.size(); ++level) {
    if (now[level] > before[level]) options.on_ack(static_cast<ship::AckLevel>(level + 1), now[level]);
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
