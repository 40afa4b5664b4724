#include "binlog/source/event_window.hpp"

#include <algorithm>
#include <cstring>

namespace binferry {
namespace {

// A buffer grown for a large event is kept up to this many times the normal size: such events come in runs.
constexpr std::size_t kSlack = 8;

}  // namespace

Result<Bytes> EventWindow::fill(std::uint64_t offset, std::size_t size) {
  const bool overlaps = offset >= begin_ && offset < begin_ + used_;
  const std::size_t kept_from = overlaps ? static_cast<std::size_t>(offset - begin_) : used_;
  const std::size_t kept = used_ - kept_from;
  std::size_t wanted = std::max({buffer_bytes_, size, kept});
  if (wanted < capacity_ && capacity_ <= kSlack * buffer_bytes_) wanted = capacity_;
  if (wanted != capacity_) {
    auto buffer = std::make_unique_for_overwrite<std::uint8_t[]>(wanted);
    if (kept != 0) std::memcpy(buffer.get(), buffer_.get() + kept_from, kept);
    buffer_ = std::move(buffer);
    capacity_ = wanted;
  } else if (kept != 0 && kept_from != 0) {
    std::memmove(buffer_.get(), buffer_.get() + kept_from, kept);
  }
  begin_ = offset;
  used_ = kept;
  if (used_ < size) {
    Result<std::size_t> got = input_->read(offset + used_, {buffer_.get() + used_, capacity_ - used_}, size - used_);
    if (!got) return propagate(got);
    used_ += *got;
  }
  return Bytes{buffer_.get(), std::min(size, used_)};
}

}  // namespace binferry
