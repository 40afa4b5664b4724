#include "binlog/changes.hpp"

#include "binlog/base/byte_writer.hpp"
#include "binlog/row/value_text.hpp"
#include "tests/unit/transaction/group_feed.hpp"

namespace binferry::test {
namespace {

// One line a change: `write shop.orders.id=1`, `ddl: …`, `statement-based: …`.
std::vector<std::string> changes(const BinlogWriter& log, ChangeOptions options = {}) {
  Catalogue catalogue;
  ChangeReader reader(catalogue, std::move(options));
  TransactionAssembler assembler;
  std::vector<std::string> lines;
  const std::string error = feed(log, assembler, [&](const Transaction& transaction) {
    const auto counts = reader.check(transaction);
    if (!counts) return lines.push_back("check: " + counts.error().message());
    std::uint64_t rows = 0;
    reader.start(transaction);
    for (;;) {
      const auto change = reader.next();
      if (!change) return lines.push_back("error: " + change.error().message());
      if (*change == nullptr) break;
      switch ((*change)->kind) {
        case Change::Kind::row: {
          ++rows;
          const RowChange& row = (*change)->row;
          const Value& value = (row.after.empty() ? row.before : row.after)[0];
          lines.push_back(std::string(name_of(row.op)) + " " + row.table->schema + "." + row.table->name + "." +
                          row.table->columns[0].name + "=" + std::to_string(value.i));
          break;
        }
        case Change::Kind::ddl: lines.push_back("ddl: " + std::string((*change)->ddl.sql)); break;
        case Change::Kind::statement:
          lines.push_back(std::string(name_of((*change)->statement.kind)) + ": " +
                          std::string((*change)->statement.sql));
          break;
        case Change::Kind::note: break;
      }
    }
    EXPECT_EQ(rows, counts->rows);
  });
  if (!error.empty()) lines.push_back("error: " + error);
  return lines;
}

BinlogWriter& insert(BinlogWriter& log, std::uint64_t gno, std::string_view table, std::uint32_t id) {
  return log.gtid(gno).begin().table_map(7, "shop", table, {{}}).write_rows(7, 1, BinlogWriter::int_row(id)).xid(gno);
}

using Lines = std::vector<std::string>;

TEST(ChangeReader, WithoutAnyNamesColumnsAreNumbered) {
  BinlogWriter log;
  insert(log.begin_file(), 1, "orders", 5);
  EXPECT_EQ(changes(log), (Lines{"INSERT shop.orders.@1=5"}));
}

// As query(), with the flag of a statement that uses a temporary table of its session (thread 7).
BinlogWriter& temporary_query(BinlogWriter& log, std::uint64_t gno, std::string_view sql) {
  ByteWriter body;
  body.u32(7).u32(0).u8(4).u16(0).u16(0).text("shop").u8(0).text(sql);
  return log.gtid(gno).event(EventType::query, body.str(), 0x0004);
}

TEST(ChangeReader, AnAlterOfATemporaryTableLeavesTheBaseTableAlone) {
  BinlogWriter log;
  log.begin_file().ddl(1, "CREATE TABLE orders (id INT)");
  temporary_query(log, 2, "CREATE TEMPORARY TABLE orders (x INT)");
  temporary_query(log, 3, "ALTER TABLE orders CHANGE x y INT");
  temporary_query(log, 4, "TRUNCATE TABLE orders");
  insert(log, 5, "orders", 5);
  temporary_query(log, 6, "DROP TEMPORARY TABLE orders");
  log.ddl(7, "ALTER TABLE orders CHANGE id number INT");
  insert(log, 8, "orders", 6);
  EXPECT_EQ(changes(log),
            (Lines{"ddl: CREATE TABLE orders (id INT)", "temporary table: CREATE TEMPORARY TABLE orders (x INT)",
                   "temporary table: ALTER TABLE orders CHANGE x y INT", "temporary table: TRUNCATE TABLE orders",
                   "INSERT shop.orders.id=5", "temporary table: DROP TEMPORARY TABLE orders",
                   "ddl: ALTER TABLE orders CHANGE id number INT", "INSERT shop.orders.number=6"}));
}

TEST(ChangeReader, ARestartOfTheServerEndsItsTemporaryTables) {
  BinlogWriter log;
  log.begin_file().ddl(1, "CREATE TABLE orders (id INT)");
  temporary_query(log, 2, "CREATE TEMPORARY TABLE orders (x INT)");
  log.format_description(true, 1'700'000'000);
  temporary_query(log, 3, "ALTER TABLE orders CHANGE id number INT");
  EXPECT_EQ(changes(log).back(), "ddl: ALTER TABLE orders CHANGE id number INT");
}

TEST(ChangeReader, TheLogsOwnDdlNamesColumnsAtTheMomentOfEachRow) {  // TRAPS 12
  BinlogWriter log;
  log.begin_file().gtid(1).query("shop", "CREATE TABLE orders(old_name INT)");
  insert(log, 2, "orders", 5).gtid(3).query("shop", "ALTER TABLE orders RENAME COLUMN old_name TO id");
  insert(log, 4, "orders", 6);
  EXPECT_EQ(changes(log), (Lines{"ddl: CREATE TABLE orders(old_name INT)", "INSERT shop.orders.old_name=5",
                                 "ddl: ALTER TABLE orders RENAME COLUMN old_name TO id", "INSERT shop.orders.id=6"}));
}

TEST(ChangeReader, SwappedTablesKeepTheirOwnColumns) {  // TRAPS 14
  BinlogWriter log;
  log.begin_file().gtid(1).query("shop", "CREATE TABLE a(x INT)").gtid(2).query("shop", "CREATE TABLE _a_gho(y INT)");
  log.gtid(3).query("shop", "RENAME TABLE a TO _a_del, _a_gho TO a");
  insert(log, 4, "a", 1);
  EXPECT_EQ(changes(log).back(), "INSERT shop.a.y=1");
}

TEST(ChangeReader, SeveralTableMapsPrecedeTheRowsOfOneStatement) {  // TRAPS 15
  BinlogWriter log;
  log.begin_file().gtid(1).begin().table_map(7, "shop", "a", {{}}).table_map(8, "shop", "b", {{}});
  log.write_rows(8, 1, BinlogWriter::int_row(1), false).write_rows(7, 1, BinlogWriter::int_row(2)).xid(1);
  EXPECT_EQ(changes(log), (Lines{"INSERT shop.b.@1=1", "INSERT shop.a.@1=2"}));
}

TEST(ChangeReader, RowsWithoutTheirTableMapAreAnError) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin().write_rows(9, 1, BinlogWriter::int_row(1)).xid(1);
  const Lines lines = changes(log);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("WRITE_ROWS"), std::string::npos) << lines[0];
}

TEST(ChangeReader, ATableThatContradictsTheCatalogueStopsWithADiff) {
  BinlogWriter log;
  log.begin_file().gtid(1).query("shop", "CREATE TABLE orders(id INT, name TEXT)");
  insert(log, 2, "orders", 5);
  const Lines stopped = changes(log);
  EXPECT_NE(stopped.back().find("error: "), std::string::npos);
  ChangeOptions lenient;
  lenient.stop_on_mismatch = false;
  int reported = 0;
  lenient.on_mismatch = [&](const Error&) { ++reported; };
  EXPECT_EQ(changes(log, lenient).back(), "INSERT shop.orders.@1=5");
  EXPECT_EQ(reported, 1);
}

TEST(ChangeReader, StatementsThatChangeRowsAreNamedAndAccountsStayHidden) {  // TRAPS 7, 11
  BinlogWriter log;
  log.begin_file().gtid(1).begin().query("shop", "INSERT INTO t VALUES (1)").commit();
  log.gtid(2).query("", "CREATE USER u IDENTIFIED BY 'secret'");
  const Lines lines = changes(log);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("INSERT INTO t VALUES (1)"), std::string::npos);
  EXPECT_EQ(lines[1].find("secret"), std::string::npos);
}

