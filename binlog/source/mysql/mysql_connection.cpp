#include "binlog/source/mysql/mysql_connection.hpp"

#include "binlog/source/mysql/handshake.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace binferry::mysql {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;
using TlsStream = asio::ssl::stream<Socket&>;

std::unexpected<Error> link_error(std::string_view doing, const error_code& error) {
  return fail(Errc::connection, std::string(doing) + ": " + error.message());
}

std::unexpected<Error> no_answer(std::string_view doing, int timeout_ms) {
  return fail(Errc::timeout, std::string(doing) + ": no answer in " + std::to_string(timeout_ms) + " ms");
}

}  // namespace

// The io_context runs only inside of wait_for(), on the caller's thread.
struct Connection::Link {
  Link(const Address& to, const ConnectionOptions& with)
      : address(to),
        options(with),
        codec(with.codec),
        socket(io),
        wakeup(io),
        handshake(address.credentials, codec),
        query(codec) {
    // A duplicate, for Asio closes what it watches.
    if (options.wakeup != nullptr) wakeup.assign(::fcntl(options.wakeup->fd(), F_DUPFD_CLOEXEC, 0));
  }

  // Runs handlers until `done` is set, the time is over (false), or somebody wakes us (`woken` is set).
  bool wait_for(const bool& done, int timeout_ms) {
    woken = false;
    if (wakeup.is_open()) {
      wakeup.async_wait(asio::posix::stream_descriptor::wait_read, [this](const error_code& error) {
        if (error) return;
        woken = true;
        io.stop();
      });
    }
    io.restart();
    if (!done) io.run_for(std::chrono::milliseconds(timeout_ms));
    error_code ignored;
    if (wakeup.is_open()) wakeup.cancel(ignored);
    io.restart();
    io.poll();  // lets the cancelled wait go before the next one begins
    if (woken && options.wakeup != nullptr) options.wakeup->clear();
    return done;
  }

  // Runs one operation: `start` gets the handler to finish with. A wake-up ends it, too.
  template <class Start>
  Status run(std::string_view doing, int timeout_ms, Start start) {
    bool done = false;
    error_code result;
    start([this, &done, &result](const error_code& error, auto&&...) {
      result = error;
      done = true;
      io.stop();
    });
    if (!wait_for(done, timeout_ms)) {
      const bool was_woken = woken;
      abandon();
      while (!done) {  // the handler refers to this frame
        io.restart();
        io.run_for(std::chrono::seconds(1));
      }
      if (was_woken) return fail(Errc::cancelled, std::string(doing) + ": stopped");
      return no_answer(doing, timeout_ms);
    }
    if (result) return link_error(doing, result);
    return {};
  }

  void abandon() {
    error_code ignored;
    socket.close(ignored);
    resolver.cancel();
  }

  Status connect() {
    if (!address.socket.empty()) {
      if (address.socket.size() >= sizeof(sockaddr_un::sun_path))
        return fail(Errc::usage, "the socket's path is too long");
      const asio::local::stream_protocol::endpoint endpoint(address.socket);
      return run("connect to " + address.socket, timeout_ms(),
                 [&](auto handler) { socket.async_connect(endpoint, std::move(handler)); });
    }
    asio::ip::tcp::resolver::results_type found;
    const std::string doing = "look up " + address.host;
    Status resolved = run(doing, timeout_ms(), [&](auto handler) {
      resolver.async_resolve(
          address.host, std::to_string(address.port),
          [&found, handler](const error_code& error, asio::ip::tcp::resolver::results_type results) mutable {
            found = std::move(results);
            handler(error);
          });
    });
    if (!resolved) return resolved;
    Status connected = fail(Errc::connection, "connect to " + address.host + ": no address");
    for (const auto& entry : found) {
      const asio::ip::tcp::endpoint endpoint = entry.endpoint();
      connected = run("connect to " + address.host + ":" + std::to_string(address.port), timeout_ms(),
                      [&](auto handler) { socket.async_connect(endpoint, std::move(handler)); });
      if (connected) break;
      if (connected.error().code == Errc::cancelled) return connected;
      error_code ignored;
      socket.close(ignored);
    }
    if (!connected) return connected;
    error_code ignored;
    // ACKs are small and somebody waits for each.
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket.set_option(Socket::keep_alive(true), ignored);
    return {};
  }

