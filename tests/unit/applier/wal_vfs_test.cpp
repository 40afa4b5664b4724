// Frames of a write-ahead log that are written together: what another connection, and one that comes after a crash,
// finds there at each commit.
#include "applier/wal_vfs.hpp"

#include "tests/unit/applier/wal_fixture.hpp"

#include <fmt/format.h>

namespace binferry::test {
namespace {

constexpr int kRows = 2000;

// No savepoints: with SQLite's own files, too, a commit behind a ROLLBACK TO is lost in a kill (ddl.cpp).
class JoinedFrames : public WalTest {
 protected:
  void SetUp() override {
    WalTest::SetUp();
    // So few pages that a transaction writes its own into the log, reads them again, and writes them twice.
    must("PRAGMA cache_size = 8; PRAGMA wal_autocheckpoint = 300");
  }

  void change(Random& random) {
    const std::size_t id = random.below(kRows);
    must(fmt::format("INSERT INTO t VALUES ({}, {}, zeroblob({})) ON CONFLICT DO UPDATE SET n = n + 1, x = excluded.x",
                     id, random.below(1000), random.below(3000)));
    if (random.chance(20)) must(fmt::format("DELETE FROM t WHERE id BETWEEN {} AND {} + 5", id, id));
  }

  static std::string look(Database& database) {
    const auto found = database.query_text(
        "SELECT count(*) || ' ' || total(n) || ' ' || total(length(x)) || ' ' || (SELECT * FROM pragma_integrity_check)"
        " FROM t");
    EXPECT_TRUE(found) << found.error().message();
    return found && *found ? **found : "";
  }
  static std::string look(const std::string& path) {
    auto reader = Database::open(path, OpenMode::read_write);
    EXPECT_TRUE(reader) << reader.error().message();
    return reader ? look(*reader) : "";
  }

  std::string look_after_a_kill() { return look(copy_as_a_kill_leaves_it()); }
};

TEST_F(JoinedFrames, AreThereForEveryoneAtEachCommit) {
  Random random(7);
  std::string committed = look(*writer_);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    if (round % 20 == 10) must("PRAGMA synchronous = FULL");
    must("BEGIN");
    for (std::size_t changes = random.between(1, 300); changes > 0; --changes) change(random);
    EXPECT_EQ(look(path_), committed) << "before the commit";
    EXPECT_EQ(look_after_a_kill(), committed) << "before the commit";
    const bool commits = random.chance(80);
    must(commits ? "COMMIT" : "ROLLBACK");
    if (commits) committed = look(*writer_);
    EXPECT_NE(committed.find("ok"), std::string::npos) << committed;
    EXPECT_EQ(look(path_), committed);
    EXPECT_EQ(look_after_a_kill(), committed);
    if (HasFailure()) return;
  }
}

TEST_F(JoinedFrames, ThatNoTransactionEndsAreNothing) {
  Random random(3);
  const std::string empty = look(*writer_);
  must("BEGIN");
  for (int changes = 0; changes < 500; ++changes) change(random);
  writer_.reset();
  EXPECT_EQ(look(path_), empty);
}

// Another writer's frames stand where those of a transaction that was undone would.
TEST_F(JoinedFrames, OfATransactionThatWasUndoneAreNotWrittenOverThoseOfAnother) {
  Random random(5);
  auto other = Database::open(path_, OpenMode::read_write);
  ASSERT_TRUE(other) << other.error().message();
  for (int round = 1; round < 40; ++round) {
    SCOPED_TRACE(round);
    must("BEGIN");
    if (round % 2 == 0) change(random);
    // New pages are not read before they are written.
    must(
        fmt::format("WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < {})"
                    " INSERT INTO t (n, x) SELECT n, zeroblob(9000) FROM i",
                    10 + round));
    must("ROLLBACK");
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(other->execute("INSERT INTO t (n, x) SELECT 1, zeroblob(5000) FROM t LIMIT 5"));
      ASSERT_TRUE(other->execute("INSERT INTO t (n, x) VALUES (1, zeroblob(9000))"));
    }
    const std::string committed = look(*other);
    EXPECT_EQ(look(*writer_), committed);
    EXPECT_EQ(look_after_a_kill(), committed);
    must("UPDATE t SET n = n + 1 WHERE id % 7 = 3");
    EXPECT_EQ(look(*other), look(*writer_));
    if (HasFailure()) return;
  }
}

TEST(JoiningVfs, IsMadeOnceForTheVfsBeneath) {
  EXPECT_EQ(frame_joining_vfs("").value_or("?"), frame_joining_vfs("").value_or("!"));
  EXPECT_NE(frame_joining_vfs("").value_or("?"), frame_joining_vfs("unix-excl").value_or("?"));
  EXPECT_EQ(frame_joining_vfs("there is none").error().code, Errc::internal);
}

}  // namespace
}  // namespace binferry::test
