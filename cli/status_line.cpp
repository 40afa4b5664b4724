#include "cli/status_line.hpp"

#include "position/comparison.hpp"

#include <cstdio>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

namespace binferry::cli {
namespace {

std::uint64_t last_us(const Checkpoint& checkpoint) {
  return checkpoint.source_commit_us != 0 ? checkpoint.source_commit_us
                                          : std::uint64_t{checkpoint.timestamp} * 1'000'000;
}

}  // namespace

StatusLine::StatusLine(bool json) : json_(json), is_terminal_(::isatty(STDERR_FILENO) != 0) {}

StatusLine::~StatusLine() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void StatusLine::show(const LiveStatus& status, const Checkpoint& checkpoint) {
  const std::optional<std::uint64_t> lag = lag_us(last_us(checkpoint), status.heard_us, status.written_us);
  if (json_) {
    fmt::print("{{\"status\":{},\"applied\":{},\"lag_us\":{}}}\n", to_json(status), to_json(checkpoint),
               lag ? std::to_string(*lag) : "null");
    std::fflush(stdout);
  } else if (is_terminal_) {
    fmt::print(stderr, "\r\x1b[K{}: {}; at {}, {} transactions, {} rows, lag {}", status.source, name_of(status.state),
               checkpoint.position.file.empty() ? "no position" : checkpoint.position.text(), checkpoint.transactions,
               checkpoint.rows, lag ? fmt::format("{:.1f} s", static_cast<double>(*lag) / 1e6) : "unknown");
    std::fflush(stderr);
    drawn_ = true;
  }
}

}  // namespace binferry::cli
