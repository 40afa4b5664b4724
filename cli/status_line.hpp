// How a live replica stands: one line that is drawn over itself on a terminal, or one JSON object a line.
#pragma once

#include "position/checkpoint.hpp"
#include "position/live_status.hpp"

namespace binferry::cli {

class StatusLine {
 public:
  explicit StatusLine(bool json);
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void show(const LiveStatus& status, const Checkpoint& checkpoint);

 private:
  bool json_;
  bool is_terminal_;
  bool drawn_ = false;
};

}  // namespace binferry::cli