  Status log_in() {
    Handshake::Step step = Handshake::Step::receive;
    while (step != Handshake::Step::done) {
      if (Status sent = flush(); !sent) return sent;
      if (step == Handshake::Step::start_tls) {
        if (Status started = start_tls(); !started) return started;
        Result<Handshake::Step> next = handshake.tls_started();
        if (!next) return propagate(next);
        step = *next;
        continue;
      }
      Result<Bytes> packet = receive(timeout_ms());
      if (!packet) return propagate(packet);
      Result<Handshake::Step> next = handshake.resume(*packet);
      if (!next) return propagate(next);
      step = *next;
    }
    return {};
  }

  Status start_tls() {
    error_code error;
    const SslMode mode = address.credentials.ssl_mode;
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                            asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                            asio::ssl::context::no_tlsv1_1,
                        error);
    if (!address.ssl_cert.empty()) {
      context.use_certificate_chain_file(address.ssl_cert, error);
      if (error) return fail(Errc::usage, "ssl-cert " + address.ssl_cert + ": " + error.message());
      context.use_private_key_file(address.ssl_key.empty() ? address.ssl_cert : address.ssl_key,
                                   asio::ssl::context::pem, error);
      if (error) return fail(Errc::usage, "ssl-key: " + error.message());
    }
    const bool verifies = mode >= SslMode::verify_ca;
    if (verifies && !address.ssl_ca.empty()) {
      context.load_verify_file(address.ssl_ca, error);
      if (error) return fail(Errc::usage, "ssl-ca " + address.ssl_ca + ": " + error.message());
    } else if (verifies) {
      context.set_default_verify_paths(error);
    }
    tls.emplace(socket, context);
    tls->set_verify_mode(verifies ? asio::ssl::verify_peer : asio::ssl::verify_none, error);
    if (mode == SslMode::verify_identity) {
      tls->set_verify_callback(asio::ssl::host_name_verification(address.host), error);
      // What the macro SSL_set_tlsext_host_name does, without its old-style cast.
      SSL_ctrl(tls->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, address.host.data());
    }
    if (error) return link_error("set up TLS", error);
    Status shaken = run("TLS", timeout_ms(), [&](auto handler) {
      tls->async_handshake(asio::ssl::stream_base::client, std::move(handler));
    });
    if (shaken || shaken.error().code != Errc::connection || !verifies) return shaken;
    return fail(Errc::refused, "the server's certificate does not prove what ssl-mode asks for: " + shaken.error().what,
                "check ssl-ca and the host's name");
  }

  Status flush() {
    if (codec.outgoing().empty()) return {};
    const asio::const_buffer bytes(codec.outgoing().data(), codec.outgoing().size());
    Status sent = run_writing([&](auto handler) {
      if (tls) {
        asio::async_write(*tls, bytes, std::move(handler));
      } else {
        asio::async_write(socket, bytes, std::move(handler));
      }
    });
    codec.clear_outgoing();
    return sent;
  }

  // A read may be pending meanwhile; its end must not end the wait for the write, nor may a wake-up.
  template <class Start>
  Status run_writing(Start start) {
    bool done = false;
    error_code result;
    start([this, &done, &result](const error_code& error, std::size_t) {
      result = error;
      done = true;
      io.stop();
    });
    for (int left_ms = options.write_deadline_ms; !done && left_ms > 0; left_ms -= kWriteSliceMs) {
      do {
        io.restart();
      } while (io.run_for(std::chrono::milliseconds(kWriteSliceMs)) != 0 && !done);
    }
    if (!done) {
      abandon();
      while (!done) {
        io.restart();
        io.run_for(std::chrono::seconds(1));
      }
      return no_answer("send to the server", options.write_deadline_ms);
    }
    if (result) return link_error("send to the server", result);
    return {};
  }

  // The read stays pending when a wait ends without data, so that nothing received is lost.
  void start_read() {
    if (reading || read_done) return;
    const std::span<std::uint8_t> room = codec.receive_into();
    reading = true;
    auto handler = [this](const error_code& error, std::size_t size) {
      read_error = error;
      read_size = size;
      reading = false;
      read_done = true;
      io.stop();
    };
    if (tls) {
      tls->async_read_some(asio::buffer(room.data(), room.size()), handler);
    } else {
      socket.async_read_some(asio::buffer(room.data(), room.size()), handler);
    }
  }

  Status take_read() {
    read_done = false;
    codec.received(read_size);
    if (!read_error) return {};
    if (read_error == asio::error::eof || read_error == asio::ssl::error::stream_truncated) {
      return fail(Errc::connection, "the server closed the connection");
    }
    return link_error("receive from the server", read_error);
  }

  Result<Bytes> receive(int deadline_ms) {
    for (;;) {
      Result<bool> ready = codec.next();
      if (!ready) return propagate(ready);
      if (*ready) return codec.packet();
      start_read();
      if (!wait_for(read_done, deadline_ms)) {
        if (woken) return fail(Errc::cancelled, "stopped while the server's answer was due");
        return no_answer("receive from the server", deadline_ms);
      }
      if (Status taken = take_read(); !taken) return propagate(taken);
    }
  }

  Result<bool> poll() {
    for (;;) {
      if (reading) {
        io.restart();
        io.poll();
      }
      if (read_done) {
        if (Status taken = take_read(); !taken) return propagate(taken);
      } else if (reading) {
        return false;
      }
      Result<bool> ready = codec.next();
      if (!ready || *ready) return ready;
      start_read();
    }
  }

  ~Link() {
    abandon();
    error_code ignored;
    if (wakeup.is_open()) wakeup.close(ignored);
    io.restart();
    io.poll();
  }

  [[nodiscard]] int timeout_ms() const { return static_cast<int>(address.connect_timeout_ms); }
  static constexpr int kWriteSliceMs = 100;

  Address address;
  ConnectionOptions options;
  PacketCodec codec;
  asio::io_context io{1};
  asio::ip::tcp::resolver resolver{io};
  Socket socket;
  asio::ssl::context context{asio::ssl::context::tls_client};
  std::optional<TlsStream> tls;
  asio::posix::stream_descriptor wakeup;
  Handshake handshake;
  QuerySession query;
  bool woken = false;
  bool reading = false;
  bool read_done = false;
  error_code read_error;
  std::size_t read_size = 0;
};

