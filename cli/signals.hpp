// SIGINT and SIGTERM as a question that loops ask between transactions.
#pragma once

namespace binferry::cli {

// From here on the first of these signals makes stop_requested() true; the second ends the process as usual. SIGPIPE is
// ignored, so that a closed pipe is an error of write().
void install_signal_handlers();
bool stop_requested();

}  // namespace binferry::cli
