// A program at work that is ended with its object, and can be killed, paused and started again. Tests only.
#pragma once

#include "tests/integration/support/child_process.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace binferry::test {

class Process {
 public:
  // Starts it; both outputs are appended to the file `output`.
  Process(std::vector<std::string> args, std::filesystem::path output);
  ~Process() { stop(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void start();
  void stop();       // SIGTERM, and SIGKILL after a long while
  void kill_hard();  // SIGKILL
  void pause() const;
  void go_on() const;
  [[nodiscard]] bool running() const { return pid_ > 0; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string output() const;
  // Waits for its end by itself; -1 if it does not come in a long while.
  int wait();

 private:
  ChildCommand command_;
  pid_t pid_ = -1;
};

// A port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

}  // namespace binferry::test
