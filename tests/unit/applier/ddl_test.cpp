#include "tests/unit/applier/ddl_replica.hpp"

#include "applier/keyless.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

TEST(Ddl, ATableIsCreatedLikeAnotherRenamedTruncatedAndDropped) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE a (id INT PRIMARY KEY, v INT, KEY (v))"), "");
  EXPECT_EQ(replica.run("CREATE TABLE b LIKE a"), "");
  replica.sqlite("INSERT INTO b VALUES (1, 2)");
  EXPECT_EQ(replica.run("RENAME TABLE b TO c"), "");
  EXPECT_EQ(replica.rows("SELECT * FROM c"), "1|2");
  EXPECT_EQ(replica.run("TRUNCATE TABLE c"), "");
  EXPECT_EQ(replica.rows("SELECT count(*) FROM c"), "0");
  EXPECT_EQ(replica.run("DROP TABLE a, c"), "");
  EXPECT_EQ(replica.rows("SELECT count(*) FROM sqlite_schema"), "0");
}

// As gh-ost and pt-online-schema-change end.
TEST(Ddl, TablesSwapNamesInOneStatement) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE orders (id INT PRIMARY KEY, KEY ix (id))"), "");
  EXPECT_EQ(replica.run("CREATE TABLE _orders_gho LIKE orders"), "");
  EXPECT_EQ(replica.run("ALTER TABLE _orders_gho ADD COLUMN extra INT DEFAULT 5"), "");
  replica.sqlite("INSERT INTO orders VALUES (1); INSERT INTO _orders_gho VALUES (1, 5)");
  replica.sqlite("CREATE VIEW latest AS SELECT max(id) AS id FROM orders");
  EXPECT_EQ(replica.run("RENAME TABLE orders TO _orders_del, _orders_gho TO orders"), "");
  EXPECT_EQ(replica.rows("SELECT * FROM orders"), "1|5");
  EXPECT_EQ(replica.rows("SELECT * FROM latest"), "1");
  EXPECT_EQ(replica.run("DROP TABLE _orders_del"), "");
  // Once more: the names of the indexes of the first time are still there.
  EXPECT_EQ(replica.run("CREATE TABLE _orders_gho LIKE orders"), "");
  EXPECT_EQ(replica.run("RENAME TABLE orders TO _orders_del, _orders_gho TO orders"), "");
  EXPECT_EQ(replica.rows("SELECT count(*) FROM orders"), "0");
  EXPECT_EQ(replica.run("RENAME TABLE orders TO swap, _orders_del TO orders, swap TO _orders_del"), "");
  EXPECT_EQ(replica.rows("SELECT * FROM orders"), "1|5");
}

TEST(Ddl, ARenameMayChangeOnlyTheCase) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE a (id INT PRIMARY KEY)"), "");
  EXPECT_EQ(replica.run("RENAME TABLE a TO A"), "");
  EXPECT_EQ(replica.table("A").layout->name, "A");
  EXPECT_EQ(replica.run("ALTER TABLE A RENAME TO b, ADD COLUMN v INT"), "");
  EXPECT_EQ(replica.rows("SELECT count(*) FROM b"), "0");
}

TEST(Ddl, ColumnsComeGoAndChangePlaces) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(9), KEY ab (a, b))"), "");
  replica.sqlite("INSERT INTO t VALUES (1, 10, 'x'), (2, NULL, 'y')");
  EXPECT_EQ(replica.run("ALTER TABLE t ADD COLUMN c SMALLINT NOT NULL AFTER id, ADD d TEXT FIRST"), "");
  EXPECT_EQ(replica.rows("SELECT * FROM t"), "NULL|1|0|10|x;NULL|2|0|NULL|y");
  EXPECT_EQ(replica.run(
                "ALTER TABLE t DROP COLUMN d, MODIFY b VARCHAR(9) FIRST, CHANGE a c INT, CHANGE c a SMALLINT NOT NULL"),
            "");
  EXPECT_EQ(replica.rows("SELECT b, id, a, c FROM t"), "x|1|0|10;y|2|0|NULL");
  EXPECT_EQ(replica.run("ALTER TABLE t RENAME COLUMN a TO c, RENAME COLUMN c TO a"), "");
  EXPECT_EQ(replica.rows("SELECT b, id, c, a FROM t"), "x|1|0|10;y|2|0|NULL");
  EXPECT_EQ(replica.rows("SELECT group_concat(name) FROM pragma_index_info('t.ab')"), "a,b");
}

