// SqliteApplier on small logs: what it refuses, what it quarantines, and how rows find their place.
#include "tests/unit/applier/applier_fixture.hpp"

#include "binlog/source/tail_source.hpp"

#include <bit>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace binferry::test {
namespace {

TEST_F(ApplierTest, AMissingRowQuarantinesItsTableAndTheOthersGoOn) {
  BinlogWriter log;
  log.begin_file();
  create(log, "a", "id INT NOT NULL PRIMARY KEY, n INT NOT NULL");
  create(log, "b", "id INT NOT NULL PRIMARY KEY, n INT NOT NULL");
  insert(log, "a", {kInt, kInt}, int_pair(1, 10));
  insert(log, "b", {kInt, kInt}, int_pair(1, 10));
  const std::string path = save(log);
  must_run(run({path}));
  execute("DELETE FROM \"shop.a\"");
  // One transaction that changes b, then a row of a that is gone, then b again.
  const std::uint64_t offset = log.str().size();
  log.gtid(++gno_).begin();
  log.table_map(7, "shop", "b", {kInt, kInt}).update_rows(7, 2, int_pair(1, 10) + int_pair(1, 11));
  log.table_map(8, "shop", "a", {kInt, kInt}).update_rows(8, 2, int_pair(1, 10) + int_pair(1, 11));
  log.table_map(7, "shop", "b", {kInt, kInt}).update_rows(7, 2, int_pair(1, 11) + int_pair(1, 12)).xid(1);
  insert(log, "a", {kInt, kInt}, int_pair(2, 20));
  insert(log, "b", {kInt, kInt}, int_pair(2, 20));
  save(log);
  const RunOutcome outcome = must_run(run({path}));
  EXPECT_EQ(outcome.quarantined, 1U);
  EXPECT_EQ(query("SELECT group_concat(id || ':' || n) FROM \"shop.b\""), "1:12,2:20");
  EXPECT_EQ(query("SELECT count(*) FROM \"shop.a\""), "0");
  EXPECT_EQ(query("SELECT state || ' ' || file || ':' || offset FROM binferry_tables WHERE name = 'a'"),
            "quarantined binlog.000001:" + std::to_string(offset));
  EXPECT_NE(query("SELECT reason FROM binferry_tables WHERE name = 'a'").find("not in the replica (id=1)"),
            std::string::npos)
      << query("SELECT reason FROM binferry_tables WHERE name = 'a'");
}

TEST_F(ApplierTest, StrictStopsInFrontOfTheTransactionAndKeepsWhatCameBefore) {
  BinlogWriter log;
  log.begin_file();
  create(log, "a", "id INT NOT NULL PRIMARY KEY, n INT NOT NULL");
  insert(log, "a", {kInt, kInt}, int_pair(1, 10));
  const std::uint64_t before = log.str().size();
  change(log, "a", {kInt, kInt},
         [](BinlogWriter& out) { out.write_rows(7, 2, int_pair(5, 5), false).delete_rows(7, 2, int_pair(9, 9)); });
  const std::string path = save(log);
  ReplicaRun strict = run({path});
  strict.applier.strict = true;
  const Error error = must_fail(strict);
  EXPECT_EQ(error.code, Errc::diverged);
  EXPECT_NE(error.message().find("binlog.000001:"), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("shop.a"), std::string::npos) << error.message();
  EXPECT_EQ(query("SELECT group_concat(id) FROM \"shop.a\""), "1");
  EXPECT_EQ(query("SELECT json_extract(checkpoint, '$.offset') FROM binferry_state"), std::to_string(before));
}

TEST_F(ApplierTest, OfEqualRowsWithoutAKeyExactlyOneGoes) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "a INT, b INT");
  const std::string null_row = ByteWriter().u8(3).str();
  insert(log, "t", {kNullableInt, kNullableInt},
         int_pair(1, 1) + int_pair(1, 1) + int_pair(1, 1) + null_row + null_row);
  change(log, "t", {kNullableInt, kNullableInt},
         [&](BinlogWriter& out) { out.delete_rows(7, 2, int_pair(1, 1) + null_row); });
  change(log, "t", {kNullableInt, kNullableInt},
         [&](BinlogWriter& out) { out.update_rows(7, 2, int_pair(1, 1) + int_pair(2, 2)); });
  const std::string path = save(log);
  EXPECT_EQ(must_run(run({path})).quarantined, 0U);
  EXPECT_EQ(query("SELECT group_concat(coalesce(a, 'n'), ' ') FROM (SELECT a FROM \"shop.t\" ORDER BY a)"), "n 1 2");
  EXPECT_EQ(query("SELECT count(*) FROM binferry_rows_1"), "3");
}

