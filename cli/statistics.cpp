#include "cli/statistics.hpp"

#include "binlog/format/json_string.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace binferry::cli {

void Statistics::add(const Change& change) {
  if (change.kind == Change::Kind::note) return;
  if (first_s_ == 0 || change.timestamp < first_s_) first_s_ = change.timestamp;
  last_s_ = std::max(last_s_, change.timestamp);
  if (change.kind != Change::Kind::row) return;
  ++rows_;
  if (change.row.table != kept_) {
    kept_ = change.row.table;
    counts_ = &tables_[{kept_->schema, kept_->name}];
  }
  counts_->bytes += change.event_bytes;
  switch (change.row.op) {
    case RowOp::write: ++counts_->inserts; break;
    case RowOp::update: ++counts_->updates; break;
    case RowOp::remove: ++counts_->deletes; break;
  }
}

void Statistics::add(const Transaction& transaction) {
  const std::uint64_t commit_s = transaction.commit_us / 1'000'000;
  const std::uint64_t first_s = first_s_ != 0 ? first_s_ : transaction.timestamp;
  const std::uint64_t end_s = std::max<std::uint64_t>(commit_s, last_s_);
  Entry entry{transaction.place(), text_of(transaction.gtid), transaction.event_bytes(), rows_,
              end_s > first_s ? end_s - first_s : 0};
  const auto keep = [&](std::vector<Entry>& top, std::uint64_t Entry::* by) {
    if (entry.*by == 0 || (top.size() == kTop && top.back().*by >= entry.*by)) return;
    const auto at = std::ranges::upper_bound(top, entry.*by, std::ranges::greater{}, by);
    top.insert(at, entry);
    if (top.size() > kTop) top.pop_back();
  };
  keep(largest_, &Entry::bytes);
  keep(longest_, &Entry::duration_s);
  add_rate(commit_s != 0 ? commit_s : transaction.timestamp, {1, rows_, transaction.event_bytes()});
  rows_ = 0;
  first_s_ = 0;
  last_s_ = 0;
}

void Statistics::add_rate(std::uint64_t seconds, const Rate& rate) {
  Rate& into = rates_[seconds - seconds % kWidths_s[width_]];
  into.transactions += rate.transactions;
  into.rows += rate.rows;
  into.bytes += rate.bytes;
  while (rates_.size() > kMostIntervals && width_ + 1 < kWidths_s.size()) widen();
}

// Each width divides the next, so no interval is split.
void Statistics::widen() {
  ++width_;
  std::map<std::uint64_t, Rate> wider;
  for (const auto& [start, rate] : rates_) {
    Rate& into = wider[start - start % kWidths_s[width_]];
    into.transactions += rate.transactions;
    into.rows += rate.rows;
    into.bytes += rate.bytes;
  }
  rates_ = std::move(wider);
}

void Statistics::print(OutputFormat format, std::string& out) const {
  if (format == OutputFormat::json) {
    print_json(out);
  } else {
    print_text(out);
  }
}

void Statistics::print_text(std::string& out) const {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "{:<40} {:>12} {:>12} {:>12} {:>16}\n", "Table", "inserts", "updates", "deletes", "bytes");
  for (const auto& [name, counts] : tables_) {
    fmt::format_to(to, "{:<40} {:>12} {:>12} {:>12} {:>16}\n", name.first + "." + name.second, counts.inserts,
                   counts.updates, counts.deletes, counts.bytes);
  }
  const auto transactions = [&](std::string_view title, const std::vector<Entry>& entries) {
    fmt::format_to(to, "\n{:<40} {:>12} {:>16} {:>12}  {}\n", title, "rows", "bytes", "seconds", "GTID");
    for (const Entry& entry : entries) {
      fmt::format_to(to, "{:<40} {:>12} {:>16} {:>12}  {}\n", entry.place, entry.rows, entry.bytes, entry.duration_s,
                     entry.gtid);
    }
  };
  transactions("Largest transactions", largest_);
  transactions("Longest transactions", longest_);
  fmt::format_to(to, "\n{:<40} {:>12} {:>12} {:>16}\n", fmt::format("Every {} s from", kWidths_s[width_]),
                 "transactions", "rows", "bytes");
  for (const auto& [start, rate] : rates_) {
    std::string time;
    append_utc_time(start, time);
    fmt::format_to(to, "{:<40} {:>12} {:>12} {:>16}\n", time, rate.transactions, rate.rows, rate.bytes);
  }
}

// One object a line, told apart by "stat".
void Statistics::print_json(std::string& out) const {
  const auto to = std::back_inserter(out);
  for (const auto& [name, counts] : tables_) {
    out += R"({"stat":"table","schema":)";
    append_json_quoted(name.first, out);
    out += R"(,"table":)";
    append_json_quoted(name.second, out);
    fmt::format_to(to,
                   R"(,"inserts":{},"updates":{},"deletes":{},"bytes":{}}})"
                   "\n",
                   counts.inserts, counts.updates, counts.deletes, counts.bytes);
  }
  const auto transactions = [&](std::string_view kind, const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      fmt::format_to(to, R"({{"stat":"{}","place":)", kind);
      append_json_quoted(entry.place, out);
      out += R"(,"gtid":)";
      if (entry.gtid.empty()) {
        out += "null";
      } else {
        append_json_quoted(entry.gtid, out);
      }
      fmt::format_to(to,
                     R"(,"rows":{},"bytes":{},"duration_s":{}}})"
                     "\n",
                     entry.rows, entry.bytes, entry.duration_s);
    }
  };
  transactions("largest", largest_);
  transactions("longest", longest_);
  for (const auto& [start, rate] : rates_) {
    out += R"({"stat":"rate","from":")";
    append_utc_time(start, out);
    fmt::format_to(to,
                   R"(","seconds":{},"transactions":{},"rows":{},"bytes":{}}})"
                   "\n",
                   kWidths_s[width_], rate.transactions, rate.rows, rate.bytes);
  }
}

}  // namespace binferry::cli
