// Giving back pages of a file mapping that a streaming reader has passed.
#pragma once

#include "binlog/base/bytes.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace binferry {

// Drops the whole pages inside `consumed` from this process's memory. Requires: `consumed` lies in a shared mapping of
// a file (RawEvent::is_mapped); reading it again is allowed and fetches the pages anew.
inline void release_mapped_pages(Bytes consumed) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(consumed.data()) + page - 1) / page * page;
  const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(consumed.data() + consumed.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace binferry
