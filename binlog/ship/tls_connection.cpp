#include "binlog/ship/tls_connection.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>

#include <sys/stat.h>

namespace binferry {
namespace {

namespace ssl = boost::asio::ssl;
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

void verify_name(TlsConnection::Tls& tls, const std::string& host) {
  error_code ignored;
  tls.set_verify_callback(ssl::host_name_verification(host), ignored);
  boost::asio::ip::make_address(host, ignored);
  if (!ignored) return;  // the name that a server shall show its certificate for is never an address
  // What the macro SSL_set_tlsext_host_name does, without its old-style cast.
  std::string name = host;
  SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
}

}  // namespace binferry
