// The binary forms of a GTID set (PROTOCOL 3.12). The untagged one starts with a 64-bit count of UUIDs; the tagged one
// puts a format number into the first and the last byte of those eight and the count between them.
#include "binlog/base/byte_reader.hpp"
#include "binlog/base/byte_writer.hpp"
#include "binlog/coordinates/gtid_set.hpp"

#include <utility>

namespace binferry {
namespace {

constexpr std::uint8_t kTagged = 1;
constexpr std::size_t kIntervalBytes = 16;
constexpr std::size_t kSmallestUntagged = Uuid::kBytes + 8;
constexpr std::size_t kSmallestTagged = Uuid::kBytes + 1 + 8;

// True for the tagged form. `word` is the first eight bytes.
Result<bool> is_tagged_form(std::uint64_t word) {
  const auto form = static_cast<std::uint8_t>(word >> 56);
  if (form == 0) return false;
  if (form == kTagged && static_cast<std::uint8_t>(word) == kTagged) return true;
  return fail(Errc::unsupported, "GTID set in the unknown form " + std::to_string(form), "upgrade binferry");
}

Status decode_intervals(ByteReader& reader, std::vector<GnoInterval>& out) {
  const std::size_t count = reader.count(reader.u64(), kIntervalBytes);
  std::int64_t previous_end = 1;
  for (std::size_t i = 0; i < count; ++i) {
    const GnoInterval interval{static_cast<std::int64_t>(reader.u64()), static_cast<std::int64_t>(reader.u64())};
    if (interval.start < previous_end || interval.start >= interval.end) {
      return fail(Errc::corrupt, "GTID set has the interval " + std::to_string(interval.start) + " to " +
                                     std::to_string(interval.end) + " where one from " + std::to_string(previous_end) +
                                     " on may stand");
    }
    previous_end = interval.end;
    out.push_back(interval);
  }
  return {};
}

}  // namespace

Result<GtidSet> GtidSet::decode(Bytes bytes) {
  ByteReader reader(bytes);
  const std::uint64_t word = reader.u64();
  const auto tagged = is_tagged_form(word);
  if (!tagged) return std::unexpected(tagged.error());
  const std::uint64_t announced = *tagged ? word << 8 >> 16 : word;
  const std::size_t count = reader.count(announced, *tagged ? kSmallestTagged : kSmallestUntagged);
  Gathered gathered;
  for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
    GtidOrigin origin{Uuid::from_bytes(reader.bytes(Uuid::kBytes)), {}};
    if (*tagged) origin.tag = reader.text(reader.vli());
    if (!origin.tag.empty() && !is_valid_tag(origin.tag)) return fail(Errc::corrupt, "GTID set has a malformed tag");
    if (Status status = decode_intervals(reader, gathered[std::move(origin)]); !status) return propagate(status);
  }
  if (Status status = reader.finish("GTID set"); !status) return propagate(status);
  return from(std::move(gathered));
}

std::string GtidSet::encode() const {
  const bool tagged = has_tags();
  ByteWriter writer;
  if (tagged) {
    writer.u8(kTagged).u48(origins_.size()).u8(kTagged);
  } else {
    writer.u64(origins_.size());
  }
  for (const auto& [origin, intervals] : origins_) {
    writer.bytes(origin.uuid.bytes);
    if (tagged) writer.vli(origin.tag.size()).text(origin.tag);
    writer.u64(intervals.view().size());
    for (const GnoInterval& interval : intervals.view()) {
      writer.u64(static_cast<std::uint64_t>(interval.start)).u64(static_cast<std::uint64_t>(interval.end));
    }
  }
  return std::move(writer).str();
}

}  // namespace binferry
