// Replay into a file that others hold, or that may not be written: a clear error or patience, and nothing lost.
#include "tests/crash/interrupted.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace binferry::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLog = "mysql-5.6/shop";
constexpr uid_t kNobody = 65534;

class SharedReplica : public testing::Test {
 protected:
  SharedReplica() : replay_(kLog), job_(replay_.job_into("R.db")) {
    ReplicaJob half = job_;
    half.most_transactions = replay_.transactions() / 2;
    EXPECT_TRUE(bring_up(half).has_value());
    half_content_ = content_of(job_.into);
  }

  InterruptedReplay replay_;
  ReplicaJob job_;
  std::string half_content_;  // of the replica in the middle of its log
};

TEST_F(SharedReplica, ASecondWriterIsToldWhoTheFirstIs) {
  {
    const Result<std::unique_ptr<Replica>> first = open_replica(job_.into);
    ASSERT_TRUE(first.has_value());
    const Result<JobOutcome> second = bring_up(job_);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, Errc::busy);
    EXPECT_NE(second.error().message().find(fmt::format("process {} ", ::getpid())), std::string::npos)
        << second.error().message();
    EXPECT_FALSE(second.error().hint.empty());
  }
  EXPECT_EQ(content_of(job_.into), half_content_);
  replay_.expect_whole(job_);
}

TEST_F(SharedReplica, AnotherProgramThatWritesStopsTheReplayWithoutHarm) {
  {
    Result<Database> other = Database::open(job_.into, OpenMode::read_write);
    ASSERT_TRUE(other.has_value());
    ASSERT_TRUE(other->execute("BEGIN IMMEDIATE; CREATE TABLE notes (text TEXT)").has_value());
    const Result<JobOutcome> outcome = bring_up(job_);
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, Errc::busy) << outcome.error().message();
    EXPECT_FALSE(outcome.error().hint.empty());
    ASSERT_TRUE(other->execute("ROLLBACK").has_value());
  }
  EXPECT_EQ(content_of(job_.into), half_content_);
  replay_.expect_whole(job_);
}

TEST_F(SharedReplica, AReaderThatStaysNeitherStopsTheReplayNorSeesIt) {
  constexpr const char* kSeen = "SELECT checkpoint FROM binferry_state";
  Result<Database> reader = Database::open(job_.into, OpenMode::read_only);
  ASSERT_TRUE(reader.has_value());
  ASSERT_TRUE(reader->execute("BEGIN").has_value());
  const Result<std::optional<std::string>> before = reader->query_text(kSeen);
  ASSERT_TRUE(before.has_value() && before->has_value());
  ReplicaJob small = job_;
  small.batch_transactions = 1;
  const Result<JobOutcome> outcome = bring_up(small);
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
  EXPECT_GT(outcome->totals.transactions, 0U);
  EXPECT_EQ(**reader->query_text(kSeen), **before);
  ASSERT_TRUE(reader->execute("COMMIT").has_value());
  EXPECT_NE(**reader->query_text(kSeen), **before);
  replay_.expect_whole(job_);
}

// As somebody to whom permissions mean something: the superuser may write everywhere.
int error_as_nobody(const ReplicaJob& job) {
  int status = 0;
  const pid_t pid = in_child([&] {
    if (::geteuid() == 0) {
      if (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0) return 255;
    }
    const Result<JobOutcome> outcome = bring_up(job);
    if (outcome) return 254;
    return outcome.error().hint.empty() ? 253 : static_cast<int>(outcome.error().code);
  });
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

TEST_F(SharedReplica, AFileOrFolderThatMayNotBeWrittenIsAnErrorAndStaysAsItIs) {
  // A log that everybody may read.
  const fs::path folder = replay_.folder() / "open";
  fs::copy(replay_.log(), folder, fs::copy_options::recursive);
  ASSERT_EQ(::chmod(folder.c_str(), 0755), 0);
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ASSERT_EQ(::chmod(entry.path().c_str(), 0644), 0);
  }
  job_.inputs = {folder.string()};
  const std::string& home = replay_.folder().path();
  ASSERT_EQ(::chmod(home.c_str(), 0777), 0);
  ASSERT_EQ(::chmod((job_.into + ".lock").c_str(), 0666), 0);
  ASSERT_EQ(::chmod(job_.into.c_str(), 0444), 0);
  EXPECT_EQ(error_as_nobody(job_), static_cast<int>(Errc::replica));
  ASSERT_EQ(::chmod((job_.into + ".lock").c_str(), 0444), 0);
  ASSERT_EQ(::chmod(home.c_str(), 0555), 0);
  EXPECT_EQ(error_as_nobody(job_), static_cast<int>(Errc::replica));
  ASSERT_EQ(::chmod(home.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(job_.into.c_str(), 0644), 0);
  ASSERT_EQ(::chmod((job_.into + ".lock").c_str(), 0644), 0);
  EXPECT_EQ(content_of(job_.into), half_content_);
  replay_.expect_whole(job_);
}

}  // namespace
}  // namespace binferry::test