Connection::Connection(std::unique_ptr<Link> link) : link_(std::move(link)) {}
Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::open(const Address& address, const ConnectionOptions& options) {
  auto link = std::make_unique<Link>(address, options);
  if (Status connected = link->connect(); !connected) return propagate(connected);
  if (Status logged_in = link->log_in(); !logged_in) return propagate(logged_in);
  return std::unique_ptr<Connection>(new Connection(std::move(link)));
}

const Greeting& Connection::greeting() const {
  return link_->handshake.greeting();
}
bool Connection::is_encrypted() const {
  return link_->tls.has_value();
}
PacketCodec& Connection::packets() {
  return link_->codec;
}
const ServerError& Connection::refusal() const {
  return link_->query.refusal();
}
const std::vector<QueryColumn>& Connection::columns() const {
  return link_->query.columns();
}
Status Connection::flush() {
  return link_->flush();
}
Result<Bytes> Connection::receive() {
  return link_->receive(link_->options.read_deadline_ms);
}
Result<bool> Connection::poll() {
  return link_->poll();
}

Result<Connection::Wake> Connection::wait(int timeout_ms) {
  link_->start_read();
  if (link_->wait_for(link_->read_done, timeout_ms)) return Wake::data;
  return link_->woken ? Wake::woken : Wake::timeout;
}

Status Connection::query(std::string_view sql, const OnRow& on_row) {
  link_->query.start(sql);
  if (Status sent = flush(); !sent) return sent;
  for (;;) {
    Result<Bytes> packet = receive();
    if (!packet) return propagate(packet);
    Result<QuerySession::Step> step = link_->query.resume(*packet);
    if (!step) return propagate(step);
    switch (*step) {
      case QuerySession::Step::receive: break;
      case QuerySession::Step::row:
        if (!on_row) break;
        if (Status taken = on_row(link_->query.row()); !taken) return taken;
        break;
      case QuerySession::Step::done: return {};
      case QuerySession::Step::refused: return std::unexpected(to_error(link_->query.refusal(), sql.substr(0, 200)));
    }
  }
}

Result<std::optional<std::string>> Connection::query_value(std::string_view sql) {
  std::optional<std::string> value;
  bool is_first = true;
  Status done = query(sql, [&](QueryRow row) -> Status {
    if (std::exchange(is_first, false) && row[0]) value = *row[0];
    return {};
  });
  if (!done) return propagate(done);
  return value;
}

}  // namespace binferry::mysql
