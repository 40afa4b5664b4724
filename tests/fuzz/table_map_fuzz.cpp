// libraries: binferry_row
// Input: the body of a TABLE_MAP. Whatever it decodes to must make the same table twice, for both flavors.
#include "binlog/row/table_map.hpp"

#include <cstdlib>

using namespace binferry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Limits limits;
  for (const std::size_t post_header_length : {6U, 8U}) {
    const Result<TableMap> map = TableMap::decode({data, size}, post_header_length, limits);
    if (!map) continue;
    for (const bool mariadb : {false, true}) {
      const Result<Table> table = table_from_map(*map, mariadb);
      if (!table) continue;
      if (table->columns.size() != map->columns.size()) std::abort();
      for (const std::uint16_t index : table->key) {
        if (index >= table->columns.size()) std::abort();
      }
      for (const Column& column : table->columns) {
        if (column.labels.size() > 65535 || column.fsp > 6 || column.scale > column.precision) std::abort();
      }
    }
  }
  return 0;
}
