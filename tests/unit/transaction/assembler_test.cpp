#include "tests/unit/transaction/group_feed.hpp"

#include "binlog/base/zstd_stream.hpp"

namespace binferry::test {
namespace {

using Lines = std::vector<std::string>;

const std::string kSid = "01010101-0101-0101-0101-010101010101:";

// TABLE_MAP and WRITE_ROWS of one row.
BinlogWriter& one_row(BinlogWriter& log) {
  return log.table_map(7, "shop", "orders", {{}}).write_rows(7, 1, BinlogWriter::int_row(1));
}

BinlogWriter& xa_prepare(BinlogWriter& log, bool one_phase) {
  return log.event(EventType::xa_prepare, ByteWriter().u8(one_phase).u32(1).u32(1).u32(0).text("x").str());
}

// Events as they stand inside a payload: no checksums, no positions.
std::string inner_events(bool with_end) {
  BinlogWriter::Options options;
  options.checksums = false;
  BinlogWriter inner(options);
  inner.begin();
  one_row(inner);
  if (with_end) inner.xid(9);
  return inner.str();
}

std::string payload_body(std::string_view events) {
  const Result<std::string> compressed = zstd_compress(bytes_of(events), 3);
  ByteWriter body;
  body.pint(2).pint(1).pint(0).pint(3).pint(1).pint(events.size() < 251 ? events.size() : 250);
  body.pint(1).pint(compressed->size() < 251 ? 1 : 3).pint(compressed->size()).pint(0).text(*compressed);
  return body.str();
}

TEST(TransactionAssembler, AnInnoDbTransactionEndsAtItsXid) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin();
  one_row(log).xid(42);
  EXPECT_EQ(groups(log), (Lines{kSid + "1 committed xid 42 5"}));
}

TEST(TransactionAssembler, ANonTransactionalGroupEndsAtTheCommitStatement) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin();
  one_row(log).commit();
  EXPECT_EQ(groups(log), (Lines{kSid + "1 committed 5"}));
}

TEST(TransactionAssembler, ARollbackEndsAGroupWhoseRowsHappened) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin();
  one_row(log).query("shop", "rollback");
  EXPECT_EQ(groups(log), (Lines{kSid + "1 rolled back 5"}));
}

TEST(TransactionAssembler, ADdlStatementIsAGroupByItself) {
  BinlogWriter log;
  log.begin_file().gtid(1).query("shop", "CREATE TABLE t(id INT)").query("shop", "DROP TABLE t");
  EXPECT_EQ(groups(log), (Lines{kSid + "1 committed standalone 2", " committed standalone 1"}));
}

TEST(TransactionAssembler, DdlInsideATransactionIsPartOfIt) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin().query("shop", "CREATE TABLE t(id INT) START TRANSACTION");
  one_row(log).xid(3);
  EXPECT_EQ(groups(log), (Lines{kSid + "1 committed xid 3 6"}));
}

TEST(TransactionAssembler, AnXaGroupIsPreparedAndLaterCommittedOrRolledBack) {
  BinlogWriter log;
  log.begin_file().gtid(1).query("", "XA START X'78',X'',1");
  one_row(log).query("", "XA END X'78',X'',1");
  xa_prepare(log, false).gtid(2).query("", "XA COMMIT X'78',X'',1").gtid(3).query("", "XA ROLLBACK X'79',X'',1");
  EXPECT_EQ(groups(log), (Lines{kSid + "1 prepared xa X'78',X'',1 6", kSid + "2 xa committed xa X'78',X'',1 2",
                                kSid + "3 xa rolled back xa X'79',X'',1 2"}));
}

TEST(TransactionAssembler, AnXaCommitInOnePhaseIsACommit) {
  BinlogWriter log;
  log.begin_file().gtid(1).query("", "XA START X'78',X'',1");
  one_row(log).query("", "XA END X'78',X'',1");
  xa_prepare(log, true);
  EXPECT_EQ(groups(log), (Lines{kSid + "1 committed xa X'78',X'',1 6"}));
}

TEST(TransactionAssembler, MariaDbTransactionsHaveNoBegin) {
  BinlogWriter log(BinlogWriter::mariadb());
  log.begin_file().mariadb_gtid(1);
  one_row(log).xid(5).mariadb_gtid(2, 0, 0x29).query("shop", "CREATE TABLE t(id INT)").mariadb_gtid(3, 0, 0x08);
  one_row(log).commit();
  EXPECT_EQ(groups(log), (Lines{"0-80-1 committed xid 5 4", "0-80-2 committed standalone 2", "0-80-3 committed 4"}));
}

TEST(TransactionAssembler, PartsBeforeAStandaloneStatementBelongToItsGroup) {
  BinlogWriter log(BinlogWriter::mariadb());
  log.begin_file().mariadb_gtid(1, 0, 0x29).event(EventType::intvar, ByteWriter().u8(2).u64(1).str());
  log.query("shop", "CREATE TABLE t(id INT)");
  EXPECT_EQ(groups(log), (Lines{"0-80-1 committed standalone 3"}));
}

TEST(TransactionAssembler, ACompressedTransactionIsAWholeGroup) {
  BinlogWriter log;
  log.begin_file().gtid(1).event(EventType::transaction_payload, payload_body(inner_events(true)));
  EXPECT_EQ(groups(log), (Lines{kSid + "1 committed xid 9 compressed 5"}));
}

TEST(TransactionAssembler, ACompressedTransactionWithoutEndIsRefused) {
  BinlogWriter log;
  log.begin_file().gtid(1).event(EventType::transaction_payload, payload_body(inner_events(false)));
  const Lines lines = groups(log);
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines[0].find("the compressed transaction has no end"), std::string::npos) << lines[0];
}

