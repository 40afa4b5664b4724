// The write-ahead log is copied into the database while its writer goes on.
#include "applier/log_copier.hpp"

#include "tests/unit/applier/wal_fixture.hpp"

#include <fstream>
#include <fmt/format.h>

namespace binferry::test {
namespace {

constexpr std::uintmax_t kPage = 4096;
constexpr int kPages = 64;

class CopiedLog : public WalTest {
 protected:
  void SetUp() override {
    WalTest::SetUp();
    must("PRAGMA synchronous = NORMAL");
    copier_.emplace(*writer_, path_, vfs_);
  }

  // A commit of some ten pages.
  void commit_some() {
    must("BEGIN");
    for (int i = 0; i < 10; ++i) {
      must(fmt::format(
          "INSERT INTO t VALUES ({}, 1, randomblob(3000)) ON CONFLICT DO UPDATE SET n = n + 1, x = excluded.x",
          random_.below(3000)));
    }
    changes_ += 10;
    must("COMMIT");
  }

  [[nodiscard]] std::uintmax_t log_bytes() const { return std::filesystem::file_size(path_ + "-wal"); }

  // Of the log's header: another one when the log was begun anew.
  [[nodiscard]] std::string salt() const {
    std::ifstream log(path_ + "-wal", std::ios::binary);
    std::string header(32, '\0');
    log.read(header.data(), 32);
    return header.substr(16, 8);
  }

  void expect_whole(const std::string& path) const {
    auto reader = Database::open(path, OpenMode::read_write);
    ASSERT_TRUE(reader) << reader.error().message();
    EXPECT_EQ(reader->query_text("PRAGMA integrity_check")->value_or("?"), "ok");
    EXPECT_EQ(reader->query_text("SELECT sum(n) FROM t")->value_or("?"), std::to_string(changes_));
  }

  Random random_{11};
  int changes_ = 0;
  std::optional<LogCopier> copier_;
};

// How soon the thread has its turn is the machine's to say.
TEST_F(CopiedLog, IsBegunAnewThoughItsWriterNeverRests) {
  copier_->copy_from(kPages);
  commit_some();
  std::string beginning = salt();
  int begun_anew = 0;
  for (int commit = 0; commit < 100'000 && begun_anew < 5; ++commit) {
    commit_some();
    if (salt() == beginning) continue;
    beginning = salt();
    ++begun_anew;
  }
  EXPECT_EQ(begun_anew, 5);
  expect_whole(path_);
}

TEST_F(CopiedLog, LeavesNothingOutWhenTheProcessEndsAtAnyTime) {
  copier_->copy_from(kPages);
  for (int commit = 0; commit < 300; ++commit) {
    commit_some();
    if (!random_.chance(10)) continue;
    expect_whole(copy_as_a_kill_leaves_it());
    if (HasFailure()) return;
  }
}

TEST_F(CopiedLog, GrowsWhileAReaderKeepsItAndIsCopiedBehindThat) {
  copier_->copy_from(kPages);
  commit_some();
  auto reader = Database::open(path_, OpenMode::read_only);
  ASSERT_TRUE(reader) << reader.error().message();
  ASSERT_TRUE(reader->execute("BEGIN; SELECT count(*) FROM t"));
  const std::string seen = reader->query_text("SELECT sum(n) FROM t")->value_or("?");
  for (int commit = 0; commit < 100; ++commit) commit_some();
  EXPECT_EQ(reader->query_text("SELECT sum(n) FROM t")->value_or("?"), seen);
  EXPECT_GT(log_bytes(), 900 * kPage);
  ASSERT_TRUE(reader->execute("COMMIT"));
  const std::string beginning = salt();
  for (int commit = 0; commit < 100'000 && salt() == beginning; ++commit) commit_some();
  EXPECT_NE(salt(), beginning);
  expect_whole(path_);
}

TEST_F(CopiedLog, IsLeftAloneUntilItIsLong) {
  for (int commit = 0; commit < 200; ++commit) commit_some();
  EXPECT_GT(log_bytes(), 2000 * kPage) << "none is copied without copy_from()";
  EXPECT_LT(std::filesystem::file_size(path_), 10 * kPage);
}

// The last connection that closes copies all and removes the log: a copier that outlived it would keep it there.
TEST_F(CopiedLog, IsGoneWhenCopierAndWriterHaveEnded) {
  copier_->copy_from(kPages);
  for (int commit = 0; commit < 50; ++commit) commit_some();
  copier_.reset();
  writer_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  expect_whole(path_);
}

}  // namespace
}  // namespace binferry::test
