// The content of one table, as a server prints it, and its text form: the `expected/*.jsonl` of the fixtures.
//
// Line 1 is {"db":…,"table":…,"columns":[{"name":…,"type":…,"pk":…},…]}; every other line is a row, an array of null, a
// string (UTF-8) or {"hex":"00FF"} for binary, bit and spatial values. Time zone +00:00. FLOAT is printed as the double
// it widens to.
#pragma once

#include "binlog/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::test {

struct Cell {
  enum class Kind : std::uint8_t { null, text, binary };
  Kind kind = Kind::null;
  std::string bytes;  // of `binary`: the bytes themselves, not their hexadecimal form

  friend bool operator==(const Cell&, const Cell&) = default;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};

struct DumpColumn {
  std::string name;
  std::string type;  // information_schema's DATA_TYPE: "int", "varchar", …
  bool primary_key = false;

  friend bool operator==(const DumpColumn&, const DumpColumn&) = default;
};

using DumpRow = std::vector<Cell>;

struct TableDump {
  std::string schema;
  std::string table;
  std::vector<DumpColumn> columns;
  std::vector<DumpRow> rows;
};

std::string to_jsonl(const TableDump& dump);
Result<TableDump> from_jsonl(std::string_view text);

// Every `*.jsonl` of a folder, by file name. Throws std::runtime_error when one is unreadable.
std::vector<TableDump> read_dumps(const std::filesystem::path& folder);

// "shop.odd%20%60name.jsonl": bytes other than letters, digits, `_` and `-` are percent-encoded in both names.
std::string dump_file_name(std::string_view schema, std::string_view table);

// Compares as multisets of rows; columns by name and order; FLOAT and DOUBLE as numbers, so that `1.1` of a FLOAT
// equals the double it widens to, and `1.5` equals `1.500`. Empty when equal, else what the first differences are.
std::string difference(const TableDump& expected, const TableDump& actual);

std::string to_text(const Cell& cell);  // for messages: NULL, 'text', x'00FF'

}  // namespace binferry::test
