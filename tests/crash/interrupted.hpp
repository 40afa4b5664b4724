// What the tests of interrupted replays share: a log, and what a replica of it holds when nothing went wrong.
#pragma once

#include "tests/integration/support/replica_check.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace binferry::test {

// Several transactions share a commit, and every run ends early: so an interruption can meet each state that there is.
class InterruptedReplay {
 public:
  // `log`: a folder below fixtures/.
  explicit InterruptedReplay(std::string_view log) : log_(std::filesystem::path(source_dir()) / "fixtures" / log) {
    const ReplicaJob job = job_into("whole.db");
    const Result<JobOutcome> outcome = bring_up(job);
    EXPECT_TRUE(outcome.has_value()) << outcome.error().message();
    transactions_ = outcome ? outcome->totals.transactions : 0;
    EXPECT_GT(transactions_, 5U);
    const Result<ReplicaCheck> check = check_replica(job.into, read_dumps(log_ / "expected"));
    EXPECT_TRUE(check.has_value() && check->differences.empty()) << check->differences;
    whole_ = content_of(job.into);
  }

  [[nodiscard]] ReplicaJob job_into(std::string_view name) const {
    ReplicaJob job;
    job.inputs = {log_.string()};
    job.into = folder_ / name;
    job.batch_transactions = 3;
    return job;
  }

  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }
  [[nodiscard]] const std::filesystem::path& log() const { return log_; }
  [[nodiscard]] const TempDir& folder() const { return folder_; }

  // Goes on to the end of the log with nothing in the way, then compares with the replica that nothing happened to.
  void expect_whole(const ReplicaJob& job) const {
    ReplicaJob rest = job;
    rest.most_transactions.reset();
    const Result<JobOutcome> outcome = bring_up(rest);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message() << "\n" << outcome.error().hint;
    EXPECT_EQ(integrity_of(job.into), "ok");
    EXPECT_EQ(content_of(job.into), whole_);
  }

  // The replica, its log and its lock; a new one can be made under this name.
  static void remove(const ReplicaJob& job) {
    for (const std::string_view suffix : {"", "-wal", "-shm", "-journal", ".lock"}) {
      std::filesystem::remove(job.into + std::string(suffix));
    }
  }

 private:
  TempDir folder_;
  std::filesystem::path log_;
  std::uint64_t transactions_ = 0;
  std::string whole_;
};

// Runs `work`, which returns an exit status, in a process of its own that can be killed.
template <class Work>
pid_t in_child(const Work& work) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::_exit(work());
}

inline int bring_up_or_complain(const ReplicaJob& job) {
  const Result<JobOutcome> outcome = bring_up(job);
  if (outcome) return 0;
  std::fprintf(stderr, "%s\n", outcome.error().message().c_str());
  return 1;
}

// A number from the environment, for those who want more than CI has time for.
inline std::uint64_t number_or(const char* name, std::uint64_t fallback) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : fallback;
}

}  // namespace binferry::test
