// Walks the rows of a row event.
//
//   RowReader reader(limits);                      // keep it: its buffers are reused over events
//   Status opened = reader.open(table, event);
//   for (Row row;;) {
//     Result<bool> more = reader.next(row);        // an error, a row, or false at the end
//     ...
//   }
//
// A Row's spans and the Values in them live until the next call of next() or open(); what the Values point to is in
// the event's bytes, except values of MariaDB's compressed columns, which live as long as the Row. One thread a reader.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/row/rows_event.hpp"
#include "binlog/row/table.hpp"
#include "binlog/row/value.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace binferry {

// One Value a column of the table; ValueKind::absent where the image does not hold the column. A write has no before
// image and a delete no after image: those spans are empty.
struct Row {
  std::span<const Value> before;
  std::span<const Value> after;
};

class RowReader {
 public:
  explicit RowReader(const Limits& limits = {}) : limits_(limits) {}

  // Errc::schema_mismatch if the event and the table differ in width, corrupt if the image holds a hidden column.
  Status open(std::shared_ptr<const Table> table, const RowsEvent& event);

  // False behind the last row. Errors name the table, the column and the row's number in the event, from 1.
  Result<bool> next(Row& row);

  [[nodiscard]] const Table& table() const { return *table_; }
  [[nodiscard]] std::uint64_t rows_read() const { return rows_read_; }

 private:
  struct Step;   // how to read one present column
  struct Image;  // one of the two bitmaps, as steps and values
  struct Cursor;

  Limits limits_;
  std::shared_ptr<const Table> table_;
};

}  // namespace binferry
