#include "tests/unit/schema/support.hpp"

namespace binferry::test {
namespace {

// Each must parse, to something other than OtherStatement.
void expect_table_statements(std::initializer_list<std::string_view> statements, const SqlDialect& dialect) {
  for (const auto sql : statements) {
    const auto parsed = parse_ddl(sql, dialect);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
    EXPECT_FALSE(std::holds_alternative<OtherStatement>(*parsed)) << sql;
  }
}

ColumnDefinition column_of(std::string_view attributes, const DdlContext& context = mysql8()) {
  return defined("CREATE TABLE t(c " + std::string(attributes) + ")", context).columns.at(0);
}

TEST(DdlParser, CreateTableInMysqlsForms) {
  expect_table_statements(
      {"CREATE TABLE t(a INT, b VARCHAR(10) DEFAULT 'x' COMMENT 'it''s; a \"test\"', KEY USING BTREE (a), INDEX i "
       "USING HASH (b(5) DESC) KEY_BLOCK_SIZE=8 "
       "COMMENT 'c' VISIBLE) ENGINE=InnoDB, ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE 8 STATS_PERSISTENT=1 COMPRESSION='zlib' "
       "ENCRYPTION='N';",
       "CREATE TABLE t(a INT CHECK (a > 0) NOT ENFORCED, CONSTRAINT c1 CHECK (a < 10) ENFORCED, CHECK (`a` <> 5 AND "
       "')' <> '('))",
       "CREATE TABLE t(j JSON, i INT GENERATED ALWAYS AS (j->'$.a') STORED NOT NULL, KEY ((CAST(j->'$.b' AS UNSIGNED "
       "ARRAY))), KEY f ((a+b) DESC, a))",
       "CREATE TABLE t(a INT COLUMN_FORMAT FIXED STORAGE DISK ENGINE_ATTRIBUTE='{}' SECONDARY_ENGINE_ATTRIBUTE '{}', b "
       "INT NOT SECONDARY) "
       "TABLESPACE ts STORAGE DISK AUTOEXTEND_SIZE=4M SECONDARY_ENGINE=RAPID",
       "CREATE TABLE t(a INT) PARTITION BY RANGE COLUMNS(a) SUBPARTITION BY HASH(a) SUBPARTITIONS 2 (PARTITION p0 "
       "VALUES LESS THAN (5) ENGINE=InnoDB, "
       "PARTITION p1 VALUES LESS THAN MAXVALUE COMMENT=')')",
       "CREATE TABLE t(a INT) /*!50100 PARTITION BY HASH (a) PARTITIONS 4 */",
       "CREATE TABLE t(a INT NOT NULL) START TRANSACTION",
       "CREATE TABLE t LIKE other.x",
       "CREATE TABLE t (LIKE `x`)",
       "CREATE TABLE t SELECT * FROM x",
       "CREATE TABLE t (SELECT 1 AS a)",
       "CREATE TABLE t(a INT, KEY(a)) ENGINE=MyISAM IGNORE AS SELECT a FROM x",
       "CREATE TABLE t ((SELECT 1) UNION (SELECT 2))",
       "CREATE TABLE t AS WITH c AS (SELECT 1) SELECT * FROM c",
       "CREATE TABLE .t(a INT)",
       "CREATE TABLE db.t(a INT) UNION=(x, y) INSERT_METHOD=LAST DATA DIRECTORY='/x' INDEX DIRECTORY = '/y'",
       "CREATE TABLE t(a INT REFERENCES p(id) MATCH FULL ON DELETE SET NULL ON UPDATE NO ACTION NOT NULL)",
       "CREATE TABLE t(g GEOMETRY NOT NULL SRID 0 COMMENT 'x', SPATIAL INDEX(g), FULLTEXT KEY ft (a,b) WITH PARSER "
       "ngram)",
       "CREATE TABLE t(ts TIMESTAMP(6) DEFAULT NOW(6) ON UPDATE LOCALTIMESTAMP(6), d DATETIME DEFAULT LOCALTIME())",
       "CREATE TABLE t(a INT UNIQUE KEY COMMENT 'x' PRIMARY KEY, b INT KEY, c INT UNIQUE)",
       "CREATE TABLE `select`(`from` INT, `a``b` INT)",
       "CREATE TABLE t(_a INT, $b INT, 2c INT, ü INT)"},
      {false, 80040, 0});
}

TEST(DdlParser, CreateTableInMariadbsForms) {
  expect_table_statements(
      {"CREATE OR REPLACE TABLE t(a INT)",
       "CREATE TABLE t(a INT, b INT) ENGINE=Aria TRANSACTIONAL=1 PAGE_CHECKSUM=1 `PAGE_COMPRESSED`=1",
       "CREATE TABLE t(x INT, start_ts TIMESTAMP(6) GENERATED ALWAYS AS ROW START, end_ts TIMESTAMP(6) GENERATED "
       "ALWAYS AS ROW END INVISIBLE, "
       "PERIOD FOR SYSTEM_TIME(start_ts, end_ts)) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME INTERVAL 1 DAY "
       "(PARTITION p0 HISTORY, PARTITION pn CURRENT)",
       "CREATE TABLE t(id INT, s DATE, e DATE, PERIOD FOR p(s, e), UNIQUE(id, p WITHOUT OVERLAPS))",
       "CREATE TABLE t(a INT WITHOUT SYSTEM VERSIONING, b INT WITH SYSTEM VERSIONING) WITH SYSTEM VERSIONING",
       "CREATE TABLE t(a UUID DEFAULT uuid(), b INT DEFAULT (1+2), c DATE DEFAULT curdate(), d INT DEFAULT "
       "nextval(`db`.`s`), e INT DEFAULT NEXT VALUE FOR s)",
       "CREATE TABLE t(a INT AS (b*2) PERSISTENT, c INT AS (b) VIRTUAL COMMENT 'x', d TEXT COMPRESSED=zlib DEFAULT "
       "'x')",
       "CREATE TABLE t(v VECTOR(4) NOT NULL, VECTOR INDEX (v) M=8 DISTANCE=euclidean)",
       "CREATE TABLE t(a INT, KEY k(a) IGNORED, KEY k2(a) NOT IGNORED, UNIQUE INDEX IF NOT EXISTS u(a))",
       "CREATE SEQUENCE IF NOT EXISTS s START WITH 100 INCREMENT BY 10 CACHE 5 ENGINE=InnoDB", "DROP SEQUENCE s",
       "DROP TABLE IF EXISTS t WAIT 5", "TRUNCATE TABLE t NOWAIT", "RENAME TABLE IF EXISTS a WAIT 3 TO b, c TO d",
       "CREATE OR REPLACE DATABASE d COMMENT 'x'", "CREATE OR REPLACE INDEX i ON t(a)",
       "SET STATEMENT lock_wait_timeout=1 FOR DROP TABLE t"},
      {true, 101119, 0});
}

TEST(DdlParser, AlterTableInMysqlsForms) {
  expect_table_statements(
      {"ALTER TABLE t ADD COLUMN a INT FIRST, ADD b INT AFTER `x y`, ADD COLUMN (c INT, d INT NOT NULL, KEY(c)), DROP "
       "e, DROP COLUMN f",
       "ALTER TABLE t MODIFY a BIGINT, CHANGE b c INT NOT NULL AFTER d, RENAME COLUMN x TO y, ALTER z SET DEFAULT 5, "
       "ALTER COLUMN w DROP DEFAULT, "
       "ALTER v SET DEFAULT (uuid()), ALTER COLUMN q SET INVISIBLE",
       "ALTER TABLE t ADD INDEX i (a), ADD UNIQUE (b), ADD PRIMARY KEY USING BTREE (c), ADD CONSTRAINT fk FOREIGN KEY "
       "ix (d) REFERENCES o.p (id) ON DELETE CASCADE, "
       "ADD CHECK (a > 1), ADD FULLTEXT INDEX f(g), ADD SPATIAL KEY (h)",
       "ALTER TABLE t DROP INDEX i, DROP KEY k, DROP PRIMARY KEY, DROP FOREIGN KEY fk, DROP CHECK c, DROP CONSTRAINT "
       "d, RENAME INDEX a TO b, ALTER INDEX x INVISIBLE, "
       "ALTER CHECK c NOT ENFORCED",
       "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, DEFAULT CHARACTER SET = utf8mb4, "
       "ENGINE=InnoDB, COMMENT='new', AUTO_INCREMENT=5",
       "ALTER TABLE t ENGINE=InnoDB ROW_FORMAT=COMPRESSED COMMENT 'x' PARTITION BY KEY(a) PARTITIONS 4",
       "ALTER TABLE t RENAME TO u, ALGORITHM=INPLACE, LOCK=NONE",
       "ALTER TABLE t RENAME u",
       "ALTER TABLE t RENAME AS db.u",
       "ALTER TABLE t ORDER BY a DESC, b",
       "ALTER TABLE t FORCE",
       "ALTER TABLE t DISABLE KEYS",
       "ALTER TABLE t DISCARD TABLESPACE",
       "ALTER TABLE t IMPORT PARTITION p0 TABLESPACE",
       "ALTER TABLE t ADD PARTITION (PARTITION p2 VALUES LESS THAN (9))",
       "ALTER TABLE t DROP PARTITION p0, p1",
       "ALTER TABLE t TRUNCATE PARTITION ALL",
       "ALTER TABLE t REORGANIZE PARTITION p0 INTO (PARTITION a VALUES IN (1,2))",
       "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u WITHOUT VALIDATION",
       "ALTER TABLE t COALESCE PARTITION 2",
       "ALTER TABLE t REMOVE PARTITIONING",
       "ALTER TABLE t",
       "ALTER TABLE t SECONDARY_LOAD",
       "ALTER TABLE t ADD COLUMN `key` INT, ADD KEY `key` (`key`)",
       "ALTER TABLE t WITH VALIDATION, ADD a INT"},
      {false, 80040, 0});
}

TEST(DdlParser, AlterTableInMariadbsForms) {
  expect_table_statements(
      {"ALTER TABLE IF EXISTS t WAIT 10 ADD COLUMN IF NOT EXISTS a INT, DROP COLUMN IF EXISTS b, MODIFY COLUMN IF "
       "EXISTS c INT, CHANGE COLUMN IF EXISTS d e INT, "
       "DROP INDEX IF EXISTS i, DROP FOREIGN KEY IF EXISTS f, ADD INDEX IF NOT EXISTS j(a), DROP CONSTRAINT IF EXISTS "
       "k, ADD CONSTRAINT IF NOT EXISTS x CHECK (a>0), "
       "RENAME COLUMN IF EXISTS g TO h",
       "ALTER ONLINE IGNORE TABLE t ADD SYSTEM VERSIONING", "ALTER TABLE t DROP SYSTEM VERSIONING",
       "ALTER TABLE t ADD PERIOD FOR p(s,e), DROP PERIOD FOR q", "ALTER TABLE t CONVERT PARTITION p TO TABLE u",
       "ALTER TABLE t CONVERT TABLE u TO PARTITION p VALUES LESS THAN (5)", "ALTER TABLE t ALTER INDEX i NOT IGNORED",
       "ALTER TABLE t DROP COLUMN a RESTRICT"},
      {true, 101119, 0});
}

TEST(DdlParser, IndexAndDatabaseStatements) {
  expect_table_statements(
      {"CREATE UNIQUE INDEX i USING BTREE ON db.t (a(10) ASC, (b+1)) COMMENT 'x' ALGORITHM=INPLACE LOCK NONE",
       "DROP INDEX `PRIMARY` ON t ALGORITHM = COPY",
       "CREATE DATABASE IF NOT EXISTS d DEFAULT CHARACTER SET = latin1 COLLATE latin1_bin DEFAULT ENCRYPTION='N'",
       "ALTER SCHEMA CHARACTER SET utf8", "ALTER DATABASE d READ ONLY = 1", "DROP DATABASE IF EXISTS d",
       "DROP TABLE a, `b`.`c` CASCADE", "TRUNCATE db.t"},
      {false, 80040, 0});
}

TEST(DdlParser, DefaultsOfAllKinds) {
  using Kind = ColumnDefault::Kind;
  const auto literal = [](std::string_view attributes, const DdlContext& context = mysql8()) {
    const ColumnDefault value = column_of(attributes, context).default_value;
    EXPECT_EQ(value.kind, Kind::literal) << attributes;
    return std::to_string(static_cast<int>(value.literal)) + value.text;
  };
  EXPECT_EQ(literal("VARCHAR(9) DEFAULT 'it''s'"), "0it's");
  EXPECT_EQ(literal("INT DEFAULT -5"), "1-5");
  EXPECT_EQ(literal("INT DEFAULT TRUE"), "11");
  EXPECT_EQ(literal("DECIMAL(5,2) DEFAULT 1.50"), "11.50");
  EXPECT_EQ(literal("BINARY(4) DEFAULT x'0a'"), "20A");
  EXPECT_EQ(literal("VARBINARY(4) DEFAULT _binary'\\0a'"), "20061");
  EXPECT_EQ(literal("BIT(4) DEFAULT b'1010'"), "31010");
  EXPECT_EQ(literal("VARCHAR(9) DEFAULT _latin1'\xE9'"), "0é");
  EXPECT_EQ(literal("TEXT DEFAULT ('abc')"), "0abc");
  EXPECT_EQ(literal("DATE DEFAULT DATE '2020-01-02'"), "02020-01-02");
  EXPECT_EQ(literal("DATE DEFAULT {d '2020-01-02'}", mariadb()), "02020-01-02");
  EXPECT_EQ(literal("TIME DEFAULT {t'10:11:12'} NOT NULL", mariadb()), "010:11:12");
  EXPECT_EQ(literal("DATETIME DEFAULT {`ts` '2020-01-02 03:04:05'}", mariadb()), "02020-01-02 03:04:05");
  EXPECT_EQ(literal("DATETIME DEFAULT ({ts '2020-01-02 03:04:05'})"), "02020-01-02 03:04:05");
  EXPECT_EQ(literal("INT DEFAULT {x -5}", mariadb()), "1-5");
  EXPECT_EQ(literal("TEXT DEFAULT 'x'", mariadb()), "0x");
  EXPECT_EQ(column_of("INT").default_value.kind, Kind::null);
  EXPECT_EQ(column_of("INT NOT NULL").default_value.kind, Kind::none);
  EXPECT_EQ(column_of("INT DEFAULT (NULL)").default_value.kind, Kind::null);
  EXPECT_EQ(column_of("JSON DEFAULT (json_object('a', (1)))").default_value.text, "json_object('a', (1))");
  EXPECT_EQ(column_of("UUID DEFAULT uuid()", mariadb()).default_value.kind, Kind::expression);
  const ColumnDefinition now = column_of("DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE NOW(3)");
  EXPECT_EQ(now.default_value.kind, Kind::current_timestamp);
  EXPECT_EQ(now.default_value.fsp, 3);
  EXPECT_EQ(now.on_update_fsp, 3);
}

TEST(DdlParser, AttributesInAnyOrder) {
  const ColumnDefinition column =
      column_of("VARCHAR(10) NOT NULL COMMENT 'c' COLLATE latin1_bin DEFAULT 'x' INVISIBLE UNIQUE CHECK (c <> '')");
  EXPECT_FALSE(column.nullable);
  EXPECT_TRUE(column.invisible);
  EXPECT_EQ(column.comment, "c");
  EXPECT_EQ(column.charset, charset_named("latin1"));
  const ColumnDefinition generated = column_of("INT AS (1+(2)) STORED INVISIBLE COMMENT 'g'");
  EXPECT_EQ(generated.generated, Generated::stored);
  EXPECT_EQ(generated.generation_expression, "1+(2)");
  EXPECT_EQ(generated.default_value.kind, ColumnDefault::Kind::none);
}

TEST(DdlParser, ExpressionsLoseCommentsNotMeaning) {
  const TableDefinition table = defined("CREATE TABLE t(a INT, b INT AS (/*!50000 a */ + /* one */ 1))");
  EXPECT_EQ(table.columns.at(1).generation_expression, "a + 1");
}

TEST(DdlParser, AnsiQuotesMakeDoubleQuotedNames) {
  DdlContext context = mysql8();
  context.dialect.sql_mode = sql_mode::kAnsiQuotes;
  EXPECT_EQ(outline(defined(R"(CREATE TABLE "a.b"("x""y" INT DEFAULT '1'))", context)), "x\"y int");
}

// TRAPS 11.
TEST(DdlParser, OtherStatementsCannotFailWhateverTheyContain) {
  for (const std::string_view sql :
       {"GRANT SELECT ON `x`.* TO 'u'@'%' IDENTIFIED BY 'p", "CREATE PROCEDURE p() BEGIN CREATE TABLE (((; END",
        "INSERT INTO t VALUES ('", "CREATE TRIGGER", "CREATE TEMPORARY TABLE t(a FROB)", "/* unfinished", "",
        "\xFF\xFE", "CREATE", "DROP TEMPORARY TABLE ("}) {
    const auto parsed = parse_ddl(sql, {false, 80040, 0});
    ASSERT_TRUE(parsed.has_value()) << sql << parsed.error().what;
    EXPECT_TRUE(std::holds_alternative<OtherStatement>(*parsed)) << sql;
  }
}

TEST(DdlParser, ErrorsSayWhereAndWhatWasExpected) {
  EXPECT_EQ(error_of("CREATE TABLE t(a FROB)"),
            "ddl: line 1, column 18: expected a data type, found \"FROB\", in: CREATE TABLE t(a FROB)");
  EXPECT_EQ(error_of("CREATE TABLE t(\n  ü INT,\n  ö INT WHAT\n)"),
            "ddl: line 3, column 9: expected ',', ')' or a column attribute, found \"WHAT\", in: CREATE TABLE t(\n  ü "
            "INT,\n  ö INT WHAT\n)");
  EXPECT_EQ(error_of("DROP TABLE"),
            "ddl: line 1, column 11: expected a table name, found the end of the statement, in: DROP TABLE");
  EXPECT_EQ(error_of("ALTER TABLE t ADD a INT DEFAULT 'x"),
            "ddl: line 1, column 33: expected a default value, found a string without an end, in: ALTER TABLE t ADD a "
            "INT DEFAULT 'x");
  EXPECT_EQ(error_of("RENAME TABLE a b"), "ddl: line 1, column 16: expected TO, found \"b\", in: RENAME TABLE a b");
  EXPECT_EQ(
      error_of("ALTER TABLE t FROBNICATE"),
      "ddl: line 1, column 15: expected a clause of ALTER TABLE, found \"FROBNICATE\", in: ALTER TABLE t FROBNICATE");
  for (const std::string_view sql :
       {"CREATE TABLE t", "CREATE TABLE t(a INT", "CREATE TABLE t(a INT) garbage", "ALTER TABLE t ADD a INT b",
        "CREATE TABLE t(a DECIMAL(66))", "CREATE TABLE t(a TIME(7))", "CREATE TABLE t(a VARCHAR)",
        "CREATE TABLE t(a INT,)", "DROP INDEX i", "TRUNCATE t u", "DROP DATABASE a b"}) {
    EXPECT_TRUE(error_of(sql).starts_with("ddl: ")) << sql;
  }
}

TEST(DdlParser, QueryTextIsTranscodedFromTheClientsCharacterSet) {
  const auto text = query_text_utf8(bytes_of("CREATE TABLE t(`\xFC` INT)"), 8);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(*text, "CREATE TABLE t(`ü` INT)");
  EXPECT_EQ(*query_text_utf8(bytes_of("\xFF"), 0), "\xFF");
  EXPECT_EQ(*query_text_utf8(bytes_of("ü"), 255), "ü");
}

TEST(SqlDialect, VersionsAsServersWriteThem) {
  EXPECT_EQ(dialect_of_version("8.0.40").version, 80040U);
  EXPECT_EQ(dialect_of_version("5.6.24-log").version, 50624U);
  EXPECT_EQ(dialect_of_version("10.11.19-MariaDB-0+deb12u1-log").version, 101119U);
  EXPECT_TRUE(dialect_of_version("5.5.5-10.4.2-MariaDB").mariadb);
  EXPECT_EQ(dialect_of_version("5.5.5-10.4.2-MariaDB").version, 100402U);
  EXPECT_EQ(dialect_of_version("9.1.0").version, 90100U);
  EXPECT_FALSE(dialect_of_version("nonsense").mariadb);
}

}  // namespace
}  // namespace binferry::test
