// What goes to standard error, and the exit codes.
#pragma once

#include "binlog/base/error.hpp"

#include <string_view>

namespace binferry::cli {

// Exit codes are a contract (docs/commands.md).
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kBadInput = 3,
  kBadSource = 4,
  kBadReplica = 5,
  kDifferences = 6,
};

ExitCode exit_code_of(Errc code);

// `binferry: binlog.000003:1547: WRITE_ROWS: checksum mismatch (…)`, and the hint on a line of its own. Whatever was to
// be printed before must have been flushed.
ExitCode report(const Error& error);

// `binferry: note: …`: something to know that is no error.
void note(std::string_view text);

}  // namespace binferry::cli
