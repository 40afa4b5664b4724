// Ends another thread's wait on a socket. Calling wake() is safe from any thread and from a signal handler.
#pragma once

#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace binferry::mysql {

class Wakeup {
 public:
  Wakeup() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup() {
    if (fd_ >= 0) ::close(fd_);
  }

  void wake() noexcept {
    const std::uint64_t one = 1;
    // A full counter is as awake as can be, so failure is success.
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
  }
  // Forgets what woke it; true if something did.
  bool clear() noexcept {
    std::uint64_t count = 0;
    return ::read(fd_, &count, sizeof count) > 0;
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace binferry::mysql
