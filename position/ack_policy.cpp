#include "position/ack_policy.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

namespace binferry {

Result<AckPolicy> AckPolicy::parse(std::string_view text) {
  if (text == "async") return AckPolicy{};
  if (text == "all") return AckPolicy{Kind::all, 0};
  constexpr std::string_view kAny = "any:";
  std::size_t count = 0;
  if (text.starts_with(kAny)) {
    const std::string_view digits = text.substr(kAny.size());
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error == std::errc{} && stop == digits.data() + digits.size() && count != 0) return AckPolicy{Kind::any, count};
  }
  return fail(Errc::usage, "`" + std::string(text) + "` is not an acknowledgement policy",
              "write it as async, any:2 or all");
}

std::string AckPolicy::text() const {
  switch (kind) {
    case Kind::async: return "async";
    case Kind::any: return "any:" + std::to_string(count);
    case Kind::all: return "all";
  }
  return "?";
}

BinlogPosition met_position(const AckPolicy& policy, const BinlogPosition& own, std::vector<BinlogPosition> followers) {
  if (policy.kind == AckPolicy::Kind::async) return own;
  const std::size_t needed = policy.kind == AckPolicy::Kind::all ? followers.size() : policy.count;
  if (needed == 0 || followers.size() < needed) return {};
  std::ranges::sort(followers, std::greater<>());
  // What the hub could lose is not safe, however many followers have it.
  return std::min(followers[needed - 1], own);
}

}  // namespace binferry
