// Replay killed with SIGKILL, at random instants and in front of operations on its files, and started again: in the end
// the replica holds what it would have held.
//
// BINFERRY_SEED brings a failure back; BINFERRY_KILLS sets how many kills a case takes.
#include "tests/crash/failing_vfs.hpp"
#include "tests/crash/interrupted.hpp"
#include "tests/integration/support/random.hpp"

#include <fmt/format.h>

#include <cctype>
#include <chrono>
#include <csignal>
#include <filesystem>

namespace binferry::test {
namespace {

using Clock = std::chrono::steady_clock;

class Killed : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Each, Killed,
                         testing::Values("mysql-8.0/shop", "mysql-8.0/ddl", "mariadb-10.11/transactions",
                                         "mysql-5.6/shop"),
                         [](const auto& which) {
                           std::string name;
                           for (const char* at = which.param; *at != 0; ++at) {
                             if (std::isalnum(static_cast<unsigned char>(*at)) != 0) name += *at;
                           }
                           return name;
                         });

bool was_killed(int status) {
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}
bool was_done(int status) {
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_P(Killed, AtRandomInstantsItGoesOnAsIfNothingHadBeen) {
  const std::uint64_t seed = seed_or(51);
  SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
  Random random(seed);
  const InterruptedReplay replay(GetParam());
  const ReplicaJob timed = replay.job_into("timed.db");
  const auto began = Clock::now();
  int status = 0;
  ASSERT_GT(::waitpid(in_child([&] { return bring_up_or_complain(timed); }), &status, 0), 0);
  ASSERT_TRUE(was_done(status));
  const auto whole_us = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began).count();

  const std::uint64_t kills = number_or("BINFERRY_KILLS", 50);
  std::uint64_t killed = 0;
  std::uint64_t finished = 0;
  for (std::uint64_t round = 0; killed < kills; ++round) {
    ASSERT_LT(finished, 10 * kills + 50) << "almost every run ends before it can be killed";
    ReplicaJob job = replay.job_into("killed.db");
    job.batch_transactions = random.between(1, 5);
    job.durability = random.chance(30) ? Durability::full : Durability::normal;
    // These logs are short: SQLite's write-ahead log would never be copied into the database before the end.
    job.log_pages = random.chance(50) ? static_cast<int>(random.between(1, 60)) : 0;
    // Some get only a little time, so that the first moments of a replica are met as often as the last.
    const auto most_us = static_cast<std::size_t>(whole_us) / random.between(1, 6) + 1;
    for (bool done = false; !done && killed < kills;) {
      const pid_t pid = in_child([&] { return bring_up_or_complain(job); });
      ASSERT_GT(pid, 0);
      ::usleep(static_cast<useconds_t>(random.below(most_us)));
      ::kill(pid, SIGKILL);
      ASSERT_EQ(::waitpid(pid, &status, 0), pid);
      ASSERT_TRUE(was_killed(status) || was_done(status)) << "status " << status << " after " << killed << " kills";
      done = was_done(status);
      killed += done ? 0 : 1;
      // One that was killed early enough has not made the file yet.
      if (!done && random.chance(20) && std::filesystem::exists(job.into)) {
        EXPECT_EQ(integrity_of(job.into), "ok");
      }
    }
    ++finished;
    replay.expect_whole(job);
    if (HasFailure()) return;
    InterruptedReplay::remove(job);
  }
}

// Where the clock rarely hits: between two writes of one commit, inside a checkpoint, between a sync and what follows.
TEST_P(Killed, InFrontOfAnyOperationOnItsFilesItGoesOnAsIfNothingHadBeen) {
  const InterruptedReplay replay(GetParam());
  ReplicaJob job = replay.job_into("killed.db");
  job.vfs = FailingVfs::kName;
  job.durability = Durability::full;
  FailingVfs::arm({});
  ASSERT_TRUE(bring_up(job).has_value());
  const std::uint64_t operations = FailingVfs::operations();
  ASSERT_GT(operations, 20U);
  InterruptedReplay::remove(job);
  const std::uint64_t stride = 2 * operations / number_or("BINFERRY_KILLS", 50) + 1;
  for (std::uint64_t at = 1 + seed_or(1) % stride; at <= operations; at += stride) {
    SCOPED_TRACE(fmt::format("operation {} of {}", at, operations));
    int status = 0;
    const pid_t pid = in_child([&] {
      FailingVfs::arm({Mishap::kill, at});
      return bring_up_or_complain(job);
    });
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(was_killed(status)) << "status " << status;
    replay.expect_whole(job);
    if (HasFailure()) return;
    InterruptedReplay::remove(job);
  }
}

}  // namespace
}  // namespace binferry::test
