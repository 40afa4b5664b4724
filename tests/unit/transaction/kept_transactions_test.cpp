#include "binlog/kept_transactions.hpp"

#include "binlog/base/zstd_stream.hpp"
#include "tests/unit/transaction/group_feed.hpp"

#include <cstdlib>
#include <string>

namespace binferry::test {
namespace {

// Everything that is said of a transaction, and its events.
std::string described(const Transaction& transaction) {
  std::string text = transaction.file + ' ' + std::to_string(transaction.offset) + '-' +
                     std::to_string(transaction.end) + ' ' + text_of(transaction.gtid) + ' ' +
                     std::string(name_of(transaction.outcome)) + ' ' + transaction.xa + ' ' +
                     std::to_string(transaction.commit_us) + ' ' + std::to_string(transaction.timestamp);
  Transaction::Cursor cursor(transaction);
  for (;;) {
    const auto event = cursor.next();
    if (!event) return event.error().message();
    if (*event == nullptr) return text + '\n';
    text += ' ' + std::to_string((*event)->offset) + (cursor.undone() ? " undone " : " ") + to_hex((*event)->body);
  }
}

BinlogWriter& one_row(BinlogWriter& log, std::uint32_t value) {
  return log.table_map(7, "shop", "orders", {{}}).write_rows(7, 1, BinlogWriter::int_row(value));
}

// A transaction of every shape that is applied together with others.
BinlogWriter mixed_log() {
  BinlogWriter log;
  log.begin_file();
  for (std::uint32_t i = 1; i <= 20; ++i) {
    log.gtid(i).begin();
    for (std::uint32_t row = 0; row < i; ++row) one_row(log, row);
    log.xid(i);
  }
  log.gtid(21).begin().query("shop", "SAVEPOINT `a`");
  one_row(log, 1).query("shop", "ROLLBACK TO `a`");
  one_row(log, 2).xid(21);
  log.gtid(22).query("shop", "XA START X'78',X'',1").query("shop", "XA END X'78',X'',1");
  log.event(EventType::xa_prepare, ByteWriter().u8(0).u32(1).u32(1).u32(0).text("x").str());
  log.gtid(23).query("shop", "XA COMMIT X'78',X'',1");
  log.gtid(24).query("shop", "CREATE TABLE t (id INT)");
  BinlogWriter::Options options;
  options.checksums = false;
  BinlogWriter inner(options);
  inner.begin();
  one_row(inner, 3).xid(25);
  const Result<std::string> compressed = zstd_compress(bytes_of(inner.str()), 3);
  ByteWriter body;
  body.pint(2).pint(1).pint(0).pint(3).pint(1).pint(inner.str().size() < 251 ? inner.str().size() : 250);
  body.pint(1).pint(compressed->size() < 251 ? 1 : 3).pint(compressed->size()).pint(0).text(*compressed);
  log.gtid(25).event(EventType::transaction_payload, body.str());
  log.gtid(26).begin();
  one_row(log, 4).xid(26);
  return log;
}

TEST(KeptTransactions, AreReadAsTheyWereFromMemoryAndFromTheFile) {
  const BinlogWriter log = mixed_log();
  for (const std::size_t memory : {std::size_t{100}, std::size_t{3000}, std::size_t{16} << 20}) {
    SCOPED_TRACE(memory);
    KeptTransactions kept(Limits{}, memory);
    TransactionAssembler assembler;
    std::string expected;
    const auto keep = [&](const Transaction& transaction) {
      expected += described(transaction);
      const Status added = kept.add(transaction);
      EXPECT_TRUE(added.has_value()) << added.error().message();
    };
    ASSERT_EQ(feed(log, assembler, keep), "");
    EXPECT_FALSE(kept.empty());
    for (int round = 0; round < 2; ++round) {
      KeptTransactions::Cursor cursor(kept);
      std::string read;
      for (;;) {
        const Result<const Transaction*> transaction = cursor.next();
        ASSERT_TRUE(transaction.has_value()) << transaction.error().message();
        if (*transaction == nullptr) break;
        read += described(**transaction);
      }
      EXPECT_EQ(read, expected);
    }
    kept.clear();
    EXPECT_TRUE(kept.empty());
    const Result<const Transaction*> none = KeptTransactions::Cursor(kept).next();
    ASSERT_TRUE(none.has_value());
    EXPECT_EQ(*none, nullptr);
  }
}

TEST(KeptTransactions, SayWhenThereIsNoRoomForThem) {
  const char* const before = std::getenv("TMPDIR");
  const std::string folder = before != nullptr ? before : "";
  ::setenv("TMPDIR", "/nonexistent-folder", 1);
  KeptTransactions kept(Limits{}, 1);
  TransactionAssembler assembler;
  std::string reason;
  EXPECT_EQ(feed(mixed_log(), assembler,
                 [&](const Transaction& transaction) {
                   const Status added = kept.add(transaction);
                   if (!added && reason.empty()) reason = added.error().hint;
                 }),
            "");
  if (before != nullptr) {
    ::setenv("TMPDIR", folder.c_str(), 1);
  } else {
    ::unsetenv("TMPDIR");
  }
  EXPECT_NE(reason.find("TMPDIR"), std::string::npos) << reason;
}

}  // namespace
}  // namespace binferry::test
