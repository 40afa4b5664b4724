#include "binlog/ship/relay_source.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

// A file of the store up to what is published: behind that a transaction may be on its way, or be taken back.
class PublishedInput final : public Input {
 public:
  PublishedInput(std::unique_ptr<Input> file, const RelayStore& store, std::string name)
      : file_(std::move(file)), store_(store), name_(std::move(name)) {}

  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into, std::size_t at_least) override {
    const std::uint64_t end = published();
    if (offset >= end) return std::size_t{0};
    const std::size_t most = std::min<std::uint64_t>(into.size(), end - offset);
    return file_->read(offset, into.first(most), std::min(at_least, most));
  }
  Result<std::optional<std::uint64_t>> size() const override { return std::optional(published()); }
  [[nodiscard]] bool is_still(const std::string& path) const override { return file_->is_still(path); }

 private:
  [[nodiscard]] std::uint64_t published() const {
    const auto extent = store_.extent_of(name_);
    return extent ? extent->end : 0;
  }

  std::unique_ptr<Input> file_;
  const RelayStore& store_;
  std::string name_;
};

}  // namespace

RelaySource::RelaySource(const RelayStore& store, BinlogPosition start, RelayStart rule, const Limits& limits)
    : store_(store), limits_(limits), rule_(rule), start_(std::move(start)) {}

void RelaySource::finish() {
  finished_ = true;
}

Status RelaySource::wait(int timeout_ms) {
  if (!finished_) (void)store_.wait_for_news(news_, timeout_ms);
  return {};
}

const FormatDescription& RelaySource::format() const {
  static const FormatDescription kNone;
  return file_ ? file_->format() : kNone;
}

// False while there is nothing to open.
Result<bool> RelaySource::open_file() {
  const std::vector<RelayFile> files = store_.files();
  const auto found = std::ranges::find_if(files, [&](const RelayFile& file) {
    return start_.file.empty() || compare_log_names(file.name, start_.file) >= 0;
  });
  if (found == files.end()) return false;
  if (rule_ == RelayStart::that_file && !start_.file.empty() && found->name != start_.file) {
    return std::unexpected(Error{
        Errc::purged, "the store has no such file any more, its oldest is " + files.front().name, start_.file, {}});
  }
  std::uint64_t offset = found->name == start_.file ? std::max(start_.offset, kFirstEventOffset) : kFirstEventOffset;
  if (found->end < offset && found + 1 != files.end()) {
    if (rule_ == RelayStart::that_file) {
      return std::unexpected(
          Error{Errc::diverged, "the file has ended in front of offset " + std::to_string(offset), found->name, {}});
    }
    offset = found->end;  // the store was begun where this file ended, and has no more than its head
  }
  if (found->end <= kFirstEventOffset || found->end < offset) return false;
  Result<std::unique_ptr<Input>> input = open_input(store_.path_of(found->name));
  if (!input) return propagate(input, found->name);
  name_ = found->name;
  FileSourceOptions options;
  options.limits = limits_;
  options.tail = TailRule::whole;
  options.follow = true;
  options.start = offset;
  file_ = std::make_unique<FileSource>(std::make_unique<PublishedInput>(std::move(*input), store_, name_),
                                       store_.path_of(name_), options);
  seen_end_ = found->end;
  next_name_.clear();
  rule_ = RelayStart::that_file;  // the next one is known by its name
  return true;
}

Result<SourceState> RelaySource::next(RawEvent& event) {
  for (;;) {
    if (!file_) {
      // Asked first: what is published before the end is said must be seen.
      const bool is_last_look = finished_;
      Result<bool> opened = open_file();
      if (!opened) return propagate(opened);
      if (!*opened) return is_last_look ? SourceState::end : SourceState::wait;
    }
    Result<SourceState> state = file_->next(event);
    if (!state) return state;
    switch (*state) {
      case SourceState::end:
        position_ = start_ = {next_name_, kFirstEventOffset};
        file_.reset();
        continue;
      case SourceState::wait: break;
      default: return state;
    }
    state = at_end_of_published();
    if (!state || *state != SourceState::event) return state;
  }
}

// `event`: ask the file again.
Result<SourceState> RelaySource::at_end_of_published() {
  const bool is_last_look = finished_;
  const auto extent = store_.extent_of(name_);
  if (!extent) {
    return std::unexpected(Error{Errc::purged, "the file was removed before it was read", name_, "report it"});
  }
  if (extent->end > seen_end_) {
    seen_end_ = extent->end;
    return SourceState::event;
  }
  if (!extent->next.empty()) {
    next_name_ = extent->next;
    file_->finish(TailRule::whole);
    return SourceState::event;
  }
  return is_last_look ? SourceState::end : SourceState::wait;
}

}  // namespace binferry
