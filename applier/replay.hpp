// Log files into a replica: where to begin, which files are missing, and the loop that reads and applies.
#pragma once

#include "applier/applier.hpp"
#include "binlog/source/event_source.hpp"
#include "binlog/source/file_source.hpp"
#include "binlog/source/transaction_stream.hpp"
#include "position/checkpoint.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace binferry {

// Where in the files given a replica goes on.
struct ReplayStart {
  std::string file;  // base name
  std::uint64_t offset = kFirstEventOffset;
  std::string last_file;     // of those given
  std::uint64_t bytes = 0;   // to be read, as the files are now
  bool nothing_new = false;  // the replica is at or behind the end of all of them
};

// `inputs` as MultiFileSource::open takes them. `start_position`, in the first file, is for a replica that has read
// nothing yet (else Errc::usage). `options` give the keys of encrypted logs. Errors: `purged`, saying what is missing
// between the replica and the files; `diverged`, if the file at the replica's position is shorter than that;
// `wrong_source`, if the files are seen not to be those that the replica has read; as list_logs().
Result<ReplayStart> plan_replay(const std::vector<std::string>& inputs, const Checkpoint& checkpoint,
                                std::optional<std::uint64_t> start_position, const FileSourceOptions& options = {});

struct ReplayOptions {
  TransactionFilter filter;  // judges whole transactions; stop_file is set by the caller
  Limits limits{};
  std::uint64_t start = kFirstEventOffset;  // where reading begins in the first file
  bool stop_at_wait = false;                // sources that grow: end when nothing more is there
  bool by_gtids = false;                    // see LogFileHead

  // Told every event before it is assembled.
  std::function<void(const RawEvent&)> on_event{};
  // Told every transaction when it is whole, before it is applied.
  std::function<Status(const Transaction&)> on_transaction{};
  // All that was read is applied and durable; called when the source has no more for now, and in between.
  std::function<Status()> on_sealed{};
};

class Replay {
 public:
  // Both must outlive it.
  Replay(SqliteApplier& applier, EventSource& source, ReplayOptions options);

  // Reads and applies until the source ends, the filter says stop, or `should_stop` (asked between transactions) is
  // true; then everything applied is committed and durable, and, unless it was stopped, has its indexes. After an error
  // what came before the failed transaction is committed. `on_progress` is told the bytes read so far, now and then;
  // both may be null.
  Status run(const std::function<bool()>& should_stop, const std::function<void(std::uint64_t)>& on_progress);

  [[nodiscard]] bool was_stopped() const { return stopped_; }

 private:
  Result<bool> step(const std::function<bool()>& should_stop);
  Status enter_file();
  void watch(const RawEvent& event);
  void watch_head(const RawEvent& event);

  SqliteApplier& applier_;
  ReplayOptions options_;
  TransactionStream stream_;
  LogFileHead head_;           // of the current file, as far as it was read
  Status head_status_;         // an error in it
  bool head_pending_ = false;  // begin_file() is still to be told of it
  bool first_file_ = true;
  std::optional<BinlogPosition> successor_;  // the current file ended in an orderly way; the next one begins here
  std::string previous_file_;
  std::uint64_t bytes_before_ = 0;  // of files read to their end
  bool stopped_ = false;
};

}  // namespace binferry
