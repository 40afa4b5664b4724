// Which of a relay store's oldest files may go: by age, by size, by who still needs them.
//
// Pure functions of values.
#pragma once

#include "binlog/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

// What is kept; empty: everything. With an age, a file goes when it is older; with a size, while all files together are
// larger; with both, when either says so. `slowest_follower` keeps what a connected follower still needs in spite of
// them, and alone lets go what none of them needs any more.
struct KeepPolicy {
  std::optional<std::uint64_t> age_s{};
  std::optional<std::uint64_t> bytes{};
  bool slowest_follower = false;
  bool operator==(const KeepPolicy&) const = default;

  // Parts by comma, each once: a time (`90m`, `12h`, `1d`), a size (`500MB`, `50GB`, `1TiB`), `slowest-follower`.
  // Usage error.
  static Result<KeepPolicy> parse(std::string_view text);
  [[nodiscard]] bool keeps_all() const { return !age_s && !bytes && !slowest_follower; }
};

struct StoredFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t written_s = 0;  // when it was written to last, seconds since 1970
};

// Who still reads, as the names of the oldest file they need.
struct StoreNeeds {
  std::vector<std::string> followers{};  // one each
  std::vector<std::string> own{};        // of the hub itself: kept whatever the policy says
};

// How many of the oldest files may go; never the newest. `files` are oldest first.
std::size_t files_to_purge(const KeepPolicy& policy, const std::vector<StoredFile>& files, const StoreNeeds& needs,
                           std::uint64_t now_s);

}  // namespace binferry
