#include "binlog/schema/unknown_text.hpp"
#include "tests/unit/schema/support.hpp"

namespace binferry::test {
namespace {

class CatalogueTest : public ::testing::Test {
 protected:
  std::vector<TableChange> run(std::string_view sql, const DdlContext& context = mysql8()) {
    return test::run(catalogue_, sql, context);
  }
  std::string shape(std::string_view table, std::string_view schema = "shop") {
    return outline(catalogue_.find(schema, table));
  }
  Catalogue catalogue_;
};

// TRAPS 13.
TEST_F(CatalogueTest, CreateIfNotExistsLeavesATableThatExists) {
  run("CREATE TABLE t(a INT)");
  EXPECT_TRUE(run("CREATE TABLE IF NOT EXISTS t(b INT, c INT)").empty());
  EXPECT_EQ(shape("t"), "a int");
}

TEST_F(CatalogueTest, ACreateThatTheServerCarriedOutReplacesWhatWasKnown) {
  run("CREATE TABLE t(a INT)");
  const auto changes = run("CREATE TABLE t(b INT)");
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_TRUE(changes[0].replaced);
  EXPECT_EQ(outline(changes[0].before), "a int");
  EXPECT_EQ(shape("t"), "b int");
}

// TRAPS 14.
TEST_F(CatalogueTest, RenamesAreCarriedOutInOrder) {
  run("CREATE TABLE a(old INT)");
  run("CREATE TABLE _a_gho(new INT)");
  const auto changes = run("RENAME TABLE a TO _a_del, _a_gho TO a");
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].kind, TableChangeKind::renamed);
  EXPECT_EQ(changes[1].new_name, (TableName{"shop", "a"}));
  EXPECT_EQ(changes[1].after->name, "a");
  EXPECT_EQ(shape("a"), "new int");
  EXPECT_EQ(shape("_a_del"), "old int");
  run("RENAME TABLE a TO x, _a_del TO a, x TO _a_del");
  EXPECT_EQ(shape("a"), "old int");
  EXPECT_EQ(shape("_a_del"), "new int");
  EXPECT_EQ(shape("x"), "no table");
}

// Seen on MySQL 5.6: `DROP TABLE IF EXISTS parent, other`, logged with error 1217.
TEST_F(CatalogueTest, ADropThatFailedOnAForeignKeyLeavesTheParent) {
  run("CREATE TABLE parent(id INT PRIMARY KEY)");
  run("CREATE TABLE child(id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent(id))");
  run("CREATE TABLE tree(id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree(id))");
  DdlContext failed = mysql8();
  failed.error_code = 1217;
  EXPECT_EQ(run("DROP TABLE IF EXISTS parent, tree, never_there", failed).size(), 2U);
  EXPECT_NE(catalogue_.find("shop", "parent"), nullptr);
  EXPECT_EQ(catalogue_.find("shop", "tree"), nullptr);
  run("DROP TABLE child, parent");
  EXPECT_EQ(catalogue_.find("shop", "parent"), nullptr);
}

TEST_F(CatalogueTest, TablesTheLogNeverDefinedAreTolerated) {
  const auto altered = run("ALTER TABLE u ADD a INT, RENAME TO v");
  ASSERT_EQ(altered.size(), 1U);
  EXPECT_EQ(altered[0].before, nullptr);
  EXPECT_EQ(altered[0].after, nullptr);
  EXPECT_EQ(altered[0].new_name, (TableName{"shop", "v"}));
  EXPECT_EQ(run("DROP TABLE u, v").size(), 2U);
  EXPECT_EQ(run("RENAME TABLE other.u TO v")[0].old_name, (TableName{"other", "u"}));
  EXPECT_EQ(run("TRUNCATE u")[0].kind, TableChangeKind::truncated);
  EXPECT_EQ(run("CREATE TABLE w LIKE u")[0].resync_reason, "created LIKE shop.u, which is not known");
  EXPECT_EQ(shape("w"), "no table");
}

