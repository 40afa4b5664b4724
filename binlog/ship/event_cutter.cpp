#include "binlog/ship/event_cutter.hpp"

#include "binlog/event/event_header.hpp"

#include <algorithm>
#include <utility>

namespace binferry {

void EventCutter::begin_file() {
  pieces_.clear();
  given_ = 0;
  pieces_at_ = 0;
  large_.clear();
  large_left_ = 0;
  large_is_due_ = false;
}

Status EventCutter::add(std::uint64_t offset, Bytes piece) {
  if (offset != end() && (!between_events() || offset < end())) {
    return fail(Errc::protocol, "bytes at " + std::to_string(offset) + " instead of those at " + std::to_string(end()));
  }
  pieces_.erase(0, given_);
  pieces_at_ = pieces_.empty() ? offset : pieces_at_ + given_;
  given_ = 0;
  if (large_left_ != 0) {
    const Bytes part = piece.first(static_cast<std::size_t>(std::min<std::uint64_t>(large_left_, piece.size())));
    if (Status appended = large_.append(part); !appended) return appended;
    large_left_ -= part.size();
    large_is_due_ = large_left_ == 0;
    pieces_at_ += part.size();
    piece = piece.subspan(part.size());
  }
  pieces_.append(text_of(piece));
  return {};
}

Result<bool> EventCutter::next() {
  if (std::exchange(large_is_due_, false)) {
    Result<Bytes> whole = large_.view();
    if (!whole) return propagate(whole);
    event_ = *whole;
    return true;
  }
  if (large_left_ != 0) return false;
  if (large_.size() != 0) large_.clear();
  const Bytes left = bytes_of(pieces_).subspan(given_);
  if (left.size() < kEventHeaderSize) return false;
  Result<std::uint32_t> length = event_length(left, limits_);
  if (!length) return propagate(length);
  offset_ = pieces_at_ + given_;
  if (left.size() >= *length) {
    event_ = left.first(*length);
    given_ += *length;
    return true;
  }
  if (*length <= kMappedBytes) return false;
  if (Status appended = large_.append(left); !appended) return propagate(appended);
  large_left_ = *length - left.size();
  given_ = pieces_.size();
  return false;
}

}  // namespace binferry