// TRAPS 47. A MINIMAL image names a row without a key by all its columns, and after it holds what changed alone.
TEST_F(ApplierTest, OfEqualRowsOfFloatsAndNullsExactlyOneGoesOrChanges) {
  const auto row = [](std::uint32_t a, float f) {
    return ByteWriter().u8(0).u32(a).u32(std::bit_cast<std::uint32_t>(f)).str();
  };
  const std::string null_row = ByteWriter().u8(3).str();
  const std::string half_row = ByteWriter().u8(2).u32(1).str();  // (1, NULL)
  const std::vector<ColumnSpec> columns = {kNullableInt, ColumnSpec{4, "\x04", true}};
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "a INT, f FLOAT");
  std::string rows = row(2, -0.0F) + row(2, 0.0F);
  for (const std::string& one : {row(1, 0.1F), null_row, half_row}) rows += one + one + one;
  insert(log, "t", columns, rows);
  const std::string left =
      "SELECT group_concat(coalesce(a, 'n') || ':' || coalesce(round(f, 3), 'n') || '*' || n, ' ') FROM (SELECT a, f, "
      "count(*) AS n FROM \"shop.t\" GROUP BY a, f ORDER BY a, f)";
  must_run(run({save(log)}));
  EXPECT_EQ(query(left), "n:n*3 1:n*3 1:0.1*3 2:0.0*2");

  change(log, "t", columns,
         [&](BinlogWriter& out) { out.delete_rows(7, 2, null_row + row(1, 0.1F) + half_row + row(2, -0.0F)); });
  must_run(run({save(log)}));
  EXPECT_EQ(query(left), "n:n*2 1:n*2 1:0.1*2 2:0.0*1");

  change(log, "t", columns, [&](BinlogWriter& out) {
    const auto minimal = [&](std::uint8_t changed, const std::string& images) {
      out.event(EventType::update_rows, ByteWriter().u48(7).u16(1).u16(2).pint(2).u8(3).u8(changed).text(images).str());
    };
    const std::string to_seven = ByteWriter().u8(0).u32(7).str();
    const std::string to_null = ByteWriter().u8(1).str();
    minimal(1, null_row + to_seven + half_row + to_seven);
    out.table_map(7, "shop", "t", columns);
    minimal(2, row(1, 0.1F) + to_null);
  });
  EXPECT_EQ(must_run(run({save(log)})).quarantined, 0U);
  EXPECT_EQ(query(left), "n:n*1 1:n*2 1:0.1*1 2:0.0*1 7:n*2");
  EXPECT_EQ(query("SELECT count(*) FROM binferry_rows_1"), "7");
}

TEST_F(ApplierTest, RowsWithoutAKeyAreFoundAgainAfterVacuumRenumberedThem) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "a INT NOT NULL, b INT NOT NULL");
  std::string rows;
  for (std::uint32_t i = 0; i < 50; ++i) rows += int_pair(i, i);
  insert(log, "t", {kInt, kInt}, rows);
  change(log, "t", {kInt, kInt}, [&](BinlogWriter& out) { out.delete_rows(7, 2, rows.substr(0, 9 * 25)); });
  const std::string path = save(log);
  must_run(run({path}));
  execute("VACUUM");
  change(log, "t", {kInt, kInt}, [&](BinlogWriter& out) { out.delete_rows(7, 2, rows.substr(9 * 25, 9 * 24)); });
  save(log);
  EXPECT_EQ(must_run(run({path})).quarantined, 0U);
  EXPECT_EQ(query("SELECT group_concat(a) FROM \"shop.t\""), "49");
  EXPECT_EQ(query("SELECT count(*) FROM binferry_rows_1"), "1");
}

