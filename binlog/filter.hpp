// Which transactions and tables a reader wants; the names of the rules follow mysqlbinlog's options.
#pragma once

#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

// `*` stands for any run of characters, `?` for one; every other character for itself. Case counts.
bool matches_pattern(std::string_view pattern, std::string_view text);

class TransactionFilter {
 public:
  std::optional<std::uint64_t> stop_position;  // in the file named `stop_file`, or in any if that is empty
  std::string stop_file;
  std::optional<std::uint32_t> start_datetime;  // seconds since 1970; transactions that began before are skipped
  std::optional<std::uint32_t> stop_datetime;   // reading stops at the first transaction that began then or later
  std::optional<AnyGtidSet> include_gtids;
  std::optional<AnyGtidSet> exclude_gtids;
  std::vector<std::uint32_t> server_ids;  // empty: all
  std::vector<std::string> databases;     // patterns; empty: all
  std::vector<std::string> tables;        // patterns of `table` or `schema.table`; empty: all

  enum class Verdict : std::uint8_t { deliver, skip, stop };
  struct Judgement {
    Verdict verdict = Verdict::deliver;
    std::string_view rule;  // the option that decided, e.g. `server-id`; static text
  };
  [[nodiscard]] Judgement judge(const Transaction& transaction) const;

  [[nodiscard]] bool filters_tables() const { return !databases.empty() || !tables.empty(); }
  [[nodiscard]] bool wants_schema(std::string_view schema) const;
  [[nodiscard]] bool wants(std::string_view schema, std::string_view table) const;
};

}  // namespace binferry
