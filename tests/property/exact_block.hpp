// Bytes in a heap block of exactly their size, whose end can be taken away byte by byte: under AddressSanitizer any
// read behind the end is an error, and making the next shorter prefix costs nothing.
#pragma once

#include "binlog/base/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#if defined(__SANITIZE_ADDRESS__)
#define BINFERRY_KNOWS_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BINFERRY_KNOWS_POISON 1
#endif
#endif
#ifdef BINFERRY_KNOWS_POISON
#include <sanitizer/asan_interface.h>
#endif

namespace binferry::test {

class ExactBlock {
 public:
  explicit ExactBlock(Bytes bytes)
      : block_(std::make_unique_for_overwrite<std::uint8_t[]>(bytes.size())), whole_(bytes.size()), size_(whole_) {
    std::copy(bytes.begin(), bytes.end(), block_.get());
  }
  ~ExactBlock() { restore(); }
  ExactBlock(const ExactBlock&) = delete;
  ExactBlock& operator=(const ExactBlock&) = delete;

  [[nodiscard]] Bytes bytes() const { return {block_.get(), size_}; }
  [[nodiscard]] std::uint8_t* data() { return block_.get(); }

  // Only ever shorter: nothing behind `size` may be read from now on.
  void shrink_to(std::size_t size) {
#ifdef BINFERRY_KNOWS_POISON
    __asan_poison_memory_region(block_.get() + size, size_ - size);
#endif
    size_ = size;
  }
  void restore() {
#ifdef BINFERRY_KNOWS_POISON
    __asan_unpoison_memory_region(block_.get(), whole_);
#endif
    size_ = whole_;
  }

 private:
  std::unique_ptr<std::uint8_t[]> block_;
  std::size_t whole_;
  std::size_t size_;
};

}  // namespace binferry::test