TEST(Ddl, AColumnAtTheEndCostsNoRebuild) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY)"), "");
  replica.sqlite("INSERT INTO t VALUES (1)");
  const std::string root = replica.rows("SELECT rootpage FROM sqlite_schema WHERE name = 't'");
  EXPECT_EQ(
      replica.run(
          "ALTER TABLE t ADD a INT DEFAULT 7, ADD b DECIMAL(5,2) NOT NULL DEFAULT 1.5, ADD c BINARY(3) DEFAULT 'a'"),
      "");
  EXPECT_EQ(replica.rows("SELECT * FROM t"), "1|7|1.50|x610000");
  EXPECT_EQ(replica.rows("SELECT rootpage FROM sqlite_schema WHERE name = 't'"), root);
}

TEST(Ddl, ExistingRowsGetTheDefaultsThatTheSourceGivesThem) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY)"), "");
  replica.sqlite("INSERT INTO t VALUES (1)");
  const auto value = [&](std::string_view column) {
    EXPECT_EQ(replica.run("ALTER TABLE t ADD COLUMN c " + std::string(column)), "");
    std::string got =
        replica.rows("SELECT typeof(c) || ' ' || CASE typeof(c) WHEN 'blob' THEN hex(c) ELSE c END FROM t");
    EXPECT_EQ(replica.run("ALTER TABLE t DROP COLUMN c"), "");
    return got;
  };
  EXPECT_EQ(value("INT NOT NULL"), "integer 0");
  EXPECT_EQ(value("DECIMAL(8,3) NOT NULL"), "text 0.000");
  EXPECT_EQ(value("DECIMAL(8,3) DEFAULT -1.0005"), "text -1.001");
  EXPECT_EQ(value("DOUBLE DEFAULT 1e3"), "real 1000.0");
  EXPECT_EQ(value("FLOAT DEFAULT '1.1'"), "real 1.1");
  EXPECT_EQ(value("CHAR(5) DEFAULT 'ab  '"), "text ab");
  EXPECT_EQ(value("VARCHAR(5) DEFAULT 'ab  '"), "text ab  ");
  EXPECT_EQ(value("VARCHAR(5) DEFAULT 5"), "text 5");
  EXPECT_EQ(value("BINARY(4) NOT NULL DEFAULT 'ab'"), "blob 61620000");
  EXPECT_EQ(value("BINARY(2) NOT NULL"), "blob 0000");
  EXPECT_EQ(value("VARBINARY(4) DEFAULT x'00ff'"), "blob 00FF");
  EXPECT_EQ(value("INT DEFAULT x'0100'"), "integer 256");
  EXPECT_EQ(value("ENUM('p','q') NOT NULL"), "text p");
  EXPECT_EQ(value("ENUM('p','q') NOT NULL DEFAULT 'q'"), "text q");
  EXPECT_EQ(value("SET('p','q') NOT NULL"), "text ");
  EXPECT_EQ(value("SET('p','q') DEFAULT 'q,p'"), "text p,q");
  EXPECT_EQ(value("BIT(4) DEFAULT b'101'"), "integer 5");
  EXPECT_EQ(value("YEAR DEFAULT 99"), "integer 1999");
  EXPECT_EQ(value("DATE NOT NULL"), "text 0000-00-00");
  EXPECT_EQ(value("DATETIME(3) NOT NULL"), "text 0000-00-00 00:00:00.000");
  EXPECT_EQ(value("DATETIME(2) DEFAULT '2024-02-29 01:02:03'"), "text 2024-02-29 01:02:03.00");
  EXPECT_EQ(value("TIME NOT NULL"), "text 00:00:00");
  EXPECT_EQ(value("TIME DEFAULT '10:30'"), "text 10:30:00");
  EXPECT_EQ(value("JSON NOT NULL"), "text null");
  EXPECT_EQ(value("BIGINT UNSIGNED DEFAULT 18446744073709551615"), "text 18446744073709551615");
}

