// The table maps of the statement in hand, by table id.
//
// A TABLE_MAP stands before nearly every row event and is nearly always the one seen before, so its body is compared
// with the last one of that id and decoded only if it differs. Tables handed out are shared and immutable. One thread.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/row/table_map.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace binferry {

class TableMapCache {
 public:
  // Makes the Table for a map that is new or has changed: table_from_map(), merged with the catalogue by who has one.
  // The TableMap's views live only during the call.
  using Resolver = std::function<Result<std::shared_ptr<const Table>>(const TableMap&)>;

  TableMapCache(Resolver resolve, const Limits& limits) : resolve_(std::move(resolve)), limits_(limits) {}

  // Takes a TABLE_MAP in: its table id now stands for the table returned. Errc::limit beyond Limits::table_maps ids in
  // one statement.
  Result<std::shared_ptr<const Table>> add(Bytes body, std::size_t post_header_length);

  // The table of a row event; Errc::out_of_order if no TABLE_MAP of this statement had the id.
  [[nodiscard]] Result<std::shared_ptr<const Table>> find(std::uint64_t table_id) const;

  // The statement ended (STMT_END, group end, ROTATE): ids mean nothing until their next TABLE_MAP.
  void clear_statement() {
    ++statement_;
    live_ = 0;
  }

  // The catalogue or the source's format changed: every map is resolved afresh, those of the statement in hand are
  // dropped too.
  void invalidate();

 private:
  struct Entry {
    std::string body;
    std::shared_ptr<const Table> table;
    std::uint64_t statement = 0;  // the one that mapped the id last
    std::size_t post_header_length = 8;
  };
  // Entries of earlier statements kept for comparison; beyond it they are dropped.
  static constexpr std::size_t kIdleEntries = 1024;

  Resolver resolve_;
  Limits limits_;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::uint64_t statement_ = 1;
  std::size_t live_ = 0;
};

}  // namespace binferry
