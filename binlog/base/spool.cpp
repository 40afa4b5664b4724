#include "binlog/base/spool.hpp"

#include "binlog/base/temporary_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace binferry {
namespace {

constexpr std::size_t kWindowBytes = 1 << 20;

std::unexpected<Error> spool_error(const char* doing) {
  const int error = errno;
  return fail(error == ENOSPC ? Errc::no_space : Errc::io,
              std::string("cannot ") + doing + " the temporary file of a large transaction: " + std::strerror(error),
              "point TMPDIR at a folder with more free space");
}

Status write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return spool_error("write");
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace

Spool::Spool(std::size_t memory_bytes, std::string directory)
    : memory_bytes_(memory_bytes), directory_(std::move(directory)) {}

Spool::Spool(Spool&& other) noexcept
    : memory_bytes_(other.memory_bytes_),
      directory_(other.directory_),  // NOLINT(performance-move-constructor-init): `other` is filled again
      memory_(std::move(other.memory_)),
      capacity_(std::exchange(other.capacity_, 0)),
      used_(std::exchange(other.used_, 0)),
      file_bytes_(std::exchange(other.file_bytes_, 0)),
      fd_(std::exchange(other.fd_, -1)) {}

Spool::~Spool() {
  if (fd_ >= 0) ::close(fd_);
}

Status Spool::append(Bytes head, Bytes tail) {
  const std::size_t size = head.size() + tail.size();
  if (used_ + size > memory_bytes_) {
    if (Status spilled = spill(); !spilled) return spilled;
    if (size > memory_bytes_) {
      for (const Bytes part : {head, tail}) {
        if (Status written = write_all(fd_, part); !written) return written;
        file_bytes_ += part.size();
      }
      return {};
    }
  }
  if (used_ + size > capacity_) {
    const std::size_t grown =
        std::min(memory_bytes_, std::max(2 * capacity_, std::max(used_ + size, std::size_t{65536})));
    auto memory = std::make_unique_for_overwrite<std::uint8_t[]>(grown);
    if (used_ != 0) std::memcpy(memory.get(), memory_.get(), used_);
    memory_ = std::move(memory);
    capacity_ = grown;
  }
  if (!head.empty()) std::memcpy(memory_.get() + used_, head.data(), head.size());
  if (!tail.empty()) std::memcpy(memory_.get() + used_ + head.size(), tail.data(), tail.size());
  used_ += size;
  return {};
}

Status Spool::spill() {
  if (fd_ < 0) fd_ = open_temporary_file(directory_);
  if (fd_ < 0) return spool_error("create");
  if (Status written = write_all(fd_, {memory_.get(), used_}); !written) return written;
  file_bytes_ += used_;
  used_ = 0;
  return {};
}

void Spool::clear() {
  used_ = 0;
  if (file_bytes_ == 0) return;
  // The space goes back at once; a descriptor is cheap to make again.
  ::close(fd_);
  fd_ = -1;
  file_bytes_ = 0;
}

Result<Bytes> Spool::Cursor::read(std::size_t size) {
  if (size > spool_->size() - at_) return fail(Errc::internal, "read beyond the end of a spool");
  if (at_ >= spool_->file_bytes_) {
    const Bytes view{spool_->memory_.get() + (at_ - spool_->file_bytes_), size};
    at_ += size;
    return view;
  }
  if (at_ < buffer_begin_ || at_ + size > buffer_begin_ + buffer_.size()) {
    // One record never straddles file and memory: append() spills whole.
    buffer_.resize(
        static_cast<std::size_t>(std::min<std::uint64_t>(std::max(size, kWindowBytes), spool_->file_bytes_ - at_)));
    buffer_begin_ = at_;
    std::size_t done = 0;
    while (done < buffer_.size()) {
      const ssize_t got =
          ::pread(spool_->fd_, buffer_.data() + done, buffer_.size() - done, static_cast<off_t>(buffer_begin_ + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return spool_error("read");
      done += static_cast<std::size_t>(got);
    }
  }
  const Bytes view = bytes_of(std::string_view(buffer_)).subspan(static_cast<std::size_t>(at_ - buffer_begin_), size);
  at_ += size;
  return view;
}

}  // namespace binferry
