#include "binlog/source/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace binferry {
namespace {

class RegularInput final : public Input {
 public:
  explicit RegularInput(FileDescriptor fd) : fd_(std::move(fd)) {}

  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into, std::size_t at_least) override {
    std::size_t done = 0;
    while (done < at_least) {
      const ssize_t got = ::pread(fd_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error("read", errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<std::optional<std::uint64_t>> size() const override {
    struct stat status{};
    if (::fstat(fd_.get(), &status) != 0) return system_error("stat", errno);
    return static_cast<std::uint64_t>(status.st_size);
  }

  [[nodiscard]] bool is_still(const std::string& path) const override {
    struct stat ours{};
    struct stat named{};
    return ::fstat(fd_.get(), &ours) == 0 && ::stat(path.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
  }

 private:
  FileDescriptor fd_;
};

class PipeInput final : public Input {
 public:
  explicit PipeInput(FileDescriptor fd) : fd_(std::move(fd)) {}

  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into, std::size_t at_least) override {
    if (offset < at_) return fail(Errc::io, "a pipe cannot be read again from the beginning", "give a file");
    while (at_ < offset) {  // skip by reading: `into` is scratch until the wanted bytes come
      const std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(offset - at_, into.size()));
      Result<std::size_t> got = read_some(into.first(step));
      if (!got || *got == 0) return got;
    }
    std::size_t done = 0;
    while (done < at_least) {
      Result<std::size_t> got = read_some(into.subspan(done));
      if (!got) return got;
      if (*got == 0) break;
      done += *got;
    }
    return done;
  }

  Result<std::optional<std::uint64_t>> size() const override { return std::nullopt; }
  [[nodiscard]] bool is_still(const std::string&) const override { return true; }

 private:
  Result<std::size_t> read_some(std::span<std::uint8_t> into) {
    for (;;) {
      const ssize_t got = ::read(fd_.get(), into.data(), into.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error("read", errno);
      at_ += static_cast<std::uint64_t>(got);
      return static_cast<std::size_t>(got);
    }
  }

  FileDescriptor fd_;
  std::uint64_t at_ = 0;
};

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::unexpected<Error> system_error(std::string_view doing, int error_number) {
  Errc code = Errc::io;
  if (error_number == ENOENT || error_number == ENOTDIR) code = Errc::not_found;
  if (error_number == ENOSPC || error_number == EDQUOT) code = Errc::no_space;
  std::string hint;
  if (code == Errc::not_found) hint = "check the path; a folder or its index file reads all logs that are there";
  if (error_number == EACCES || error_number == EPERM) hint = "run as a user who may read it, such as the server's own";
  if (code == Errc::no_space) hint = "make room, then run again";
  return fail(code, "cannot " + std::string(doing) + ": " + std::strerror(error_number), std::move(hint));
}

Result<std::unique_ptr<Input>> open_input(const std::string& path) {
  FileDescriptor fd(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return system_error("open", errno);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return system_error("stat", errno);
  if (S_ISDIR(status.st_mode)) return fail(Errc::io, "is a folder, not a log file");
  // Standard input that is a file is read from where the caller left it, so it is a pipe to us.
  if (S_ISREG(status.st_mode) && path != "-") {
    ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    return std::make_unique<RegularInput>(std::move(fd));
  }
  return std::make_unique<PipeInput>(std::move(fd));
}

}  // namespace binferry
