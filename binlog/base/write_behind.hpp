// Writing a large file out while it grows.
#pragma once

#include <cstdint>

#include <fcntl.h>
#include <sys/stat.h>

namespace binferry {

// Hands to the disk what a large file has gained, a megabyte at a time, and waits for those before. Left to gather
// in the page cache, a file of gigabytes makes every other sync on its disk wait for all of it: the commits of a source
// on the same machine. It makes nothing durable and has no errors: what cannot do this is written out later.
class WriteBehind {
 public:
  // To be called as the file grows at its end.
  void has_grown(int fd) {
    struct stat status{};
    if (::fstat(fd, &status) != 0 || status.st_size < end_ + kStep) return;
    ::sync_file_range(fd, end_, status.st_size - end_, SYNC_FILE_RANGE_WRITE);
    ::sync_file_range(fd, begin_, end_ - begin_, kWait);
    begin_ = end_;
    end_ = status.st_size;
  }

 private:
  static constexpr std::int64_t kStep = 1 << 20;
  static constexpr unsigned kWait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;

  std::int64_t begin_ = 0;  // of the piece that is on its way to the disk
  std::int64_t end_ = 0;
};

}  // namespace binferry
