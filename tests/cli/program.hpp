// Runs the program as a user does: arguments, standard input, exit code, both outputs.
#pragma once

#include "tests/support/source_dir.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <cstdlib>
#include <string>
#include <vector>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace binferry::test {

struct Ran {
  int exit_code = -1;  // 128 + the signal's number if one ended it
  std::string out;
  std::string err;
  long peak_kib = 0;  // resident memory
};

inline void redirect(const std::string& path, int flags, int fd) {
  const int opened = ::open(path.c_str(), flags, 0600);
  if (opened < 0 || ::dup2(opened, fd) < 0) ::_exit(127);
}

// Starts `program` with its outputs in files of `folder`, in UTC and without colour. An empty `input` is /dev/null.
inline pid_t start_program(const std::string& program, const std::vector<std::string>& arguments, const TempDir& folder,
                           const std::string& input = {}, const std::string& output = {}) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  redirect(input.empty() ? "/dev/null" : input, O_RDONLY, 0);
  redirect(output.empty() ? folder / "out" : output, O_WRONLY | O_CREAT | O_TRUNC, 1);
  redirect(folder / "err", O_WRONLY | O_CREAT | O_TRUNC, 2);
  ::setenv("TZ", "UTC", 1);
  ::unsetenv("BINFERRY_KEY_FILE_PASSWORD");
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  ::_exit(127);
}

inline Ran finish_program(pid_t child, const TempDir& folder) {
  Ran ran;
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.peak_kib = usage.ru_maxrss;
  ran.out = read_file(folder / "out");
  ran.err = read_file(folder / "err");
  return ran;
}

inline Ran run(const std::vector<std::string>& arguments, const std::string& input = {}) {
  const TempDir folder;
  return finish_program(start_program(BINFERRY_BINARY, arguments, folder, input), folder);
}

inline std::string fixture(const std::string& name) {
  return std::string(source_dir()) + "/fixtures/" + name;
}

}  // namespace binferry::test
