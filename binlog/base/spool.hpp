// Append-only bytes that stay in memory up to a budget and go on in an unlinked temporary file.
//
// Written once, then read from the front any number of times. Clearing keeps the memory for the next use, so a spool
// that is reused allocates only while it grows. One thread.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace binferry {

class Spool {
 public:
  // `directory` of the temporary file; empty: $TMPDIR, else /var/tmp.
  explicit Spool(std::size_t memory_bytes, std::string directory = {});
  ~Spool();
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;

  // Errc::no_space or Errc::io if the temporary file cannot be written.
  Status append(Bytes head, Bytes tail = {});
  void clear();
  [[nodiscard]] std::uint64_t size() const { return file_bytes_ + used_; }
  [[nodiscard]] bool spilled() const { return file_bytes_ != 0; }

  // Reads from the front. Views live until the next call; the spool must not change meanwhile.
  class Cursor {
   public:
    explicit Cursor(const Spool& spool) : spool_(&spool) {}
    // The next `size` bytes, which must have been appended.
    Result<Bytes> read(std::size_t size);
    [[nodiscard]] bool at_end() const { return at_ == spool_->size(); }

   private:
    const Spool* spool_;
    std::uint64_t at_ = 0;
    std::string buffer_;  // a window over the file part
    std::uint64_t buffer_begin_ = 0;
  };

 private:
  Status spill();

  std::size_t memory_bytes_;
  std::string directory_;
  std::unique_ptr<std::uint8_t[]> memory_;  // the bytes behind the file part
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::uint64_t file_bytes_ = 0;
  int fd_ = -1;
};

}  // namespace binferry
