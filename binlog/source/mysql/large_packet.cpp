#include "binlog/source/mysql/large_packet.hpp"

#include "binlog/base/temporary_file.hpp"

#include <cerrno>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

namespace binferry::mysql {
namespace {

std::unexpected<Error> failure(std::string_view doing) {
  const int number = errno;
  return fail(number == ENOSPC ? Errc::no_space : Errc::io,
              "cannot " + std::string(doing) + " the temporary file of a large event: " + std::strerror(number),
              "point TMPDIR at a folder with more free space");
}

}  // namespace

Status LargePacket::append(Bytes piece) {
  if (fd_ < 0) fd_ = open_temporary_file(directory_);
  if (fd_ < 0) return failure("create");
  while (!piece.empty()) {
    const ssize_t wrote = ::pwrite(fd_, piece.data(), piece.size(), static_cast<off_t>(size_));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failure("write");
    size_ += static_cast<std::uint64_t>(wrote);
    piece = piece.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<Bytes> LargePacket::view() {
  if (size_ == 0) return Bytes{};
  if (mapped_ == nullptr) {
    void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd_, 0);
    if (mapped == MAP_FAILED) return failure("map");
    ::madvise(mapped, size_, MADV_SEQUENTIAL);
    mapped_ = mapped;
  }
  return Bytes(static_cast<const std::uint8_t*>(mapped_), size_);
}

void LargePacket::clear() {
  if (mapped_ != nullptr) ::munmap(mapped_, size_);
  if (fd_ >= 0) ::close(fd_);
  mapped_ = nullptr;
  fd_ = -1;
  size_ = 0;
}

}  // namespace binferry::mysql
