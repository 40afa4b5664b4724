// `inspect --stats`: changes by table, the largest and longest transactions, rates over time. Memory does not grow with
// the log: only with its tables.
#pragma once

#include "binlog/changes.hpp"
#include "cli/arguments.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace binferry::cli {

class Statistics {
 public:
  void add(const Change& change);
  // Behind the changes of the transaction.
  void add(const Transaction& transaction);

  void print(OutputFormat format, std::string& out) const;

 private:
  struct TableCounts {
    std::uint64_t inserts = 0;
    std::uint64_t updates = 0;
    std::uint64_t deletes = 0;
    std::uint64_t bytes = 0;  // of row events, decompressed
  };
  struct Entry {
    std::string place;
    std::string gtid;
    std::uint64_t bytes = 0;  // of events, decompressed
    std::uint64_t rows = 0;
    std::uint64_t duration_s = 0;  // from its first statement, of which the log has the second, to its commit
  };
  struct Rate {
    std::uint64_t transactions = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
  };

  void add_rate(std::uint64_t seconds, const Rate& rate);
  void widen();
  void print_text(std::string& out) const;
  void print_json(std::string& out) const;

  static constexpr std::size_t kTop = 10;
  static constexpr std::size_t kMostIntervals = 60;
  static constexpr std::array<std::uint64_t, 12> kWidths_s{1,    5,     15,    60,     300,     900,
                                                           3600, 21600, 86400, 864000, 8640000, 86400000};

  std::map<std::pair<std::string, std::string>, TableCounts> tables_;
  std::vector<Entry> largest_;
  std::vector<Entry> longest_;
  std::map<std::uint64_t, Rate> rates_;  // by start, seconds since 1970
  std::size_t width_ = 0;                // index into kWidths_s

  // Of the transaction in hand.
  std::uint64_t rows_ = 0;
  std::uint32_t first_s_ = 0;
  std::uint32_t last_s_ = 0;
  std::shared_ptr<const Table> kept_;  // the table that `counts_` belongs to
  TableCounts* counts_ = nullptr;
};

}  // namespace binferry::cli