TEST_F(CatalogueTest, DropDatabaseDropsItsTables) {
  run("CREATE DATABASE gone CHARSET latin1");
  run("CREATE TABLE gone.x(a CHAR(1))");
  run("CREATE TABLE gone.y(a INT)");
  EXPECT_EQ(catalogue_.find("gone", "x")->columns[0].charset, charset_named("latin1"));
  const auto changes = run("DROP DATABASE gone");
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].kind, TableChangeKind::dropped);
  EXPECT_EQ(catalogue_.schema_collation("gone"), 0);
  EXPECT_TRUE(catalogue_.tables().empty());
}

TEST_F(CatalogueTest, DatabaseCharsetsComeFromTheServerAndMayBeAltered) {
  run("CREATE DATABASE d");
  EXPECT_EQ(catalogue_.schema_collation("d"), 255);
  run("ALTER DATABASE d CHARACTER SET latin1");
  run("CREATE DATABASE IF NOT EXISTS d CHARACTER SET cp1251");
  run("CREATE TABLE d.t(a CHAR(1))");
  EXPECT_EQ(catalogue_.find("d", "t")->collation, 8);
}

// TRAPS 16.
TEST_F(CatalogueTest, CreateSelectInItsThreeForms) {
  EXPECT_TRUE(run("CREATE TABLE a(id INT NOT NULL) START TRANSACTION")[0].rows_follow);
  EXPECT_TRUE(run("CREATE TABLE b(id INT NOT NULL)")[0].resync_reason.empty());
  const auto statement = run("CREATE TABLE c SELECT 1");
  EXPECT_FALSE(statement[0].resync_reason.empty());
  EXPECT_FALSE(statement[0].after->columns_known);
}

// The server writes this one from what SHOW CREATE TABLE prints.
TEST_F(CatalogueTest, QuestionMarksInTheLabelsOfACreateSelectMayStandForOtherCharacters) {
  const std::string columns = "(e ENUM('?', 'a') CHARACTER SET utf8mb4, l ENUM('?') CHARACTER SET latin1, v INT)";
  const auto logged = run("CREATE TABLE a" + columns + " START TRANSACTION")[0].after;
  EXPECT_EQ(logged->columns[0].labels, (std::vector<std::string>{std::string(kUnknownCharacter), "a"}));
  EXPECT_EQ(logged->columns[1].labels, std::vector<std::string>{"?"});
  const auto given = run("CREATE TABLE b" + columns)[0].after;
  EXPECT_EQ(given->columns[0].labels, (std::vector<std::string>{"?", "a"}));
}

TEST_F(CatalogueTest, LikeCopiesEverythingButForeignKeys) {
  run("CREATE TABLE p(id INT PRIMARY KEY)");
  run("CREATE TABLE t(id INT PRIMARY KEY, p INT, FOREIGN KEY(p) REFERENCES p(id), CHECK (id > 0)) AUTO_INCREMENT=7 "
      "COMMENT='c'");
  run("CREATE TABLE copy LIKE t");
  const TablePtr copy = catalogue_.find("shop", "copy");
  EXPECT_TRUE(copy->foreign_keys.empty());
  EXPECT_EQ(copy->indexes.size(), 2U);
  EXPECT_EQ(copy->checks.at(0).name, "copy_chk_1");
  EXPECT_EQ(copy->comment, "c");
  EXPECT_EQ(copy->auto_increment, 0U);
}

TEST_F(CatalogueTest, IndexesGetTheNamesTheServerGives) {
  const TableDefinition table =
      defined("CREATE TABLE t(a INT UNIQUE, b INT, KEY(a), UNIQUE(a,b), KEY b(a), KEY(b), KEY((a+b)), PRIMARY KEY(b))");
  std::string names;
  for (const auto& index : table.indexes) names += index.name + ' ';
  EXPECT_EQ(names, "PRIMARY b a a_2 a_3 b_2 functional_index ");
  EXPECT_FALSE(table.find_column("b")->nullable);
}

