// Prepared XA groups in the replica, over files, restarts and sizes (TRAPS 4).
#include "applier/xa_store.hpp"

#include "binlog/changes.hpp"
#include "binlog/source/file_source.hpp"
#include "tests/unit/support/binlog_writer.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::BinlogWriter;

// XA START, rows, XA END, XA_PREPARE of X'61',X'62',1; `after_rows` may add events.
BinlogWriter& prepare(BinlogWriter& log, std::uint64_t gno, const std::vector<std::string>& row_events) {
  log.gtid(gno).query("shop", "XA START X'61',X'62',1").table_map(99, "shop", "orders", {test::ColumnSpec{}});
  for (const std::string& rows : row_events) log.write_rows(99, 1, rows, &rows == &row_events.back());
  log.query("shop", "XA END X'61',X'62',1");
  return log.event(EventType::xa_prepare, ByteWriter().u8(0).u32(1).u32(1).u32(1).text("ab").str());
}

class XaStoreTest : public testing::Test {
 protected:
  // Transactions of `log` one after another, each given to `use` while it lives.
  template <class Use>
  void read(const BinlogWriter& log, const Use& use, const std::string& name = "binlog.000007") {
    const std::string path = dir_ / name;
    test::write_file(path, log.str());
    auto source = FileSource::open(path);
    ASSERT_TRUE(source.has_value()) << source.error().message();
    TransactionAssembler assembler;
    RawEvent event;
    for (;;) {
      const Result<SourceState> state = (*source)->next(event);
      ASSERT_TRUE(state.has_value()) << state.error().message();
      if (*state == SourceState::end) return;
      if (*state != SourceState::event) continue;
      const Result<EventRole> role = assembler.push(event, (*source)->format());
      ASSERT_TRUE(role.has_value()) << role.error().message();
      if (*role == EventRole::complete) use(assembler.transaction());
    }
  }

  XaStore open_store(const Limits& limits = {}) {
    Result<XaStore> store = XaStore::make(database_, limits);
    EXPECT_TRUE(store.has_value()) << store.error().message();
    return std::move(*store);
  }

  // First column of every row, and the place of its event.
  static std::vector<std::string> changes_of(const Transaction& transaction) {
    Catalogue catalogue;
    ChangeReader reader(catalogue, {});
    reader.start(transaction);
    std::vector<std::string> out;
    for (;;) {
      const auto change = reader.next();
      EXPECT_TRUE(change.has_value()) << change.error().message();
      if (!change || *change == nullptr) return out;
      if ((*change)->kind != Change::Kind::row) continue;
      out.push_back(std::to_string((*change)->row.after[0].u) + "@" + std::to_string((*change)->offset));
    }
  }

  // As a new process would see the replica.
  void reopen() { database_ = *Database::open(dir_ / "R.db", OpenMode::read_write); }

  test::TempDir dir_;
  Database database_ = *Database::open(dir_ / "R.db", OpenMode::create);
};

