#include "binlog/source/log_watch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace binferry {
namespace {

// inotify may be silent where a file is written by another machine. A wait never lasts longer than this without a look.
constexpr int kLongestWait_ms = 250;
constexpr std::uint32_t kDirectoryMask = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM;
constexpr std::uint32_t kFileMask = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE;

}  // namespace

LogWatch::LogWatch(bool poll_only) : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!poll_only) inotify_ = FileDescriptor(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
}

void LogWatch::watch_directory(const std::string& path) {
  if (polls()) return;
  directory_changed_ = true;
  if (directory_watch_ >= 0) ::inotify_rm_watch(inotify_.get(), directory_watch_);
  directory_watch_ = ::inotify_add_watch(inotify_.get(), path.c_str(), kDirectoryMask);
  if (directory_watch_ < 0) inotify_ = FileDescriptor();  // out of watches: poll
}

void LogWatch::watch_file(const std::string& path) {
  if (polls()) return;
  if (file_watch_ >= 0) ::inotify_rm_watch(inotify_.get(), file_watch_);
  file_watch_ = ::inotify_add_watch(inotify_.get(), path.c_str(), kFileMask);
  if (file_watch_ < 0) inotify_ = FileDescriptor();
}

Status LogWatch::wait(int timeout_ms) {
  const int longest = polls() ? kPollInterval_ms : kLongestWait_ms;
  const int wait_ms = timeout_ms < 0 ? longest : std::min(timeout_ms, longest);
  pollfd watched[2] = {{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                       {.fd = inotify_.get(), .events = POLLIN, .revents = 0}};  // a negative fd is passed over
  const int ready = ::poll(watched, 2, wait_ms);
  if (ready < 0 && errno != EINTR) return system_error("wait for the log to grow", errno);
  timed_out_ = ready == 0;
  if (watched[1].revents != 0) drain();
  return {};
}

void LogWatch::drain() {
  alignas(inotify_event) char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(inotify_.get(), buffer, sizeof buffer);
    if (got <= 0) return;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof event);
      if (event.wd == directory_watch_ || (event.mask & IN_Q_OVERFLOW) != 0) directory_changed_ = true;
      at += sizeof event + event.len;
    }
  }
}

bool LogWatch::take_directory_change() {
  if (polls()) return true;
  drain();
  return std::exchange(directory_changed_, false);
}

void LogWatch::observe_growth(bool grew) {
  if (!std::exchange(timed_out_, false) || polls()) return;
  pollfd watched{.fd = inotify_.get(), .events = POLLIN, .revents = 0};
  if (!grew || ::poll(&watched, 1, 0) != 0) return;
  if (++missed_ >= 2) inotify_ = FileDescriptor();
}

// Only async-signal-safe calls: an atomic store and a write.
void LogWatch::stop() noexcept {
  stopped_.store(true, std::memory_order_release);
  const int kept_errno = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote = ::write(wake_.get(), &one, sizeof one);
  errno = kept_errno;
}

}  // namespace binferry
