#include "binlog/format/same_value.hpp"

#include <algorithm>
#include <bit>

namespace binferry {

bool same_value(const Value& left, const Value& right) {
  if (left.kind != right.kind) return false;
  switch (left.kind) {
    case ValueKind::absent:
    case ValueKind::json_diff: return false;
    case ValueKind::null: return true;
    case ValueKind::integer:
    case ValueKind::time: return left.i == right.i;
    case ValueKind::uinteger:
    case ValueKind::date:
    case ValueKind::datetime:
    case ValueKind::timestamp: return left.u == right.u;
    // By bits: −0 is not 0 to someone who reads the log.
    case ValueKind::float_: return std::bit_cast<std::uint32_t>(left.f) == std::bit_cast<std::uint32_t>(right.f);
    case ValueKind::double_: return std::bit_cast<std::uint64_t>(left.d) == std::bit_cast<std::uint64_t>(right.d);
    case ValueKind::decimal:
    case ValueKind::text:
    case ValueKind::binary:
    case ValueKind::json: return std::ranges::equal(left.bytes(), right.bytes());
  }
  return false;
}

}  // namespace binferry
