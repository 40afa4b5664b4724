#include "binlog/ship/tls_connection.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <sys/stat.h>

namespace binferry {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;

Status use_identity(ssl::context& context, const std::string& cert, const std::string& key) {
  error_code error;
  context.use_certificate_chain_file(cert, error);
  if (error) {
    return std::unexpected(Error{Errc::usage, "is no certificate: " + error.message(), cert, "give a PEM file"});
  }
  struct stat status{};
  if (::stat(key.c_str(), &status) == 0 && (status.st_mode & S_IRWXO) != 0) {
    return std::unexpected(Error{Errc::usage, "everybody may use this key", key, "chmod 600 " + key});
  }
  context.use_private_key_file(key, ssl::context::pem, error);
  if (error) {
    return std::unexpected(Error{Errc::usage, "is not the certificate's key: " + error.message(), key,
                                 "give the PEM file that belongs to it"});
  }
  return {};
}

Status use_authorities(ssl::context& context, const std::string& path) {
  error_code error;
  context.load_verify_file(path, error);
  if (!error) return {};
  return std::unexpected(Error{Errc::usage, "holds no authorities: " + error.message(), path, "give a PEM file"});
}

std::unique_ptr<ssl::context> blank_context(ssl::context::method method) {
  auto context = std::make_unique<ssl::context>(method);
  error_code ignored;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                           ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::no_compression,
                       ignored);
  return context;
}

}  // namespace

Result<std::unique_ptr<ssl::context>> make_context(const ServerTls& files) {
  auto context = blank_context(ssl::context::tls_server);
  if (Status done = use_identity(*context, files.cert, files.key); !done) return propagate(done);
  if (files.client_ca.empty()) return context;
  if (Status done = use_authorities(*context, files.client_ca); !done) return propagate(done);
  error_code ignored;
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, ignored);
  return context;
}

Result<std::unique_ptr<ssl::context>> make_context(const ClientTls& files) {
  auto context = blank_context(ssl::context::tls_client);
  error_code ignored;
  if (files.ca.empty()) {
    context->set_default_verify_paths(ignored);
  } else if (Status done = use_authorities(*context, files.ca); !done) {
    return propagate(done);
  }
  if (!files.cert.empty()) {
    const std::string& key = files.key.empty() ? files.cert : files.key;
    if (Status done = use_identity(*context, files.cert, key); !done) return propagate(done);
  }
  context->set_verify_mode(ssl::verify_peer, ignored);
  return context;
}

// What TLS runs on.
class TlsConnection::Tcp final : public ByteStream {
 public:
  using executor_type = Stream::executor_type;
  using lowest_layer_type = Tcp;

  explicit Tcp(Stream& stream) : stream_(stream) {}
  executor_type get_executor() { return stream_.get_executor(); }
  lowest_layer_type& lowest_layer() { return *this; }

 private:
  void read_some(const FewBuffers<asio::mutable_buffer>& buffers, Done done) override {
    stream_.async_read_some(buffers, std::move(done));
  }
  void write_some(const FewBuffers<asio::const_buffer>& buffers, Done done) override {
    stream_.async_write_some(buffers, std::move(done));
  }

  Stream& stream_;
};

struct TlsConnection::Tls {
  Tls(Stream& below, ssl::context& context) : tcp(below), stream(tcp, context) {}

  Tcp tcp;
  boost::beast::ssl_stream<Tcp&> stream;
};

TlsConnection::TlsConnection(asio::ip::tcp::socket socket) : stream_(std::move(socket)) {}
TlsConnection::TlsConnection(asio::io_context& io) : stream_(io) {}
TlsConnection::~TlsConnection() = default;

void TlsConnection::use_tls(ssl::context& context) {
  tls_ = std::make_unique<Tls>(stream_, context);
}

void TlsConnection::handshake(ssl::stream_base::handshake_type role, Done done) {
  tls_->stream.async_handshake(role, without_size(std::move(done)));
}

void TlsConnection::shutdown(Done done) {
  tls_->stream.async_shutdown(without_size(std::move(done)));
}

void TlsConnection::verify_name(const std::string& host) {
  error_code ignored;
  tls_->stream.set_verify_callback(ssl::host_name_verification(host), ignored);
  asio::ip::make_address(host, ignored);
  if (!ignored) return;  // the name that a server shall show its certificate for is never an address
  // What the macro SSL_set_tlsext_host_name does, without its old-style cast.
  std::string name = host;
  SSL_ctrl(tls_->stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
}

bool TlsConnection::is_verified() const {
  return SSL_get_verify_result(tls_->stream.native_handle()) == X509_V_OK;
}

void TlsConnection::expire_after(std::chrono::milliseconds time) {
  if (time == std::chrono::milliseconds::zero()) return stream_.expires_never();
  stream_.expires_after(time);
}

void TlsConnection::abandon() {
  error_code ignored;
  stream_.socket().close(ignored);
}

void TlsConnection::read_some(const FewBuffers<asio::mutable_buffer>& buffers, Done done) {
  if (tls_) return tls_->stream.async_read_some(buffers, std::move(done));
  stream_.async_read_some(buffers, std::move(done));
}

void TlsConnection::write_some(const FewBuffers<asio::const_buffer>& buffers, Done done) {
  if (tls_) return tls_->stream.async_write_some(buffers, std::move(done));
  stream_.async_write_some(buffers, std::move(done));
}

void tear_down(boost::beast::role_type role, TlsConnection& connection,
               std::move_only_function<void(error_code)> done) {
  using boost::beast::async_teardown;
  async_teardown(role, connection.next_layer(), std::move(done));
}

}  // namespace binferry
