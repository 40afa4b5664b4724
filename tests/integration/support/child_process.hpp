// Starting a program, waiting for it, ending it by its process id. Tests only.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace binferry::test {

struct ChildCommand {
  std::vector<std::string> args;         // args[0] is the program's path, or is looked up in PATH
  std::vector<std::string> environment;  // NAME=VALUE beside the parent's own
  std::filesystem::path input = "/dev/null";
  std::filesystem::path output;  // standard output and error are appended to it
};

// The child gets SIGKILL when the thread that started it ends. Throws std::runtime_error when fork fails; a program
// that cannot be run ends with status 127.
pid_t start_child(const ChildCommand& command);

// The exit status, or 128 + the signal's number.
int wait_for_child(pid_t pid);

// SIGTERM, then SIGKILL once `patience` is over (at once when it is zero); waits for the end.
void stop_child(pid_t pid, std::chrono::milliseconds patience);

// Runs to the end; standard output and error as one text. Throws unless the status is 0.
std::string output_of(const std::vector<std::string>& args);

}  // namespace binferry::test
