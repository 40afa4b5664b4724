// One packet beyond 16 MiB, put together in an unlinked temporary file and mapped to be viewed as a whole.
//
// So an event of a gigabyte never stands in memory: the kernel may drop its pages at any time.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string>

namespace binferry::mysql {

class LargePacket {
 public:
  // `directory` of the temporary file; empty: $TMPDIR, else /var/tmp.
  explicit LargePacket(std::string directory = {}) : directory_(std::move(directory)) {}
  LargePacket(const LargePacket&) = delete;
  LargePacket& operator=(const LargePacket&) = delete;
  ~LargePacket() { clear(); }

  // Errors: `no_space`, `io`.
  Status append(Bytes piece);
  // The bytes appended so far, valid until clear().
  Result<Bytes> view();
  void clear();
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  std::string directory_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  void* mapped_ = nullptr;
};

}  // namespace binferry::mysql
