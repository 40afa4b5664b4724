#include "binlog/ship/retention.hpp"

#include "binlog/coordinates/binlog_position.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace binferry {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr Unit kTimes[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}, {"w", 604'800}};
constexpr Unit kSizes[] = {{"kB", 1'000},
                           {"KB", 1'000},
                           {"MB", 1'000'000},
                           {"GB", 1'000'000'000},
                           {"TB", 1'000'000'000'000},
                           {"KiB", std::uint64_t{1} << 10},
                           {"MiB", std::uint64_t{1} << 20},
                           {"GiB", std::uint64_t{1} << 30},
                           {"TiB", std::uint64_t{1} << 40}};

template <std::size_t N>
std::optional<std::uint64_t> measure(std::string_view text, const Unit (&units)[N]) {
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number == 0) return std::nullopt;
  const std::string_view name(stop, static_cast<std::size_t>(text.data() + text.size() - stop));
  const auto* const unit = std::ranges::find(units, name, &Unit::name);
  if (unit == std::end(units) || number > std::numeric_limits<std::uint64_t>::max() / unit->factor) return std::nullopt;
  return number * unit->factor;
}

// The first of `files` that one of these needs.
std::size_t first_needed(const std::vector<StoredFile>& files, const std::vector<std::string>& needs) {
  std::size_t first = files.size();
  for (const std::string& need : needs) {
    const auto kept =
        std::ranges::find_if(files, [&](const StoredFile& file) { return compare_log_names(file.name, need) >= 0; });
    first = std::min(first, static_cast<std::size_t>(kept - files.begin()));
  }
  return first;
}

}  // namespace

Result<KeepPolicy> KeepPolicy::parse(std::string_view text) {
  KeepPolicy policy;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const auto age = measure(part, kTimes);
    const auto size = measure(part, kSizes);
    const bool is_slowest = part == "slowest-follower";
    const bool is_again = (age && policy.age_s) || (size && policy.bytes) || (is_slowest && policy.slowest_follower);
    if ((!age && !size && !is_slowest) || is_again) {
      return fail(Errc::usage, "`" + std::string(part) + "` is nothing that --keep takes" + (is_again ? " twice" : ""),
                  "write it as --keep=1d,50GB,slowest-follower");
    }
    if (age) policy.age_s = age;
    if (size) policy.bytes = size;
    policy.slowest_follower |= is_slowest;
    if (comma == std::string_view::npos) return policy;
    rest = rest.substr(comma + 1);
  }
}

std::size_t files_to_purge(const KeepPolicy& policy, const std::vector<StoredFile>& files, const StoreNeeds& needs,
                           std::uint64_t now_s) {
  if (policy.keeps_all() || files.empty()) return 0;
  std::size_t count = 0;
  if (policy.age_s) {
    while (count < files.size() && files[count].written_s + *policy.age_s < now_s) ++count;
  }
  if (policy.bytes) {
    std::uint64_t total = 0;
    std::size_t kept = files.size();
    while (kept > 0 && total + files[kept - 1].bytes <= *policy.bytes) total += files[--kept].bytes;
    count = std::max(count, kept);
  }
  // By need alone, when there is somebody whose need is known.
  if (!policy.age_s && !policy.bytes && !needs.followers.empty()) count = files.size();
  if (policy.slowest_follower) count = std::min(count, first_needed(files, needs.followers));
  return std::min({count, first_needed(files, needs.own), files.size() - 1});
}

}  // namespace binferry