TEST_F(ApplierTest, AnUnsignedNumberAboveTheSignedRangeRebuildsATableWithItsKey) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id BIGINT UNSIGNED NOT NULL PRIMARY KEY");
  insert(log, "t", {kBigInt}, big_row(5));
  insert(log, "t", {kBigInt}, big_row(18446744073709551615U) + big_row(9223372036854775808U) + big_row(7));
  change(log, "t", {kBigInt},
         [](BinlogWriter& out) { out.update_rows(7, 1, big_row(9223372036854775808U) + big_row(9)); });
  const std::string path = save(log);
  EXPECT_EQ(must_run(run({path})).quarantined, 0U);
  EXPECT_EQ(query("SELECT group_concat(id) FROM (SELECT id FROM \"shop.t\" ORDER BY id)"),
            "5,7,9,18446744073709551615");
  // The width is remembered.
  change(log, "t", {kBigInt}, [](BinlogWriter& out) { out.delete_rows(7, 1, big_row(18446744073709551615U)); });
  save(log);
  EXPECT_EQ(must_run(run({path})).quarantined, 0U);
  EXPECT_EQ(query("SELECT count(*) FROM \"shop.t\""), "3");
}

// Seed 2200 of the random load: the definition of a child follows its parent's new name, on disk too.
TEST_F(ApplierTest, Trap14CascadesFollowARenamedParentAfterARestart) {
  BinlogWriter log;
  log.begin_file();
  create(log, "p", "id INT NOT NULL PRIMARY KEY");
  create(log, "c",
         "id INT NOT NULL PRIMARY KEY, up INT NOT NULL, FOREIGN KEY (up) REFERENCES p (id) ON DELETE CASCADE");
  insert(log, "p", {kInt}, BinlogWriter::int_row(1) + BinlogWriter::int_row(2));
  insert(log, "c", {kInt, kInt}, int_pair(11, 1) + int_pair(12, 2));
  log.ddl(++gno_, "RENAME TABLE p TO between, between TO parent");
  log.ddl(++gno_, "ALTER TABLE parent CHANGE id number INT NOT NULL");
  const std::string path = save(log);
  must_run(run({path}));
  EXPECT_NE(query("SELECT definition FROM binferry_tables WHERE name = 'c'").find("REFERENCES `parent`(`number`)"),
            std::string::npos);
  change(log, "parent", {kInt}, [](BinlogWriter& out) { out.delete_rows(7, 1, BinlogWriter::int_row(1)); });
  save(log);
  EXPECT_EQ(must_run(run({path})).quarantined, 0U);
  EXPECT_EQ(query("SELECT group_concat(id) FROM \"shop.c\""), "12");
}

// Seed 5007 of the random load: a MINIMAL image leaves out what has its default, be it a part of the key.
TEST_F(ApplierTest, AComputedColumnIsFilledInWhereTheKeyIsADefault) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "k1 INT NOT NULL DEFAULT 4, k2 INT NOT NULL, a INT, g BIGINT AS (a + 1), PRIMARY KEY (k1, k2)");
  const std::vector<ColumnSpec> columns = {kInt, kInt, kNullableInt, ColumnSpec{8, "", true}};
  log.gtid(++gno_).begin().table_map(7, "shop", "t", columns);
  // Columns k2 and a only.
  log.event(EventType::write_rows, ByteWriter().u48(7).u16(1).u16(2).pint(4).u8(0x06).u8(0).u32(5).u32(10).str());
  log.xid(gno_);
  EXPECT_EQ(must_run(run({save(log)})).quarantined, 0U);
  EXPECT_EQ(query("SELECT k1 || ',' || k2 || ',' || a || ',' || g FROM \"shop.t\""), "4,5,10,11");
}

