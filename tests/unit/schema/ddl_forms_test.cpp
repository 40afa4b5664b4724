// Table statements in the forms that the manuals of MySQL 8.0 to 9.x and MariaDB 10.x to 11.x give, and that people,
// dump programs and frameworks write. Each case says what must have come out, not only that it parses.
#include "tests/unit/schema/support.hpp"

namespace binferry::test {
namespace {

struct Form {
  std::string_view sql;
  std::string_view columns;  // the outline of the table
};

void check_forms(std::initializer_list<Form> forms, const DdlContext& context) {
  for (const auto& [sql, columns] : forms) EXPECT_EQ(outline(defined(sql, context)), columns) << sql;
}

// The table after a statement on one that is there.
std::string altered(std::string_view create, std::string_view alter, const DdlContext& context = mysql8()) {
  Catalogue catalogue;
  catalogue.put_schema(context.default_database, context.server_collation);
  run(catalogue, create, context);
  const auto changes = run(catalogue, alter, context);
  return changes.empty() ? "no change" : outline(changes.front().after);
}

TEST(DdlForms, ColumnsOfMysql8) {
  check_forms(
      {
          {"CREATE TABLE t (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, PRIMARY KEY (id))", "id bigint unsigned key"},
          {"CREATE TABLE `shop`.`t` (`id` int NOT NULL /*!80023 INVISIBLE */, `b` json DEFAULT NULL)",
           "id int, b json"},
          {"CREATE TABLE t (a INT CHECK (a > 0), b INT CONSTRAINT b_pos CHECK (b > 0) NOT ENFORCED, CHECK (a <> b), "
           "CONSTRAINT c2 CHECK (((`a` + `b`) < 10)) /*!80016 NOT ENFORCED */)",
           "a int, b int"},
          {"CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a + 1) VIRTUAL NOT NULL COMMENT 'x', c INT AS (a * 2) "
           "STORED UNIQUE KEY, d VARCHAR(5) GENERATED ALWAYS AS (_utf8mb4'a)') STORED, KEY ((a + 1)), "
           "UNIQUE KEY u ((lower(d)), (a) DESC))",
           "a int, b int, c int, d varchar(5)"},
          {"CREATE TABLE t (a VARCHAR(36) DEFAULT (uuid()), b DATE DEFAULT (curdate() + INTERVAL 1 YEAR), c JSON "
           "DEFAULT (json_object(_utf8mb4'k', json_array())), d INT DEFAULT (-1), e BLOB DEFAULT ('abc'), "
           "f DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), g BINARY(16) DEFAULT "
           "(uuid_to_bin(uuid(), 1)))",
           "a varchar(36), b date, c json, d int, e blob, f datetime(6), g binary(16)"},
          {"CREATE TABLE t (a INT COLUMN_FORMAT DYNAMIC STORAGE MEMORY, b INT COLUMN_FORMAT DEFAULT, c INT VISIBLE, d "
           "INT ENGINE_ATTRIBUTE='{\"k\": \"v)\"}' SECONDARY_ENGINE_ATTRIBUTE = '{}', e INT NOT SECONDARY)",
           "a int, b int, c int, d int, e int"},
          {"CREATE TABLE t (g GEOMETRY NOT NULL SRID 4326, p POINT /*!80003 SRID 0 */ NOT NULL, gc GEOMCOLLECTION, mp "
           "MULTIPOLYGON, SPATIAL INDEX (p))",
           "g geometry, p point, gc geometrycollection, mp multipolygon"},
          {"CREATE TABLE t (n NATIONAL CHAR(3), nv NATIONAL VARCHAR(3), ncv NCHAR VARYING(4), nvc NVARCHAR(5), c "
           "CHARACTER VARYING(6), l LONG, lv LONG VARCHAR, lb LONG VARBINARY, cb CHAR(3) BYTE)",
           "n char(3), nv varchar(3), ncv varchar(4), nvc varchar(5), c varchar(6), l mediumtext, lv mediumtext, lb "
           "mediumblob, cb binary(3)"},
          {"CREATE TABLE t (a CHAR(5) CHARACTER SET binary, b VARCHAR(5) CHARSET binary, c TEXT CHARACTER SET binary, "
           "d "
           "CHAR(5) BINARY, e CHAR(4) ASCII, f CHAR(4) UNICODE, g ENUM('x','y') CHARACTER SET latin1 COLLATE "
           "latin1_bin)",
           "a binary(5), b varbinary(5), c blob, d char(5), e char(4), f char(4), g enum('x','y')"},
          {"CREATE TABLE t (e ENUM(_utf8mb4'ä', N'b', 0x63, x'64') DEFAULT 'b', s SET('a','b,','c  '))",
           "e enum('ä','b','c','d'), s set('a','b,','c')"},
          {"CREATE TABLE t (v VECTOR, w VECTOR(3) NOT NULL)", "v vector(2048), w vector(3)"},
          {"CREATE TABLE t (a TEXT(100), b TEXT(70000), c BLOB(10), d BLOB(20000000), e LONGTEXT)",
           "a text, b mediumtext, c tinyblob, d longblob, e longtext"},
          {"CREATE TABLE t (a DOUBLE PRECISION UNSIGNED, b FLOAT(53), c REAL(5,2), d DEC(5), e FIXED, f NUMERIC(4,4), "
           "g "
           "BOOL DEFAULT FALSE, h SERIAL, i INT SERIAL DEFAULT VALUE)",
           "a double unsigned, b double, c double(5,2), d decimal(5,0), e decimal(10,0), f decimal(4,4), g tinyint(1), "
           "h bigint unsigned, i int"},
          {"CREATE TABLE t (ts TIMESTAMP NULL DEFAULT NULL ON UPDATE NOW(), t TIME(3) DEFAULT '10:00', y YEAR DEFAULT "
           "2024, d DATE DEFAULT '2024-01-01', dt DATETIME DEFAULT LOCALTIMESTAMP)",
           "ts timestamp, t time(3), y year, d date, dt datetime"},
          {"CREATE TABLE t (`a``b` INT, `select` INT, `naïve` INT, ü INT, $x INT, a1 INT, 1a INT, `period` INT, type "
           "INT, status INT, date DATE, timestamp TIMESTAMP NULL, json JSON, vector VECTOR(2), comment TEXT, user INT, "
           "enum_ INT, value INT, names INT, offset INT, first INT, after INT, start INT, system INT, visible INT)",
           "a`b int, select int, naïve int, ü int, $x int, a1 int, 1a int, period int, type int, status int, date "
           "date, timestamp timestamp, json json, vector vector(2), comment text, user int, enum_ int, value int, "
           "names int, offset int, first int, after int, start int, system int, visible int"},
      },
      mysql8());
}

TEST(DdlForms, KeysAndOptionsOfMysql8) {
  check_forms(
      {
          {"CREATE TABLE t (a INT NOT NULL, b INT, c VARCHAR(20), PRIMARY KEY USING BTREE (a) COMMENT 'pk' VISIBLE, "
           "UNIQUE INDEX u USING HASH (b) KEY_BLOCK_SIZE = 8, INDEX i (c(10) DESC, b ASC) INVISIBLE, FULLTEXT ft (c) "
           "WITH PARSER ngram, KEY k TYPE BTREE (b), KEY e (b) ENGINE_ATTRIBUTE '{}')",
           "a int key, b int, c varchar(20)"},
          {"CREATE TABLE t (a INT, b INT, CONSTRAINT PRIMARY KEY (a, b), CONSTRAINT UNIQUE (b), CONSTRAINT `u2` UNIQUE "
           "KEY `k2` (`a`), CONSTRAINT FOREIGN KEY (a) REFERENCES p (x), CONSTRAINT `fk` FOREIGN KEY `ix` (`b`) "
           "REFERENCES `o`.`p` (`y`) MATCH SIMPLE ON DELETE SET DEFAULT ON UPDATE RESTRICT)",
           "a int key, b int key"},
          {"CREATE TABLE t (a INT PRIMARY KEY COMMENT 'x' REFERENCES p(id) ON DELETE CASCADE, b INT UNIQUE)",
           "a int key, b int"},
          {"CREATE TABLE t (b INT UNIQUE KEY, c INT KEY)", "b int, c int key"},
          {"CREATE TABLE t (a INT) ENGINE = InnoDB AUTO_INCREMENT=5, AVG_ROW_LENGTH 10 DEFAULT CHARACTER SET = utf8mb4 "
           "CHECKSUM=1 DEFAULT COLLATE utf8mb4_0900_ai_ci COMMENT='a, b; (c)' COMPRESSION='zlib' CONNECTION='x' DATA "
           "DIRECTORY='/d' INDEX DIRECTORY '/i' DELAY_KEY_WRITE=1 ENCRYPTION='Y' INSERT_METHOD=LAST KEY_BLOCK_SIZE=8 "
           "MAX_ROWS=5 MIN_ROWS=1 PACK_KEYS=DEFAULT PASSWORD='x' ROW_FORMAT=DYNAMIC STATS_AUTO_RECALC=DEFAULT "
           "STATS_PERSISTENT=1 STATS_SAMPLE_PAGES=DEFAULT TABLESPACE ts STORAGE DISK UNION=(a,b) "
           "SECONDARY_ENGINE=NULL ENGINE_ATTRIBUTE='{}' AUTOEXTEND_SIZE=4M",
           "a int"},
          {"CREATE TABLE t (a INT) TYPE=MyISAM", "a int"},
          {"CREATE TABLE t (a INT NOT NULL) ENGINE=InnoDB START TRANSACTION", "a int"},
          {"create table if not exists t(a int)engine=innodb default charset=utf8mb4", "a int"},
          {"CREATE\n\tTABLE -- the table\n t # of things\n (a /* the column */ INT)\n;\n", "a int"},
          {"/*!40101 CREATE TABLE */ t (a INT /*!99999 NOT HERE */)", "a int"},
      },
      mysql8());
}

TEST(DdlForms, PartitionsOfEveryKind) {
  for (const std::string_view partitions :
       {"PARTITION BY HASH (a)", "PARTITION BY LINEAR HASH (YEAR(d)) PARTITIONS 4", "PARTITION BY KEY () PARTITIONS 2",
        "PARTITION BY LINEAR KEY ALGORITHM=2 (a, b) PARTITIONS 3",
        "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10) COMMENT = 'x', PARTITION p1 VALUES LESS THAN "
        "MAXVALUE)",
        "PARTITION BY RANGE COLUMNS(a, d) (PARTITION p0 VALUES LESS THAN (1, '2020-01-01'), PARTITION p1 VALUES LESS "
        "THAN (MAXVALUE, MAXVALUE))",
        "PARTITION BY LIST (a) (PARTITION p0 VALUES IN (1, 2, NULL), PARTITION p1 VALUES IN (3) DATA DIRECTORY='/x' "
        "INDEX DIRECTORY='/y' MAX_ROWS=10 MIN_ROWS=1 TABLESPACE ts)",
        "PARTITION BY LIST COLUMNS (a, b) (PARTITION p0 VALUES IN ((1, 2), (3, 4)))",
        "PARTITION BY RANGE (TO_DAYS(d)) SUBPARTITION BY HASH (a) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN "
        "(100), PARTITION p1 VALUES LESS THAN (200))",
        "PARTITION BY RANGE (a) SUBPARTITION BY LINEAR KEY (b) (PARTITION p0 VALUES LESS THAN (10) (SUBPARTITION s0 "
        "ENGINE=InnoDB, SUBPARTITION s1 STORAGE ENGINE = InnoDB), PARTITION p1 VALUES LESS THAN MAXVALUE (SUBPARTITION "
        "s2, SUBPARTITION s3))",
        "/*!50100 PARTITION BY RANGE (`a`)\n(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB) */",
        "/*!50500 PARTITION BY RANGE  COLUMNS(d)\n(PARTITION `p 1` VALUES LESS THAN ('2020-01-01') ENGINE = InnoDB) */",
        "PARTITION BY KEY (a) START TRANSACTION"}) {
    const TableDefinition table =
        defined("CREATE TABLE t (a INT NOT NULL, b INT, d DATE) ENGINE=InnoDB " + std::string(partitions));
    EXPECT_TRUE(table.partitioned) << partitions;
    EXPECT_EQ(table.columns.size(), 3U) << partitions;
  }
  Catalogue catalogue;
  EXPECT_TRUE(run(catalogue, "CREATE TABLE t (a INT) PARTITION BY KEY (a) START TRANSACTION").at(0).rows_follow);
}

TEST(DdlForms, EveryClauseOfAlterTableInMysql8) {
  constexpr std::string_view kTable = "CREATE TABLE t (a INT PRIMARY KEY, b INT, c VARCHAR(9), KEY i (b))";
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"ADD COLUMN d INT NOT NULL DEFAULT 5 FIRST, ADD e INT AFTER a, ALGORITHM=INSTANT",
       "d int, a int key, e int, b int, c varchar(9)"},
      {"ADD (d INT, e JSON), ADD INDEX (d), LOCK=NONE", "a int key, b int, c varchar(9), d int, e json"},
      {"ADD d INT AS (b + 1) VIRTUAL AFTER a", "a int key, d int, b int, c varchar(9)"},
      {"ADD UNIQUE INDEX u USING BTREE (b) COMMENT 'x', ADD KEY ((b + 1)), ADD FULLTEXT (c), ADD CONSTRAINT x CHECK (b "
       "> 0) NOT ENFORCED, ADD CHECK (b < 9)",
       "a int key, b int, c varchar(9)"},
      {"DROP PRIMARY KEY, ADD PRIMARY KEY (b, a)", "a int key, b int key, c varchar(9)"},
      {"DROP COLUMN b, DROP c", "a int key"},
      {"MODIFY c VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL FIRST",
       "c varchar(20), a int key, b int"},
      {"ADD d INT AFTER b, MODIFY b INT AFTER c", "a int key, d int, c varchar(9), b int"},
      {"ADD d INT AFTER b, MODIFY b INT FIRST, MODIFY c VARCHAR(9) AFTER d", "b int, a int key, d int, c varchar(9)"},
      {"MODIFY a INT AFTER c, ADD d INT AFTER a, CHANGE b a2 INT AFTER d", "c varchar(9), a int key, d int, a2 int"},
      {"CHANGE COLUMN b bb BIGINT UNSIGNED AFTER c", "a int key, c varchar(9), bb bigint unsigned"},
      {"RENAME COLUMN a TO b, RENAME COLUMN b TO a", "b int key, a int, c varchar(9)"},
      {"RENAME INDEX i TO j, ALTER INDEX j INVISIBLE", "a int key, b int, c varchar(9)"},
      {"ALTER b SET DEFAULT 7, ALTER COLUMN c SET DEFAULT (concat('a', 'b')), ALTER COLUMN b SET INVISIBLE",
       "a int key, b int, c varchar(9)"},
      {"CONVERT TO CHARACTER SET latin1", "a int key, b int, c varchar(9)"},
      {"CHARACTER SET utf8mb4 COLLATE = utf8mb4_bin, COMMENT 'x' ENGINE InnoDB, ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4",
       "a int key, b int, c varchar(9)"},
      {"ORDER BY b DESC, c", "a int key, b int, c varchar(9)"},
      {"DISABLE KEYS, ENABLE KEYS, FORCE", "a int key, b int, c varchar(9)"},
      {"WITHOUT VALIDATION, ADD d INT AS (b) STORED", "a int key, b int, c varchar(9), d int"},
      {"RENAME TO other.u", "a int key, b int, c varchar(9)"},
      {"PARTITION BY HASH (a) PARTITIONS 3", "a int key, b int, c varchar(9)"},
      {"ADD COLUMN d INT PARTITION BY HASH (a)", "a int key, b int, c varchar(9), d int"},
      {"REMOVE PARTITIONING", "a int key, b int, c varchar(9)"},
      {"ADD PARTITION PARTITIONS 2", "a int key, b int, c varchar(9)"},
      {"REORGANIZE PARTITION", "a int key, b int, c varchar(9)"},
      {"REBUILD PARTITION ALL", "a int key, b int, c varchar(9)"},
      {"OPTIMIZE PARTITION p0, p1", "a int key, b int, c varchar(9)"},
      {"ANALYZE PARTITION p0", "a int key, b int, c varchar(9)"},
      {"CHECK PARTITION ALL", "a int key, b int, c varchar(9)"},
      {"REPAIR PARTITION p0", "a int key, b int, c varchar(9)"},
      {"UPGRADE PARTITIONING", "a int key, b int, c varchar(9)"},
      {"DISCARD PARTITION p0 TABLESPACE", "a int key, b int, c varchar(9)"},
      {"SECONDARY_ENGINE = NULL", "a int key, b int, c varchar(9)"},
      {"SECONDARY_LOAD", "a int key, b int, c varchar(9)"},
      {"AUTO_INCREMENT = 1000, AUTOEXTEND_SIZE 8M, TABLESPACE = innodb_file_per_table",
       "a int key, b int, c varchar(9)"},
      {"ADD COLUMN `key` INT, ADD KEY `key` (`key`) /* why */", "a int key, b int, c varchar(9), key int"},
      {"ADD period INT, ADD COLUMN system INT", "a int key, b int, c varchar(9), period int, system int"},
      {"ADD visible INT, DROP KEY i", "a int key, b int, c varchar(9), visible int"},
  };
  for (const auto& [clauses, columns] : cases) {
    EXPECT_EQ(altered(kTable, "ALTER TABLE shop.t " + std::string(clauses)), columns) << clauses;
  }
  // Constraints by their names, those that the server made too.
  const std::string_view constrained =
      "CREATE TABLE t (a INT, b INT CHECK (b > 0), CONSTRAINT u UNIQUE (a), FOREIGN KEY (a) REFERENCES p (id), CHECK "
      "(a "
      "> b))";
  for (const std::string_view clauses :
       {"DROP CHECK t_chk_1, DROP CONSTRAINT t_chk_2, DROP FOREIGN KEY t_ibfk_1, DROP CONSTRAINT u",
        "ALTER CHECK t_chk_1 NOT ENFORCED, ALTER CONSTRAINT t_chk_2 ENFORCED, DROP CONSTRAINT t_ibfk_1"}) {
    EXPECT_EQ(altered(constrained, "ALTER TABLE t " + std::string(clauses)), "a int, b int") << clauses;
  }
}