TEST(Ddl, CurrentTimestampIsTheStatementsWithItsMicrosecondsInItsZone) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY)"), "");
  replica.sqlite("INSERT INTO t VALUES (1)");
  replica.context.microseconds = 987654;
  replica.context.time_zone = "+05:30";
  EXPECT_EQ(replica.run("ALTER TABLE t ADD a TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),"
                        " ADD b DATETIME DEFAULT CURRENT_TIMESTAMP"),
            "");
  EXPECT_EQ(replica.rows("SELECT * FROM t"), "1|2023-11-14 22:13:20.987|2023-11-15 03:43:20");
  replica.context.time_zone = "SYSTEM";
  EXPECT_EQ(replica.run("ALTER TABLE t ADD c TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP"), "");
  EXPECT_EQ(replica.run("ALTER TABLE t ADD d DATETIME DEFAULT CURRENT_TIMESTAMP"),
            "column d: CURRENT_TIMESTAMP in a time zone not known here");
  EXPECT_EQ(replica.rows("SELECT count(*) FROM pragma_table_info('t')"), "4");
}

// As frameworks write them for MySQL 8, and as SHOW CREATE TABLE prints them.
TEST(Ddl, AnExpressionThatTheStatementAloneTellsIsADefaultLikeAnother) {
  std::string zone = "+05:30";
  const auto value = [&](const std::string& column) {
    DdlReplica replica;
    replica.context.microseconds = 987654;
    replica.context.time_zone = zone;
    EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(9))"), "");
    replica.sqlite("INSERT INTO t VALUES (1, 'x')");
    const std::string why = replica.run("ALTER TABLE t ADD COLUMN c " + column);
    return why.empty() ? replica.rows("SELECT c FROM t") : why;
  };
  EXPECT_EQ(value("JSON DEFAULT (json_array())"), "[]");
  EXPECT_EQ(value("JSON NOT NULL DEFAULT (JSON_OBJECT())"), "{}");
  EXPECT_EQ(value("JSON DEFAULT (_utf8mb4'{}')"), "{}");
  EXPECT_EQ(value("JSON DEFAULT ('[ ]')"), "[]");
  EXPECT_EQ(value("JSON DEFAULT ('-17')"), "-17");
  EXPECT_EQ(value("DATETIME DEFAULT (now())"), "2023-11-15 03:43:20");
  EXPECT_EQ(value("DATETIME(6) DEFAULT (CURRENT_TIMESTAMP(3))"), "2023-11-15 03:43:20.987000");
  EXPECT_EQ(value("TIMESTAMP DEFAULT (now())"), "2023-11-14 22:13:20");
  EXPECT_EQ(value("DATE DEFAULT (curdate())"), "2023-11-15");
  EXPECT_EQ(value("DATE DEFAULT (CURRENT_DATE)"), "2023-11-15");
  EXPECT_EQ(value("DATETIME(1) DEFAULT (current_date())"), "2023-11-15 00:00:00.0");
  EXPECT_EQ(value("INT DEFAULT ((1 + 2) * 3)"), "9");
  EXPECT_EQ(value("VARCHAR(20) DEFAULT (concat(`s`,_utf8mb4'-',`id`))"), "x-1");
  // What is converted on its way, or is the source's own, is not known here.
  EXPECT_EQ(value("DATETIME DEFAULT (now(6))"), "column c: its default is an expression");
  EXPECT_EQ(value("TIME DEFAULT (now())"), "column c: its default is an expression");
  EXPECT_EQ(value("DATE DEFAULT (curdate() + interval 1 day)"), "column c: its default is an expression");
  EXPECT_EQ(value("JSON DEFAULT (json_array(1))"), "column c: its default is an expression");
  EXPECT_NE(value("JSON DEFAULT ('{\"b\": 1, \"a\": 2}')").find("prints in its own way"), std::string::npos);
  zone = "SYSTEM";
  EXPECT_EQ(value("DATETIME DEFAULT (now())"), "column c: its default is an expression");
}