// Seed 5021 of the random load.
TEST_F(ApplierTest, ADefaultAboveTheSignedRangeThatAnImageLeavesOutWidensItsColumn) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY, n BIGINT UNSIGNED DEFAULT 18446744073709551615");
  log.gtid(++gno_).begin().table_map(7, "shop", "t", {kInt, ColumnSpec{8, "", true}});
  // Column id only.
  log.event(EventType::write_rows, ByteWriter().u48(7).u16(1).u16(2).pint(2).u8(0x01).u8(0).u32(5).u8(0).u32(6).str());
  log.xid(gno_);
  EXPECT_EQ(must_run(run({save(log)})).quarantined, 0U);
  EXPECT_EQ(query("SELECT group_concat(id || ':' || n) FROM \"shop.t\""),
            "5:18446744073709551615,6:18446744073709551615");
}

TEST_F(ApplierTest, ARenamedViewIsNoTablesTroubleButAnUnknownTableInAKnownOnesPlaceIs) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY");
  log.ddl(++gno_, "CREATE VIEW v AS SELECT 1");
  log.ddl(++gno_, "RENAME TABLE v TO w");
  const std::string path = save(log);
  EXPECT_EQ(must_run(run({path})).quarantined, 0U);
  log.ddl(++gno_, "RENAME TABLE t TO t_old, nobody_knows TO t");
  save(log);
  EXPECT_EQ(must_run(run({path})).quarantined, 1U);
  EXPECT_EQ(query("SELECT group_concat(name || '=' || state) FROM binferry_tables"), "t=quarantined,t_old=active");
}

TEST_F(ApplierTest, AFrozenTableIsRenamedAndAnotherTakesItsName) {
  for (const bool is_reopened : {false, true}) {
    for (const std::string key : {" PRIMARY KEY", ""}) {
      SCOPED_TRACE(key);
      path_ = dir_ / fmt::format("{}{}.db", is_reopened, key.size());
      gno_ = 0;
      BinlogWriter log;
      log.begin_file();
      create(log, "t", "id INT NOT NULL" + key);
      insert(log, "t", {kInt}, ByteWriter().u8(0).u32(1).str());
      log.ddl(++gno_, "ALTER TABLE t ADD u CHAR(36) DEFAULT (UUID())");
      if (is_reopened) must_run(run({save(log)}));
      create(log, "t_new", "id INT NOT NULL" + key);
      insert(log, "t_new", {kInt}, ByteWriter().u8(0).u32(2).str());
      log.ddl(++gno_, "RENAME TABLE t TO t_old, t_new TO t");
      insert(log, "t", {kInt}, ByteWriter().u8(0).u32(3).str());
      EXPECT_EQ(must_run(run({save(log)})).quarantined, 1U);
      EXPECT_EQ(query("SELECT group_concat(name || '=' || state) FROM binferry_tables"), "t=active,t_old=quarantined");
      EXPECT_EQ(query("SELECT group_concat(id) FROM \"shop.t\""), "2,3");
      EXPECT_EQ(query("SELECT group_concat(id) FROM \"shop.t_old\""), "1");
      log.ddl(++gno_, "DROP TABLE t_old");
      EXPECT_EQ(must_run(run({save(log)})).quarantined, 0U);
      EXPECT_EQ(query("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%old%'"), "0");
    }
  }
}

// What a savepoint has to remember goes to a temporary file, which is no full disk.
TEST(Savepoint, OfAnySizeIsKeptAndUndone) {
  const TempDir dir;
  Result<Database> database = Database::open(dir / "large.db", OpenMode::create);
  ASSERT_TRUE(database.has_value());
  const auto run = [&](const std::string& sql) {
    const Status done = database->execute(sql);
    ASSERT_TRUE(done.has_value()) << sql << ": " << done.error().message();
  };
  run("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, pad BLOB);"
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 4000)"
      " INSERT INTO t SELECT i, 0, zeroblob(1000) FROM c");
  run("BEGIN; UPDATE t SET n = 1; SAVEPOINT s; UPDATE t SET n = 2; ROLLBACK TO s; UPDATE t SET n = n + 5; COMMIT");
  EXPECT_EQ(database->query_text("SELECT min(n) || ' ' || max(n) FROM t")->value_or(""), "6 6");
}

