#include "cli/progress.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

namespace binferry::cli {
namespace {

constexpr std::size_t kBarWidth = 30;

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

Progress::Progress(std::uint64_t total_bytes)
    : total_bytes_(total_bytes), is_terminal_(::isatty(2) == 1), began_(Clock::now()), last_(began_) {}

void Progress::update(std::uint64_t bytes, std::uint64_t rows) {
  if (!is_terminal_ || total_bytes_ == 0) return;
  const Clock::time_point now = Clock::now();
  if (now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - began_).count();
  const double share = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total_bytes_));
  const auto filled = static_cast<std::size_t>(share * kBarWidth);
  const double left = share > 0 ? seconds / share - seconds : 0;
  const std::string line = fmt::format(
      "\r[{}{}] {:3.0f}%  {:.1f} of {:.1f} MB{}  {} left\x1b[K", std::string(filled, '#'),
      std::string(kBarWidth - filled, ' '), share * 100, static_cast<double>(bytes) / 1e6,
      static_cast<double>(total_bytes_) / 1e6,
      rows == 0 ? "" : fmt::format("  {:.0f} rows/s", static_cast<double>(rows) / seconds), duration_text(left));
  std::fwrite(line.data(), 1, line.size(), stderr);
  drawn_ = true;
}

void Progress::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace binferry::cli
