#include "cli/output.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <poll.h>
#include <unistd.h>

namespace binferry::cli {

Status Output::flush() {
  std::size_t written = 0;
  while (written < buffer_.size() && !closed_) {
    const ssize_t count = ::write(fd_, buffer_.data() + written, buffer_.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno == EAGAIN) {  // a pipe that someone else made non-blocking
      pollfd ready{fd_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      const int failed = errno;
      buffer_.clear();
      return std::unexpected(Error{failed == ENOSPC ? Errc::no_space : Errc::io,
                                   std::string("cannot write: ") + std::strerror(failed), "standard output",
                                   "make room where it goes, then run again"});
    }
  }
  buffer_.clear();
  return {};
}

bool Output::wants_colour() const {
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* const term = std::getenv("TERM");
  return ::isatty(fd_) == 1 && (term == nullptr || std::string_view(term) != "dumb");
}

}  // namespace binferry::cli
