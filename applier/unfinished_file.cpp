#include "applier/unfinished_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

namespace binferry {
namespace {

std::unexpected<Error> system_error(const std::string& path, std::string_view doing) {
  const int error = errno;
  return std::unexpected(
      Error{error == ENOSPC ? Errc::no_space : Errc::io, std::string(doing) + ": " + std::strerror(error), path, {}});
}

Status sync(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return system_error(path, "open");
  const int synced = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (synced == 0) return {};
  errno = error;
  return system_error(path, "fsync");
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status rename_to_free(const std::string& from, const std::string& place) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, place.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno == EEXIST) return check_is_free(place);
  // Some file systems know no such rename.
  if (errno != EINVAL && errno != ENOSYS) return system_error(place, "rename");
  if (Status free = check_is_free(place); !free) return free;
  return ::rename(from.c_str(), place.c_str()) == 0 ? Status{} : system_error(place, "rename");
}

}  // namespace

Status check_is_free(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return {};
  return std::unexpected(Error{Errc::replica, "there is a file already", path, "remove it, or go on with it as it is"});
}

void remove_in_pieces(const std::string& path) {
  constexpr off_t kPiece = 16 << 20;
  if (const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC); fd >= 0) {
    struct stat status{};
    off_t left = ::fstat(fd, &status) == 0 ? status.st_size - kPiece : 0;
    while (left > 0 && ::ftruncate(fd, left) == 0 && ::fsync(fd) == 0) left -= kPiece;
    ::close(fd);
  }
  ::unlink(path.c_str());
}

void UnfinishedFile::remove() const {
  remove_in_pieces(path_);
  for (const char* const tail : {"-wal", "-shm", "-journal"}) ::unlink((path_ + tail).c_str());
}

Status UnfinishedFile::move_to(const std::string& place, bool replaces) {
  if (Status synced = sync(path_, O_RDWR); !synced) return synced;
  if (replaces) {
    // The old one was closed in order, so that nothing of it is left in these; they must not meet the new one.
    for (const char* const tail : {"-wal", "-shm"}) ::unlink((place + tail).c_str());
    if (::rename(path_.c_str(), place.c_str()) != 0) return system_error(place, "rename");
  } else if (Status renamed = rename_to_free(path_, place); !renamed) {
    return renamed;
  }
  moved_ = true;
  return sync(folder_of(place), O_RDONLY | O_DIRECTORY);
}

}  // namespace binferry
