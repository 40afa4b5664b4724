#include "binlog/ship/hub_client.hpp"

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>

namespace binferry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint64_t kLargestReply = std::uint64_t{16} << 20;
constexpr std::size_t kMostReason = 1024;
constexpr std::chrono::milliseconds kSlice{100};  // how long a wish to stop may go unseen

}  // namespace

Status HubDial::connect(const HubAddress& address, TlsConnection& line, const Operate& operate) {
  tcp::resolver::results_type found;
  Status done = operate("look up " + address.host, [&](Done ended) {
    resolver.async_resolve(address.host, address.port,
                           [&found, ended = std::move(ended)](const error_code& error, auto results) mutable {
                             found = std::move(results);
                             ended(error, 0);
                           });
  });
  if (!done) return done;
  done = operate("connect to the hub", [&](Done ended) {
    line.next_layer().async_connect(
        found, [ended = std::move(ended)](const error_code& error, const auto&) mutable { ended(error, 0); });
  });
  if (!done) return done;
  error_code ignored;
  line.next_layer().socket().set_option(tcp::no_delay(true), ignored);
  if (!address.is_tls) return {};
  auto made = make_context(ClientTls{address.ca, address.cert, address.key});
  if (!made) return propagate(made);
  context = std::move(*made);
  line.use_tls(*context);
  line.verify_name(address.host);
  done = operate("agree on TLS with the hub",
                 [&](Done ended) { line.handshake(asio::ssl::stream_base::client, std::move(ended)); });
  if (done || line.is_verified()) return done;
  return fail(Errc::refused,
              "the hub's certificate does not prove that it is " + address.host + ": " + done.error().what,
              "give its authority by --ssl-ca, and the name that the certificate has");
}

WebConnection::Request hub_request(const HubAddress& address, std::string_view target) {
  WebConnection::Request request(http::verb::get, beast::string_view(target.data(), target.size()), 11);
  request.set(http::field::host, address.authority());
  request.set(http::field::user_agent, "binferry");
  if (!address.token.empty()) {
    request.set(http::field::authorization, "Bearer " + std::string(address.token.reveal()));
  }
  return request;
}

// One that is too late, or not wanted any more, is cut off with the connection.
Status HubCall::operate(std::string_view doing, const Start& start) {
  std::optional<error_code> result;
  web_.line().expire_after(timeout_);
  start([&result](const error_code& error, std::size_t) { result = error; });
  bool stopped = false;
  while (!result) {
    io_.restart();
    io_.run_for(kSlice);
    if (result || stopped || !should_stop_ || !should_stop_()) continue;
    stopped = true;
    dial_.resolver.cancel();
    web_.line().abandon();
  }
  if (stopped) return fail(Errc::cancelled, "stopped");
  if (*result == beast::error::timeout) {
    return fail(Errc::timeout, std::string(doing) + ": no answer in " + std::to_string(timeout_.count()) + " ms");
  }
  if (*result) return fail(Errc::connection, std::string(doing) + ": " + result->message());
  return {};
}

Status HubCall::ask(const HubAddress& address, const WebConnection::Request& request) {
  Status done = dial_.connect(address, web_.line(),
                              [this](std::string_view doing, const Start& start) { return operate(doing, start); });
  if (!done) return done;
  const std::string text = WebConnection::text_of(request);
  return operate("ask the hub", [&](Done ended) { web_.write(text, std::move(ended)); });
}

Error refusal_of(unsigned status, std::string_view reason) {
  std::string what = "the hub says no: " + std::string(reason.substr(0, kMostReason));
  while (what.ends_with('\n')) what.pop_back();
  what += " (HTTP " + std::to_string(status) + ")";
  if (status == 401) return {Errc::refused, what, {}, "give a token by --token-file or --token-env"};
  if (status == 403) return {Errc::refused, what, {}, "give a token of more access"};
  if (status == 404) return {Errc::not_found, what, {}, "check the address: is this a hub?"};
  if (status >= 500) return {Errc::busy, what, {}, {}};  // the hub's trouble, or that of a proxy before it: it may pass
  return {Errc::refused, what, {}, {}};
}

Result<std::string> get_from_hub(const HubAddress& address, std::string_view target, int timeout_ms) {
  HubCall call(std::chrono::milliseconds(timeout_ms), nullptr);
  Status done = call.ask(address, hub_request(address, target));
  if (!done) return propagate(done, address.text());
  http::response_parser<http::string_body> parser;
  parser.body_limit(kLargestReply);
  done = call.operate("hear the hub", [&](Done ended) { call.web().read(call.buffer(), parser, std::move(ended)); });
  if (!done) return propagate(done, address.text());
  const unsigned status = parser.get().result_int();
  if (status != 200) return std::unexpected(refusal_of(status, parser.get().body()).at(address.text()));
  return std::move(parser.get().body());
}

}  // namespace binferry
