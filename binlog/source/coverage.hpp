// Where every byte of a log file went: delivered, filtered by a named rule, inert by type, or unknown.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace binferry {

class FileCoverage {
 public:
  std::string file;
  std::uint64_t bytes = 0;      // of the file, once it has been read or given up
  std::uint64_t delivered = 0;  // in transactions handed to the consumer

  void add_delivered(std::uint64_t count) { delivered += count; }
  void add_filtered(std::string_view rule, std::uint64_t count) { add(filtered_, rule, count); }
  // `kind`: an event type's name, or `file header`, `torn tail`, `incomplete group`.
  void add_inert(std::string_view kind, std::uint64_t count) { add(inert_, kind, count); }

  [[nodiscard]] std::uint64_t filtered() const { return sum(filtered_); }
  [[nodiscard]] std::uint64_t inert() const { return sum(inert_); }
  // What nobody accounted for: bytes behind an error. 0 for a file that was read to its end.
  [[nodiscard]] std::uint64_t unknown() const { return bytes - delivered - filtered() - inert(); }
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& filtered_by_rule() const { return filtered_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& inert_by_kind() const { return inert_; }

 private:
  using Buckets = std::map<std::string, std::uint64_t, std::less<>>;
  static void add(Buckets& buckets, std::string_view name, std::uint64_t count) {
    if (count == 0) return;
    const auto found = buckets.find(name);
    if (found != buckets.end()) {
      found->second += count;
    } else {
      buckets.emplace(name, count);
    }
  }
  static std::uint64_t sum(const Buckets& buckets) {
    std::uint64_t total = 0;
    for (const auto& [name, count] : buckets) total += count;
    return total;
  }

  Buckets filtered_;
  Buckets inert_;
};

}  // namespace binferry
