// Replay on a disk that fails: every write, sync, truncate and delete fails once, the disk fills up, the power goes. A
// clear error each time, nothing lost, and the next run goes on to the same replica.
#include "applier/sqlite.hpp"
#include "applier/wal_vfs.hpp"
#include "tests/crash/failing_vfs.hpp"
#include "tests/crash/interrupted.hpp"
#include "tests/integration/support/random.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <fmt/format.h>

namespace binferry::test {
namespace {

constexpr const char* kLog = "mysql-5.6/shop";

class FailingDisk : public testing::Test {
 protected:
  FailingDisk() : replay_(kLog), job_(replay_.job_into("R.db")) {
    job_.vfs = FailingVfs::kName;
    job_.most_transactions = replay_.transactions() / 3 + 1;  // so that replicas are opened again, too
  }

  // One run after another until nothing is new, or until one fails.
  Status run_to_the_end() {
    for (;;) {
      const Result<JobOutcome> outcome = bring_up(job_);
      if (!outcome) return std::unexpected(outcome.error());
      sealed_ = outcome->checkpoint.position;
      if (outcome->totals.transactions == 0) return {};
    }
  }

  std::uint64_t count_operations() {
    FailingVfs::arm({});
    EXPECT_TRUE(run_to_the_end().has_value());
    InterruptedReplay::remove(job_);
    return FailingVfs::operations();
  }