TEST(Ddl, WhatTheLogDoesNotTellLeavesTheTableAsItWas) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9))"), "");
  replica.sqlite("INSERT INTO t VALUES (1, 'abc')");
  const std::string before = replica.rows("SELECT sql FROM sqlite_schema");
  EXPECT_EQ(replica.run("ALTER TABLE t ADD u CHAR(36) DEFAULT (UUID())"), "column u: its default is an expression");
  EXPECT_EQ(replica.rows("SELECT sql FROM sqlite_schema"), before);
  EXPECT_EQ(replica.rows("SELECT * FROM t"), "1|abc");
}

TEST(Ddl, AFrozenTableMakesWayForAnotherOfItsName) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY)"), "");
  replica.sqlite("INSERT INTO t VALUES (1)");
  EXPECT_NE(replica.run("ALTER TABLE t RENAME TO u, ADD v CHAR(36) DEFAULT (UUID())"), "");
  EXPECT_EQ(replica.rows("SELECT * FROM u"), "1");
  replica.tables.find("shop", "u")->state = TableState::quarantined;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY)"), "");
  replica.sqlite("INSERT INTO t VALUES (2)");
  const auto quarantined = [&](std::string_view name) {
    replica.tables.find("shop", name)->state = TableState::quarantined;
  };
  quarantined("u");
  EXPECT_EQ(replica.run("TRUNCATE TABLE u"), "");
  quarantined("u");
  EXPECT_EQ(replica.run("ALTER TABLE u DROP COLUMN v"), "");
  quarantined("u");
  EXPECT_EQ(replica.run("RENAME TABLE u TO old, t TO u"), "");
  EXPECT_EQ(replica.rows("SELECT * FROM old"), "1");
  EXPECT_EQ(replica.rows("SELECT * FROM u"), "2");
}

TEST(Ddl, AnEmptyTableNeedsNoGuess) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9))"), "");
  EXPECT_EQ(replica.run("ALTER TABLE t ADD u CHAR(36) DEFAULT (UUID()), MODIFY v GEOMETRY, DROP PRIMARY KEY, DROP id,"
                        " ADD n INT AUTO_INCREMENT UNIQUE"),
            "");
  EXPECT_EQ(replica.table("t").layout->key_kind, KeyKind::none);
}

// SQLite 3.40 loses the commit behind such a ROLLBACK TO if the process is killed.
TEST(Ddl, WhatHasReachedTheLogIsNotUndoneAlone) {
  const TempDir dir;
  const auto freeze_with = [&](const std::string& name, const std::string& cache) {
    DdlReplica replica(dir / name);
    replica.sqlite("PRAGMA journal_mode = WAL; PRAGMA cache_size = " + cache);
    EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, e ENUM('a','b'), pad VARCHAR(200))"), "");
    replica.sqlite(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        " INSERT INTO t SELECT i, iif(i < 3000, 'b', NULL), hex(zeroblob(90)) FROM n; BEGIN");
    return replica.run("ALTER TABLE t MODIFY e ENUM('b','c') NOT NULL");
  };
  const std::string reason = "column e: enum('a','b') to enum('b','c'): NULL in it";
  EXPECT_EQ(freeze_with("in_memory.db", "-65536"), reason);
  EXPECT_EQ(freeze_with("spilled.db", "10"), "error: " + reason);
}