TEST(ChangeReader, ATableStatementItCannotParseIsAnErrorWithThePlaceAndTheStatement) {
  BinlogWriter log;
  log.begin_file().gtid(1).query("shop", "CREATE TABLE t(id INT,, b INT)");
  const Lines lines = changes(log);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("binlog.000001:"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("CREATE TABLE t(id INT,,"), std::string::npos) << lines[0];
}

TEST(ChangeReader, RowsUndoneToASavepointAreKeptOnlyByEnginesWithoutRollback) {
  for (const bool transactional : {true, false}) {
    BinlogWriter log;
    log.begin_file().gtid(1).query(
        "shop", std::string("CREATE TABLE orders(id INT) ENGINE=") + (transactional ? "InnoDB" : "MyISAM"));
    log.gtid(2).begin().query("shop", "SAVEPOINT `s`").table_map(7, "shop", "orders", {{}});
    log.write_rows(7, 1, BinlogWriter::int_row(5)).query("shop", "ROLLBACK TO `s`").commit();
    EXPECT_EQ(changes(log).size(), transactional ? 1U : 2U);
  }
}

TEST(ChangeReader, OfAGroupThatRolledBackOnlyRowsOfEnginesWithoutRollbackHappened) {
  BinlogWriter log;
  log.begin_file().gtid(1).query("shop", "CREATE TABLE a(id INT) ENGINE=InnoDB");
  log.gtid(2).query("shop", "CREATE TABLE b(id INT) ENGINE=Aria");
  log.gtid(3).begin().table_map(7, "shop", "a", {{}}).write_rows(7, 1, BinlogWriter::int_row(1));
  log.table_map(8, "shop", "b", {{}}).write_rows(8, 1, BinlogWriter::int_row(2)).query("shop", "ROLLBACK");
  const Lines lines = changes(log);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[2], "INSERT shop.b.id=2");
}

