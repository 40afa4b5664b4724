// Waiting for a folder and one file in it to change: inotify, or polling where that does not work.
//
// One thread waits. stop() may be called from any thread and from a signal handler.
#pragma once

#include "binlog/source/input.hpp"

#include <atomic>
#include <string>

namespace binferry {

class LogWatch {
 public:
  // How often a file is looked at without inotify.
  static constexpr int kPollInterval_ms = 20;

  explicit LogWatch(bool poll_only);

  // The folder whose files come and go, and the file that grows; each replaces the one before.
  void watch_directory(const std::string& path);
  void watch_file(const std::string& path);

  // Blocks until something changed, stop() was called, or the time is over; may return early. Errc::io.
  Status wait(int timeout_ms);
  // True if files came or went since the last call, or if that is not known.
  bool take_directory_change();
  // To be told after wait() when the file turns out to have grown, or not. inotify reports nothing on some network
  // file systems: growth that it missed twice makes this poll from then on.
  void observe_growth(bool grew);
  [[nodiscard]] bool polls() const { return !inotify_.is_open(); }

  void stop() noexcept;
  [[nodiscard]] bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }

 private:
  void drain();

  FileDescriptor inotify_;
  FileDescriptor wake_;
  std::atomic<bool> stopped_ = false;
  int directory_watch_ = -1;
  int file_watch_ = -1;
  bool directory_changed_ = true;
  bool timed_out_ = false;
  int missed_ = 0;
};

}  // namespace binferry