TEST_F(XaStoreTest, Trap4AGroupIsAppliedAtItsCommitInALaterFileAfterARestart) {
  BinlogWriter first;
  first.begin_file();
  const std::uint64_t begin = first.position();
  prepare(first, 5, {BinlogWriter::int_row(41) + BinlogWriter::int_row(42), BinlogWriter::int_row(43)});
  std::vector<std::string> expected;
  read(first, [&](const Transaction& group) {
    ASSERT_EQ(group.outcome, Outcome::prepared);
    expected = changes_of(group);
    XaStore store = open_store();
    const Status kept = store.keep(group);
    ASSERT_TRUE(kept.has_value()) << kept.error().message();
  });
  ASSERT_EQ(expected.size(), 3U);
  reopen();

  const Result<std::vector<InDoubt>> in_doubt = XaStore::list(database_);
  ASSERT_EQ(in_doubt->size(), 1U);
  EXPECT_EQ(in_doubt->front().xid, "X'61',X'62',1");
  EXPECT_EQ(in_doubt->front().file, "binlog.000007");
  EXPECT_EQ(in_doubt->front().offset, begin);
  EXPECT_EQ(in_doubt->front().gtid, "01010101-0101-0101-0101-010101010101:5");
  EXPECT_EQ(in_doubt->front().timestamp, 1'700'000'000U);
  EXPECT_EQ(in_doubt->front().rows, 3U);
  EXPECT_FALSE(in_doubt->front().filtered);

  BinlogWriter second;
  second.begin_file().gtid(6).query("shop", "XA COMMIT X'61',X'62',1");
  int commits = 0;
  read(
      second,
      [&](const Transaction& commit) {
        ++commits;
        ASSERT_EQ(commit.outcome, Outcome::xa_committed);
        XaStore store = open_store();
        const Result<const Transaction*> group = store.load(commit.xa);
        ASSERT_TRUE(group.has_value()) << group.error().message();
        ASSERT_NE(*group, nullptr);
        EXPECT_EQ(changes_of(**group), expected);
        EXPECT_EQ(changes_of(**group), expected);  // a transaction may be tried again
        EXPECT_EQ((*group)->place(), "binlog.000007:" + std::to_string(begin));
        EXPECT_EQ((*group)->format->server_version, "8.0.40");
        EXPECT_TRUE(*store.drop(commit.xa));
      },
      "binlog.000008");
  EXPECT_EQ(commits, 1);
  EXPECT_TRUE(XaStore::list(database_)->empty());
  EXPECT_EQ(*database_.query_text("SELECT count(*) FROM binferry_xa_events"), "0");
}

TEST_F(XaStoreTest, AGroupIsKeptAndDroppedWithTheTransactionAroundIt) {
  BinlogWriter log;
  prepare(log.begin_file(), 5, {BinlogWriter::int_row(1)});
  XaStore store = open_store();
  read(log, [&](const Transaction& group) {
    ASSERT_TRUE(database_.execute("BEGIN").has_value());
    ASSERT_TRUE(store.keep(group).has_value());
    ASSERT_TRUE(database_.execute("ROLLBACK").has_value());
    EXPECT_TRUE(XaStore::list(database_)->empty());
    ASSERT_TRUE(store.keep(group).has_value());
    ASSERT_TRUE(database_.execute("BEGIN").has_value());
    EXPECT_TRUE(*store.drop(group.xa));
    EXPECT_FALSE(*store.drop(group.xa));
    ASSERT_TRUE(database_.execute("ROLLBACK").has_value());
    EXPECT_EQ(XaStore::list(database_)->size(), 1U);
  });
}

TEST_F(XaStoreTest, ACommitOfWhatWasNeverPreparedMeansThatTheReplicaBeganLater) {
  XaStore store = open_store();
  const Result<const Transaction*> group = store.load("X'61',X'62',1");
  ASSERT_FALSE(group.has_value());
  EXPECT_EQ(group.error().code, Errc::diverged);
  EXPECT_FALSE(*store.drop("X'61',X'62',1"));
}

TEST_F(XaStoreTest, AFilteredGroupIsRememberedWithoutItsRows) {
  BinlogWriter log;
  prepare(log.begin_file(), 5, {BinlogWriter::int_row(1)});
  XaStore store = open_store();
  read(log, [&](const Transaction& group) {
    ASSERT_TRUE(store.keep(group, true).has_value());
    const Result<const Transaction*> loaded = store.load(group.xa);
    ASSERT_TRUE(loaded.has_value());
    EXPECT_EQ(*loaded, nullptr);
    EXPECT_TRUE(XaStore::list(database_)->front().filtered);
    EXPECT_EQ(*database_.query_text("SELECT count(*) FROM binferry_xa_events"), "0");
  });
}

TEST_F(XaStoreTest, TheSameNameTwiceInDoubtIsAGapInTheLog) {
  BinlogWriter log;
  prepare(log.begin_file(), 5, {BinlogWriter::int_row(1)});
  prepare(log, 6, {BinlogWriter::int_row(2)});
  XaStore store = open_store();
  int groups = 0;
  read(log, [&](const Transaction& group) {
    const Status kept = store.keep(group);
    EXPECT_EQ(kept.has_value(), groups == 0);
    if (!kept) {
      EXPECT_EQ(kept.error().code, Errc::diverged);
    }
    ++groups;
  });
  EXPECT_EQ(groups, 2);
}

TEST_F(XaStoreTest, SeveralGroupsAreInDoubtAtOnce) {
  XaStore store = open_store();
  BinlogWriter log;
  log.begin_file();
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::string xid = "X'6" + std::to_string(i) + "',X'',1";
    log.gtid(i + 1).query("shop", "XA START " + xid).table_map(99, "shop", "orders", {test::ColumnSpec{}});
    log.write_rows(99, 1, BinlogWriter::int_row(i)).query("shop", "XA END " + xid);
    log.event(EventType::xa_prepare,
              ByteWriter().u8(0).u32(1).u32(1).u32(0).u8(static_cast<std::uint8_t>(0x60 + i)).str());
  }
  read(log, [&](const Transaction& group) { ASSERT_TRUE(store.keep(group).has_value()); });
  EXPECT_EQ(XaStore::list(database_)->size(), 3U);
  ASSERT_TRUE(*store.drop("X'60',X'',1"));
  const Result<const Transaction*> last = store.load("X'62',X'',1");
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(changes_of(**last).front().substr(0, 2), "2@");
  EXPECT_EQ(XaStore::list(database_)->front().xid, "X'61',X'',1");
}

