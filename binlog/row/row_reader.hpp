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

#include <cstdint>
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
  // How to read one value; made once for a table and a bitmap.
  enum class Op : std::uint8_t {
    int_1,
    int_2,
    int_3,
    int_4,
    int_8,
    uint_1,
    uint_2,
    uint_3,
    uint_4,
    uint_8,
    float_4,
    double_8,
    decimal,
    bit,
    date,
    year,
    time_2,
    datetime_2,
    timestamp_2,
    time_old,
    datetime_old,
    timestamp_old,
    time_hires,
    datetime_hires,
    timestamp_hires,
    bytes_1,
    bytes_2,
    bytes_3,
    bytes_4,
    compressed,
    null,
  };
  struct Step {
    Op op = Op::null;
    ValueKind kind = ValueKind::null;
    std::uint8_t width = 0;  // bytes of the value, or of its length prefix
    std::uint16_t column = 0;
    std::uint16_t ordinal = 0;  // of JSON: its place among the table's JSON columns; of compressed: its buffer
    std::uint32_t most = 0;     // bytes that may follow a length prefix
  };
  struct Image {
    bool used = false;
    std::string bitmap;         // what the steps were made for, as on the wire
    std::vector<Step> steps;    // present columns
    std::vector<Step> json;     // the JSON ones among them
    std::vector<Value> values;  // one a column of the table; absent ones are set when the steps are made
  };

  static Step step_of(const Column& column);
  Status plan(Image& image, Bytes bitmap, bool used);
  void assign_buffers();
  Status read_partial_bits(Bytes& bits);
  Status read_image(Image& image);
  Status read_slowly(const Step& step, Value& value);
  std::unexpected<Error> bad_value(const Step& step, std::string_view what, Errc code = Errc::corrupt) const;
  std::unexpected<Error> bad_row(std::string what, Errc code = Errc::corrupt) const;

  Limits limits_;
  std::shared_ptr<const Table> table_;
  Image before_;
  Image after_;
  bool write_ = false;
  bool partial_ = false;
  std::size_t json_columns_ = 0;  // of the table
  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint64_t rows_read_ = 0;
  std::vector<std::string> buffers_;  // one a compressed value of a row, so that none moves another
  std::uint64_t inflated_bytes_ = 0;  // of this row
};

}  // namespace binferry
