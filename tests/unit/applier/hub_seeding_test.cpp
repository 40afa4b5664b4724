// From a replica that is being written to a new one elsewhere: copies, broken fetches, and what is done to them.
#include "applier/hub_seeding.hpp"

#include "applier/seed_snapshots.hpp"
#include "applier/unfinished_file.hpp"
#include "tests/integration/support/replica_check.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace binferry::test {
namespace {

std::uint64_t steady_us() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

// Waits for one that is being made.
std::shared_ptr<const SeedSnapshot> take(SeedSnapshots& snapshots, const BinlogPosition& least = {}) {
  for (int i = 0; i < 6000; ++i) {
    auto snapshot = snapshots.newest(least);
    EXPECT_TRUE(snapshot) << snapshot.error().message();
    if (!snapshot || *snapshot) return snapshot.value_or(nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "no snapshot was made";
  return nullptr;
}

class HubSeeding : public testing::Test {
 protected:
  HubSeeding() {
    ReplicaJob job{.inputs = {std::string(source_dir()) + "/fixtures/mariadb-10.11/shop"}, .into = seed_, .vfs = {}};
    EXPECT_TRUE(bring_up(job));
    options_.replica = seed_;
    options_.folder = dir_.path();
    options_.now_us = steady_us;
    seeding_.replica.qualified_names = true;
    seeding_.random = [] { return 0U; };
    seeding_.first_pause_ms = 10;
    seeding_.longest_pause_ms = 20;
    seeding_.pause = [this](std::uint32_t) { ++pauses_; };
    seeding_.should_stop = [] { return false; };
  }

  // A hub that gives `snapshot`, and cuts every answer off behind `most` bytes.
  SnapshotFetch hub(const std::shared_ptr<const SeedSnapshot>& snapshot, std::uint64_t most) {
    return [this, snapshot, most](const SnapshotRequest& request) -> Status {
      ++fetches_;
      const bool goes_on = request.sha256 == snapshot->sha256;
      const SnapshotHead head{snapshot->sha256, snapshot->bytes, goes_on ? request.offset : 0};
      if (Status told = request.on_head(head); !told) return told;
      std::string bytes(std::min(most, snapshot->bytes - head.offset), '\0');
      EXPECT_EQ(::pread(snapshot->file.get(), bytes.data(), bytes.size(), static_cast<off_t>(head.offset)),
                static_cast<ssize_t>(bytes.size()));
      if (spoiled_) bytes.back() = static_cast<char>(bytes.back() ^ 1);
      if (Status told = request.on_bytes(bytes_of(bytes)); !told) return told;
      if (head.offset + bytes.size() < snapshot->bytes) return fail(Errc::connection, "cut off");
      return {};
    };
  }

  TempDir dir_;
  std::string seed_ = dir_ / "seed.db";
  std::string made_ = dir_ / "made.db";
  SeedSnapshotsOptions options_;
  SeedingOptions seeding_;
  int fetches_ = 0;
  int pauses_ = 0;
  bool spoiled_ = false;
};

TEST(LargeFile, IsRemovedWhateverItsSizeAndNeedNotBeThere) {
  const TempDir dir;
  const std::string path = dir / "large";
  for (const std::uintmax_t bytes : {0U, 1U, 16U << 20, (40U << 20) + 1}) {
    write_file(path, "");
    std::filesystem::resize_file(path, bytes);
    remove_in_pieces(path);
    EXPECT_FALSE(std::filesystem::exists(path)) << bytes;
  }
  remove_in_pieces(path);
}

TEST_F(HubSeeding, ANewReplicaIsWhatTheSeedIs) {
  SeedSnapshots snapshots(options_);
  const auto snapshot = take(snapshots);
  ASSERT_NE(snapshot, nullptr);
  seeding_.fetch = hub(snapshot, 1 << 30);
  const Status taken = take_hub_snapshot(made_, seeding_);
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_EQ(content_of(made_), content_of(seed_));
  EXPECT_EQ(integrity_of(made_), "ok");
  for (const char* const tail : {".seed", ".snapshot"}) EXPECT_NE(::access((made_ + tail).c_str(), F_OK), 0) << tail;
  EXPECT_EQ(snapshots.find(snapshot->sha256), snapshot);
  EXPECT_EQ(take(snapshots), snapshot) << "one that is fresh is given again";
}

TEST_F(HubSeeding, AFetchThatBreaksAnywhereGoesOnThere) {
  SeedSnapshots snapshots(options_);
  const auto snapshot = take(snapshots);
  ASSERT_NE(snapshot, nullptr);
  seeding_.fetch = hub(snapshot, 1000);
  ASSERT_TRUE(take_hub_snapshot(made_, seeding_));
  EXPECT_EQ(fetches_, static_cast<int>((snapshot->bytes + 999) / 1000)) << "no byte came twice";
  EXPECT_GT(pauses_, 0);
  EXPECT_EQ(content_of(made_), content_of(seed_));
}

TEST_F(HubSeeding, AFetchThatWasStoppedIsGoneOnWithByTheNextRun) {
  SeedSnapshots snapshots(options_);
  const auto snapshot = take(snapshots);
  ASSERT_NE(snapshot, nullptr);
  seeding_.fetch = hub(snapshot, 300);
  seeding_.should_stop = [this] { return fetches_ == 3; };
  const Status stopped = take_hub_snapshot(made_, seeding_);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::cancelled);
  EXPECT_NE(::access(made_.c_str(), F_OK), 0);
  seeding_.should_stop = [] { return false; };
  ASSERT_TRUE(take_hub_snapshot(made_, seeding_));
  EXPECT_EQ(fetches_, static_cast<int>((snapshot->bytes + 299) / 300));
  EXPECT_EQ(content_of(made_), content_of(seed_));
}

TEST_F(HubSeeding, WhatIsNotTheHubsSnapshotIsNotUsed) {
  SeedSnapshots snapshots(options_);
  const auto snapshot = take(snapshots);
  ASSERT_NE(snapshot, nullptr);
  spoiled_ = true;
  seeding_.fetch = hub(snapshot, 1 << 30);
  const Status taken = take_hub_snapshot(made_, seeding_);
  ASSERT_FALSE(taken);
  EXPECT_TRUE(taken.error().code == Errc::checksum || taken.error().code == Errc::corrupt) << taken.error().message();
  for (const char* const tail : {"", ".seed", ".snapshot"}) {
    EXPECT_NE(::access((made_ + tail).c_str(), F_OK), 0) << "nothing is left of it: " << tail;
  }
}

TEST_F(HubSeeding, ARefusalThatNobodyMendsEndsIt) {
  seeding_.fetch = [this](const SnapshotRequest&) -> Status {
    if (++fetches_ < 3) return fail(Errc::busy, "it is being made");
    return fail(Errc::not_found, "there is none");
  };
  const Status taken = take_hub_snapshot(made_, seeding_);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::not_found);
  EXPECT_EQ(fetches_, 3);
}

TEST_F(HubSeeding, AReplicaIsReplacedOnlyOnRequestAndInOneStep) {
  SeedSnapshots snapshots(options_);
  seeding_.fetch = hub(take(snapshots), 1 << 30);
  ASSERT_TRUE(take_hub_snapshot(made_, seeding_));
  const Status again = take_hub_snapshot(made_, seeding_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::replica);
  {
    Result<Database> database = Database::open(made_, OpenMode::read_write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("DELETE FROM binferry_schemas"));
  }
  seeding_.replaces = true;
  ASSERT_TRUE(take_hub_snapshot(made_, seeding_));
  EXPECT_EQ(content_of(made_), content_of(seed_));
}

// A writer commits pairs while copies are made: every copy has whole pairs, and later ones have more.
TEST_F(HubSeeding, CopiesAreMadeBetweenTwoCommitsOfAWriterThatGoesOn) {
  options_.fresh_us = 200'000;
  SeedSnapshots snapshots(options_);
  std::atomic<bool> ends = false;
  std::thread writer([&] {
    Result<Database> database = Database::open(seed_, OpenMode::read_write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("PRAGMA synchronous = OFF; CREATE TABLE pairs (side INTEGER, body TEXT)"));
    while (!ends) {
      ASSERT_TRUE(
          database->execute("BEGIN; INSERT INTO pairs VALUES (0, hex(randomblob(500)));"
                            "INSERT INTO pairs VALUES (1, hex(randomblob(500))); COMMIT"));
    }
  });
  std::int64_t last = 0;
  seeding_.replaces = true;
  for (int round = 0; round < 4 || (last == 0 && round < 1000); ++round) {  // until the writer has come to it
    fetches_ = 0;
    bool was_given = false;
    seeding_.fetch = [&](const SnapshotRequest& request) -> Status {
      // Made for this request, not before it.
      auto snapshot = snapshots.newest();
      if (!snapshot || !*snapshot) return fail(Errc::busy, "it is being made");
      was_given = true;
      return hub(*snapshot, 1 << 30)(request);
    };
    seeding_.pause = [](std::uint32_t) { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
    ASSERT_TRUE(take_hub_snapshot(made_, seeding_));
    EXPECT_TRUE(was_given);
    Result<Database> database = Database::open(made_, OpenMode::read_only);
    ASSERT_TRUE(database);
    Result<SqliteStatement> count = database->prepare("SELECT sum(side = 0), sum(side = 1) FROM pairs");
    if (!count) continue;  // it was made before the table
    ASSERT_TRUE(count->step());
    EXPECT_EQ(count->integer(0), count->integer(1));
    EXPECT_GE(count->integer(0), last);
    last = count->integer(0);
    EXPECT_EQ(integrity_of(made_), "ok");
  }
  ends = true;
  writer.join();
  EXPECT_GT(last, 0);
}

}  // namespace
}  // namespace binferry::test