TEST(Ddl, PartitionMaintenanceNeedsAResync) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2"), "");
  EXPECT_EQ(replica.run("CREATE TABLE u (id INT PRIMARY KEY)"), "");
  EXPECT_NE(replica.run("ALTER TABLE t TRUNCATE PARTITION p0"), "");
  EXPECT_NE(replica.run("ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE u"), "");
}

TEST(Ddl, APrimaryKeyComesAndGoes) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (a INT, b VARCHAR(20), c INT, PRIMARY KEY (b, a))"), "");
  replica.sqlite("INSERT INTO t VALUES (1, 'k', 1), (2, 'kk', 9)");
  EXPECT_EQ(replica.run("ALTER TABLE t DROP PRIMARY KEY"), "");
  const TableLayout keyless = *replica.table("t").layout;
  EXPECT_EQ(keyless.key_kind, KeyKind::none);
  EXPECT_EQ(replica.rows("SELECT count(*) FROM " + keyless.hash_table), "2");
  EXPECT_EQ(replica.run("ALTER TABLE t ADD PRIMARY KEY (a)"), "");
  EXPECT_EQ(replica.table("t").layout->row_address, "a");
  EXPECT_EQ(replica.rows("SELECT name FROM sqlite_schema"), "t");
  EXPECT_EQ(replica.rows("SELECT * FROM t"), "1|k|1;2|kk|9");
}

TEST(Ddl, AnAddedAutoIncrementColumnNumbersRowsAsTheOldKeyOrdersThem) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE compk (a INT, b VARCHAR(20), c INT, PRIMARY KEY (b, a))"), "");
  replica.sqlite("INSERT INTO compk VALUES (2, 'kk', 9), (1, 'k', 1)");
  EXPECT_EQ(
      replica.run("ALTER TABLE compk DROP PRIMARY KEY, ADD COLUMN id INT NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST"),
      "");
  EXPECT_EQ(replica.rows("SELECT * FROM compk ORDER BY id"), "1|1|k|1;2|2|kk|9");
}

TEST(Ddl, RowsWhoseOrderIsTheSourcesOwnAreNotNumbered) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (k VARCHAR(9) PRIMARY KEY)"), "");
  replica.sqlite("INSERT INTO t VALUES ('a'), ('B')");
  EXPECT_NE(replica.run("ALTER TABLE t ADD id INT AUTO_INCREMENT UNIQUE"), "");
  EXPECT_EQ(replica.run("CREATE TABLE h (v INT)"), "");
  replica.sqlite("INSERT INTO h VALUES (1)");
  EXPECT_EQ(replica.run("ALTER TABLE h ADD id INT AUTO_INCREMENT UNIQUE"), "");
  EXPECT_EQ(replica.rows("SELECT * FROM h"), "1|1");
  EXPECT_EQ(replica.run("CREATE TABLE i (v INT)"), "");
  replica.sqlite("INSERT INTO i VALUES (1), (2)");
  EXPECT_NE(replica.run("ALTER TABLE i ADD id INT AUTO_INCREMENT UNIQUE"), "");
}

TEST(Ddl, ChangesOfATableWithoutAKeyKeepItsRowsFindable) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (a INT, b VARCHAR(5))"), "");
  replica.sqlite("INSERT INTO t VALUES (1, 'x'), (1, 'x'), (NULL, NULL)");
  EXPECT_EQ(replica.run("ALTER TABLE t ADD c INT DEFAULT 4"), "");
  EXPECT_EQ(replica.run("ALTER TABLE t MODIFY a DECIMAL(6,1), ADD d INT FIRST"), "");
  const TableLayout& layout = *replica.table("t").layout;
  EXPECT_EQ(replica.rows("SELECT count(*) FROM " + layout.hash_table), "3");
  Result<KeylessRows> rows = KeylessRows::make(replica.database(), layout);
  Result<SqliteStatement> row = replica.database().prepare("SELECT NULL, '1.0', 'x', 4");
  ASSERT_TRUE(*row->step());
  std::vector<Cell> cells;
  for (int i = 0; i < 4; ++i) cells.push_back(Cell::of(*row, i));
  const auto found = rows->find(cells);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->has_value());
}

