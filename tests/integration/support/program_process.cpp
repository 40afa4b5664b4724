#include "tests/integration/support/program_process.hpp"

#include "tests/unit/support/temp_dir.hpp"

#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace binferry::test {

using namespace std::chrono_literals;

Process::Process(std::vector<std::string> args, std::filesystem::path output) {
  command_.args = std::move(args);
  command_.output = std::move(output);
  start();
}

void Process::start() {
  pid_ = start_child(command_);
}

void Process::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGCONT);
  stop_child(std::exchange(pid_, -1), 60s);
}

void Process::kill_hard() {
  if (pid_ > 0) stop_child(std::exchange(pid_, -1), 0ms);
}

void Process::pause() const {
  ::kill(pid_, SIGSTOP);
}

void Process::go_on() const {
  ::kill(pid_, SIGCONT);
}

std::string Process::output() const {
  return read_file(command_.output.string());
}

int Process::wait() {
  siginfo_t ended{};
  for (int i = 0; i < 6000; ++i) {
    ended = {};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT | WNOHANG) == 0 && ended.si_pid == pid_) {
      return wait_for_child(std::exchange(pid_, -1));
    }
    std::this_thread::sleep_for(20ms);
  }
  return -1;
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) {
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

}  // namespace binferry::test
