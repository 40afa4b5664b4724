// Giving back pages of a file mapping that a streaming reader has passed.
#pragma once

#include "binlog/base/bytes.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace binferry {

// Drops the whole pages inside `consumed` from this process's memory. Requires: `consumed` lies in a shared mapping of
// a file (RawEvent::is_mapped); reading it again is allowed and fetches the pages anew.
inline void release_mapped_pages(Bytes consumed) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t into_page = reinterpret_cast<std::uintptr_t>(consumed.data()) % page;
  const std::size_t skipped = into_page == 0 ? 0 : page - into_page;
  if (consumed.size() < skipped + page) return;
  const Bytes whole = consumed.subspan(skipped, (consumed.size() - skipped) / page * page);
  ::madvise(const_cast<std::uint8_t*>(whole.data()), whole.size(), MADV_DONTNEED);
}

}  // namespace binferry