TEST(DdlForms, ColumnsAndOptionsOfMariadb) {
  check_forms(
      {
          {"CREATE OR REPLACE TABLE t (a INT) ENGINE=Aria TRANSACTIONAL=0 PAGE_CHECKSUM=1 ROW_FORMAT=PAGE", "a int"},
          {"CREATE TABLE t (u UUID NOT NULL DEFAULT uuid(), i4 INET4 DEFAULT '1.2.3.4', i6 INET6 DEFAULT '::1', j JSON "
           "DEFAULT '{}', v VECTOR(3) NOT NULL, PRIMARY KEY (u), VECTOR INDEX vi (v) M=6 DISTANCE=cosine)",
           "u uuid key, i4 inet4, i6 inet6, j longtext, v vector(3)"},
          {"CREATE TABLE t (a INT DEFAULT (1 + 2), b INT DEFAULT abs(-5), c DATE DEFAULT curdate(), d DATETIME DEFAULT "
           "now() ON UPDATE current_timestamp(), e VARCHAR(9) DEFAULT user(), f INT DEFAULT NEXT VALUE FOR s, g INT "
           "DEFAULT nextval(`shop`.`s`), h TEXT DEFAULT 'x', i VARCHAR(40) DEFAULT CURRENT_USER, j INT DEFAULT +5)",
           "a int, b int, c date, d datetime, e varchar(9), f int, g int, h text, i varchar(40), j int"},
          {"CREATE TABLE t (a INT, b INT AS (a) PERSISTENT, c INT GENERATED ALWAYS AS (a) STORED INVISIBLE, d "
           "VARCHAR(100) COMPRESSED DEFAULT '', e TEXT COMPRESSED=zlib, f BLOB /*M!100301 COMPRESSED*/)",
           "a int, b int, c int, d varchar(100), e text, f blob"},
          {"CREATE TABLE t (id INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE, e TIMESTAMP(6) GENERATED "
           "ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT "
           "100 (PARTITION p0 HISTORY, PARTITION pn CURRENT)",
           "id int, s timestamp(6), e timestamp(6)"},
          {"CREATE TABLE t (id INT, a INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME "
           "INTERVAL 1 MONTH STARTS '2020-01-01 00:00:00' AUTO PARTITIONS 12",
           "id int, a int"},
          {"CREATE TABLE t (id INT, s DATE, e DATE, PERIOD FOR app (s, e), UNIQUE KEY (id, app WITHOUT OVERLAPS))",
           "id int, s date, e date"},
          {"CREATE TABLE t (a INT CHECK (a > 0) DEFAULT 5 COMMENT 'x', CONSTRAINT ck CHECK (a <> 7), KEY k (a) "
           "IGNORED, "
           "UNIQUE INDEX IF NOT EXISTS u (a) NOT IGNORED, KEY c (a) CLUSTERING=YES)",
           "a int"},
          {"CREATE TABLE t (a INT ENCRYPTED=YES, b INT `ENCRYPTION_KEY_ID`=2) `PAGE_COMPRESSED`='ON' ENCRYPTED=YES "
           "ENCRYPTION_KEY_ID=5 IETF_QUOTES=YES",
           "a int, b int"},
          {"CREATE TABLE t (a INT NOT NULL ENABLE, b VARCHAR2(10), c NUMBER(5,2), d RAW(5), e CLOB)",
           "a int, b varchar(10), c decimal(5,2), d varbinary(5), e longtext"},
          {"CREATE TABLE t (a mariadb_schema.date, b mariadb_schema.datetime(3))", "a date, b datetime(3)"},
          {"CREATE TABLE t (a INT) COLLATE=utf8mb4_uca1400_ai_ci DEFAULT CHARSET=utf8mb4", "a int"},
          {"/*M!100400 CREATE */ TABLE t (a INT /*!80023 INVISIBLE */ /*M!100303 INVISIBLE*/)", "a int"},
      },
      mariadb());
}