TEST_F(XaStoreTest, RowsUndoneByASavepointStayUndone) {
  BinlogWriter log;
  log.begin_file().gtid(5).query("shop", "XA START X'61',X'62',1");
  log.table_map(99, "shop", "orders", {test::ColumnSpec{}}).write_rows(99, 1, BinlogWriter::int_row(1));
  log.query("shop", "SAVEPOINT `s`");
  log.table_map(99, "shop", "orders", {test::ColumnSpec{}}).write_rows(99, 1, BinlogWriter::int_row(2));
  log.query("shop", "ROLLBACK TO `s`").query("shop", "XA END X'61',X'62',1");
  log.event(EventType::xa_prepare, ByteWriter().u8(0).u32(1).u32(1).u32(1).text("ab").str());
  XaStore store = open_store();
  read(log, [&](const Transaction& group) {
    ASSERT_TRUE(store.keep(group).has_value());
    const Result<const Transaction*> loaded = store.load(group.xa);
    ASSERT_TRUE(loaded.has_value());
    const std::vector<std::string> changes = changes_of(**loaded);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].substr(0, 2), "1@");
  });
}

TEST_F(XaStoreTest, AHugeGroupIsKeptInChunksAndReadInABudget) {
  std::string row_bytes;
  for (std::uint32_t i = 0; i < 100'000; ++i) row_bytes += BinlogWriter::int_row(i);
  BinlogWriter log;
  prepare(log.begin_file(), 5, std::vector<std::string>(10, row_bytes));
  Limits small;
  small.transaction_memory_bytes = 64 << 10;
  XaStore store = open_store(small);
  read(log, [&](const Transaction& group) {
    ASSERT_TRUE(store.keep(group).has_value());
    EXPECT_EQ(XaStore::list(database_)->front().rows, 1'000'000U);
    EXPECT_EQ(*database_.query_text("SELECT max(length(bytes)) FROM binferry_xa_events"), std::to_string(1 << 20));
    const Result<const Transaction*> loaded = store.load(group.xa);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
    EXPECT_TRUE((*loaded)->spilled());
    EXPECT_EQ((*loaded)->event_bytes(), group.event_bytes());
    Catalogue none;
    const auto counts = ChangeReader(none, {}).check(**loaded);
    ASSERT_TRUE(counts.has_value());
    EXPECT_EQ(counts->rows, 1'000'000U);
  });
}

TEST_F(XaStoreTest, DamagedChunksAreFound) {
  BinlogWriter log;
  prepare(log.begin_file(), 5, {BinlogWriter::int_row(1)});
  XaStore store = open_store();
  const std::vector<std::string> damages = {
      "DELETE FROM binferry_xa_events",
      "UPDATE binferry_xa_events SET chunk = 7",
      "UPDATE binferry_xa_events SET bytes = substr(bytes, 1, length(bytes) - 1)",
      "UPDATE binferry_xa_events SET bytes = CAST(substr(bytes, 1, 16) || X'FFFFFFFF' || substr(bytes, 21) AS BLOB)",
      "UPDATE binferry_xa SET format = substr(format, 2)",
  };
  read(log, [&](const Transaction& group) {
    for (const std::string& damage : damages) {
      ASSERT_TRUE(store.keep(group).has_value());
      ASSERT_TRUE(database_.execute(damage).has_value());
      EXPECT_FALSE(store.load(group.xa).has_value()) << damage;
      ASSERT_TRUE(*store.drop(group.xa));
    }
  });
}

TEST_F(XaStoreTest, AFileThatIsNoReplicaHasNothingInDoubt) {
  EXPECT_TRUE(XaStore::list(database_)->empty());
}

}  // namespace
}  // namespace binferry
