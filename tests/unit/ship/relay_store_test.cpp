#include "tests/unit/ship/relay_fixture.hpp"

#include "binlog/source/log_directory.hpp"

#include <algorithm>
#include <filesystem>

namespace binferry {
namespace {

using test::fill;
using test::open_store;
using test::SourceFolder;
using test::TempDir;

TEST(RelayStore, HoldsTheSourcesFilesByteForByteWithAnIndex) {
  const SourceFolder source(5);
  const TempDir dir;
  const auto store = open_store(dir.path());
  const Status filled = fill(*store, source.folder());
  ASSERT_TRUE(filled) << filled.error().message();
  for (int file = 1; file <= 3; ++file) {
    const std::string name = "binlog.00000" + std::to_string(file);
    EXPECT_EQ(test::read_file(store->path_of(name)), source.bytes(file)) << name;
  }
  EXPECT_EQ(test::read_file(dir / "binlog.index"), "binlog.000001\nbinlog.000002\nbinlog.000003\n");
  EXPECT_EQ(store->published(), (BinlogPosition{"binlog.000003", source.bytes(3).size()}));
}

TEST(RelayStore, GoesOnWhereItStoodWithNothingLostOrRepeated) {
  SourceFolder source(3);
  const TempDir dir;
  for (int round = 0; round < 4; ++round) {
    const auto store = open_store(dir.path());
    const Status filled = fill(*store, source.folder());
    ASSERT_TRUE(filled) << filled.error().message();
    EXPECT_EQ(test::read_file(store->path_of("binlog.000003")), source.bytes(3)) << "round " << round;
    source.append();
  }
}

// The newest file cut at every byte, as the end of a process or a machine may leave it.
TEST(RelayStore, IsCutToItsLastWholeTransactionAfterACrashAndThenFilledAgain) {
  SourceFolder source(2);
  const TempDir dir;
  {
    const auto store = open_store(dir.path());
    ASSERT_TRUE(fill(*store, source.folder()));
  }
  const std::string whole = source.bytes(3);
  const std::string last = source.append();
  const std::string file = dir / "binlog.000003";
  const std::string longer = source.bytes(3);
  for (std::size_t size = whole.size(); size < longer.size(); ++size) {
    test::write_file(file, longer.substr(0, size));
    {
      const auto store = open_store(dir.path());
      ASSERT_EQ(store->published(), (BinlogPosition{"binlog.000003", whole.size()})) << "cut at " << size;
      ASSERT_EQ(test::read_file(file), whole) << "cut at " << size;
      if (size % 16 != 0) continue;
      ASSERT_TRUE(fill(*store, source.folder()));
    }
    ASSERT_EQ(test::read_file(file), longer) << "cut at " << size;
  }
}

// Killed between making a file and writing its first event: at the first file nothing but that file's name tells that
// there is one, so that one left behind would be read as a log, by the hub itself at its next start.
TEST(RelayStore, HoldsNothingOfAFileOfWhichNoEventIsWhole) {
  const SourceFolder source(2);
  for (const char* const index : {"", "binlog.000001\n"}) {
    for (const std::size_t size : {0U, 2U, 4U, 20U}) {
      SCOPED_TRACE(std::to_string(size) + " bytes, index: " + index);
      const TempDir dir;
      test::write_file(dir / "binlog.000001", source.bytes(1).substr(0, size));
      test::write_file(dir / "binlog.index", index);
      const auto store = open_store(dir.path());
      EXPECT_EQ(store->published(), BinlogPosition{});
      const auto logs = list_logs(dir.path());
      ASSERT_TRUE(logs) << logs.error().message();
      EXPECT_TRUE(logs->empty());
      ASSERT_TRUE(fill(*store, source.folder()));
      EXPECT_EQ(test::read_file(dir / "binlog.000001"), source.bytes(1));
    }
  }
}

TEST(RelayStore, GivesUpWhatACrashOfTheMachineLeftUnreadable) {
  SourceFolder source(2);
  const TempDir dir;
  {
    const auto store = open_store(dir.path());
    ASSERT_TRUE(fill(*store, source.folder()));
  }
  const std::string whole = source.bytes(3);
  const std::string last = source.append();
  std::string torn = source.bytes(3);
  std::fill(torn.begin() + static_cast<std::ptrdiff_t>(whole.size() + 30), torn.end(), '\0');
  test::write_file(dir / "binlog.000003", torn);
  const auto store = open_store(dir.path());
  EXPECT_EQ(store->published(), (BinlogPosition{"binlog.000003", whole.size()}));
}

TEST(RelayStore, PublishesNothingOfAnOpenTransaction) {
  SourceFolder source(2);
  const TempDir dir;
  const std::string before = source.bytes(3);
  const std::string last = source.append();
  const std::string all = source.bytes(3);
  test::write_file(source.path(3), all.substr(0, all.size() - 31));  // without its XID
  const auto store = open_store(dir.path());
  ASSERT_TRUE(fill(*store, source.folder()));
  EXPECT_EQ(store->published(), (BinlogPosition{"binlog.000003", before.size()}));
  // The connection to the source breaks; the next one sends the transaction from its beginning.
  test::write_file(source.path(3), all);
  ASSERT_TRUE(fill(*store, source.folder()));
  EXPECT_EQ(test::read_file(store->path_of("binlog.000003")), all);
}

TEST(RelayStore, KeepsOutASecondWriter) {
  const TempDir dir;
  const auto store = open_store(dir.path());
  const auto second = RelayStore::open(dir.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::busy);
}

TEST(RelayStore, TakesNoNameThatLeadsOutOfItsFolder) {
  const TempDir dir;
  const auto store = open_store(dir.path());
  for (const char* name : {"../binlog.000001", "a/b.000001", ".000001", "passwd", "", "..000001"}) {
    const Status begun = store->begin_file(name);
    ASSERT_FALSE(begun) << name;
    EXPECT_EQ(begun.error().code, Errc::protocol) << name;
  }
}

TEST(RelayStore, RefusesASourceWhoseLogBeganAnew) {
  const SourceFolder source(1);
  const TempDir dir;
  const auto store = open_store(dir.path());
  ASSERT_TRUE(fill(*store, source.folder()));
  for (const char* name : {"binlog.000001", "other.000004"}) {
    const Status begun = store->begin_file(name);
    ASSERT_FALSE(begun) << name;
    EXPECT_EQ(begun.error().code, Errc::diverged) << name;
  }
}

// Another log of the same names, in which a transaction ends where the store does.
TEST(RelayStore, RefusesALogThatWasBegunAtAnotherTimeOrByAnotherServer) {
  const SourceFolder source(1);
  const TempDir dir;
  const auto store = open_store(dir.path());
  ASSERT_TRUE(fill(*store, source.folder()));
  const BinlogPosition before = store->published();
  test::BinlogWriter::Options later;
  later.timestamp += 1;
  test::BinlogWriter::Options other;
  other.server_id += 1;
  for (const auto& [options, code] : {std::pair(later, Errc::diverged), std::pair(other, Errc::wrong_source)}) {
    const TempDir folder;
    test::BinlogWriter log(options);
    log.begin_file(true).insert_transaction(7);
    ASSERT_EQ(log.position(), before.offset);
    test::write_file(folder / before.file, log.insert_transaction(8).str());
    const Status filled = fill(*store, folder.path());
    ASSERT_FALSE(filled);
    EXPECT_EQ(filled.error().code, code) << filled.error().message();
    EXPECT_EQ(store->published(), before);
  }
}

TEST(RelayStore, PurgesTheOldestFilesAndNeverTheNewest) {
  const SourceFolder source(1);
  const TempDir dir;
  const auto store = open_store(dir.path());
  ASSERT_TRUE(fill(*store, source.folder()));
  ASSERT_TRUE(store->purge(1));
  EXPECT_FALSE(std::filesystem::exists(dir / "binlog.000001"));
  EXPECT_EQ(test::read_file(dir / "binlog.index"), "binlog.000002\nbinlog.000003\n");
  ASSERT_TRUE(store->purge(7));
  EXPECT_EQ(store->files().size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(dir / "binlog.000003"));
}

}  // namespace
}  // namespace binferry