TEST_F(ApplierTest, AGapBetweenTheReplicaAndTheFilesIsRefused) {
  BinlogWriter first;
  first.begin_file();
  create(first, "t", "id INT NOT NULL PRIMARY KEY");
  first.rotate("binlog.000002");
  BinlogWriter third;
  third.begin_file();
  insert(third, "t", {kInt}, BinlogWriter::int_row(1));
  const std::string one = save(first);
  const std::string three = save(third, "binlog.000003");
  must_run(run({one}));
  const Error later = must_fail(run({three}));
  EXPECT_EQ(later.code, Errc::purged);
  EXPECT_NE(later.message().find("binlog.000002:4"), std::string::npos) << later.message();
  EXPECT_NE(later.message().find("binlog.000003"), std::string::npos) << later.message();
  // The same inside one run.
  path_ = dir_ / "other.db";
  EXPECT_EQ(must_fail(run({one, three})).code, Errc::purged);
}

TEST_F(ApplierTest, TheNextFileAloneGoesOnWhereTheLastOneEnded) {
  BinlogWriter first;
  first.begin_file();
  create(first, "t", "id INT NOT NULL PRIMARY KEY");
  first.rotate("binlog.000002");
  BinlogWriter second;
  second.begin_file();
  insert(second, "t", {kInt}, BinlogWriter::int_row(1));
  must_run(run({save(first)}));
  EXPECT_EQ(must_run(run({save(second, "binlog.000002")})).totals.transactions, 1U);
  EXPECT_EQ(query("SELECT count(*) FROM \"shop.t\""), "1");
}

TEST_F(ApplierTest, TheLogOfAnotherServerIsRefused) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY");
  must_run(run({save(log)}));
  // The same name and length of history, begun by a server with another UUID.
  BinlogWriter other;
  other.begin_file();
  other.gtid(1, 9).query("shop", "CREATE TABLE t (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB");
  other.gtid(2, 9).begin().table_map(7, "shop", "t", {kInt}).write_rows(7, 1, BinlogWriter::int_row(1)).xid(1);
  const Error error = must_fail(run({save(other)}));
  EXPECT_EQ(error.code, Errc::wrong_source);
  EXPECT_EQ(query("SELECT count(*) FROM \"shop.t\""), "0");
}

TEST_F(ApplierTest, AFileShorterThanTheReplicasPositionIsRefused) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY");
  BinlogWriter longer = log;
  insert(longer, "t", {kInt}, BinlogWriter::int_row(1));
  must_run(run({save(longer)}));
  EXPECT_EQ(must_fail(run({save(log)})).code, Errc::diverged);
}

TEST_F(ApplierTest, ASecondWriterIsRefusedByNameOfTheFirst) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY");
  Result<std::unique_ptr<Replica>> first = Replica::open(path_, {});
  ASSERT_TRUE(first.has_value());
  const Error error = must_fail(run({save(log)}));
  EXPECT_EQ(error.code, Errc::busy);
  EXPECT_NE(error.message().find(std::to_string(::getpid())), std::string::npos) << error.message();
}

TEST_F(ApplierTest, AnSqliteFileOfSomeoneElseIsLeftAlone) {
  {
    Result<Database> database = Database::open(path_, OpenMode::create);
    ASSERT_TRUE(database.has_value());
    ASSERT_TRUE(database->execute("CREATE TABLE mine (x)").has_value());
  }
  BinlogWriter log;
  log.begin_file();
  EXPECT_EQ(must_fail(run({save(log)})).code, Errc::replica);
}

TEST_F(ApplierTest, AStatementBasedChangeStopsEverything) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY");
  log.gtid(++gno_).begin().query("shop", "INSERT INTO t VALUES (1)").xid(1);
  const Error error = must_fail(run({save(log)}));
  EXPECT_EQ(error.code, Errc::statement_based);
  EXPECT_EQ(query("SELECT json_extract(checkpoint, '$.transactions') FROM binferry_state"), "1");
}

