// The acknowledgement policy: how far the log is safe, given what the followers say.
//
// Pure functions of values; whoever asks collects the followers' positions.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/binlog_position.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

struct AckPolicy {
  enum class Kind : std::uint8_t {
    async,  // nobody is waited for
    any,    // `count` of the followers that count
    all,    // each of them, and at least one
  };
  Kind kind = Kind::async;
  std::size_t count = 0;
  bool operator==(const AckPolicy&) const = default;

  // `async`, `any:K` with K at least 1, `all`. Usage error.
  static Result<AckPolicy> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

// Up to where the policy is met: `own` is what the hub itself has logged, `followers` what each follower that counts
// has acknowledged (an empty file name: nothing yet). An empty file name: it is met nowhere.
BinlogPosition met_position(const AckPolicy& policy, const BinlogPosition& own, std::vector<BinlogPosition> followers);

}  // namespace binferry
