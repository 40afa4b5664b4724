#include "binlog/row/rows_event.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/base/inflate.hpp"

namespace binferry {
namespace {

struct Shape {
  RowOp change;
  bool has_extra_info;  // version 2
  bool compressed;
  bool partial;
};

Result<Shape> shape_of(EventType type) {
  switch (type) {
    case EventType::write_rows_v0:
    case EventType::update_rows_v0:
    case EventType::delete_rows_v0: return fail(Errc::unsupported, "row events of version 0 (MySQL before 5.1.18)");
    case EventType::write_rows_v1: return Shape{RowOp::write, false, false, false};
    case EventType::update_rows_v1: return Shape{RowOp::update, false, false, false};
    case EventType::delete_rows_v1: return Shape{RowOp::remove, false, false, false};
    case EventType::write_rows: return Shape{RowOp::write, true, false, false};
    case EventType::update_rows: return Shape{RowOp::update, true, false, false};
    case EventType::delete_rows: return Shape{RowOp::remove, true, false, false};
    case EventType::partial_update_rows: return Shape{RowOp::update, true, false, true};
    case EventType::write_rows_compressed_v1: return Shape{RowOp::write, false, true, false};
    case EventType::update_rows_compressed_v1: return Shape{RowOp::update, false, true, false};
    case EventType::delete_rows_compressed_v1: return Shape{RowOp::remove, false, true, false};
    case EventType::write_rows_compressed: return Shape{RowOp::write, true, true, false};
    case EventType::update_rows_compressed: return Shape{RowOp::update, true, true, false};
    case EventType::delete_rows_compressed: return Shape{RowOp::remove, true, true, false};
    default: return fail(Errc::internal, "not a row event: " + std::to_string(static_cast<unsigned>(type)));
  }
}

// The chunks of the variable header (PROTOCOL 3.7). A chunk of an unknown type has no length, so it ends the reading.
Status read_extra_info(Bytes chunks, RowsEvent& event) {
  constexpr std::uint8_t kNdb = 0;
  constexpr std::uint8_t kPartition = 1;
  ByteReader in(chunks);
  while (!in.empty()) {
    const std::uint8_t type = in.u8();
    if (type == kNdb) {
      const std::uint8_t length = in.u8();
      if (length < 2) return fail(Errc::corrupt, "NDB information shorter than its own head");
      in.skip(length - 1U);
    } else if (type == kPartition) {
      event.partition = in.u16();
      if (event.change == RowOp::update) event.source_partition = in.u16();
    } else {
      break;
    }
  }
  if (in.failed()) return fail(Errc::corrupt, "extra row information ends inside a chunk");
  return {};
}

}  // namespace

std::string_view name_of(RowOp op) {
  switch (op) {
    case RowOp::write: return "INSERT";
    case RowOp::update: return "UPDATE";
    case RowOp::remove: return "DELETE";
  }
  return "UNKNOWN";
}

Result<RowsEvent> RowsEvent::decode(EventType type, Bytes body, std::size_t post_header_length, std::string& inflated,
                                    const Limits& limits) {
  Result<Shape> shape = shape_of(type);
  if (!shape) return propagate(shape);
  if (post_header_length != 6 && post_header_length != 8 && post_header_length != 10) {
    return fail(Errc::unsupported, "row event post-header of " + std::to_string(post_header_length) + " bytes");
  }
  RowsEvent event;
  event.change = shape->change;
  event.partial = shape->partial;

  ByteReader in(body);
  event.table_id = post_header_length == 6 ? in.u32() : in.u48();
  event.flags = in.u16();
  if (shape->has_extra_info) {
    const std::uint16_t length = in.u16();  // counts itself
    if (!in.failed() && length < 2) return fail(Errc::corrupt, "extra row information shorter than its own length");
    const Bytes chunks = in.bytes(length - 2U);
    if (in.failed()) return fail(Errc::truncated, "row event ends inside its extra information");
    if (Status extra = read_extra_info(chunks, event); !extra) return propagate(extra);
  }
  const std::uint64_t width = in.pint();
  if (!in.failed() && width > limits.columns) {
    return fail(Errc::limit, "row event announces " + std::to_string(width) + " columns, above the cap of " +
                                 std::to_string(limits.columns));
  }
  event.width = static_cast<std::size_t>(width);
  const std::size_t bitmap_bytes = (event.width + 7) / 8;
  if (event.change != RowOp::write) event.columns_before = in.bytes(bitmap_bytes);
  if (event.change != RowOp::remove) event.columns_after = in.bytes(bitmap_bytes);
  if (in.failed()) return fail(Errc::truncated, "row event ends inside its column bitmaps");

  event.rows = in.rest();
  if (shape->compressed) {
    if (Status done = inflate_block(event.rows, limits.inflated_bytes, inflated); !done) return propagate(done);
    event.rows = bytes_of(inflated);
  }
  return event;
}

}  // namespace binferry
