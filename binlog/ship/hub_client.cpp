#include "binlog/ship/hub_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <optional>

namespace binferry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr std::uint64_t kLargestReply = std::uint64_t{16} << 20;
constexpr std::size_t kMostReason = 1024;

}  // namespace

bool HubDial::is_proved(TlsConnection& connection) {
  return SSL_get_verify_result(connection.tls().native_handle()) == X509_V_OK;
}

Status HubDial::unproved(const HubAddress& address, const Error& error) {
  return fail(Errc::refused, "the hub's certificate does not prove that it is " + address.host + ": " + error.what,
              "give its authority by --ssl-ca, and the name that the certificate has");
}

Error refusal_of(unsigned status, std::string_view reason) {
  std::string what = "the hub says no: " + std::string(reason.substr(0, kMostReason));
  while (what.ends_with('\n')) what.pop_back();
  what += " (HTTP " + std::to_string(status) + ")";
  if (status == 401) return {Errc::refused, what, {}, "give a token by --token-file or --token-env"};
  if (status == 403) return {Errc::refused, what, {}, "give a token of more access"};
  if (status == 404) return {Errc::not_found, what, {}, "check the address: is this a hub?"};
  if (status == 503) return {Errc::busy, what, {}, {}};
  return {Errc::refused, what, {}, {}};
}

Result<std::string> get_from_hub(const HubAddress& address, std::string_view target, int timeout_ms) {
  asio::io_context io(1);
  TlsConnection connection(io);
  HubDial dial(io);
  const auto operate = [&](std::string_view doing, auto start) -> Status {
    std::optional<error_code> result;
    connection.next_layer().expires_after(std::chrono::milliseconds(timeout_ms));
    start([&result](const error_code& error, auto&&...) { result = error; });
    io.restart();
    io.run();
    if (!result || *result == beast::error::timeout) {
      return fail(Errc::timeout, std::string(doing) + ": no answer in " + std::to_string(timeout_ms) + " ms");
    }
    if (*result) return fail(Errc::connection, std::string(doing) + ": " + result->message());
    return {};
  };
  const std::string where = address.text();
  if (Status done = dial.connect(address, connection, operate); !done) return propagate(done, where);
  http::request<http::empty_body> request(http::verb::get, beast::string_view(target.data(), target.size()), 11);
  request.set(http::field::host, address.authority());
  request.set(http::field::user_agent, "binferry");
  if (!address.token.empty()) {
    request.set(http::field::authorization, "Bearer " + std::string(address.token.reveal()));
  }
  Status done =
      operate("ask the hub", [&](auto handler) { http::async_write(connection, request, std::move(handler)); });
  if (!done) return propagate(done, where);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kLargestReply);
  done =
      operate("hear the hub", [&](auto handler) { http::async_read(connection, buffer, parser, std::move(handler)); });
  if (!done) return propagate(done, where);
  const unsigned status = parser.get().result_int();
  if (status != 200) return std::unexpected(refusal_of(status, parser.get().body()).at(where));
  return std::move(parser.get().body());
}

}  // namespace binferry
