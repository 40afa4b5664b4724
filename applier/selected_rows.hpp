// Rows of a SELECT as cells: a value that comes over a connection is stored as the same value out of the log.
//
// select_sql() asks for every column of the layout in a form that loses nothing: FLOAT as the DOUBLE that it is, ENUM
// and SET as numbers, text in the column's own character set (the session's character_set_results is NULL), times in
// UTC. read() then makes Values of them, as a row event would have, and the same CellReader makes cells. What a server
// prints as the replica keeps it (DECIMAL, times, JSON, addresses) is taken as it is. One thread.
#pragma once

#include "applier/cell.hpp"
#include "applier/layout.hpp"
#include "binlog/base/result.hpp"
#include "binlog/schema/definition.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

using SelectedRow = std::span<const std::optional<std::string_view>>;

// Ordered by the primary key where the server stores rows in that order.
std::string select_sql(const TableDefinition& definition);

class SelectedRows {
 public:
  // `layout` is a layout of `definition`. Errc::unsupported for what a SELECT cannot give exactly (YEAR(2)).
  static Result<std::unique_ptr<SelectedRows>> make(const TableDefinition& definition, const TableLayout& layout,
                                                    BadText bad_text);
  SelectedRows(const SelectedRows&) = delete;
  SelectedRows& operator=(const SelectedRows&) = delete;

  // One value a column of select_sql(). Errc::undecodable names the column; `protocol` if it is no such value.
  Status read(SelectedRow row);
  // One a column of the layout; they live until the next read(), and as long as the row.
  [[nodiscard]] std::span<const Cell> cells() const { return cells_; }
  // As CellReader::wide_column(): the row is then incomplete.
  [[nodiscard]] int wide_column() const { return reader_.wide_column(); }

 private:
  enum class Form : std::uint8_t { signed_, unsigned_, bits, float_, double_, text, binary, printed, printed_real };
  SelectedRows() = default;

  Status read_value(std::size_t column, std::string_view text);

  TableLayout layout_;
  Table table_;
  CellReader reader_;
  std::vector<Form> forms_;
  std::vector<std::size_t> decoded_;  // columns that the reader makes
  std::vector<Value> image_;
  std::vector<Cell> cells_;
};

}  // namespace binferry
