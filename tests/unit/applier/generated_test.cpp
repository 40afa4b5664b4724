// Generated columns and defaults of expressions that are added to tables with rows: which are computed, and how they
// come out. tests/integration/table_statements_test.cpp compares such columns with MariaDB's, value by value.
#include "tests/unit/applier/ddl_replica.hpp"

namespace binferry::test {
namespace {

constexpr std::string_view kNotComputed = "column g: its generation expression is not computed here";

void fill(DdlReplica& replica) {
  EXPECT_EQ(replica.run("CREATE TABLE t (id INT PRIMARY KEY, n INT, u INT UNSIGNED, d DECIMAL(10,2), e DECIMAL(18,4), "
                        "s VARCHAR(20), tr VARCHAR(20) COLLATE utf8mb4_turkish_ci, dt DATETIME, ts TIMESTAMP NULL, "
                        "j JSON, f DOUBLE)"),
            "");
  replica.sqlite(
      "INSERT INTO t VALUES (1, 5, 7, '12.50', '1.0005', 'abc', 'i', '2024-02-29 12:00:01', NULL, "
      "'{\"a\": \"x\\\"y\", \"b\": {\"c\": 12}}', 1.5),"
      "(2, -7, 0, '-0.05', '-2.5000', 'Ab c', 'x', '2023-11-01 00:00:00', NULL, '{\"a\": 7, \"b\": null}', 2.5),"
      "(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)");
}

// The column's values by id, or why the table needs a resync; `change` is done to the rows before.
std::string added(const std::string& type, const std::string& expression, const std::string& change = "") {
  DdlReplica replica;
  fill(replica);
  replica.sqlite(change);
  const std::string said = replica.run("ALTER TABLE t ADD g " + type + " AS (" + expression + ") STORED");
  return said.empty() ? replica.rows("SELECT g FROM t ORDER BY id") : said;
}

TEST(Generated, ConditionsOfNumbers) {
  EXPECT_EQ(added("INT", "n > 3"), "1;0;NULL");
  EXPECT_EQ(added("INT", "n is null or u = 0"), "0;1;1");
  EXPECT_EQ(added("INT", "n IS NOT NULL AND n <> 5"), "0;1;0");
  EXPECT_EQ(added("INT", "n <=> NULL"), kNotComputed);
  EXPECT_EQ(added("INT", "n between -7 and u"), "1;1;NULL");
  EXPECT_EQ(added("INT", "n NOT BETWEEN 0 AND 6"), "0;1;NULL");
  EXPECT_EQ(added("INT", "(n IN (1, 5)) + 1"), "2;1;NULL");
  EXPECT_EQ(added("INT", "`n` NOT IN (5)"), "0;1;NULL");
  EXPECT_EQ(added("INT", "d >= 12.5"), "1;0;NULL");
  EXPECT_EQ(added("INT", "d < n"), "0;0;NULL");
  EXPECT_EQ(added("INT", "s = 'abc'"), kNotComputed);
  EXPECT_EQ(added("INT", "f > 1"), kNotComputed);
}

TEST(Generated, ChoicesAmongValuesOfOneKind) {
  EXPECT_EQ(added("VARCHAR(9)", "IF(n > 0, 'plus', 'minus')"), "plus;minus;minus");
  EXPECT_EQ(added("INT", "CASE WHEN n > 0 THEN 1 WHEN n < 0 THEN -1 END"), "1;-1;NULL");
  EXPECT_EQ(added("VARCHAR(9)", "CASE n WHEN 5 THEN s ELSE NULL END"), "abc;NULL;NULL");
  EXPECT_EQ(added("DECIMAL(12,3)", "if(n > 0, d, u)"), "12.500;0.000;NULL");
  EXPECT_EQ(added("INT", "NULLIF(n, 5)"), "NULL;-7;NULL");
  EXPECT_EQ(added("DECIMAL(10,2)", "COALESCE(d, n, 3)"), "12.50;-0.05;3.00");
  EXPECT_EQ(added("INT", "GREATEST(n, 0, u)"), "7;0;NULL");
  EXPECT_EQ(added("DECIMAL(10,2)", "LEAST(n, d)"), "5.00;-7.00;NULL");
  EXPECT_EQ(added("INT", "ABS(n) + MOD(n, 4)"), "6;4;NULL");
  EXPECT_EQ(added("VARCHAR(9)", "IF(n > 0, s, 1)"), kNotComputed);
  EXPECT_EQ(added("VARCHAR(9)", "IF(n > 0, d, 1)"), kNotComputed);
  EXPECT_EQ(added("VARCHAR(9)", "CONCAT(GREATEST(d, 0.5) + 1)"), kNotComputed);
}

TEST(Generated, DecimalsAreExactOrNotComputed) {
  EXPECT_EQ(added("DECIMAL(12,2)", "d * 2"), "25.00;-0.10;NULL");
  EXPECT_EQ(added("DECIMAL(12,2)", "d + n"), "17.50;-7.05;NULL");
  EXPECT_EQ(added("DECIMAL(14,4)", "`d` * 1.19"), "14.8750;-0.0595;NULL");
  EXPECT_EQ(added("DECIMAL(12,2)", "d * 1.19"), "14.88;-0.06;NULL");
  EXPECT_EQ(added("DECIMAL(12,1)", "-d - 0.25"), "-12.8;-0.2;NULL");
  EXPECT_EQ(added("INT", "d * 3"), "38;0;NULL");
  EXPECT_EQ(added("VARCHAR(20)", "CONCAT(d * n, '/', e)"), "62.50/1.0005;0.35/-2.5000;NULL");
  EXPECT_EQ(added("DECIMAL(12,2)", "d / 2"), kNotComputed);
  // A product beyond 63 bits, which the source still holds.
  EXPECT_EQ(added("DECIMAL(30,6)", "e * d"), "12.506250;0.125000;NULL");
  EXPECT_EQ(added("DECIMAL(30,6)", "e * d", "UPDATE t SET e = '99999999999999.9999', d = '99999999.99' WHERE id = 2")
                .find("a value of an expression"),
            0U);
}

TEST(Generated, Texts) {
  EXPECT_EQ(added("VARCHAR(40)", "UPPER(s)"), "ABC;AB C;NULL");
  EXPECT_EQ(added("VARCHAR(40)", "lcase(`s`)"), "abc;ab c;NULL");
  EXPECT_EQ(added("VARCHAR(40)", "UPPER(tr)"), kNotComputed);
  EXPECT_EQ(added("VARCHAR(40)", "LEFT(s, 2)"), "ab;Ab;NULL");
  EXPECT_EQ(added("VARCHAR(40)", "RIGHT(s, 3)"), "abc;b c;NULL");
  EXPECT_EQ(added("VARCHAR(40)", "SUBSTRING(s, 2, 2)"), "bc;b ;NULL");
  EXPECT_EQ(added("VARCHAR(40)", "substr(s, 3)"), "c; c;NULL");
  EXPECT_EQ(added("VARCHAR(40)", "SUBSTRING(s, -2)"), kNotComputed);
  EXPECT_EQ(added("VARCHAR(40)", "CONCAT_WS(', ', s, n, 'z')"), "abc, 5, z;Ab c, -7, z;z");
  EXPECT_EQ(added("VARCHAR(40)", "TRIM(CONCAT('  ', s, ' '))"), "abc;Ab c;NULL");
  EXPECT_EQ(added("VARCHAR(40)", "REPLACE(s, 'b', 'xx')"), "axxc;Axx c;NULL");
  EXPECT_EQ(added("INT", "CHAR_LENGTH(s) * 10 + LENGTH(s)"), "33;44;NULL");
  EXPECT_EQ(added("INT", "year(dt) * 10000 + month(dt) * 100 + day(dt)"), "20240229;20231101;NULL");
  EXPECT_EQ(added("DATE", "DATE(dt)"), "2024-02-29;2023-11-01;NULL");
  EXPECT_EQ(added("INT", "YEAR(ts)"), kNotComputed);
}

TEST(Generated, TextsThatSqliteWouldTreatOtherwiseFreezeTheTable) {
  EXPECT_EQ(added("VARCHAR(40)", "UPPER(s)", "UPDATE t SET s = 'ä' WHERE id = 2").find("a value of an expression"), 0U);
}

TEST(Generated, LengthsOfOtherTextsThanAscii) {
  const std::string change = "UPDATE t SET s = 'aä日' WHERE id = 2";
  EXPECT_EQ(added("INT", "CHAR_LENGTH(s) * 10 + LENGTH(s)", change), "33;36;NULL");
  EXPECT_EQ(added("VARCHAR(9)", "RIGHT(s, 2)", change), "bc;ä日;NULL");
}

TEST(Generated, AMemberOfADocumentAsText) {
  EXPECT_EQ(added("VARCHAR(40)", "j->>'$.a'"), "x\"y;7;NULL");
  EXPECT_EQ(added("VARCHAR(40)", "JSON_UNQUOTE(JSON_EXTRACT(`j`, _utf8mb4'$.a'))"), "x\"y;7;NULL");
  EXPECT_EQ(added("VARCHAR(40)", "j->>'$.none'"), "NULL;NULL;NULL");
  EXPECT_EQ(added("INT", "j->>'$.b.c'"), "12;NULL;NULL");
  EXPECT_EQ(added("JSON", "j->'$.a'"), kNotComputed);
  EXPECT_EQ(added("VARCHAR(40)", "j->>'$.b'").find("a value of an expression"), 0U);
}

TEST(Generated, ADefaultMayNameOtherColumns) {
  DdlReplica replica;
  fill(replica);
  EXPECT_EQ(replica.run("ALTER TABLE t ADD g INT DEFAULT (n + 1), ADD h VARCHAR(9) DEFAULT (CONCAT(s, '!'))"), "");
  EXPECT_EQ(replica.rows("SELECT g, h FROM t ORDER BY id"), "6|abc!;-6|Ab c!;NULL|NULL");
}

}  // namespace
}  // namespace binferry::test
