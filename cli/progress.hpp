// A line on the terminal that tells how far a long piece of work is; nothing at all if standard error is no terminal.
#pragma once

#include <chrono>
#include <cstdint>

namespace binferry::cli {

class Progress {
 public:
  // `total_bytes` 0: nobody knows, and no line is drawn.
  explicit Progress(std::uint64_t total_bytes);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Draws the line anew, at most a few times a second.
  void update(std::uint64_t bytes, std::uint64_t rows);
  // Takes it away, before anything else is printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::uint64_t total_bytes_;
  bool is_terminal_;
  bool drawn_ = false;
  Clock::time_point began_;
  Clock::time_point last_;
};

}  // namespace binferry::cli
