#include "binlog/ship/durable_file.hpp"

#include "binlog/source/input.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

namespace binferry {
namespace {

constexpr mode_t kMode = 0640;

std::unexpected<Error> failed_on(const std::string& path, std::string_view doing) {
  auto failed = system_error(doing, errno);
  return std::unexpected(std::move(failed.error()).at(path));
}

}  // namespace

Status replace_durably(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  const FileDescriptor into(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (!into.is_open()) return failed_on(fresh, "make");
  while (!text.empty()) {
    const ssize_t count = ::write(into.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failed_on(fresh, "write");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(into.get()) != 0) return failed_on(fresh, "sync");
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed_on(path, "replace");
  const std::size_t slash = path.rfind('/');
  return sync_folder(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
}

Status sync_folder(const std::string& folder) {
  const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || ::fsync(opened.get()) != 0) return failed_on(folder, "sync");
  return {};
}

}  // namespace binferry