TEST(Ddl, IndexNamesThatAreOneInTwoTablesLiveSideBySide) {
  DdlReplica replica;
  EXPECT_EQ(
      replica.run("CREATE TABLE a (id INT PRIMARY KEY, v INT, w TEXT, KEY ix (v), FULLTEXT KEY ft (w), KEY p (w(5)))"),
      "");
  EXPECT_EQ(replica.run("CREATE TABLE b (id INT PRIMARY KEY, v INT, UNIQUE KEY ix (v DESC))"), "");
  EXPECT_EQ(replica.rows("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY 1"), "a.ix;a.p;b.ix");
  replica.sqlite("INSERT INTO b VALUES (1, 1), (2, 1)");  // two rows on their way to a swap
  EXPECT_EQ(replica.run("DROP INDEX ix ON a"), "");
  EXPECT_EQ(replica.run("CREATE INDEX ix2 ON a (v, id)"), "");
  EXPECT_EQ(replica.run("ALTER TABLE a RENAME INDEX ix2 TO ix3"), "");
  EXPECT_EQ(replica.run("ALTER TABLE a DROP INDEX ix3, ADD INDEX ix4 ((v + 1)), ADD INDEX ix5 (id)"), "");
  EXPECT_EQ(replica.rows("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY 1"), "a.ix5;a.p;b.ix");
}

TEST(Ddl, WhatUsersAddedToTheReplicaOutlivesARebuild) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, v INT, w INT, KEY (w))"), "");
  replica.sqlite("INSERT INTO t VALUES (1, 2, 3); CREATE INDEX mine ON t (v, w); CREATE VIEW view AS SELECT v FROM t");
  EXPECT_EQ(replica.run("ALTER TABLE t ADD first INT FIRST"), "");
  EXPECT_EQ(replica.rows("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY 1"), "mine;t.w");
  EXPECT_EQ(replica.rows("SELECT * FROM view"), "2");
}

TEST(Ddl, GeneratedColumnsAreComputedWhereBothAgree) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, a INT, s VARCHAR(9))"), "");
  replica.sqlite("INSERT INTO t VALUES (1, 6, 'x'), (2, NULL, NULL)");
  EXPECT_EQ(replica.run("ALTER TABLE t ADD v INT GENERATED ALWAYS AS (`a` * 2 - (id + 1)) VIRTUAL,"
                        " ADD c VARCHAR(20) AS (CONCAT('n', a, s)) STORED, ADD i INT AS (IFNULL(a, -1))"),
            "");
  EXPECT_EQ(replica.rows("SELECT v, c, i FROM t"), "10|n6x|6;NULL|NULL|-1");
  // Base columns that change take the generated ones with them.
  EXPECT_EQ(replica.run("ALTER TABLE t MODIFY a VARCHAR(9)"),
            "column v: its generation expression is not computed here");
  EXPECT_EQ(replica.run("CREATE TABLE u (a INT)"), "");
  replica.sqlite("INSERT INTO u VALUES (5)");
  EXPECT_EQ(replica.run("ALTER TABLE u ADD m INT AS (a / 4)"),
            "column m: its generation expression is not computed here");
}