TEST(TransactionAssembler, AGroupCutByACrashIsDiscardedAndCounted) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin();
  one_row(log);  // the server dies; a relay or a repaired log goes on
  log.gtid(2).begin();
  one_row(log).xid(8);
  EXPECT_EQ(groups(log), (Lines{kSid + "2 committed xid 8 5", "discarded 1"}));
}

TEST(TransactionAssembler, ARotationInsideAGroupCutsItToo) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin().event(EventType::rotate, ByteWriter().u64(4).text("binlog.000002").str());
  EXPECT_EQ(groups(log), (Lines{"discarded 1"}));
}

TEST(TransactionAssembler, AnArtificialRotationInsideAGroupDoesNot) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin();
  log.artificial_event(EventType::rotate, ByteWriter().u64(4).text("binlog.000001").str());
  one_row(log).xid(1);
  EXPECT_EQ(groups(log), (Lines{kSid + "1 committed xid 1 5"}));
}

TEST(TransactionAssembler, AnOpenGroupAtTheEndIsNotDelivered) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin();
  one_row(log);
  EXPECT_EQ(groups(log), (Lines{"open"}));
}

TEST(TransactionAssembler, StartingInsideATransactionIsAnErrorWithThePlace) {
  BinlogWriter log;
  log.begin_file();
  one_row(log);
  const Lines lines = groups(log);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("binlog.000001:"), std::string::npos);
  EXPECT_NE(lines[0].find("outside a transaction"), std::string::npos) << lines[0];
}

TEST(TransactionAssembler, AnIncidentStopsReading) {
  BinlogWriter log;
  log.begin_file().event(EventType::incident, ByteWriter().u16(1).u8(4).text("lost").str());
  EXPECT_NE(groups(log).at(0).find("the source lost events here (incident 1: lost)"), std::string::npos);
}

// Of each row event of the log's transactions: k, kept, or u, undone.
std::string marks_of(const BinlogWriter& log) {
  std::string marks;
  TransactionAssembler assembler;
  EXPECT_EQ(feed(log, assembler,
                 [&](const Transaction& transaction) {
                   Transaction::Cursor cursor(transaction);
                   for (;;) {
                     const auto event = cursor.next();
                     ASSERT_TRUE(event);
                     if (*event == nullptr) break;
                     if (is_rows_event((*event)->header.type)) marks += cursor.undone() ? 'u' : 'k';
                   }
                 }),
            "");
  return marks;
}

TEST(TransactionAssembler, EventsUndoneByARollbackToASavepointAreMarked) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin();
  one_row(log).query("shop", "SAVEPOINT `a`");
  one_row(log).query("shop", "SAVEPOINT `b`");
  one_row(log).query("shop", "ROLLBACK TO `a`");
  one_row(log).xid(2);
  EXPECT_EQ(marks_of(log), "kuuk");
}

// MySQL and MariaDB log both statements as they were typed.
TEST(TransactionAssembler, ASavepointIsTheSameInAnyCaseOfItsName) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin().query("shop", "SAVEPOINT `Before`");
  one_row(log).query("shop", "ROLLBACK TO `before`").xid(2);
  EXPECT_EQ(marks_of(log), "u");
}

TEST(TransactionAssembler, ARollbackToAnUnknownSavepointIsRefused) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin().query("shop", "ROLLBACK TO `nowhere`");
  EXPECT_NE(groups(log).at(0).find("unknown savepoint `nowhere`"), std::string::npos);
}

TEST(TransactionAssembler, ATransactionBeyondTheMemoryBudgetSpillsAndReadsBackTheSame) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin();
  for (int i = 0; i < 500; ++i) one_row(log);
  log.xid(1);
  const auto bodies = [&](std::size_t memory_bytes) {
    Limits limits;
    limits.transaction_memory_bytes = memory_bytes;
    TransactionAssembler assembler(limits);
    std::string all;
    EXPECT_EQ(feed(log, assembler,
                   [&](const Transaction& transaction) {
                     EXPECT_EQ(transaction.spilled(), memory_bytes < 10000);
                     Transaction::Cursor cursor(transaction);
                     for (auto event = cursor.next(); event && *event != nullptr; event = cursor.next()) {
                       all += text_of((*event)->bytes);
                       all += std::to_string((*event)->offset);
                     }
                   }),
              "");
    return all;
  };
  EXPECT_EQ(bodies(2000), bodies(1 << 20));
}

TEST(TransactionAssembler, PositionsAreGroupBoundariesEvenBeyondFourGibibytes) {
  BinlogWriter log;
  log.begin_file();
  EventFramer framer;
  TransactionAssembler assembler;
  const Bytes head = bytes_of(log.str()).subspan(log.starts()[0], log.starts()[1] - log.starts()[0]);
  ASSERT_TRUE(framer.frame(head, 4, "binlog.000001"));
  const std::uint64_t far = (std::uint64_t{5} << 30) + 17;
  BinlogWriter late;
  late.at(far).gtid(1).begin();
  one_row(late).xid(1);
  std::uint64_t at = far;
  for (std::size_t i = 0; i < late.starts().size(); ++i) {
    const std::size_t end = i + 1 < late.starts().size() ? late.starts()[i + 1] : late.str().size();
    const auto event = framer.frame(bytes_of(late.str()).subspan(late.starts()[i], end - late.starts()[i]), at, "f");
    ASSERT_TRUE(event) << event.error().message();
    ASSERT_TRUE(assembler.push(*event, *framer.format()));
    at = event->end;
  }
  EXPECT_EQ(assembler.transaction().offset, far);
  EXPECT_EQ(assembler.transaction().end, far + late.str().size());
}

}  // namespace
}  // namespace binferry::test
