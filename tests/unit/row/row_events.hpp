// TABLE_MAP and row event bodies for the tests of this folder, built by hand from PROTOCOL 3.6 to 3.8.
#pragma once

#include "binlog/base/byte_writer.hpp"
#include "binlog/row/row_reader.hpp"
#include "binlog/row/table_map.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace binferry::test {

// "0A ff" → two bytes; blanks are free.
inline std::string from_hex(std::string_view text) {
  std::string out;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits.push_back(c);
    if (digits.size() < 2) continue;
    out.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  EXPECT_TRUE(digits.empty()) << "odd number of digits";
  return out;
}

// A copy of bytes in a heap block of exactly their size, so that AddressSanitizer sees the first byte read beyond.
class ExactBlock {
 public:
  explicit ExactBlock(std::string_view bytes) : data_(new std::uint8_t[bytes.size()]), size_(bytes.size()) {
    if (size_ != 0) std::memcpy(data_.get(), bytes.data(), size_);
  }
  [[nodiscard]] Bytes view() const { return {data_.get(), size_}; }

 private:
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_;
};

struct MapColumn {
  std::uint8_t type;
  std::string meta = {};
};

// Body of the TABLE_MAP of d.t, id 1, all columns nullable; `metadata` is the optional part as it stands.
inline std::string map_body(const std::vector<MapColumn>& columns, std::string_view metadata = {}, int flags = 0) {
  std::string types;
  std::string metas;
  for (const MapColumn& column : columns) {
    types.push_back(static_cast<char>(column.type));
    metas += column.meta;
  }
  ByteWriter out;
  out.u48(1).u16(static_cast<std::uint16_t>(flags)).lenenc("d").u8(0).lenenc("t").u8(0);
  out.pint(columns.size()).text(types).lenenc(metas).fill((columns.size() + 7) / 8, '\xFF').text(metadata);
  return std::move(out).str();
}

// One field of the optional metadata.
inline std::string field(std::uint8_t type, std::string_view value) {
  return std::move(ByteWriter().u8(type).lenenc(value)).str();
}

inline Result<Table> table_of(std::string_view body, bool mariadb = false) {
  Result<TableMap> map = TableMap::decode(bytes_of(body), 8, Limits());
  if (!map) return propagate(map);
  return table_from_map(*map, mariadb);
}

inline std::shared_ptr<const Table> shared_table(std::string_view body, bool mariadb = false) {
  Result<Table> table = table_of(body, mariadb);
  if (!table) {
    ADD_FAILURE() << table.error().message();
    return nullptr;
  }
  return std::make_shared<const Table>(*std::move(table));
}

// Body of a row event of table id 1 that ends its statement. `bitmaps` as they stand; version 2 has empty extra info.
inline std::string rows_body(std::size_t width, std::string_view bitmaps, std::string_view rows, int version = 2) {
  ByteWriter out;
  out.u48(1).u16(RowsEvent::kStatementEnd);
  if (version == 2) out.u16(2);
  out.pint(width).text(bitmaps).text(rows);
  return std::move(out).str();
}

}  // namespace binferry::test