TEST(Ddl, AQuotientIsCutAndARemainderHasTheSignOfTheDividend) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (a INT PRIMARY KEY, b INT)"), "");
  replica.sqlite("INSERT INTO t VALUES (-7, 2), (7, -2), (8, 0)");
  EXPECT_EQ(replica.run("ALTER TABLE t ADD m INT AS (`a` % `b`), ADD n INT AS (a MOD 4 + 1), ADD d INT AS (a DIV b)"),
            "");
  EXPECT_EQ(replica.rows("SELECT m, n, d FROM t"), "-1|-2|-3;1|4|-3;NULL|1|NULL");
}

TEST(Ddl, AGeneratedTextThatDoesNotFitIsNotCut) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, a INT)"), "");
  replica.sqlite("INSERT INTO t VALUES (1, 123456)");
  EXPECT_NE(replica.run("ALTER TABLE t ADD c VARCHAR(3) AS (CONCAT(a))"), "");
}

TEST(Ddl, AnUnsignedNumberBeyond63BitsRebuildsTheTableAroundItsKey) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, v INT, KEY (v))"), "");
  replica.sqlite("INSERT INTO t VALUES (9223372036854775807, 1), (5, 2)");
  TableLayout layout = *replica.table("t").layout;
  ASSERT_TRUE(rebuild_wide(replica.database(), *replica.table("t").definition, layout, 0).has_value());
  EXPECT_EQ(layout, *make_layout(*replica.table("t").definition, {}, {0}));
  replica.sqlite("INSERT INTO t VALUES ('09223372036854775808', 3)");
  EXPECT_EQ(replica.rows("SELECT id FROM t ORDER BY id"), "5;9223372036854775807;09223372036854775808");
  EXPECT_EQ(replica.rows("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"), "t.v");
  EXPECT_EQ(replica.rows("SELECT id FROM t WHERE id = 5"), "5");
}

TEST(Ddl, AWideColumnStaysWideThroughAlterations) {
  DdlReplica replica;
  replica.context.dialect.mariadb = true;  // MySQL reads a DECIMAL as a signed number
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, d DECIMAL(20,0))"), "");
  replica.sqlite("INSERT INTO t VALUES (1, '18446744073709551615'), (2, '7')");
  EXPECT_EQ(replica.run("ALTER TABLE t MODIFY d BIGINT UNSIGNED"), "");
  EXPECT_EQ(replica.rows("SELECT typeof(d), d FROM t"), "text|18446744073709551615;integer|7");
  EXPECT_EQ(replica.run("ALTER TABLE t ADD e INT FIRST"), "");
  EXPECT_EQ(replica.table("t").wide_columns, std::vector<std::size_t>{2});
  EXPECT_EQ(replica.run("ALTER TABLE t MODIFY d VARCHAR(20)"), "");
  EXPECT_EQ(replica.rows("SELECT d FROM t"), "18446744073709551615;7");
}

TEST(Ddl, ADatabaseGoesWithItsTables) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE a (id INT)"), "");
  EXPECT_EQ(replica.run("CREATE TABLE b (id INT PRIMARY KEY)"), "");
  EXPECT_EQ(replica.run("DROP DATABASE shop"), "");
  EXPECT_EQ(replica.rows("SELECT count(*) FROM sqlite_schema"), "0");
}

TEST(Ddl, ARowWithoutAColumnGetsItsConstantDefault) {
  DdlReplica replica;
  EXPECT_EQ(
      replica.run("CREATE TABLE t (id INT PRIMARY KEY, a DECIMAL(4,2) NOT NULL DEFAULT 1.5, b BINARY(2) DEFAULT 'x',"
                  " c TEXT, d DATETIME DEFAULT CURRENT_TIMESTAMP, e ENUM('p','q') NOT NULL)"),
      "");
  std::string all;
  for (std::size_t i = 0; i < 6; ++i) all += *default_value_sql(*replica.table("t").definition, i, {}) + ",";
  EXPECT_EQ(all, "0,'1.50',X'7800',NULL,NULL,'p',");
}

}  // namespace
}  // namespace binferry::test