TEST(DdlForms, EveryClauseOfAlterTableInMariadb) {
  constexpr std::string_view kTable = "CREATE TABLE t (a INT PRIMARY KEY, b INT, c VARCHAR(9), KEY i (b))";
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"ADD COLUMN IF NOT EXISTS b INT, ADD COLUMN IF NOT EXISTS d INT FIRST", "d int, a int key, b int, c varchar(9)"},
      {"DROP COLUMN IF EXISTS zzz, DROP COLUMN IF EXISTS b CASCADE", "a int key, c varchar(9)"},
      {"MODIFY COLUMN IF EXISTS zzz INT, MODIFY IF EXISTS b BIGINT", "a int key, b bigint, c varchar(9)"},
      {"CHANGE COLUMN IF EXISTS zzz y INT, CHANGE IF EXISTS b bb INT", "a int key, bb int, c varchar(9)"},
      {"RENAME COLUMN IF EXISTS zzz TO y, RENAME COLUMN IF EXISTS b TO bb", "a int key, bb int, c varchar(9)"},
      {"ADD INDEX IF NOT EXISTS i (c), DROP INDEX IF EXISTS zzz, RENAME INDEX IF EXISTS zzz TO y",
       "a int key, b int, c varchar(9)"},
      {"ADD CONSTRAINT IF NOT EXISTS ck CHECK (b > 0), DROP CONSTRAINT IF EXISTS zzz, ADD FOREIGN KEY IF NOT EXISTS fk "
       "(b) REFERENCES p (id), DROP FOREIGN KEY IF EXISTS nofk",
       "a int key, b int, c varchar(9)"},
      {"ADD d INT, MODIFY d BIGINT AFTER a", "a int key, d bigint, b int, c varchar(9)"},
      {"ADD SYSTEM VERSIONING", "a int key, b int, c varchar(9)"},
      {"ADD COLUMN d INT WITHOUT SYSTEM VERSIONING, ADD COLUMN s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, ADD "
       "COLUMN "
       "e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, ADD PERIOD FOR SYSTEM_TIME (s, e), ADD SYSTEM VERSIONING",
       "a int key, b int, c varchar(9), d int, s timestamp(6), e timestamp(6)"},
      {"ADD PARTITION IF NOT EXISTS (PARTITION p VALUES IN (5))", "a int key, b int, c varchar(9)"},
      {"DROP PARTITION IF EXISTS p1", "a int key, b int, c varchar(9)"},
      {"WAIT 5 ADD d INT", "a int key, b int, c varchar(9), d int"},
      {"NOWAIT ALTER INDEX IF EXISTS i IGNORED, ALTER KEY i NOT IGNORED", "a int key, b int, c varchar(9)"},
      {"ALTER COLUMN IF EXISTS b SET DEFAULT uuid(), ALTER c DROP DEFAULT", "a int key, b int, c varchar(9)"},
      {"ADD UNIQUE u (b), ALGORITHM=NOCOPY, LOCK=SHARED", "a int key, b int, c varchar(9)"},
      {"ENGINE=InnoDB PAGE_COMPRESSED=1 ENCRYPTED=YES", "a int key, b int, c varchar(9)"},
      {"ADD VECTOR INDEX IF NOT EXISTS v (c) M=8", "a int key, b int, c varchar(9)"},
      {"CONVERT TO CHARACTER SET DEFAULT", "a int key, b int, c varchar(9)"},
      {"REBUILD PARTITION p0 , p1", "a int key, b int, c varchar(9)"},
  };
  for (const auto& [clauses, columns] : cases) {
    EXPECT_EQ(altered(kTable, "ALTER TABLE t " + std::string(clauses), mariadb()), columns) << clauses;
  }
  EXPECT_EQ(altered(kTable, "ALTER ONLINE IGNORE TABLE IF EXISTS t ADD d INT", mariadb()),
            "a int key, b int, c varchar(9), d int");
}

