#include "binlog/ship/ship_filter.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/event/event_header.hpp"
#include "binlog/source/mysql/server_state.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

constexpr std::size_t kTableIdBytes = 6;
constexpr std::size_t kTableMapFlagsBytes = 2;
constexpr std::size_t kMostKnownTables = 4096;

std::uint64_t table_id_of(Bytes event) {
  std::uint64_t id = 0;
  for (std::size_t i = kTableIdBytes; i-- > 0;) id = id << 8 | event[kEventHeaderSize + i];
  return id;
}

bool is_text_of_statement(EventType type) {
  return type == EventType::annotate_rows || type == EventType::rows_query;
}

}  // namespace

ShipFilter::ShipFilter(std::vector<std::string> schemas, std::vector<std::string> tables)
    : all_schemas_(schemas.empty()) {
  filter_.databases = std::move(schemas);
  filter_.tables = std::move(tables);
}

// As an applier decides.
bool ShipFilter::wants(std::string_view schema, std::string_view table) const {
  if (all_schemas_ && mysql::is_system_schema(schema)) return false;
  return filter_.wants(schema, table);
}

void ShipFilter::begin_file() {
  tables_.clear();
  begun_.clear();
  next_ = 0;
  left_ = 0;
}

Result<ShipFilter::Verdict> ShipFilter::judge(Bytes event, std::uint32_t length) {
  const auto type = static_cast<EventType>(event[4]);
  if (is_text_of_statement(type)) return Verdict{true, false};
  if (is_rows_event(type)) {
    if (event.size() < kEventHeaderSize + kTableIdBytes) return Verdict{length < kEventHeaderSize + kTableIdBytes};
    const auto known = tables_.find(table_id_of(event));
    return Verdict{true, known == tables_.end() || known->second};
  }
  if (type != EventType::table_map) return Verdict{true};
  ByteReader reader(event.subspan(kEventHeaderSize));
  reader.bytes(kTableIdBytes + kTableMapFlagsBytes);
  const std::string_view schema = reader.text(reader.u8());
  reader.u8();  // a zero behind each name
  const std::string_view table = reader.text(reader.u8());
  if (reader.failed()) {
    if (event.size() < length) return Verdict{};
    return fail(Errc::corrupt, "TABLE_MAP ends inside a name");
  }
  // Every statement brings its table maps along, so that forgetting old ones loses nothing at a statement's beginning.
  const bool is_wanted = wants(schema, table);
  tables_[table_id_of(event)] = is_wanted;
  return Verdict{true, is_wanted};
}

Status ShipFilter::add(std::uint64_t offset, Bytes piece, const Out& out) {
  std::uint64_t run_at = offset;  // what is passed on lies together as long as it can
  std::string run;
  const auto pass = [&](std::uint64_t at, Bytes bytes) {
    if (at != run_at + run.size() && !run.empty()) {
      out(run_at, bytes_of(run));
      run.clear();
    }
    if (run.empty()) run_at = at;
    run.append(text_of(bytes));
  };
  next_ = offset + piece.size();
  while (!piece.empty()) {
    const std::uint64_t at = next_ - piece.size();
    if (left_ != 0) {
      const Bytes part = piece.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size())));
      if (passes_) pass(at, part);
      left_ -= part.size();
      piece = piece.subspan(part.size());
      continue;
    }
    // The event's head, which the piece before may have begun.
    constexpr std::size_t kHead = 1024;
    const std::uint64_t event_at = at - begun_.size();
    const std::size_t had = begun_.size();
    begun_.append(text_of(piece.first(std::min(kHead - had, piece.size()))));
    Bytes head = bytes_of(begun_);
    if (head.size() < kEventHeaderSize) break;
    Result<EventHeader> header = parse_header(head);
    if (!header) return propagate(header);
    if (header->length < head.size()) head = head.first(header->length);
    Result<Verdict> verdict = judge(head, header->length);
    if (!verdict) return propagate(verdict);
    if (!verdict->is_known && begun_.size() < kHead) break;
    passes_ = verdict->passes;
    if (passes_) pass(event_at, head);
    left_ = header->length - head.size();
    piece = piece.subspan(head.size() - had);
    begun_.clear();
    const auto type = header->type;
    const bool ends_group = type == EventType::xid || type == EventType::query || type == EventType::format_description;
    if (ends_group && tables_.size() > kMostKnownTables) tables_.clear();
  }
  if (!run.empty()) out(run_at, bytes_of(run));
  return {};
}

}  // namespace binferry
