#include "binlog/ship/published_source.hpp"

namespace binferry {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

}  // namespace

Result<std::unique_ptr<PublishedSource>> PublishedSource::open(const RelayStore& store, const BinlogPosition& position,
                                                       const Limits& limits) {
  std::unique_ptr<PublishedSource> source(new PublishedSource(store, limits));
  if (Status found = source->reader_.seek(position); !found) return propagate(found);
  return source;
}

Result<SourceState> PublishedSource::next(RawEvent& event) {
  for (;;) {
    Result<bool> whole = cutter_.next();
    if (!whole) return propagate(whole, file_);
    if (*whole) {
      event.is_mapped = cutter_.is_mapped();
      if (Status framed = framer_.frame(cutter_.event(), cutter_.offset(), file_, event); !framed) {
        return propagate(framed);
      }
      return SourceState::event;
    }
    Result<RelayReader::Item> item = reader_.next(kPieceBytes);
    if (!item) return propagate(item);
    switch (*item) {
      case RelayReader::Item::none: return SourceState::wait;
      case RelayReader::Item::file_begin:
        file_ = reader_.file();
        cutter_.begin_file();
        return SourceState::file_begin;
      case RelayReader::Item::data:
        if (Status added = cutter_.add(reader_.offset(), reader_.data()); !added) return propagate(added, file_);
        break;
      case RelayReader::Item::file_end:
        if (!cutter_.between_events()) return fail(Errc::corrupt, file_ + " ends inside an event");
        return SourceState::file_end;
    }
  }
}

Status PublishedSource::wait(int timeout_ms) {
  (void)store_.wait_for_news(news_, timeout_ms);
  return {};
}

const FormatDescription& PublishedSource::format() const {
  static const FormatDescription kNone;
  const FormatDescription* const format = framer_.format();
  return format != nullptr ? *format : kNone;
}

}  // namespace binferry
