#include "binlog/filter.hpp"

#include <algorithm>

namespace binferry {

bool matches_pattern(std::string_view pattern, std::string_view text) {
  // Greedy with one point to return to: a later `*` makes all earlier ones settled.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

TransactionFilter::Judgement TransactionFilter::judge(const Transaction& transaction) const {
  if (stop_position && (stop_file.empty() || stop_file == transaction.file) && transaction.end > *stop_position) {
    return {Verdict::stop, "stop-position"};
  }
  if (stop_datetime && transaction.timestamp >= *stop_datetime) return {Verdict::stop, "stop-datetime"};
  if (start_datetime && transaction.timestamp < *start_datetime) return {Verdict::skip, "start-datetime"};
  if (include_gtids && !include_gtids->contains(transaction.gtid)) return {Verdict::skip, "include-gtids"};
  if (exclude_gtids && exclude_gtids->contains(transaction.gtid)) return {Verdict::skip, "exclude-gtids"};
  if (!server_ids.empty() && std::ranges::find(server_ids, transaction.server_id) == server_ids.end()) {
    return {Verdict::skip, "server-id"};
  }
  return {};
}

bool TransactionFilter::wants_schema(std::string_view schema) const {
  return databases.empty() ||
         std::ranges::any_of(databases, [&](const std::string& pattern) { return matches_pattern(pattern, schema); });
}

bool TransactionFilter::wants(std::string_view schema, std::string_view table) const {
  if (!wants_schema(schema)) return false;
  if (tables.empty()) return true;
  std::string qualified(schema);
  qualified += '.';
  qualified += table;
  return std::ranges::any_of(tables, [&](const std::string& pattern) {
    return matches_pattern(pattern, table) || matches_pattern(pattern, qualified);
  });
}

}  // namespace binferry