TEST(DdlForms, StatementsBesideCreateAndAlter) {
  const auto parsed = [](std::string_view sql, const DdlContext& context) {
    const auto statement = parse_ddl(sql, context.dialect);
    EXPECT_TRUE(statement.has_value()) << sql << ": " << (statement ? "" : statement.error().what);
    EXPECT_FALSE(statement && std::holds_alternative<OtherStatement>(*statement)) << sql;
  };
  for (const std::string_view sql :
       {"DROP TABLE IF EXISTS `a`, `b`.`c` RESTRICT /* generated by server */",
        "DROP TABLES a",
        "DROP SCHEMA IF EXISTS d",
        "RENAME TABLES a TO b, `x`.`y` TO `x`.`z`",
        "TRUNCATE TABLE `t`",
        "TRUNCATE t;",
        "CREATE INDEX i ON t (a)",
        "CREATE FULLTEXT INDEX i ON t (a) WITH PARSER ngram LOCK = SHARED ALGORITHM=INPLACE",
        "CREATE UNIQUE INDEX i USING HASH ON t ((a + 1) DESC, b) INVISIBLE COMMENT 'x' ENGINE_ATTRIBUTE = '{}'",
        "CREATE SPATIAL INDEX s ON t (g)",
        "DROP INDEX i ON t LOCK=NONE ALGORITHM DEFAULT",
        "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `d` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE "
        "utf8mb4_0900_ai_ci */ /*!80016 DEFAULT ENCRYPTION='N' */",
        "CREATE SCHEMA d COLLATE = latin1_bin",
        "ALTER DATABASE d CHARACTER SET = DEFAULT",
        "ALTER DATABASE ENCRYPTION='Y'",
        "ALTER DATABASE COLLATE utf8mb4_bin",
        "ALTER DATABASE d READ ONLY = DEFAULT",
        "ALTER SCHEMA DEFAULT ENCRYPTION 'N'",
        "CREATE TABLE t LIKE `a`.`b`",
        "CREATE TABLE IF NOT EXISTS t (LIKE b)",
        "CREATE TABLE t AS SELECT 1 AS a",
        "CREATE TABLE t (PRIMARY KEY (a)) SELECT a FROM x",
        "CREATE TABLE t (a INT) REPLACE SELECT * FROM x",
        "CREATE TABLE t IGNORE AS (SELECT 1)",
        "CREATE TABLE t ENGINE=InnoDB VALUES ROW(1, 2), ROW(3, 4)",
        "CREATE TABLE t TABLE x",
        "CREATE TABLE t (a INT) PARTITION BY HASH (a) PARTITIONS 2 SELECT 1 AS a",
        "CREATE TABLE t (SELECT 1) UNION ALL (SELECT 2)",
        "CREATE TABLE t WITH RECURSIVE c AS (SELECT 1) SELECT * FROM c"}) {
    parsed(sql, mysql8());
  }
  for (const std::string_view sql :
       {"DROP TABLE IF EXISTS t NOWAIT", "DROP TABLE /*IF EXISTS*/ t WAIT 3", "RENAME TABLE IF EXISTS a NOWAIT TO b",
        "CREATE INDEX IF NOT EXISTS i ON t (a) WAIT 5 COMMENT 'x'", "CREATE OR REPLACE UNIQUE INDEX i ON t (a) NOWAIT",
        "CREATE INDEX i ON t (a) COMMENT 'x' NOWAIT LOCK=NONE", "DROP INDEX IF EXISTS i ON t WAIT 1 ALGORITHM=COPY",
        "CREATE OR REPLACE DATABASE d COLLATE latin1_bin COMMENT = 'x'", "ALTER DATABASE COMMENT 'x'",
        "CREATE OR REPLACE TABLE t LIKE u", "CREATE OR REPLACE SEQUENCE s START 1 MINVALUE -5 NOCACHE NOCYCLE",
        "CREATE SEQUENCE s AS SMALLINT UNSIGNED INCREMENT BY 2", "DROP SEQUENCE IF EXISTS a, b",
        "SET STATEMENT max_statement_time=5, sql_mode='' FOR ALTER TABLE t ADD a INT",
        "CREATE TABLE t (`next_not_cached_value` bigint(21) NOT NULL) ENGINE=InnoDB SEQUENCE=1",
        "TRUNCATE TABLE t WAIT 2"}) {
    parsed(sql, mariadb());
  }
}