  InterruptedReplay replay_;
  ReplicaJob job_;
  BinlogPosition sealed_;  // where the last run that went well ended
};

// An error of the disk's is the disk's: no table is to blame, no internal error is reported.
void expect_clear(const Error& error) {
  EXPECT_TRUE(error.code == Errc::io || error.code == Errc::no_space || error.code == Errc::replica) << error.message();
  // Where: the replica, or the transaction that could not be written.
  const std::string text = error.message();
  EXPECT_TRUE(text.find("R.db") != std::string::npos || text.find("binlog.0") != std::string::npos) << text;
  EXPECT_FALSE(error.hint.empty()) << error.message();
}

// SQLite undoes such a statement and goes on: the frames of those before it may be among those that found no room.
TEST(FullDisk, TakesNothingFromTheStatementsBeforeTheOneThatFoundNoRoom) {
  FailingVfs::arm({});
  const auto vfs = frame_joining_vfs(FailingVfs::kName);
  ASSERT_TRUE(vfs) << vfs.error().message();
  int undone = 0;
  for (std::uint64_t at = 1; at < 40; ++at) {
    SCOPED_TRACE(at);
    const TempDir dir;
    auto database = Database::open(dir / "R.db", OpenMode::create, *vfs);
    ASSERT_TRUE(database) << database.error().message();
    const auto must = [&](const std::string& sql) {
      const Status done = database->execute(sql);
      ASSERT_TRUE(done) << sql << ": " << done.error().message();
    };
    must(
        "PRAGMA journal_mode = WAL; PRAGMA cache_size = 8; PRAGMA synchronous = NORMAL; CREATE TABLE t (x BLOB "
        "UNIQUE)");
    must("BEGIN");
    for (int row = 0; row < 100; ++row) must(fmt::format("INSERT INTO t VALUES ({} || zeroblob(500))", row));
    FailingVfs::arm({Mishap::full, at});
    const Status failed = database->execute(
        "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
        " INSERT INTO t SELECT i || zeroblob(500) FROM n");
    FailingVfs::arm({});
    ASSERT_TRUE(failed || failed.error().code == Errc::no_space) << failed.error().message();
    if (!database->in_transaction()) continue;
    if (!failed) ++undone;
    must("INSERT INTO t VALUES ('last'); COMMIT; PRAGMA wal_checkpoint");
    EXPECT_EQ(database->query_text("PRAGMA integrity_check")->value_or(""), "ok");
    EXPECT_EQ(database->query_text("SELECT count(*) FROM t")->value_or(""), failed ? "402" : "101");
  }
  EXPECT_GT(undone, 0);
}

TEST_F(FailingDisk, EveryOperationThatFailsOnceIsReportedAndLosesNothing) {
  for (const Durability durability : {Durability::normal, Durability::full}) {
    job_.durability = durability;
    const std::uint64_t operations = count_operations();
    ASSERT_GT(operations, 30U);
    std::uint64_t reported = 0;
    // With more syncs, but else the same writes: some of them will do.
    const std::uint64_t stride = durability == Durability::full ? 4 : 1;
    for (std::uint64_t at = 1; at <= operations; at += stride) {
      SCOPED_TRACE(fmt::format("operation {} of {}", at, operations));
      FailingVfs::arm({Mishap::error, at});
      // What fails while SQLite tidies up behind a commit is no error for anybody: the next run does it.
      for (int failures = 0;;) {
        const Status done = run_to_the_end();
        if (done) break;
        expect_clear(done.error());
        ++reported;
        ASSERT_EQ(++failures, 1) << done.error().message();
      }
      EXPECT_TRUE(FailingVfs::has_struck());
      FailingVfs::arm({});
      replay_.expect_whole(job_);
      if (HasFailure()) return;
      InterruptedReplay::remove(job_);
    }
    EXPECT_GT(reported * stride * 2, operations);
  }
}

TEST_F(FailingDisk, AFullDiskStopsTheReplayUntilThereIsRoom) {
  const std::uint64_t operations = count_operations();
  const std::uint64_t stride = operations / 40 + 1;
  for (std::uint64_t at = 1; at <= operations; at += stride) {
    SCOPED_TRACE(fmt::format("operation {} of {}", at, operations));
    FailingVfs::arm({Mishap::full, at});
    const Status first = run_to_the_end();
    if (!first) {
      EXPECT_EQ(first.error().code, Errc::no_space) << first.error().message();
      expect_clear(first.error());
      const Status second = run_to_the_end();
      ASSERT_FALSE(second.has_value());
      EXPECT_EQ(second.error().code, Errc::no_space) << second.error().message();
    }
    FailingVfs::arm({});
    replay_.expect_whole(job_);
    if (HasFailure()) return;
    InterruptedReplay::remove(job_);
  }
}

// docs/guarantees.md: a power loss may take the last commits of a run that is catching up, whole, with their position;
// never those of a run that has ended, and with Durability::full none.
class PowerLoss : public FailingDisk {
 protected:
  // False: the run had ended before the operation came.
  bool cut_and_look(std::uint64_t at) {
    const std::uint64_t seed = seed_or(at);
    SCOPED_TRACE(fmt::format("operation {}, seed {}", at, seed));
    BinlogPosition reached;
    job_.reached = &reached;
    sealed_ = {};
    FailingVfs::arm({Mishap::power_cut, at});
    (void)run_to_the_end();  // the last operations of all are SQLite's tidying up: then nothing fails
    const bool struck = FailingVfs::has_struck();
    FailingVfs::settle(seed);
    job_.reached = nullptr;
    std::filesystem::remove(job_.into + "-shm");  // it was memory
    EXPECT_EQ(integrity_of(job_.into), "ok");
    Result<std::unique_ptr<Replica>> after = open_replica(job_.into);
    EXPECT_TRUE(after.has_value()) << after.error().message();
    if (!after) return struck;
    const BinlogPosition& promised = job_.durability == Durability::full && reached > sealed_ ? reached : sealed_;
    EXPECT_GE((*after)->checkpoint.position, promised);
    after->reset();
    replay_.expect_whole(job_);
    InterruptedReplay::remove(job_);
    return struck;
  }
};

TEST_F(PowerLoss, LeavesAnEarlierStandOfTheReplica) {
  for (const Durability durability : {Durability::normal, Durability::full}) {
    job_.durability = durability;
    job_.batch_transactions = 1;
    const std::uint64_t operations = count_operations();
    const std::uint64_t stride = operations / number_or("BINFERRY_CUTS", 60) + 1;
    for (std::uint64_t at = 1; at <= operations; at += stride) {
      EXPECT_TRUE(cut_and_look(at));
      if (HasFailure()) return;
    }
  }
}

// The log is copied into the database by a thread: the same operation is another one in each run.
TEST_F(PowerLoss, LeavesAnEarlierStandAlsoWhileTheLogIsCopied) {
  Random random(seed_or(17));
  for (const Durability durability : {Durability::normal, Durability::full}) {
    job_.durability = durability;
    job_.batch_transactions = 1;
    job_.most_transactions.reset();
    job_.log_pages = 10;
    const std::uint64_t operations = count_operations();
    std::uint64_t struck = 0;
    const std::uint64_t cuts = number_or("BINFERRY_CUTS", 60);
    for (std::uint64_t cut = 0; cut < cuts; ++cut) {
      if (cut_and_look(random.between(1, operations))) ++struck;
      if (HasFailure()) return;
    }
    EXPECT_GT(struck, cuts / 2);
  }
}

}  // namespace
}  // namespace binferry::test