TEST_F(CatalogueTest, ForeignKeysAreNamedIndexedAndFoundByTheirParent) {
  run("CREATE TABLE p(id INT PRIMARY KEY)");
  run("CREATE TABLE c(id INT PRIMARY KEY, pid INT, q INT, FOREIGN KEY(pid) REFERENCES p(id) ON DELETE CASCADE ON "
      "UPDATE SET NULL, "
      "CONSTRAINT fk FOREIGN KEY(q) REFERENCES c(id))");
  const auto children = catalogue_.children("shop", "p");
  ASSERT_EQ(children.size(), 1U);
  const ForeignKey& key = children[0].table->foreign_keys[children[0].foreign_key];
  EXPECT_EQ(key.name, "c_ibfk_1");
  EXPECT_EQ(key.on_delete, ReferenceAction::cascade);
  EXPECT_EQ(key.on_update, ReferenceAction::set_null);
  EXPECT_NE(children[0].table->find_index("pid"), nullptr);
  EXPECT_NE(children[0].table->find_index("fk"), nullptr);
  EXPECT_EQ(catalogue_.children("shop", "c").size(), 1U);
}

TEST_F(CatalogueTest, ForeignKeysFollowTheirParentsNameAndColumns) {
  run("CREATE TABLE p(id INT PRIMARY KEY)");
  run("CREATE TABLE c(pid INT, FOREIGN KEY(pid) REFERENCES p(id))");
  run("RENAME TABLE p TO other.parent, c TO kid");
  run("ALTER TABLE other.parent RENAME COLUMN id TO ident");
  run("ALTER TABLE kid CHANGE pid parent_id INT");
  const auto children = catalogue_.children("other", "parent");
  ASSERT_EQ(children.size(), 1U);
  const ForeignKey& key = children[0].table->foreign_keys[0];
  EXPECT_EQ(key.name, "kid_ibfk_1");
  EXPECT_EQ(key.referenced_columns, std::vector<std::string>{"ident"});
  EXPECT_EQ(key.columns, std::vector<std::string>{"parent_id"});
}

TEST_F(CatalogueTest, InlineReferencesAreHonouredByThoseServersThatDo) {
  const std::string_view sql = "CREATE TABLE c(pid INT REFERENCES p(id))";
  EXPECT_TRUE(defined(sql, mysql8()).foreign_keys.empty());
  EXPECT_EQ(defined(sql, mariadb()).foreign_keys.size(), 1U);
  EXPECT_TRUE(defined("CREATE TABLE c(pid INT, FOREIGN KEY(pid) REFERENCES p(id)) ENGINE=MyISAM").foreign_keys.empty());
}

TEST_F(CatalogueTest, TimestampsImplyAttributesWhereDefaultsAreNotExplicit) {
  const TableDefinition table =
      defined("CREATE TABLE t(n TIMESTAMP NULL, a TIMESTAMP, b TIMESTAMP(3), c TIMESTAMP DEFAULT 0)", mysql56());
  EXPECT_TRUE(table.columns[0].nullable);
  EXPECT_FALSE(table.columns[1].nullable);
  EXPECT_EQ(table.columns[1].default_value.kind, ColumnDefault::Kind::current_timestamp);
  EXPECT_TRUE(table.columns[1].on_update_fsp.has_value());
  EXPECT_EQ(table.columns[2].default_value.text, "0000-00-00 00:00:00.000");
  EXPECT_EQ(table.columns[3].default_value.text, "0");
  const TableDefinition plain = defined("CREATE TABLE t(a TIMESTAMP)", mysql8());
  EXPECT_TRUE(plain.columns[0].nullable);
  EXPECT_FALSE(plain.columns[0].on_update_fsp.has_value());
}

