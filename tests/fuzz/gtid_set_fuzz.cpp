// libraries: binferry_coordinates
// Any bytes as GTID text, as the binary form, as a position and as a UUID: an error, or a value that survives its own
// text and bytes and obeys the laws of sets.
#include "binlog/base/bytes.hpp"
#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/coordinates/uuid.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace binferry;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_set(const GtidSet& set) {
  require(GtidSet::parse(set.text()) == set);
  require(GtidSet::parse(set.text(",\n")) == set);
  require(GtidSet::decode(bytes_of(set.encode())) == set);
  require(set.contains(set));
  GtidSet other = set;
  other.unite(set);
  require(other == set);
  other.intersect(set);
  require(other == set);
  other.subtract(set);
  require(other.empty() && other.count() == 0);
  require(set.contains(other));
  for (const auto& [origin, intervals] : set.origins()) {
    const GnoInterval last = intervals.view().back();
    require(set.contains(Gtid{origin.uuid, origin.tag, last.end - 1}));
    require(!set.contains(Gtid{origin.uuid, origin.tag, last.end}));
  }
}

void check_position(const MariadbGtidSet& position) {
  require(MariadbGtidSet::parse(position.text()) == position);
  require(position.contains(position));
  MariadbGtidSet other = position;
  other.unite(position);
  other.intersect(position);
  require(other == position);
  other.subtract(position);
  require(other.empty() && other.count() == 0);
}

void check_text(std::string_view text) {
  if (const auto set = GtidSet::parse(text)) check_set(*set);
  if (const auto position = MariadbGtidSet::parse(text)) check_position(*position);
  if (const auto any = AnyGtidSet::parse(text)) {
    require(AnyGtidSet::parse(any->text()) == *any);
    require(compare(*any, *any) == GtidRelation::equal);
  }
  if (const auto gtid = parse_any_gtid(text)) {
    require(parse_any_gtid(text_of(*gtid)) == *gtid);
    AnyGtidSet set;
    require(set.add(*gtid).has_value());
    require(set.contains(*gtid));
  }
  if (const auto uuid = Uuid::parse(text)) require(Uuid::parse(uuid->text()) == *uuid);
  if (const auto position = BinlogPosition::parse(text)) {
    require(BinlogPosition::parse(position->text()) == *position);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_text(text_of(Bytes(data, size)));
  if (const auto set = GtidSet::decode(Bytes(data, size))) check_set(*set);
  return 0;
}