TEST_F(ApplierTest, RowsOfATableThatNothingDefinesAreNotPassedOverSilently) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY");
  insert(log, "unheard_of", {kInt}, BinlogWriter::int_row(1));
  insert(log, "t", {kInt}, BinlogWriter::int_row(1));
  const RunOutcome outcome = must_run(run({save(log)}));
  EXPECT_EQ(outcome.quarantined, 1U);
  EXPECT_EQ(query("SELECT count(*) FROM \"shop.t\""), "1");
}

TEST_F(ApplierTest, AChosenSchemaHasPlainTableNamesAndTheOthersStayOut) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY");
  log.ddl(++gno_, "CREATE TABLE other.t (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB");
  insert(log, "t", {kInt}, BinlogWriter::int_row(1));
  log.gtid(++gno_).begin().table_map(9, "other", "t", {kInt}).write_rows(9, 1, BinlogWriter::int_row(2)).xid(1);
  ReplicaRun chosen = run({save(log)});
  chosen.replica.qualified_names = false;
  chosen.replica.schemas = {"shop"};
  chosen.applier.filter.databases = {"shop"};
  EXPECT_EQ(must_run(chosen).quarantined, 0U);
  EXPECT_EQ(query("SELECT group_concat(id) FROM t"), "1");
  EXPECT_EQ(query("SELECT state FROM binferry_tables WHERE schema = 'other'"), "excluded");
}

TEST_F(ApplierTest, AnExcludedGtidIsPassedOverAndThePositionMoves) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY");
  insert(log, "t", {kInt}, BinlogWriter::int_row(1));
  insert(log, "t", {kInt}, BinlogWriter::int_row(2));
  ReplicaRun filtered = run({save(log)});
  filtered.filter.exclude_gtids = *AnyGtidSet::parse("01010101-0101-0101-0101-010101010101:2");
  const RunOutcome outcome = must_run(filtered);
  EXPECT_EQ(outcome.totals.passed, 1U);
  EXPECT_EQ(outcome.checkpoint.gtids.text(), "01010101-0101-0101-0101-010101010101:1-3");
  EXPECT_EQ(query("SELECT group_concat(id) FROM \"shop.t\""), "2");
}

TEST_F(ApplierTest, TextThatIsNotValidQuarantinesUnlessAskedOtherwise) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY, s VARCHAR(10) CHARACTER SET utf8mb4 NOT NULL");
  const std::vector<ColumnSpec> columns = {kInt, ColumnSpec{15, std::string("\x28\x00", 2), false}};
  insert(log, "t", columns, ByteWriter().u8(0).u32(1).u8(2).text("a\xFF").str());
  const std::string path = save(log);
  EXPECT_EQ(must_run(run({path})).quarantined, 1U);
  EXPECT_NE(query("SELECT reason FROM binferry_tables").find("column s"), std::string::npos)
      << query("SELECT reason FROM binferry_tables");
  path_ = dir_ / "hex.db";
  ReplicaRun hex = run({path});
  hex.applier.bad_text = BadText::hex;
  EXPECT_EQ(must_run(hex).quarantined, 0U);
  EXPECT_EQ(query("SELECT s FROM \"shop.t\""), "61FF");
  path_ = dir_ / "replaced.db";
  ReplicaRun replaced = run({path});
  replaced.applier.bad_text = BadText::replace;
  EXPECT_EQ(must_run(replaced).quarantined, 0U);
  EXPECT_EQ(query("SELECT s FROM \"shop.t\""), "a\xEF\xBF\xBD");
}

TEST_F(ApplierTest, ARowImageWithoutAnyColumnOfTheTableNamesNoRow) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "a INT NOT NULL, KEY f ((a + 1))");
  const std::vector<ColumnSpec> columns = {kInt, ColumnSpec{8, "", true}};  // the index's hidden one
  insert(log, "t", columns, ByteWriter().u8(0).u32(1).u64(2).str());
  change(log, "t", columns, [](BinlogWriter& out) {
    // Table id, end of statement, no extra information, two columns, of which the hidden one is present; a row of it.
    out.event(EventType::delete_rows, ByteWriter().u48(7).u16(1).u16(2).pint(2).u8(2).u8(0).u64(2).str());
  });
  const std::string path = save(log);
  ReplicaRun strict = run({path});
  strict.applier.strict = true;
  const Error error = must_fail(strict);
  EXPECT_EQ(error.code, Errc::schema_mismatch);
  EXPECT_NE(error.message().find("the log's row holds none of the table's columns"), std::string::npos)
      << error.message();
  EXPECT_EQ(must_run(run({path})).quarantined, 1U);
  EXPECT_EQ(query("SELECT group_concat(a) FROM \"shop.t\""), "1");
}

