#include "binlog/ship/snapshot_client.hpp"

#include "binlog/ship/hub_client.hpp"

#include <algorithm>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace binferry {
namespace {

namespace http = boost::beast::http;
using Response = http::response_parser<http::buffer_body>;

constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::size_t kMostReason = 1024;  // of a refusal's text that is shown

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    if (is_plain) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return out;
}

// `"abc"` without its quotes.
std::string unquoted(std::string_view text) {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
  return std::string(text);
}

// Of `bytes 100-499/500`: the first and the last number.
std::optional<std::pair<std::uint64_t, std::uint64_t>> content_range(std::string_view text) {
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::pair<std::uint64_t, std::uint64_t> range;
  const auto [first_end, first] = std::from_chars(text.data(), text.data() + slash, range.first);
  const std::string_view total = text.substr(slash + 1);
  const auto [total_end, second] = std::from_chars(total.data(), total.data() + total.size(), range.second);
  if (first != std::errc{} || *first_end != '-' || second != std::errc{} || total_end != total.data() + total.size()) {
    return std::nullopt;
  }
  return range;
}

class Fetch {
 public:
  Fetch(const HubAddress& address, int timeout_ms, const SnapshotRequest& request)
      : address_(address), request_(request), call_(std::chrono::milliseconds(timeout_ms), request.should_stop) {}

  Status run() {
    if (Status asked = call_.ask(address_, request()); !asked) return asked;
    SnapshotHead head;
    if (Status heard = hear_head(head); !heard) return heard;
    if (Status told = request_.on_head(head); !told) return told;
    return hear_body();
  }

 private:
  [[nodiscard]] WebConnection::Request request() const {
    std::string target = "/v1/snapshot";
    if (!request_.least.file.empty()) target += "?after=" + percent_encoded(request_.least.text());
    WebConnection::Request request = hub_request(address_, target);
    if (!request_.sha256.empty() && request_.offset != 0) {
      request.set(http::field::range, "bytes=" + std::to_string(request_.offset) + "-");
      request.set(http::field::if_range, "\"" + request_.sha256 + "\"");
    }
    return request;
  }

  Status hear_head(SnapshotHead& head) {
    parser_.body_limit(boost::none);
    Status done = call_.operate(
        "hear the hub", [this](Done ended) { call_.web().read_head(call_.buffer(), parser_, std::move(ended)); });
    if (!done) return done;
    const auto& response = parser_.get();
    if (response.result() != http::status::ok && response.result() != http::status::partial_content) return refused();
    head.sha256 = unquoted(std::string_view(response[http::field::etag].data(), response[http::field::etag].size()));
    const auto length = parser_.content_length();
    if (!length) return fail(Errc::protocol, "the hub does not say how large its snapshot is");
    head.bytes = *length;
    if (response.result() == http::status::ok) return {};
    const auto text = response[http::field::content_range];
    const auto range = content_range(std::string_view(text.data(), text.size()));
    if (!range || range->second < range->first || range->second - range->first != *length) {
      return fail(Errc::protocol, "the hub sends a part of its snapshot and does not say which");
    }
    head.offset = range->first;
    head.bytes = range->second;
    return {};
  }

  // Gives what has come of the body to `take`, piece by piece.
  template <class Take>
  Status hear(Take take) {
    std::string piece(kPieceBytes, '\0');
    while (!parser_.is_done()) {
      auto& body = parser_.get().body();
      body.data = piece.data();
      body.size = piece.size();
      Status done = call_.operate("hear the hub", [this](Done ended) {
        call_.web().read(call_.buffer(), parser_, [ended = std::move(ended)](auto error, std::size_t size) mutable {
          // The piece is full, which is what it is for.
          if (error == http::error::need_buffer) error = {};
          ended(error, size);
        });
      });
      if (!done) return done;
      const std::size_t size = piece.size() - body.size;
      if (Status taken = take(bytes_of(piece).first(size)); !taken) return taken;
    }
    return {};
  }
  Status hear_body() {
    return hear([this](Bytes bytes) { return request_.on_bytes(bytes); });
  }

  Status refused() {
    std::string reason;
    (void)hear([&reason](Bytes bytes) -> Status {
      reason.append(text_of(bytes.first(std::min(bytes.size(), kMostReason - reason.size()))));
      return {};
    });
    while (!reason.empty() && reason.back() == '\n') reason.pop_back();
    const auto status = parser_.get().result();
    const std::string what = "the hub gives no snapshot: " + (reason.empty() ? "it does not say why" : reason);
    switch (status) {
      case http::status::service_unavailable: return fail(Errc::busy, what);
      case http::status::not_found:
        return fail(Errc::not_found, what,
                    "begin with the hub's oldest log by --no-snapshot, or serve without --seed=off");
      default: return std::unexpected(refusal_of(static_cast<unsigned>(status), reason));
    }
  }

  const HubAddress& address_;
  const SnapshotRequest& request_;
  HubCall call_;
  Response parser_;
};

}  // namespace

SnapshotFetch snapshot_fetch(HubAddress address, int timeout_ms) {
  return [address = std::move(address), timeout_ms](const SnapshotRequest& request) -> Status {
    Fetch fetch(address, timeout_ms, request);
    Status done = fetch.run();
    if (!done) return propagate(done, address.text());
    return done;
  };
}

}  // namespace binferry
