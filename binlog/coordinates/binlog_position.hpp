// BinlogPosition: a file of one server's log and a byte offset in it, and the order of log files.
//
// A position means something only on the server that wrote the file: see GTIDs for the rest.
#pragma once

#include "binlog/base/result.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace binferry {

// The number after the last dot of a log's name: 3 for "binlog.000003". None where that is not all digits.
std::optional<std::uint64_t> log_number(std::string_view name);

// By the text before the last dot, then by NUMBER (binlog.999999 < binlog.1000000), then by the text itself, so that
// only identical names are equal. A name without a number comes before the numbered ones of the same base.
std::strong_ordering compare_log_names(std::string_view left, std::string_view right);

struct BinlogPosition {
  std::string file;
  std::uint64_t offset = 0;  // bytes from the start of the file; 64 bits, though an event's header holds only 32

  // `binlog.000003:1547`; the last colon counts, for a file's name may hold one. Usage error otherwise.
  static Result<BinlogPosition> parse(std::string_view text);

  [[nodiscard]] std::string text() const;

  friend bool operator==(const BinlogPosition&, const BinlogPosition&) = default;
  friend std::strong_ordering operator<=>(const BinlogPosition& left, const BinlogPosition& right) {
    const auto files = compare_log_names(left.file, right.file);
    return files != 0 ? files : left.offset <=> right.offset;
  }
};

}  // namespace binferry
