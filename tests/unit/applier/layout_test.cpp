#include "tests/unit/applier/ddl_replica.hpp"

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

std::string sql_of(DdlReplica& replica, std::string_view create, std::string_view name = "t") {
  EXPECT_EQ(replica.run(create), "");
  return replica.table(name).layout->create_sql();
}

TEST(Layout, EveryTypeHasItsStorageClass) {
  DdlReplica replica;
  EXPECT_EQ(sql_of(replica,
                   "CREATE TABLE t (i TINYINT, u BIGINT UNSIGNED, y YEAR, b BIT(3), d DECIMAL(9,2), f FLOAT, g DOUBLE,"
                   " da DATE, ti TIME(3), dt DATETIME, ts TIMESTAMP NULL, c CHAR(3), v VARCHAR(9), x TEXT, n BINARY(2),"
                   " w BLOB, e ENUM('a'), s SET('a'), j JSON, p POINT)"),
            "CREATE TABLE \"t\" (\"i\" INTEGER, \"u\" INTEGER, \"y\" INTEGER, \"b\" INTEGER, \"d\" TEXT, \"f\" REAL,"
            " \"g\" REAL, \"da\" TEXT, \"ti\" TEXT, \"dt\" TEXT, \"ts\" TEXT, \"c\" TEXT, \"v\" TEXT, \"x\" TEXT,"
            " \"n\" BLOB, \"w\" BLOB, \"e\" TEXT, \"s\" TEXT, \"j\" TEXT, \"p\" BLOB) STRICT");
}

TEST(Layout, OneIntegerKeyIsTheRowidAndEveryOtherKeyIsWithoutRowid) {
  DdlReplica replica;
  EXPECT_EQ(sql_of(replica, "CREATE TABLE a (v INT, id INT PRIMARY KEY)", "a"),
            "CREATE TABLE \"a\" (\"v\" INTEGER, \"id\" INTEGER PRIMARY KEY) STRICT");
  EXPECT_EQ(replica.table("a").layout->row_address, "id");
  EXPECT_EQ(sql_of(replica, "CREATE TABLE b (a INT, b VARCHAR(20), PRIMARY KEY (b(5), a))", "b"),
            "CREATE TABLE \"b\" (\"a\" INTEGER, \"b\" TEXT, PRIMARY KEY (\"b\", \"a\")) STRICT, WITHOUT ROWID");
}

TEST(Layout, AKeyWithoutCaseAdmitsNothingThatItsBytesWouldRefuse) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE t (k VARCHAR(9) PRIMARY KEY)"), "");
  replica.sqlite("INSERT INTO t VALUES ('A'), ('a')");  // a swap of case in passing
  EXPECT_EQ(replica.rows("SELECT count(*) FROM t"), "2");
}

TEST(Layout, RowsStayAddressableWhenColumnsAreNamedAsTheRowid) {
  DdlReplica replica;
  sql_of(replica, "CREATE TABLE one (`rowid` INT, `OID` INT)", "one");
  EXPECT_EQ(replica.table("one").layout->row_address, "_rowid_");
  EXPECT_EQ(sql_of(replica, "CREATE TABLE all_three (`ROWID` INT, oid INT, _rowid_ INT)", "all_three"),
            "CREATE TABLE \"all_three\" (\"ROWID\" INTEGER, \"oid\" INTEGER, \"_rowid_\" INTEGER,"
            " \"binferry_row\" INTEGER PRIMARY KEY) STRICT");
  EXPECT_TRUE(replica.table("all_three").layout->hidden_row_column);
  sql_of(replica, "CREATE TABLE keyed (`rowid` VARCHAR(9) PRIMARY KEY)", "keyed");
  EXPECT_EQ(replica.table("keyed").layout->row_address, "");
}

TEST(Layout, NamesThatSqliteFindsOddWork) {
  DdlReplica replica;
  for (const std::string name : {"a.b", "x;y", "a`b", "q\"q", "it's", "select", "sqlite_x", "binferry_x", "ü"}) {
    std::string quoted;
    for (const char c : name) quoted += c == '`' ? "``" : std::string(1, c);
    EXPECT_EQ(
        replica.run("CREATE TABLE `" + quoted + "` (`a b` INT PRIMARY KEY, `order` INT, `\"` INT, KEY (`order`))"), "");
    EXPECT_EQ(replica.run("ALTER TABLE `" + quoted + "` ADD COLUMN `'` INT DEFAULT 1 FIRST, DROP KEY `order`"), "");
    const std::string& sqlite_name = replica.table(name).layout->name;
    replica.sqlite("INSERT INTO " + quote_identifier(sqlite_name) + " VALUES (1, 2, 3, 4)");
    EXPECT_EQ(sqlite_name, name.ends_with("_x") ? "_" + name : name);
  }
}

TEST(Layout, NamesThatDifferOnlyInCaseGetASuffixAndOneToTheLetterIsRefused) {
  DdlReplica replica;
  EXPECT_EQ(replica.run("CREATE TABLE Orders (id INT PRIMARY KEY)"), "");
  EXPECT_EQ(replica.run("CREATE TABLE orders (id INT PRIMARY KEY)"), "");
  EXPECT_EQ(replica.table("orders").layout->name, "orders_2");

  DdlReplica several;
  several.options.qualified_names = true;
  EXPECT_EQ(several.run("CREATE TABLE a.`b.c` (id INT PRIMARY KEY)"), "");
  const std::string refused = several.run("CREATE TABLE `a.b`.c (id INT PRIMARY KEY)");
  EXPECT_NE(refused.find("tables a.b.c and a.b.c would both be \"a.b.c\""), std::string::npos) << refused;
}

TEST(Layout, AVersionedTableKeysItsHistoryByTheEndOfTheRow) {
  DdlReplica replica;
  replica.context.dialect = dialect_of_version("10.11.6-MariaDB");
  EXPECT_EQ(sql_of(replica, "CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING"),
            "CREATE TABLE \"t\" (\"id\" INTEGER, \"v\" INTEGER, \"row_start\" TEXT, \"row_end\" TEXT,"
            " PRIMARY KEY (\"id\", \"row_end\")) STRICT, WITHOUT ROWID");
}

TEST(Layout, DecimalIsExactTextUnlessAskedOtherwise) {
  DdlReplica replica;
  replica.options.decimal_real = true;
  EXPECT_EQ(sql_of(replica, "CREATE TABLE t (id INT PRIMARY KEY, d DECIMAL(30,10))"),
            "CREATE TABLE \"t\" (\"id\" INTEGER PRIMARY KEY, \"d\" REAL) STRICT");
}

}  // namespace
}  // namespace binferry::test
