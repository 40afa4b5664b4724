#include "tests/unit/schema/support.hpp"

namespace binferry::test {
namespace {

void expect_round_trip(std::string_view sql, const DdlContext& context) {
  const TableDefinition table = defined(sql, context);
  const std::string text = create_table_sql(table);
  EXPECT_EQ(defined(text, context), table) << text;
}

TEST(CreateTableSql, GivesTheSameDefinitionBackForMysql) {
  for (const std::string_view sql :
       {"CREATE TABLE t(id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, a INT(5) ZEROFILL DEFAULT -3, b VARCHAR(10) "
        "CHARACTER SET latin1 DEFAULT 'it''s\\\\ \\n', "
        "c ENUM('a''b','c,d','\\\\') NOT NULL, d SET('x','y') DEFAULT 'x,y', e TEXT DEFAULT ('t'), f JSON DEFAULT "
        "(json_array()), g DATETIME(3) DEFAULT NOW(3) ON UPDATE NOW(3), "
        "h BIT(9) DEFAULT b'101', i BINARY(3) DEFAULT x'0a', j DECIMAL(65,30), k FLOAT(7,3), l DOUBLE UNSIGNED, m "
        "TIME(6), n YEAR, o POINT NOT NULL SRID 4326, "
        "p INT GENERATED ALWAYS AS (a + 1) VIRTUAL, q INT AS (a * 2) STORED NOT NULL, r INT INVISIBLE COMMENT 'c''', s "
        "LONGBLOB, v VECTOR(5), "
        "PRIMARY KEY (id, b(3)), UNIQUE KEY u (a DESC), KEY ((a + 1)), KEY inv (n) INVISIBLE COMMENT 'x', FULLTEXT KEY "
        "ft (e), SPATIAL KEY sp (o), "
        "CONSTRAINT fk FOREIGN KEY (a, n) REFERENCES other.p (x, y) ON DELETE SET NULL ON UPDATE CASCADE, CHECK (a > "
        "0) NOT ENFORCED) "
        "ENGINE=InnoDB AUTO_INCREMENT=18446744073709551615 CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='it''s' "
        "PARTITION BY KEY() PARTITIONS 3",
        "CREATE TABLE `a``b`(`c``d` INT, `ü` INT)", "CREATE TABLE t SELECT 1",
        "CREATE TABLE t(a CHAR(3) COLLATE cp1251_bin)"}) {
    expect_round_trip(sql, mysql8());
  }
}

TEST(CreateTableSql, GivesTheSameDefinitionBackForMariadb) {
  for (const std::string_view sql :
       {"CREATE TABLE t(a JSON, b UUID DEFAULT uuid(), c INET6, d VARCHAR(9) COMPRESSED, e INT CHECK (e > 0) DEFAULT "
        "5, f INT WITHOUT SYSTEM VERSIONING, "
        "rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD "
        "FOR SYSTEM_TIME(rs, re), "
        "CHECK (e < 10), KEY k(e) IGNORED) WITH SYSTEM VERSIONING ENGINE=InnoDB",
        "CREATE SEQUENCE s",
        "CREATE TABLE t(s DATE, e DATE, id INT, PERIOD FOR p(s, e), UNIQUE(id, p WITHOUT OVERLAPS))"}) {
    expect_round_trip(sql, mariadb());
  }
}

TEST(CreateTableSql, ReadsAsShowCreateTable) {
  EXPECT_EQ(create_table_sql(
                defined("CREATE TABLE t(id INT PRIMARY KEY, n VARCHAR(9) CHARACTER SET latin1 COMMENT 'x')"), true),
            "CREATE TABLE `shop`.`t` (\n"
            "  `id` int NOT NULL,\n"
            "  `n` varchar(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL DEFAULT NULL COMMENT 'x',\n"
            "  PRIMARY KEY (`id`)\n"
            ") DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci");
}

}  // namespace
}  // namespace binferry::test
