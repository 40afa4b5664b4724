// One event too large for a buffer: its bytes in an unlinked temporary file, mapped to be viewed as a whole.
//
// The mapping is shared and clean or written back by the kernel, so that a streaming reader may give pages back behind
// itself (release_mapped_pages) and a 1 GiB event never stands in memory whole.
#pragma once

#include "binlog/source/event_window.hpp"

namespace binferry {

class MappedEvent {
 public:
  MappedEvent() = default;
  MappedEvent(const MappedEvent&) = delete;
  MappedEvent& operator=(const MappedEvent&) = delete;
  ~MappedEvent() { clear(); }

  // Copies `size` bytes at `offset` of `window` and computes the CRC-32 of all but the last `checksum_bytes` on the
  // way. False if the input ends before them. Errors: as the input's; `no_space` or `io` for the temporary file.
  // `directory` of the temporary file; empty: $TMPDIR, else /var/tmp.
  Result<bool> load(EventWindow& window, std::uint64_t offset, std::size_t size, std::size_t checksum_bytes,
                    const std::string& directory);
  void clear();

  [[nodiscard]] Bytes bytes() const { return {data_, size_}; }
  [[nodiscard]] std::uint32_t crc() const { return crc_; }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace binferry
