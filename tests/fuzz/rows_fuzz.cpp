// libraries: binferry_row
// Input: u16 length of a TABLE_MAP's body, that body, one byte of event type, the body of the row event. Every byte of
// every value is read, so that a view beyond the input is seen.
#include "binlog/base/byte_reader.hpp"
#include "binlog/row/row_reader.hpp"
#include "binlog/row/table_map.hpp"

#include <cstdlib>

using namespace binferry;

namespace {

void touch(std::span<const Value> image, const Table& table, std::uint64_t& sum) {
  if (!image.empty() && image.size() != table.columns.size()) std::abort();
  for (const Value& value : image) {
    switch (value.kind) {
      case ValueKind::decimal:
      case ValueKind::text:
      case ValueKind::binary:
      case ValueKind::json:
      case ValueKind::json_diff:
        for (const std::uint8_t byte : value.bytes()) sum += byte;
        break;
      default: sum += value.u;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Limits limits;
  limits.inflated_bytes = 1 << 20;
  ByteReader in({data, size});
  const Bytes map_body = in.bytes(in.u16());
  const auto type = static_cast<EventType>(in.u8());
  const Bytes body = in.rest();
  if (in.failed() || !is_rows_event(type)) return 0;

  const Result<TableMap> map = TableMap::decode(map_body, 8, limits);
  if (!map) return 0;
  Result<Table> table = table_from_map(*map, true);
  if (!table) return 0;
  const auto shared = std::make_shared<const Table>(*std::move(table));

  std::string inflated;
  const Result<RowsEvent> event = RowsEvent::decode(type, body, 8, inflated, limits);
  if (!event) return 0;
  RowReader reader(limits);
  std::uint64_t sum = 0;
  if (reader.open(shared, *event)) {
    Row row;
    for (;;) {
      const Result<bool> more = reader.next(row);
      if (!more || !*more) break;
      if (reader.rows_read() > event->rows.size() + 1) std::abort();  // each row but one of defaults has a byte
      touch(row.before, *shared, sum);
      touch(row.after, *shared, sum);
    }
  }
  [[maybe_unused]] static volatile std::uint64_t sink;
  sink = sum;
  return 0;
}
