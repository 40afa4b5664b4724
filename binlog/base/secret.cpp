#include "binlog/base/secret.hpp"

#include <cstring>
#include <new>
#include <utility>

#include <string.h>
#include <sys/mman.h>

namespace binferry {

void wipe(std::string& text) {
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::string&& text) {
  assign(text);
  wipe(text);
}

Secret::Secret(const Secret& other) {
  assign(other.reveal());
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Secret::~Secret() {
  if (data_ == nullptr) return;
  ::explicit_bzero(data_, size_);
  ::munmap(data_, size_);
}

void Secret::assign(std::string_view text) {
  if (text.empty()) return;
  void* const pages = ::mmap(nullptr, text.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();  // as any other allocation that fails
  ::madvise(pages, text.size(), MADV_DONTDUMP);
  data_ = static_cast<char*>(pages);
  size_ = text.size();
  std::memcpy(data_, text.data(), size_);
}

}  // namespace binferry