// TRAPS 8.
TEST_F(CatalogueTest, RowsThatComeAndGoWithoutEventsAskForAResync) {
  run("CREATE TABLE t(a INT PRIMARY KEY) PARTITION BY HASH(a)");
  run("CREATE TABLE u(a INT PRIMARY KEY)");
  for (const std::string_view sql :
       {"ALTER TABLE t TRUNCATE PARTITION p0", "ALTER TABLE t DROP PARTITION p0", "ALTER TABLE u IMPORT TABLESPACE"}) {
    EXPECT_FALSE(run(sql)[0].resync_reason.empty()) << sql;
  }
  const auto exchange = run("ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE u");
  ASSERT_EQ(exchange.size(), 2U);
  EXPECT_EQ(exchange[1].new_name.name, "u");
  EXPECT_FALSE(exchange[1].resync_reason.empty());
  EXPECT_TRUE(run("ALTER TABLE t ADD PARTITION PARTITIONS 2")[0].resync_reason.empty());
  EXPECT_TRUE(catalogue_.find("shop", "t")->partitioned);
  run("ALTER TABLE t REMOVE PARTITIONING");
  EXPECT_FALSE(catalogue_.find("shop", "t")->partitioned);
}

// TRAPS 22.
TEST_F(CatalogueTest, NamesFollowLowerCaseTableNames) {
  run("CREATE TABLE T(a INT)");
  EXPECT_EQ(shape("t"), "no table");
  Catalogue lower(1);
  test::run(lower, "CREATE TABLE T(a INT)");
  EXPECT_EQ(lower.find("SHOP", "t")->name, "t");
  Catalogue preserving(2);
  test::run(preserving, "CREATE TABLE T(a INT)");
  EXPECT_EQ(preserving.find("shop", "t")->name, "T");
  test::run(preserving, "DROP TABLE t");
  EXPECT_TRUE(preserving.tables().empty());
}

TEST_F(CatalogueTest, OddNamesAreOnlyNames) {
  run("CREATE TABLE `a.b`(`rowid` INT, `Oid` INT, `x;y` INT, `a``b` INT)");
  EXPECT_EQ(shape("a.b"), "rowid int, Oid int, x;y int, a`b int");
  EXPECT_EQ(catalogue_.find("shop", "a.b")->column_index("ROWID"), 0U);
}

TEST_F(CatalogueTest, ASequenceIsATableOfEightColumns) {
  run("CREATE SEQUENCE s START WITH 5", mariadb());
  const TablePtr sequence = catalogue_.find("shop", "s");
  ASSERT_NE(sequence, nullptr);
  EXPECT_EQ(sequence->kind, TableKind::sequence);
  EXPECT_EQ(sequence->columns.size(), 8U);
  EXPECT_EQ(sequence->columns.front().declared_type, "bigint(21)");
  run("CREATE OR REPLACE SEQUENCE s AS SMALLINT UNSIGNED START WITH 5", mariadb());
  EXPECT_EQ(
      outline(catalogue_.find("shop", "s")),
      "next_not_cached_value smallint unsigned, minimum_value smallint unsigned, maximum_value smallint unsigned, "
      "start_value smallint unsigned, increment bigint(21), cache_size bigint(21) unsigned, cycle_option tinyint(1) "
      "unsigned, cycle_count bigint(21)");
  run("DROP SEQUENCE s", mariadb());
  EXPECT_EQ(catalogue_.find("shop", "s"), nullptr);
}

TEST_F(CatalogueTest, ACopyDoesNotFollowTheOriginal) {
  run("CREATE TABLE t(a INT)");
  const Catalogue before = catalogue_;
  run("ALTER TABLE t ADD b INT");
  EXPECT_EQ(outline(before.find("shop", "t")), "a int");
  EXPECT_EQ(shape("t"), "a int, b int");
}

TEST(Names, AreComparedWithoutCase) {
  EXPECT_TRUE(same_name("GRÖSSE", "grösse"));
  EXPECT_TRUE(same_name("ИМЯ", "имя"));
  EXPECT_TRUE(same_name("Ą", "ą"));
  EXPECT_FALSE(same_name("a", "á"));
  EXPECT_FALSE(same_name("×", "÷"));
}

}  // namespace
}  // namespace binferry::test