TEST(DdlForms, WordsOfTheSessionsSqlMode) {
  DdlContext ansi = mysql8();
  ansi.dialect.sql_mode = sql_mode::kAnsiQuotes;
  check_forms({{R"(CREATE TABLE "t" ("a" INT DEFAULT '1', "b ""q""" VARCHAR(9) DEFAULT 'say "x"' COMMENT 'c'))",
                "a int, b \"q\" varchar(9)"},
               {R"(CREATE TABLE "shop"."t"("id" int NOT NULL, PRIMARY KEY ("id"), KEY "k" ("id")))", "id int key"}},
              ansi);
  DdlContext plain = mysql8();
  plain.dialect.sql_mode = sql_mode::kNoBackslashEscapes;
  const TableDefinition path = defined(R"(CREATE TABLE t (p VARCHAR(9) DEFAULT 'C:\', q ENUM('a\b','\')))", plain);
  EXPECT_EQ(path.columns.at(0).default_value.text, "C:\\");
  EXPECT_EQ(path.columns.at(1).labels, (std::vector<std::string>{"a\\b", "\\"}));
  const TableDefinition escaped = defined(R"(CREATE TABLE t (p VARCHAR(9) DEFAULT 'C:\\', q ENUM('a\'b','c''d')))");
  EXPECT_EQ(escaped.columns.at(0).default_value.text, "C:\\");
  EXPECT_EQ(escaped.columns.at(1).labels, (std::vector<std::string>{"a'b", "c'd"}));
}

TEST(DdlForms, ValuesThatOnlyTheDefinitionKnows) {
  const TableDefinition table = defined(
      "CREATE TABLE t (a VARCHAR(9) CHARACTER SET latin1 DEFAULT _latin1'\xE4', b CHAR(3) DEFAULT N'ä', c VARCHAR(9) "
      "DEFAULT 'a' 'b', d INT DEFAULT - 5, e BIT(5) DEFAULT 0b101, f BINARY(2) DEFAULT 0xFF, g TIMESTAMP DEFAULT "
      "TIMESTAMP'2020-01-01 00:00:00', h DECIMAL(5,2) DEFAULT 1.5e1, i BOOL DEFAULT TRUE)");
  const auto text = [&](std::size_t i) { return table.columns.at(i).default_value.text; };
  EXPECT_EQ(text(0), "ä");
  EXPECT_EQ(text(1), "ä");
  EXPECT_EQ(text(2), "ab");
  EXPECT_EQ(text(3), "-5");
  EXPECT_EQ(text(4), "101");
  EXPECT_EQ(text(5), "FF");
  EXPECT_EQ(text(6), "2020-01-01 00:00:00");
  EXPECT_EQ(text(7), "1.5e1");
  EXPECT_EQ(text(8), "1");
}

}  // namespace
}  // namespace binferry::test
