// Writes a log for the benchmark of tables without a key: ROWS rows inserted, then CHANGES of them, picked all over the
// table, updated and deleted in turn, a row a statement. Two files, so that the second can be timed by itself.
//
// usage: keyless_log ROWS CHANGES FOLDER      makes FOLDER/binlog.000001 and FOLDER/binlog.000002
#include "tests/unit/support/binlog_writer.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

using binferry::ByteWriter;
using binferry::test::BinlogWriter;
using binferry::test::ColumnSpec;

constexpr std::uint32_t kRowsAnEvent = 500;
const std::vector<ColumnSpec> kColumns = {{3, "", false}, {3, "", false}, {8, "", false}};

std::string row(std::uint32_t number, std::uint32_t version) {
  return ByteWriter().u8(0).u32(number).u32(version).u64(number * 0x9E3779B97F4A7C15U >> 1).str();
}

void save(const BinlogWriter& log, const std::string& path) {
  std::ofstream(path, std::ios::binary) << log.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: keyless_log ROWS CHANGES FOLDER\n", stderr);
    return 2;
  }
  const auto rows = static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10));
  const auto changes = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
  const std::string folder = argv[3];
  std::uint64_t gno = 0;
  BinlogWriter first;
  first.begin_file(false);
  first.ddl(++gno, "CREATE TABLE shop.t (a INT NOT NULL, version INT NOT NULL, b BIGINT NOT NULL) ENGINE=InnoDB");
  for (std::uint32_t at = 0; at < rows; at += kRowsAnEvent) {
    std::string batch;
    for (std::uint32_t i = at; i < rows && i < at + kRowsAnEvent; ++i) batch += row(i, 0);
    first.gtid(++gno).begin().table_map(7, "shop", "t", kColumns).write_rows(7, kColumns.size(), batch).xid(gno);
  }
  save(first.rotate("binlog.000002"), folder + "/binlog.000001");

  BinlogWriter second;
  second.begin_file(false);
  for (std::uint32_t i = 0; i < changes; ++i) {
    // Evenly over the table, never a row twice.
    const auto number = static_cast<std::uint32_t>(std::uint64_t{i} * rows / changes);
    second.gtid(++gno).begin().table_map(7, "shop", "t", kColumns);
    if (i % 2 == 0) {
      second.update_rows(7, kColumns.size(), row(number, 0) + row(number, 1));
    } else {
      second.delete_rows(7, kColumns.size(), row(number, 0));
    }
    second.xid(gno);
  }
  save(second, folder + "/binlog.000002");
  return 0;
}