// The row (-01:02:03.456, 2024-05-06 07:08:09.123456, 2024-05-06 07:08:09.12, 7) in MariaDB's format of before 10.1,
// whose TABLE_MAP says nothing of fractions (PROTOCOL 4.5).
std::string old_temporal_row() {
  constexpr std::int64_t kZeroMs = std::int64_t{3020400} * 1000;
  const std::int64_t time = kZeroMs - 3723456;
  std::uint64_t datetime = ((std::uint64_t{2024} * 13 + 5) * 32 + 6) * 24 + 7;
  datetime = ((datetime * 60 + 8) * 60 + 9) * 1000000 + 123456;
  ByteWriter row;
  row.u8(0);
  const auto big = [&row](std::uint64_t value, int bytes) {
    while (bytes-- > 0) row.u8(static_cast<std::uint8_t>(value >> (8 * bytes)));
  };
  big(static_cast<std::uint64_t>(time), 5);
  big(datetime, 8);
  big(1714979289, 4);
  big(12, 1);
  return std::move(row.u32(7)).str();
}

const std::vector<ColumnSpec> kOldTemporals = {{11, {}}, {12, {}}, {7, {}}, {3, {}}};

// As text, in the order of the columns.
std::vector<std::string> old_temporals_of(const BinlogWriter& log) {
  Catalogue catalogue;
  ChangeReader reader(catalogue, {});
  TransactionAssembler assembler;
  std::vector<std::string> texts;
  const std::string error = feed(log, assembler, [&](const Transaction& transaction) {
    const auto counts = reader.check(transaction);
    if (!counts) return texts.push_back(counts.error().message() + "; " + counts.error().hint);
    reader.start(transaction);
    for (;;) {
      const auto change = reader.next();
      if (!change) return texts.push_back(change.error().message() + "; " + change.error().hint);
      if (*change == nullptr) return;
      if ((*change)->kind != Change::Kind::row) continue;
      const RowChange& row = (*change)->row;
      for (std::size_t i = 0; i < row.after.size(); ++i) {
        EXPECT_TRUE(append_text(row.table->columns[i], row.after[i], texts.emplace_back()).has_value());
      }
    }
  });
  if (!error.empty()) texts.push_back(error);
  return texts;
}

TEST(ChangeReader, OldTemporalsOfMariadbGetTheirFractionsFromTheLogsOwnDdl) {
  const Lines row{"-01:02:03.456", "2024-05-06 07:08:09.123456", "2024-05-06 07:08:09.12", "7"};
  const std::string create = "CREATE TABLE t(a TIME(3), b DATETIME(6), c TIMESTAMP(2), d INT)";
  BinlogWriter log(BinlogWriter::mariadb());
  log.begin_file().mariadb_gtid(1, 0, 0x29).query("shop", create);
  log.mariadb_gtid(2).table_map(7, "shop", "t", kOldTemporals).write_rows(7, 4, old_temporal_row()).xid(1);
  EXPECT_EQ(old_temporals_of(log), row);

  BinlogWriter select(BinlogWriter::mariadb());  // CREATE TABLE … SELECT: the table begins in the rows' own group
  select.begin_file().mariadb_gtid(1).query("shop", create);
  select.table_map(7, "shop", "t", kOldTemporals).write_rows(7, 4, old_temporal_row()).xid(1);
  EXPECT_EQ(old_temporals_of(select), row);
}

TEST(ChangeReader, OldTemporalsOfMariadbWithoutADefinitionAreAnErrorThatAsksForIt) {
  BinlogWriter log(BinlogWriter::mariadb());
  log.begin_file().mariadb_gtid(2).table_map(7, "shop", "t", kOldTemporals);
  log.write_rows(7, 4, old_temporal_row()).xid(1);
  const Lines lines = old_temporals_of(log);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("shop.t: row 1: value of column @1 is not a TIME"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("give it with --schema"), std::string::npos) << lines[0];
}

TEST(ChangeReader, UnwantedTablesAreLeftOut) {
  BinlogWriter log;
  insert(insert(log.begin_file(), 1, "orders", 5), 2, "items", 6);
  ChangeOptions options;
  options.wants = [](std::string_view, std::string_view table) { return table == "items"; };
  EXPECT_EQ(changes(log, options), (Lines{"INSERT shop.items.@1=6"}));
}

}  // namespace
}  // namespace binferry::test
