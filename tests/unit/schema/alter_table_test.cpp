#include "tests/unit/schema/support.hpp"

namespace binferry::test {
namespace {

class AlterTableTest : public ::testing::Test {
 protected:
  // The table after `alter`, and where its columns came from: `b:1 new:- a:0`.
  std::string altered(std::string_view create, std::string_view alter, const DdlContext& context = mysql8()) {
    catalogue_ = Catalogue();
    catalogue_.put_schema("shop", context.server_collation);
    test::run(catalogue_, create, context);
    const auto changes = test::run(catalogue_, alter, context);
    if (changes.empty() || changes[0].after == nullptr) return "nothing";
    after_ = changes[0].after;
    std::string out;
    for (std::size_t i = 0; i < after_->columns.size(); ++i) {
      const std::size_t source = changes[0].column_sources.at(i);
      if (i != 0) out += ' ';
      out += after_->columns[i].name + ':' + (source == kNewColumn ? "-" : std::to_string(source));
    }
    return out;
  }
  std::string refused(std::string_view create, std::string_view alter) {
    Catalogue catalogue;
    test::run(catalogue, create);
    const TablePtr before = catalogue.find("shop", "t");
    const auto changes = catalogue.apply(*parse_ddl(alter, mysql8().dialect), mysql8());
    EXPECT_EQ(catalogue.find("shop", "t"), before) << "a refused statement changed the catalogue";
    return changes ? "accepted" : std::string(name_of(changes.error().code)) + ": " + changes.error().what;
  }
  Catalogue catalogue_;
  TablePtr after_;
};

constexpr std::string_view kAbc = "CREATE TABLE t(a INT, b INT, c INT, KEY k(a,b), KEY kc(c))";

// TRAPS 12.
TEST_F(AlterTableTest, ColumnsKeepTrackOfWhereTheyCameFrom) {
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t ADD d INT"), "a:0 b:1 c:2 d:-");
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t ADD d INT FIRST, ADD e INT AFTER a"), "d:- a:0 e:- b:1 c:2");
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t ADD d INT AFTER a, ADD e INT AFTER d"), "a:0 d:- e:- b:1 c:2");
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t MODIFY c BIGINT FIRST, DROP a"), "c:2 b:1");
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t CHANGE a z INT AFTER c, ADD a INT FIRST"), "a:- b:1 c:2 z:0");
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a"), "b:0 a:1 c:2");
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t DROP a, ADD a TEXT"), "b:1 c:2 a:-");
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t CHANGE b bb INT, ADD d INT AFTER bb"), "a:0 bb:1 d:- c:2");
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t ADD (d INT, e INT), COMMENT='x'"), "a:0 b:1 c:2 d:- e:-");
}

// Seed 5008 of the replicas' random load.
TEST_F(AlterTableTest, AColumnThatHasYetToMoveIsAPlaceForOthers) {
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t ADD d INT AFTER a, MODIFY a INT AFTER c, CHANGE b bb INT AFTER a"),
            "d:- c:2 a:0 bb:1");
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t MODIFY a INT AFTER b, MODIFY b INT AFTER c"), "a:0 c:2 b:1");
  EXPECT_EQ(altered(kAbc, "ALTER TABLE t CHANGE a b INT AFTER c, CHANGE b a INT FIRST"), "a:1 c:2 b:0");
}

TEST_F(AlterTableTest, IndexesFollowColumnsAndDisappearWithTheLast) {
  altered(kAbc, "ALTER TABLE t DROP a, DROP c, ADD x INT");
  ASSERT_EQ(after_->indexes.size(), 1U);
  EXPECT_EQ(after_->indexes[0].parts.at(0).column, "b");
  altered(kAbc, "ALTER TABLE t CHANGE a z INT");
  EXPECT_EQ(after_->find_index("k")->parts.at(0).column, "z");
  altered(kAbc, "ALTER TABLE t RENAME INDEX k TO kk, DROP KEY kc, ADD UNIQUE (c), ALTER INDEX kk INVISIBLE");
  EXPECT_TRUE(after_->find_index("kk")->invisible);
  EXPECT_EQ(after_->find_index("c")->kind, IndexKind::unique);
  EXPECT_EQ(after_->find_index("kc"), nullptr);
}

TEST_F(AlterTableTest, PrimaryKeysChange) {
  EXPECT_EQ(altered("CREATE TABLE t(a INT, b VARCHAR(20), PRIMARY KEY(b,a))",
                    "ALTER TABLE t DROP PRIMARY KEY, ADD COLUMN id INT NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST"),
            "id:- a:0 b:1");
  EXPECT_EQ(after_->primary_key()->parts.at(0).column, "id");
  EXPECT_TRUE(after_->columns[0].auto_increment);
  EXPECT_FALSE(after_->columns[1].nullable) << "what was NOT NULL for the key stays so";
  altered("CREATE TABLE t(id INT PRIMARY KEY)", "ALTER TABLE t MODIFY id BIGINT");
  EXPECT_FALSE(after_->columns[0].nullable);
}

// TRAPS 20, 21.
TEST_F(AlterTableTest, ConvertToCharacterSetConvertsTextAndWidensIt) {
  altered("CREATE TABLE t(a CHAR(5), b TEXT, c TINYTEXT, d VARBINARY(9), e ENUM('x'), f VARCHAR(30000)) CHARSET latin1",
          "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4");
  EXPECT_EQ(outline(after_), "a char(5), b mediumtext, c text, d varbinary(9), e enum('x'), f mediumtext");
  EXPECT_EQ(after_->columns[4].charset, charset_named("utf8mb4"));
  EXPECT_EQ(after_->charset, charset_named("utf8mb4"));
}

// Seed 7027 of the replicas' random load, on MySQL 5.6: the TEXT stays one, though utf8 and back would widen it.
TEST_F(AlterTableTest, OfSeveralConversionsTheLastCounts) {
  altered("CREATE TABLE t(a TEXT CHARACTER SET utf8mb4, b TEXT) CHARSET latin1",
          "ALTER TABLE t CONVERT TO CHARACTER SET utf8, CONVERT TO CHARACTER SET utf8mb4");
  EXPECT_EQ(outline(after_), "a text, b mediumtext");
}

// Seed 5006 of the replicas' random load: MariaDB keeps the bytes of such labels and so changes their letters.
TEST_F(AlterTableTest, LabelsBeyondAsciiAreInDoubtUnderAnotherCharacterSet) {
  const auto reason = [&](std::string_view create, std::string_view alter) {
    Catalogue catalogue;
    test::run(catalogue, create);
    return test::run(catalogue, alter).at(0).resync_reason;
  };
  constexpr std::string_view kLabels = "CREATE TABLE t(e SET('x','\u00fc'), v VARCHAR(9)) CHARSET utf8mb3";
  EXPECT_NE(reason(kLabels, "ALTER TABLE t CONVERT TO CHARACTER SET latin1"), "");
  EXPECT_EQ(reason(kLabels, "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb3 COLLATE utf8mb3_bin"), "");
  EXPECT_EQ(reason(kLabels, "ALTER TABLE t CONVERT TO CHARACTER SET latin1, MODIFY e ENUM('x')"), "");
  EXPECT_EQ(reason("CREATE TABLE t(e ENUM('x')) CHARSET utf8mb3", "ALTER TABLE t CONVERT TO CHARACTER SET latin1"), "");
}

// As MariaDB 10.11 and MySQL 5.6 were seen to do.
TEST_F(AlterTableTest, ConvertToCharacterSetOverridesWhatTheStatementsOwnColumnsName) {
  altered("CREATE TABLE t(a VARCHAR(9), b TEXT, c INT) CHARSET latin1",
          "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4, CHANGE a a2 VARCHAR(9) CHARACTER SET latin1, "
          "MODIFY b TEXT CHARACTER SET latin1, ADD n VARCHAR(5) COLLATE latin1_bin, "
          "ADD r VARCHAR(3) CHARACTER SET binary");
  EXPECT_EQ(outline(after_), "a2 varchar(9), b text, c int, n varchar(5), r varbinary(3)");
  for (const std::size_t column : {0U, 1U, 3U}) {
    EXPECT_EQ(after_->columns[column].charset, charset_named("utf8mb4")) << column;
    EXPECT_EQ(after_->columns[column].collation, after_->collation) << column;
  }
}

TEST_F(AlterTableTest, TheDefaultCharacterSetIsForNewColumnsOnly) {
  altered("CREATE TABLE t(a CHAR(5)) CHARSET latin1", "ALTER TABLE t DEFAULT CHARACTER SET utf8mb4, ADD b CHAR(5)");
  EXPECT_EQ(after_->columns[0].charset, charset_named("latin1"));
  EXPECT_EQ(after_->columns[1].charset, charset_named("utf8mb4"));
}

TEST_F(AlterTableTest, DefaultsAndVisibility) {
  altered("CREATE TABLE t(a INT NOT NULL DEFAULT 5, b INT, c INT)",
          "ALTER TABLE t ALTER a DROP DEFAULT, ALTER COLUMN b SET DEFAULT 18, ALTER COLUMN c SET INVISIBLE");
  EXPECT_EQ(after_->columns[0].default_value.kind, ColumnDefault::Kind::none);
  EXPECT_EQ(after_->columns[1].default_value.text, "18");
  EXPECT_TRUE(after_->columns[2].invisible);
}

TEST_F(AlterTableTest, RenamesTheTableAcrossSchemas) {
  altered("CREATE TABLE t(a INT, CHECK (a > 0))", "ALTER TABLE t RENAME TO other.u, ADD b INT");
  EXPECT_EQ(catalogue_.find("shop", "t"), nullptr);
  EXPECT_EQ(outline(catalogue_.find("other", "u")), "a int, b int");
  EXPECT_EQ(after_->checks.at(0).name, "u_chk_1");
}

TEST_F(AlterTableTest, ForeignKeysAndConstraintsComeAndGo) {
  altered("CREATE TABLE t(a INT, b INT, CONSTRAINT f FOREIGN KEY(a) REFERENCES p(id), CONSTRAINT c CHECK (b > 1))",
          "ALTER TABLE t DROP FOREIGN KEY f, DROP CHECK c, ADD FOREIGN KEY (b) REFERENCES q(id) ON DELETE CASCADE");
  ASSERT_EQ(after_->foreign_keys.size(), 1U);
  EXPECT_EQ(after_->foreign_keys[0].name, "t_ibfk_1");
  EXPECT_TRUE(after_->checks.empty());
}

TEST_F(AlterTableTest, TolerantClausesDoNothingWhereThereIsNothingToDo) {
  EXPECT_EQ(
      altered("CREATE TABLE t(a INT)",
              "ALTER TABLE t ADD COLUMN IF NOT EXISTS a TEXT, DROP COLUMN IF EXISTS z, MODIFY COLUMN IF EXISTS y INT",
              mariadb()),
      "a:0");
  EXPECT_EQ(outline(after_), "a int");
}

TEST_F(AlterTableTest, SystemVersioningIsKept) {
  altered("CREATE TABLE t(a INT)", "ALTER TABLE t ADD SYSTEM VERSIONING", mariadb());
  EXPECT_TRUE(after_->system_versioned);
}

// A definition out of a TABLE_MAP knows no constraints, and the server names and drops checks by itself.
TEST_F(AlterTableTest, AConstraintThatIsNotKnownNeedNotBeDropped) {
  EXPECT_EQ(altered("CREATE TABLE t (a INT, b INT)",
                    "ALTER TABLE t DROP FOREIGN KEY t_ibfk_1, DROP CONSTRAINT fk, DROP CHECK t_chk_2"),
            "a:0 b:1");
  EXPECT_EQ(altered("CREATE TABLE t (a INT, CONSTRAINT g FOREIGN KEY (a) REFERENCES p (id))",
                    "ALTER TABLE t DROP CHECK t_chk_1"),
            "a:0");
}

TEST_F(AlterTableTest, ContradictionsAreSchemaMismatches) {
  EXPECT_EQ(refused(kAbc, "ALTER TABLE t ADD A INT"), "schema mismatch: column A would be there twice");
  EXPECT_EQ(refused(kAbc, "ALTER TABLE t DROP z"), "schema mismatch: DROP COLUMN z: there is no such column");
  EXPECT_EQ(refused(kAbc, "ALTER TABLE t MODIFY z INT"),
            "schema mismatch: CHANGE or MODIFY COLUMN z: there is no such column");
  EXPECT_EQ(refused(kAbc, "ALTER TABLE t ADD x INT AFTER z"), "schema mismatch: AFTER z: there is no such column");
  EXPECT_EQ(refused(kAbc, "ALTER TABLE t DROP PRIMARY KEY"), "schema mismatch: DROP PRIMARY KEY: there is none");
  EXPECT_EQ(refused("CREATE TABLE t (a INT, CONSTRAINT g FOREIGN KEY (a) REFERENCES p (id))",
                    "ALTER TABLE t DROP FOREIGN KEY f"),
            "schema mismatch: DROP FOREIGN KEY f: there is no such key");
  EXPECT_EQ(refused(kAbc, "ALTER TABLE t DROP a, DROP b, DROP c"), "schema mismatch: no column would be left");
}

}  // namespace
}  // namespace binferry::test
