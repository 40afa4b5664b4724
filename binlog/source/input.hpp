// Bytes by offset: what a log is read from. Regular files, pipes, decrypted files, and in tests anything.
//
// One reader, one thread. The event reader above asks for large ranges, in ascending order but for an explicit return
// to an earlier event boundary of a file that grows.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace binferry {

class Input {
 public:
  virtual ~Input() = default;
  // Up to into.size() bytes at `offset`: fewer than `at_least` only at the end of the input. Errc::io on failure.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into, std::size_t at_least) = 0;
  // Bytes there are now; nothing for a pipe, which does not say.
  virtual Result<std::optional<std::uint64_t>> size() const = 0;
  // True while `path` still names the file that was opened.
  [[nodiscard]] virtual bool is_still(const std::string& path) const = 0;
};

// A file descriptor that closes itself.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Opens `path`; `-` is standard input, which stays open. Pipes are read forward only. Errors: `not_found`, `io`.
Result<std::unique_ptr<Input>> open_input(const std::string& path);

// errno as an Error: `no_space` for a full disk, `not_found` for a missing file, else `io`; "cannot read: No such file
// …".
std::unexpected<Error> system_error(std::string_view doing, int error_number);

}  // namespace binferry
