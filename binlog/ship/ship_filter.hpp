// ShipFilter: leaves the row events of tables that a follower does not want out of a log file's bytes. Sans-io.
//
// Works on pieces of any size and holds no event: what it must see of one to decide is its first kilobyte. Everything
// that is not a table's is passed on, so that transactions, table statements and positions stay as they are; texts of
// statements (ANNOTATE_ROWS, ROWS_QUERY), which may be as long as their rows, are left out. Rows inside of a
// TRANSACTION_PAYLOAD are compressed with the rest and stay. One thread.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"
#include "binlog/filter.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace binferry {

class ShipFilter {
 public:
  // Bytes to be sent: their offset in the file, and they.
  using Out = std::function<void(std::uint64_t offset, Bytes bytes)>;

  ShipFilter(std::vector<std::string> schemas, std::vector<std::string> tables);

  void begin_file();
  // The next piece of the file; a hole in front of it lies between events. Errors: `corrupt`.
  Status add(std::uint64_t offset, Bytes piece, const Out& out);

 private:
  struct Verdict {
    bool is_known = false;  // else more of the event is needed
    bool passes = true;
  };
  Result<Verdict> judge(Bytes event, std::uint32_t length);
  [[nodiscard]] bool wants(std::string_view schema, std::string_view table) const;

  TransactionFilter filter_;
  bool all_schemas_;
  std::unordered_map<std::uint64_t, bool> tables_;  // is wanted, by the id that the log gives
  std::string begun_;                               // of an event that is not decided yet
  std::uint64_t next_ = 0;                          // offset behind the last byte added
  std::uint64_t left_ = 0;                          // of an event that is decided, to come
  bool passes_ = true;                              // it
};

}  // namespace binferry
