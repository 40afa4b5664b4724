#include "binlog/source/mapped_event.hpp"

#include "binlog/base/crc32.hpp"
#include "binlog/base/temporary_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace binferry {
namespace {

Error with_hint(std::unexpected<Error> failed) {
  failed.error().hint = "point TMPDIR at a folder with more free space";
  return std::move(failed.error());
}

}  // namespace

Result<bool> MappedEvent::load(EventWindow& window, std::uint64_t offset, std::size_t size, std::size_t checksum_bytes,
                               const std::string& directory) {
  clear();
  const FileDescriptor fd(open_temporary_file(directory));
  if (!fd.is_open())
    return std::unexpected(with_hint(system_error("create the temporary file of a large event", errno)));
  const std::size_t summed = size - checksum_bytes;
  for (std::size_t done = 0; done < size;) {
    const std::size_t step = std::min(size - done, window.buffer_bytes());
    Result<Bytes> chunk = window.at(offset + done, step);
    if (!chunk) return propagate(chunk);
    if (chunk->size() < step) return false;
    if (done < summed) crc_ = crc32(chunk->first(std::min(step, summed - done)), crc_);
    for (std::size_t written = 0; written < step;) {
      const ssize_t wrote =
          ::pwrite(fd.get(), chunk->data() + written, step - written, static_cast<off_t>(done + written));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0)
        return std::unexpected(with_hint(system_error("write the temporary file of a large event", errno)));
      written += static_cast<std::size_t>(wrote);
    }
    done += step;
  }
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) return system_error("map the temporary file of a large event", errno);
  ::madvise(mapped, size, MADV_SEQUENTIAL);
  data_ = static_cast<std::uint8_t*>(mapped);
  size_ = size;
  return true;
}

void MappedEvent::clear() {
  if (data_ != nullptr) ::munmap(data_, size_);
  data_ = nullptr;
  size_ = 0;
  crc_ = 0;
}

}  // namespace binferry
