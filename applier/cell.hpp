// One value as SQLite holds it: what a MySQL value becomes on its way into a replica (DESIGN 5).
//
// A Cell is a view: of the row event's bytes where SQLite takes them as they are, else of a buffer that CellReader
// keeps for the column and uses again for the next row. Nothing is allocated a value.
#pragma once

#include "applier/layout.hpp"
#include "applier/sqlite.hpp"
#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"
#include "binlog/row/table.hpp"
#include "binlog/row/value.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

struct Cell {
  SqliteStatement::Type type = SqliteStatement::Type::null;
  bool present = false;  // false: the row image does not hold the column
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes;  // of a text or blob

  [[nodiscard]] bool is_null() const { return type == SqliteStatement::Type::null; }
  void bind(SqliteStatement& statement, int parameter) const;
  static Cell of(const SqliteStatement& statement, int column);  // lives until the statement's next step
  bool operator==(const Cell&) const = default;
};

// A stable hash of a row's cells, kept on disk by tables without a key; equal rows have equal hashes.
std::uint64_t hash_of(std::span<const Cell> row);

// What to do with text whose bytes are not valid in its character set.
enum class BadText : std::uint8_t { stop, hex, replace };

// Cells out of the rows of one table. One thread.
class CellReader {
 public:
  CellReader() = default;  // to be assigned to
  // Both must outlive the reader. Errc::schema_mismatch if the image lacks a column of the layout's key.
  static Result<CellReader> make(const Table& table, const TableLayout& layout, BadText bad_text);

  // `image` has one Value a column of the table; `cells` gets one a column of the layout. The cells live until the
  // next call for an image of the same kind (`slot` 0: before, 1: after). Errc::undecodable names the column.
  // A column whose value does not fit its layout (an unsigned integer above 2^63-1) is told in wide_column().
  Status read(std::span<const Value> image, std::vector<Cell>& cells, int slot);
  // The same for some columns of the layout; the other cells are as they were.
  Status read_some(std::span<const Value> image, std::span<const std::size_t> columns, std::vector<Cell>& cells,
                   int slot);

  // Index in the layout of the column that must be made wide before the row can be kept; -1 if none. Set by read(),
  // which then leaves the row incomplete.
  [[nodiscard]] int wide_column() const { return wide_column_; }
  // Index in the row image of a layout's column, -1 if the image has none.
  [[nodiscard]] int image_column(std::size_t layout_column) const { return columns_[layout_column].image; }
  [[nodiscard]] const Table& table() const { return *table_; }

 private:
  enum class Form : std::uint8_t { plain, text, bytes, padded, printed, printed_real, wide };
  struct Step {
    int image = -1;  // index in the row image
    Form form = Form::plain;
    const Column* column = nullptr;
    std::size_t most_utf8_bytes = 0;  // a character of UTF-8 text: 3 or 4; 0: not UTF-8
    bool unknown_labels = false;      // some of the column's labels are not known
    std::string buffers[2];
  };

  Status read_column(std::span<const Value> image, std::size_t index, Cell& cell, int slot);
  Status read_text(Step& step, const Value& value, std::string& buffer, Cell& cell);
  Status read_printed(Step& step, const Value& value, std::string& buffer, Cell& cell);
  Status read_value(Step& step, const Value& value, std::string& buffer, Cell& cell, std::size_t index);

  const Table* table_ = nullptr;
  std::vector<Step> columns_;
  BadText bad_text_ = BadText::stop;
  int wide_column_ = -1;
};

}  // namespace binferry