TEST_F(ApplierTest, FollowsAFileAsItGrowsAndCommitsWhatItHas) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY");
  const std::string path = save(log);
  log.take();
  Result<std::unique_ptr<Replica>> replica = Replica::open(path_, run({path}).replica);
  ASSERT_TRUE(replica.has_value());
  Result<std::unique_ptr<SqliteApplier>> applier = SqliteApplier::make(std::move(*replica), {});
  ASSERT_TRUE(applier.has_value());
  TailOptions tail;
  tail.start = TailStart::from_start;
  Result<std::unique_ptr<TailSource>> source = TailSource::open(path, tail);
  ASSERT_TRUE(source.has_value()) << source.error().message();
  Replay replay(**applier, **source, {});
  bool grown = false;
  const Status done = replay.run(
      [&] {
        // A reader sees the first transaction once the applier waits; then the log grows.
        if (!grown && (*applier)->totals().transactions == 1 && (*applier)->uncommitted() == 0) {
          EXPECT_EQ(query("SELECT count(*) FROM \"shop.t\""), "0");
          insert(log, "t", {kInt}, BinlogWriter::int_row(1));
          append_file(path, log.take());
          grown = true;
        }
        return (*applier)->totals().transactions == 2;
      },
      {});
  ASSERT_TRUE(done.has_value()) << done.error().message();
  EXPECT_TRUE(replay.was_stopped());
  EXPECT_EQ(query("SELECT count(*) FROM \"shop.t\""), "1");
}

// SQLite's transaction is undone whole: what shared it with the failed transaction is done again, and only that.
TEST_F(ApplierTest, ABatchIsDoneAgainWithoutTheTransactionThatFails) {
  BinlogWriter log;
  log.begin_file();
  create(log, "parent", "id INT NOT NULL PRIMARY KEY");
  create(log, "child",
         "id INT NOT NULL PRIMARY KEY, up INT NOT NULL, FOREIGN KEY (up) REFERENCES parent (id) "
         "ON DELETE CASCADE");
  create(log, "keyless", "a INT NOT NULL, b INT NOT NULL");
  create(log, "bad", "id INT NOT NULL PRIMARY KEY, n INT NOT NULL");
  create(log, "wide", "id BIGINT UNSIGNED NOT NULL PRIMARY KEY");
  const auto some_of_each = [&](std::uint32_t from) {
    for (std::uint32_t i = from; i < from + 20; ++i) {
      insert(log, "parent", {kInt}, BinlogWriter::int_row(i));
      insert(log, "child", {kInt, kInt}, int_pair(100 + i, i));
      insert(log, "keyless", {kInt, kInt}, int_pair(1, i % 3));
      insert(log, "wide", {kBigInt}, big_row(i));
    }
    change(log, "parent", {kInt}, [&](BinlogWriter& out) { out.delete_rows(7, 1, BinlogWriter::int_row(from + 3)); });
    change(log, "keyless", {kInt, kInt}, [&](BinlogWriter& out) { out.delete_rows(7, 2, int_pair(1, 2)); });
    change(log, "keyless", {kInt, kInt},
           [&](BinlogWriter& out) { out.update_rows(7, 2, int_pair(1, 1) + int_pair(2, 1)); });
  };
  some_of_each(0);
  // It changes all tables before it comes to the row that is not there.
  log.gtid(++gno_).begin();
  log.table_map(7, "shop", "parent", {kInt}).delete_rows(7, 1, BinlogWriter::int_row(5));
  log.table_map(8, "shop", "keyless", {kInt, kInt}).update_rows(8, 2, int_pair(1, 0) + int_pair(3, 0));
  log.table_map(9, "shop", "wide", {kBigInt}).write_rows(9, 1, big_row(18446744073709551615U));
  log.table_map(10, "shop", "bad", {kInt, kInt}).delete_rows(10, 2, int_pair(1, 1)).xid(gno_);
  some_of_each(1000);
  log.ddl(++gno_, "ALTER TABLE keyless ADD c INT NOT NULL DEFAULT 7");
  change(log, "parent", {kInt}, [](BinlogWriter& out) { out.delete_rows(7, 1, BinlogWriter::int_row(77)); });
  insert(log, "wide", {kBigInt}, big_row(500));
  const std::string path = save(log);

  // Alone in its SQLite transaction, a failed one takes nothing else with it.
  std::string one_by_one;
  for (const std::uint64_t batch : {1U, 7U, 40000U}) {
    SCOPED_TRACE(batch);
    path_ = dir_ / (std::to_string(batch) + ".db");
    ReplicaRun batched = run({path});
    batched.applier.batch_transactions = batch;
    const RunOutcome outcome = must_run(batched);
    // `bad`, and `parent` with what its rows cascade into.
    EXPECT_EQ(outcome.quarantined, 3U);
    EXPECT_EQ(outcome.notes.size(), 3U);
    if (one_by_one.empty()) one_by_one = content_of(path_);
    EXPECT_EQ(content_of(path_), one_by_one);
    EXPECT_EQ(query("SELECT json_extract(checkpoint, '$.rows') || ' ' || json_extract(checkpoint, '$.transactions')"
                    " FROM binferry_state"),
              std::to_string(outcome.totals.rows) + ' ' + std::to_string(outcome.totals.transactions));
  }
  EXPECT_EQ(query("SELECT max(id) || ' ' || count(*) FROM \"shop.wide\""), "18446744073709551615 42");
  EXPECT_EQ(query("SELECT group_concat(id) FROM \"shop.parent\" WHERE id IN (3, 5, 1003)"), "NULL");
}

