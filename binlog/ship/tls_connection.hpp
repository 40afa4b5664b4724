// TlsConnection: a TCP connection, in TLS or not, as one type of stream.
//
// For Beast's HTTP and WebSocket layers. Their operations nest templates in templates, over TLS and again without;
// here, at the bottom, handlers and buffers are of one type each, so that what is below is compiled once, in the .cpp.
// The contexts must outlive the connections that use them. One thread: handlers run on it, whatever executor they ask
// for.
#pragma once

#include "binlog/base/result.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace binferry {

// What an operation calls at its end, with the bytes that went over where there are any.
using Done = std::move_only_function<void(boost::system::error_code, std::size_t)>;
// For operations that tell no size.
inline auto without_size(Done done) {
  return [done = std::move(done)](const boost::system::error_code& error) mutable { done(error, 0); };
}

// The first buffers of a sequence that hold anything: reading or writing `some` may do less than all.
template <class Buffer>
class FewBuffers {
 public:
  using value_type = Buffer;
  using const_iterator = const Buffer*;

  template <class Buffers>
  explicit FewBuffers(const Buffers& buffers) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end && size_ < first_.size(); ++at) {
      const Buffer buffer(*at);
      if (buffer.size() != 0) first_[size_++] = buffer;
    }
  }
  [[nodiscard]] const_iterator begin() const { return first_.data(); }
  [[nodiscard]] const_iterator end() const { return first_.data() + size_; }

 private:
  std::array<Buffer, 4> first_;
  std::size_t size_ = 0;
};

// A stream for templates on top, which is none below.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    read_some(FewBuffers<boost::asio::mutable_buffer>(buffers), Done(std::forward<Handler>(handler)));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    write_some(FewBuffers<boost::asio::const_buffer>(buffers), Done(std::forward<Handler>(handler)));
  }

 protected:
  virtual void read_some(const FewBuffers<boost::asio::mutable_buffer>& buffers, Done done) = 0;
  virtual void write_some(const FewBuffers<boost::asio::const_buffer>& buffers, Done done) = 0;
};

// Not `final`: Asio derives from what it looks at.
class TlsConnection : public ByteStream {
 public:
  using Stream = boost::beast::tcp_stream;
  using executor_type = Stream::executor_type;
  using next_layer_type = Stream;

  explicit TlsConnection(boost::asio::ip::tcp::socket socket);
  explicit TlsConnection(boost::asio::io_context& io);
  ~TlsConnection() override;

  // From now on everything is encrypted; the handshake comes next.
  void use_tls(boost::asio::ssl::context& context);
  [[nodiscard]] bool is_tls() const { return tls_ != nullptr; }
  // --- Requires: is_tls() ---
  void handshake(boost::asio::ssl::stream_base::handshake_type role, Done done);
  void shutdown(Done done);
  // The peer's certificate must be of `host`, which may be an address. Before the handshake.
  void verify_name(const std::string& host);
  // What the handshake found of the certificate.
  [[nodiscard]] bool is_verified() const;

  // Of what happens next; 0: no limit.
  void expire_after(std::chrono::milliseconds time);
  // Closes the socket; whatever is under way ends with an error.
  void abandon();

  executor_type get_executor() { return stream_.get_executor(); }
  Stream& next_layer() { return stream_; }
  const Stream& next_layer() const { return stream_; }

 private:
  class Tcp;
  struct Tls;
  void read_some(const FewBuffers<boost::asio::mutable_buffer>& buffers, Done done) override;
  void write_some(const FewBuffers<boost::asio::const_buffer>& buffers, Done done) override;

  Stream stream_;
  std::unique_ptr<Tls> tls_;
};

// How a WebSocket ends what it runs on. Its close frames have said that nothing more comes, so that TLS need not.
void tear_down(boost::beast::role_type role, TlsConnection& connection,
               std::move_only_function<void(boost::system::error_code)> done);
template <class Handler>
void async_teardown(boost::beast::role_type role, TlsConnection& connection, Handler&& handler) {
  tear_down(role, connection, std::forward<Handler>(handler));
}
inline void teardown(boost::beast::role_type role, TlsConnection& connection, boost::beast::error_code& error) {
  using boost::beast::teardown;
  teardown(role, connection.next_layer(), error);
}

// Paths of PEM files. TLS 1.2 is the oldest version either takes.
struct ServerTls {
  std::string cert{};       // the chain; empty: no TLS
  std::string key{};        // nobody else may read it
  std::string client_ca{};  // peers need a certificate of these authorities; empty: none
};
struct ClientTls {
  std::string ca{};    // empty: the system's authorities
  std::string cert{};  // empty: none
  std::string key{};   // empty: in `cert`, too
};
// Errors: `usage` for files that are no such thing, or a key that everybody may read.
Result<std::unique_ptr<boost::asio::ssl::context>> make_context(const ServerTls& files);
// Peers are verified; their names are whoever connects' business: TlsConnection::verify_name().
Result<std::unique_ptr<boost::asio::ssl::context>> make_context(const ClientTls& files);

}  // namespace binferry