TEST_F(ApplierTest, ABatchOfManyPagesIsUndoneAndDoneAgain) {
  constexpr std::uint32_t kRows = 150'000;
  constexpr std::uint32_t kStep = 250;  // a page has more rows than that
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY, n INT NOT NULL");
  create(log, "bad", "id INT NOT NULL PRIMARY KEY");
  std::string rows;
  for (std::uint32_t id = 0; id < kRows; ++id) rows += int_pair(id, 0);
  insert(log, "t", {kInt, kInt}, rows);
  std::string updates;
  for (std::uint32_t id = 0; id < kRows; id += kStep) updates += int_pair(id, 0) + int_pair(id, 1);
  change(log, "t", {kInt, kInt}, [&](BinlogWriter& out) { out.update_rows(7, 2, updates); });
  log.gtid(++gno_).begin();
  log.table_map(7, "shop", "t", {kInt, kInt}).delete_rows(7, 2, rows.substr(9, std::size_t{9} * (kRows / 2)));
  log.table_map(8, "shop", "bad", {kInt}).delete_rows(8, 1, BinlogWriter::int_row(1)).xid(gno_);
  EXPECT_EQ(must_run(run({save(log)})).quarantined, 1U);
  EXPECT_EQ(query("SELECT sum(n) || ' ' || count(*) FROM \"shop.t\""),
            std::to_string(kRows / kStep / 2) + ' ' + std::to_string(kRows / 2));
}

TEST_F(ApplierTest, ALongReaderDoesNotStopTheWriter) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY");
  const std::string path = save(log);
  must_run(run({path}));
  Result<Database> reader = Database::open(path_, OpenMode::read_only);
  ASSERT_TRUE(reader.has_value());
  ASSERT_TRUE(reader->execute("BEGIN; SELECT count(*) FROM \"shop.t\"").has_value());
  insert(log, "t", {kInt}, BinlogWriter::int_row(1));
  save(log);
  must_run(run({path}));
  Result<std::optional<std::string>> seen = reader->query_text("SELECT count(*) FROM \"shop.t\"");
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(*seen, "0");
  EXPECT_EQ(query("SELECT count(*) FROM \"shop.t\""), "1");
}

}  // namespace
}  // namespace binferry::test
