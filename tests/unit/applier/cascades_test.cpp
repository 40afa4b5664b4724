// Cascades carried out in SQLite as InnoDB does at the source (TRAPS 3 and 48).
#include "applier/cascades.hpp"

#include "applier/keyless.hpp"
#include "applier/layout.hpp"
#include "tests/unit/schema/support.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace binferry {
namespace {

// A replica of schema `shop` without the rest of the applier: tables from MySQL's DDL, rows by plain SQL.
class CascadesTest : public testing::Test {
 protected:
  CascadesTest() : database_(*Database::open(":memory:", OpenMode::create)) {
    auto made =
        Cascades::make(database_, catalogue_, tables_, [this](const auto& schema, const auto& table, auto column) {
          widened_.push_back(schema + "." + table + ":" + std::to_string(column));
          ReplicaTable entry = *tables_.find(schema, table);
          entry.wide_columns.push_back(column);
          make_table(entry);
          return Status{};
        });
    EXPECT_TRUE(made.has_value());
    cascades_ = std::move(*made);
  }

  void create(const std::string& sql, const DdlContext& context = test::mysql8()) {
    for (const TableChange& change : test::run(catalogue_, sql, context)) {
      ReplicaTable entry;
      entry.definition = change.after;
      make_table(entry);
    }
  }

  void make_table(ReplicaTable entry) {
    Result<TableLayout> layout = make_layout(*entry.definition, {}, entry.wide_columns);
    ASSERT_TRUE(layout.has_value()) << layout.error().message();
    if (layout->key_kind == KeyKind::none) {
      layout->hash_table = "binferry_rows_" + layout->table;
      execute("CREATE TABLE " + layout->hash_table +
              " (hash INTEGER, row INTEGER, PRIMARY KEY (hash, row)) WITHOUT ROWID");
    }
    execute("DROP TABLE IF EXISTS " + quote_identifier(layout->name));
    execute(layout->create_sql());
    entry.layout = std::make_shared<const TableLayout>(std::move(*layout));
    const TableLayout& named = *entry.layout;
    tables_.put(named.schema, named.table, std::move(entry));
  }

  void execute(const std::string& sql) {
    const Status done = database_.execute(sql);
    ASSERT_TRUE(done.has_value()) << sql << ": " << done.error().message();
  }

  // One row change of `table`, as the row writer would make it.
  void change(RowOp op, const std::string& table, const std::string& sql, bool no_checks = false, bool logged = false) {
    auto& shape = shapes_[table];
    if (!shape) {
      auto made = std::make_shared<Table>();
      made->schema = "shop";
      made->name = table;
      shape = made;
    }
    RowChange row;
    row.op = op;
    row.table = shape;
    row.no_foreign_key_checks = no_checks;
    row.cascades_logged = logged;
    const Status prepared = cascades_->prepare(row);
    ASSERT_TRUE(prepared.has_value()) << prepared.error().message();
    execute(sql);
  }
  void remove(const std::string& table, const std::string& where) {
    change(RowOp::remove, table, "DELETE FROM " + table + " WHERE " + where);
  }
  void update(const std::string& table, const std::string& set_where) {
    change(RowOp::update, table, "UPDATE " + table + " SET " + set_where);
  }

  // `1,2;3,NULL`: rows in order of their first column.
  std::string rows(const std::string& sql) {
    std::string out;
    Result<SqliteStatement> select = database_.prepare(sql);
    if (!select) return select.error().message();
    while (*select->step()) {
      if (!out.empty()) out += ';';
      for (int i = 0; i < select->column_count(); ++i) {
        if (i != 0) out += ',';
        out += select->is_null(i) ? "NULL" : std::string(select->text(i));
      }
    }
    return out;
  }
  std::string all(const std::string& table) { return rows("SELECT * FROM " + table + " ORDER BY 1"); }

  // The side table of a table without a key agrees with the rows.
  void expect_side_table_in_step(const std::string& table) {
    const TableLayout& layout = *tables_.find("shop", table)->layout;
    const std::string before = rows("SELECT hash, row FROM " + layout.hash_table + " ORDER BY 1, 2");
    Result<KeylessRows> keyless = KeylessRows::make(database_, layout);
    ASSERT_TRUE(keyless.has_value());
    ASSERT_TRUE(keyless->rebuild().has_value());
    EXPECT_EQ(rows("SELECT hash, row FROM " + layout.hash_table + " ORDER BY 1, 2"), before);
  }

  // Does the trigger's statement for `child` read an index and not the whole table?
  std::string plan(const std::string& sql) { return rows("EXPLAIN QUERY PLAN " + sql); }

  Database database_;
  Catalogue catalogue_;
  TableRegistry tables_;
  std::map<std::string, std::shared_ptr<const Table>> shapes_;
  std::vector<std::string> widened_;
  std::unique_ptr<Cascades> cascades_;
};

TEST_F(CascadesTest, Trap3ChildrenOfADeletedParentGoAtAnyDistance) {
  create("CREATE TABLE parent (id INT PRIMARY KEY)");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE)");
  create(
      "CREATE TABLE grandchild (id INT PRIMARY KEY, cid INT, FOREIGN KEY (cid) REFERENCES child (id) ON DELETE SET "
      "NULL)");
  execute(
      "INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (11, 1), (12, 1), (21, 2), (30, NULL);"
      "INSERT INTO grandchild VALUES (111, 11), (112, 12), (211, 21)");
  remove("parent", "id = 1");
  EXPECT_EQ(all("child"), "21,2;30,NULL");
  EXPECT_EQ(all("grandchild"), "111,NULL;112,NULL;211,21");
}

TEST_F(CascadesTest, AChangedKeyIsWrittenThroughToChildrenAndTheirs) {
  create("CREATE TABLE parent (id INT PRIMARY KEY, n INT)");
  create(
      "CREATE TABLE child (pid INT, k INT, PRIMARY KEY (pid, k),"
      " FOREIGN KEY (pid) REFERENCES parent (id) ON UPDATE CASCADE)");
  create(
      "CREATE TABLE grandchild (id INT PRIMARY KEY, pid INT, k INT,"
      " FOREIGN KEY (pid, k) REFERENCES child (pid, k) ON UPDATE CASCADE)");
  execute(
      "INSERT INTO parent VALUES (1, 0), (2, 0); INSERT INTO child VALUES (1, 1), (1, 2), (2, 1);"
      "INSERT INTO grandchild VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1), (4, NULL, 1), (5, 1, NULL)");
  update("parent", "id = 10 WHERE id = 1");
  EXPECT_EQ(all("child"), "2,1;10,1;10,2");
  // A key with a NULL in it references nothing (MATCH SIMPLE).
  EXPECT_EQ(all("grandchild"), "1,10,1;2,10,2;3,2,1;4,NULL,1;5,1,NULL");
  update("parent", "n = 7 WHERE id = 10");
  EXPECT_EQ(all("child"), "2,1;10,1;10,2");
}

TEST_F(CascadesTest, DeleteAndUpdateHaveTheirOwnActions) {
  create("CREATE TABLE parent (id INT PRIMARY KEY)");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, pid INT,"
      " FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL)");
  create(
      "CREATE TABLE kept (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE RESTRICT)");
  execute(
      "INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (1, 1), (2, 2); INSERT INTO kept VALUES (1, 2)");
  update("parent", "id = 9 WHERE id = 1");
  EXPECT_EQ(all("child"), "1,NULL;2,2");
  remove("parent", "id = 2");
  EXPECT_EQ(all("child"), "1,NULL");
  EXPECT_EQ(all("kept"), "1,2");
}

TEST_F(CascadesTest, Trap48ASelfReferencingCascadeFollowsItsChain) {
  create(
      "CREATE TABLE selfref (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES selfref (id) ON DELETE CASCADE)");
  execute("INSERT INTO selfref VALUES (1, NULL), (2, 1), (3, 2), (4, 3), (5, NULL), (6, 6)");
  remove("selfref", "id = 2");
  EXPECT_EQ(all("selfref"), "1,NULL;5,NULL;6,6");
  EXPECT_EQ(rows("DELETE FROM selfref WHERE id = 6 RETURNING id"), "6");
  EXPECT_EQ(all("selfref"), "1,NULL;5,NULL");
}

TEST_F(CascadesTest, CyclesEndAndEveryPathOfADiamondIsFollowed) {
  create("CREATE TABLE a (id INT PRIMARY KEY, b INT)");
  create("CREATE TABLE b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id) ON DELETE CASCADE)");
  create("CREATE TABLE c (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id) ON DELETE CASCADE)");
  create(
      "CREATE TABLE d (id INT PRIMARY KEY, b INT, c INT, FOREIGN KEY (b) REFERENCES b (id) ON DELETE CASCADE,"
      " FOREIGN KEY (c) REFERENCES c (id) ON DELETE SET NULL)");
  for (const TableChange& change :
       test::run(catalogue_, "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id) ON DELETE CASCADE")) {
    tables_.find("shop", "a")->definition = change.after;
  }
  execute(
      "INSERT INTO a VALUES (1, 1), (2, 9); INSERT INTO b VALUES (1, 1), (2, 1), (9, 2);"
      "INSERT INTO c VALUES (1, 1), (2, 2); INSERT INTO d VALUES (1, 1, 2), (2, 9, 1), (3, 9, 2)");
  remove("a", "id = 1");
  EXPECT_EQ(all("a"), "2,9");
  EXPECT_EQ(all("b"), "9,2");
  EXPECT_EQ(all("c"), "2,2");
  EXPECT_EQ(all("d"), "2,9,NULL;3,9,2");
  remove("b", "id = 9");
  EXPECT_EQ(all("a") + all("b") + all("c") + all("d"), "");
}

TEST_F(CascadesTest, NothingFollowsWithoutForeignKeyChecksOrWhereTheSourceLogsIt) {
  create("CREATE TABLE parent (id INT PRIMARY KEY)");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE)");
  execute("INSERT INTO parent VALUES (1), (2), (3); INSERT INTO child VALUES (1, 1), (2, 2), (3, 3)");
  change(RowOp::remove, "parent", "DELETE FROM parent WHERE id = 1", true);
  EXPECT_EQ(all("child"), "1,1;2,2;3,3");
  remove("parent", "id = 2");
  EXPECT_EQ(all("child"), "1,1;3,3");
  // The triggers are there by now, and must look at the flag of each row.
  change(RowOp::remove, "parent", "DELETE FROM parent WHERE id = 3", false, true);
  EXPECT_EQ(all("child"), "1,1;3,3");
}

TEST_F(CascadesTest, OtherEnginesKnowNoForeignKeys) {
  create("CREATE TABLE parent (id INT PRIMARY KEY)");
  create(
      "CREATE TABLE isam (id INT PRIMARY KEY, pid INT,"
      " FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE) ENGINE=MyISAM");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, pid INT,"
      " FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE) ENGINE=InnoDB");
  execute("INSERT INTO parent VALUES (1); INSERT INTO isam VALUES (1, 1); INSERT INTO child VALUES (1, 1)");
  remove("parent", "id = 1");
  EXPECT_EQ(all("isam"), "1,1");
  EXPECT_EQ(all("child"), "");
}

TEST_F(CascadesTest, TablesThatTheReplicaDoesNotHoldOrHasFrozenAreLeftAlone) {
  create("CREATE TABLE parent (id INT PRIMARY KEY)");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE)");
  create(
      "CREATE TABLE other (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE)");
  tables_.find("shop", "child")->state = TableState::quarantined;
  tables_.remove("shop", "other");
  execute("INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1); INSERT INTO other VALUES (1, 1)");
  remove("parent", "id = 1");
  EXPECT_EQ(all("child"), "1,1");
  EXPECT_EQ(all("other"), "1,1");
}

TEST_F(CascadesTest, ATableWithoutAKeyKeepsItsHashesInStep) {
  create("CREATE TABLE parent (id INT PRIMARY KEY)");
  create(
      "CREATE TABLE heap (pid INT, note VARCHAR(20), FOREIGN KEY (pid) REFERENCES parent (id)"
      " ON DELETE CASCADE ON UPDATE CASCADE)");
  execute(
      "INSERT INTO parent VALUES (1), (2), (3);"
      "INSERT INTO heap VALUES (1, 'a'), (1, 'a'), (2, 'b'), (2, NULL), (3, 'c'), (NULL, 'd')");
  Result<KeylessRows> keyless = KeylessRows::make(database_, *tables_.find("shop", "heap")->layout);
  ASSERT_TRUE(keyless->rebuild().has_value());
  remove("parent", "id = 1");
  EXPECT_EQ(all("heap"), "NULL,d;2,b;2,NULL;3,c");
  expect_side_table_in_step("heap");
  update("parent", "id = 20 WHERE id = 2");
  EXPECT_EQ(all("heap"), "NULL,d;3,c;20,b;20,NULL");
  expect_side_table_in_step("heap");
}

TEST_F(CascadesTest, TextKeysAreEqualByCollationAndNotByBytes) {
  create("CREATE TABLE parent (code VARCHAR(20) PRIMARY KEY) COLLATE utf8mb4_general_ci");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, code VARCHAR(20), FOREIGN KEY (code) REFERENCES parent (code)"
      " ON DELETE CASCADE ON UPDATE CASCADE) COLLATE utf8mb4_general_ci");
  execute(
      "INSERT INTO parent VALUES ('resume'), ('other'), ('ЖУК');"
      "INSERT INTO child VALUES (1, 'resume'), (2, 'RESUME'), (3, 'Resume  '), (4, 'Résumé'), (5, 'resumes'),"
      " (6, 'Other'), (7, 'жук'), (8, NULL)");
  remove("parent", "code = 'resume'");
  EXPECT_EQ(rows("SELECT group_concat(id) FROM child"), "5,6,7,8");
  update("parent", "code = 'OTHER' WHERE code = 'other'");
  EXPECT_EQ(rows("SELECT code FROM child WHERE id = 6"), "OTHER");
  remove("parent", "code = 'ЖУК'");
  EXPECT_EQ(rows("SELECT group_concat(id) FROM child"), "5,6,8");
}

TEST_F(CascadesTest, ARowThatIsAnotherParentsByItsBytesStays) {
  // At the source these can only be two parents if its collation tells them apart, whatever we think of it.
  create("CREATE TABLE parent (code VARCHAR(20) PRIMARY KEY) COLLATE utf8mb4_general_ci");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, code VARCHAR(20),"
      " FOREIGN KEY (code) REFERENCES parent (code) ON DELETE CASCADE) COLLATE utf8mb4_general_ci");
  execute("INSERT INTO parent VALUES ('a'), ('á'); INSERT INTO child VALUES (1, 'a'), (2, 'á'), (3, 'A')");
  remove("parent", "code = 'a'");
  EXPECT_EQ(rows("SELECT group_concat(id) FROM child"), "2");
}

TEST_F(CascadesTest, BinaryCollationsTellCaseApartAndPadOrNot) {
  create("CREATE TABLE parent (code VARCHAR(20) PRIMARY KEY) COLLATE utf8mb4_bin");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, code VARCHAR(20),"
      " FOREIGN KEY (code) REFERENCES parent (code) ON DELETE CASCADE) COLLATE utf8mb4_bin");
  execute("INSERT INTO parent VALUES ('a'); INSERT INTO child VALUES (1, 'a'), (2, 'A'), (3, 'a '), (4, ' a')");
  remove("parent", "code = 'a'");
  EXPECT_EQ(rows("SELECT group_concat(id) FROM child"), "2,4");
}

TEST_F(CascadesTest, ChildrenAreFoundByIndexes) {
  create("CREATE TABLE parent (code VARCHAR(20) PRIMARY KEY)");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, code VARCHAR(20),"
      " FOREIGN KEY (code) REFERENCES parent (code) ON DELETE CASCADE)");
  execute("INSERT INTO parent VALUES ('a')");
  remove("parent", "code = 'a'");
  EXPECT_NE(plan("DELETE FROM child WHERE code = 'a'").find("SEARCH child"), std::string::npos);
  EXPECT_NE(
      plan("DELETE FROM child WHERE code COLLATE NOCASE >= 'a' AND code COLLATE NOCASE < 'b'").find("SEARCH child"),
      std::string::npos);
  const std::string rest = plan("DELETE FROM child WHERE code GLOB '*[^ -~]*' AND length(code) = 3");
  EXPECT_NE(rest.find("USING INDEX"), std::string::npos) << rest;
  const std::string indexes = rows("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'child'");
  ASSERT_TRUE(cascades_->reset().has_value());
  execute("INSERT INTO parent VALUES ('a')");
  remove("parent", "code = 'a'");
  EXPECT_EQ(rows("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'child'"), indexes);
  EXPECT_EQ(rows("PRAGMA integrity_check"), "ok");
}

TEST_F(CascadesTest, AnIndexOfTheSourcesIsEnough) {
  create("CREATE TABLE parent (id INT PRIMARY KEY)");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, pid INT, KEY (pid, id),"
      " FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE)");
  execute("CREATE INDEX child_pid ON child (pid, id); INSERT INTO parent VALUES (1)");
  remove("parent", "id = 1");
  EXPECT_EQ(rows("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'child'"), "child_pid");
}

TEST_F(CascadesTest, AGeneratedColumnOverTheKeyBlocksTheChildOnlyWhenReached) {
  create("CREATE TABLE parent (id INT PRIMARY KEY)");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, pid INT, twice INT AS (`pid` * 2),"
      " FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE CASCADE)");
  execute("INSERT INTO parent VALUES (1), (2), (3); INSERT INTO child VALUES (1, 1, 2), (2, 2, 4)");
  update("parent", "id = 30 WHERE id = 3");
  EXPECT_EQ(cascades_->blocked(), nullptr);
  remove("parent", "id = 1");  // rows that go need no computing
  EXPECT_EQ(cascades_->blocked(), nullptr);
  EXPECT_EQ(all("child"), "2,2,4");
  update("parent", "id = 20 WHERE id = 2");
  ASSERT_NE(cascades_->blocked(), nullptr);
  EXPECT_EQ(cascades_->blocked()->table, "child");
  EXPECT_EQ(cascades_->blocked()->reason,
            "a foreign key cascade from shop.parent changed what the generated column twice is computed of");
  ASSERT_TRUE(cascades_->reset().has_value());
  EXPECT_EQ(cascades_->blocked(), nullptr);
}

TEST_F(CascadesTest, HistoryOfAVersionedChildCannotBeKnown) {
  create("CREATE TABLE parent (id INT PRIMARY KEY)", test::mariadb());
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE)"
      " WITH SYSTEM VERSIONING",
      test::mariadb());
  execute(
      "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1, '2024-01-01 00:00:00.000000', '2038-01-19 "
      "03:14:07.999999')");
  remove("parent", "id = 1");
  ASSERT_NE(cascades_->blocked(), nullptr);
  EXPECT_EQ(cascades_->blocked()->table, "child");
}

TEST_F(CascadesTest, AChildIsMadeWideWithItsParent) {
  create("CREATE TABLE parent (id BIGINT UNSIGNED PRIMARY KEY)");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, pid BIGINT UNSIGNED,"
      " FOREIGN KEY (pid) REFERENCES parent (id) ON UPDATE CASCADE)");
  ReplicaTable wide = *tables_.find("shop", "parent");
  wide.wide_columns = {0};
  make_table(wide);
  execute("INSERT INTO parent VALUES (5)");
  remove("parent", "id = 6");
  ASSERT_EQ(widened_, std::vector<std::string>{"shop.child:1"});
  execute("INSERT INTO child VALUES (1, 5)");
  update("parent", "id = '18446744073709551615' WHERE id = 5");
  EXPECT_EQ(all("child"), "1,18446744073709551615");
  update("parent", "id = 7 WHERE id = '18446744073709551615'");
  EXPECT_EQ(all("child"), "1,7");
}

TEST_F(CascadesTest, WhatAlreadyFollowsIntoAChildGoesOnWhenItIsMadeWide) {
  create("CREATE TABLE first (id INT PRIMARY KEY)");
  create("CREATE TABLE second (id BIGINT UNSIGNED PRIMARY KEY)");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, a INT, b BIGINT UNSIGNED,"
      " FOREIGN KEY (a) REFERENCES first (id) ON DELETE CASCADE,"
      " FOREIGN KEY (b) REFERENCES second (id) ON DELETE CASCADE)");
  create("CREATE TABLE leaf (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES child (id) ON DELETE CASCADE)");
  execute("INSERT INTO first VALUES (1), (2)");
  remove("first", "id = 1");  // triggers of first and child are there now
  ASSERT_TRUE(cascades_->reset().has_value());
  ReplicaTable wide = *tables_.find("shop", "second");
  wide.wide_columns = {0};
  make_table(wide);
  remove("first", "id = 1");
  remove("second", "id = 5");
  ASSERT_EQ(widened_, std::vector<std::string>{"shop.child:2"});
  execute(
      "INSERT INTO second VALUES ('18446744073709551615');"
      "INSERT INTO child VALUES (1, 2, NULL), (2, NULL, '18446744073709551615'), (3, NULL, NULL);"
      "INSERT INTO leaf VALUES (1, 1), (2, 2), (3, 3)");
  remove("second", "id = '18446744073709551615'");
  remove("first", "id = 2");
  EXPECT_EQ(rows("SELECT id FROM child"), "3");
  EXPECT_EQ(all("leaf"), "3,3");
}

TEST_F(CascadesTest, TriggersSurviveRollbacksAndTableChanges) {
  create("CREATE TABLE parent (id INT PRIMARY KEY)");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE)");
  execute("INSERT INTO parent VALUES (1), (2), (3); INSERT INTO child VALUES (1, 1), (2, 2), (3, 3)");
  execute("BEGIN");
  remove("parent", "id = 1");
  execute("ROLLBACK");  // and the triggers made inside are gone
  ASSERT_TRUE(cascades_->reset().has_value());
  EXPECT_EQ(all("child"), "1,1;2,2;3,3");
  remove("parent", "id = 1");
  EXPECT_EQ(all("child"), "2,2;3,3");

  execute("BEGIN");
  ASSERT_TRUE(cascades_->reset().has_value());
  execute("ALTER TABLE child RENAME TO offspring");
  execute("ROLLBACK");  // and the triggers taken away inside are back
  ASSERT_TRUE(cascades_->reset().has_value());
  EXPECT_EQ(rows("SELECT count(*) FROM temp.sqlite_master"), "0");
  remove("parent", "id = 2");
  EXPECT_EQ(all("child"), "3,3");
}

TEST_F(CascadesTest, NamesThatSqlFindsOddAreQuoted) {
  create("CREATE TABLE `order` (`select` INT PRIMARY KEY)");
  create(
      "CREATE TABLE `a \"b\".c` (`x y` INT PRIMARY KEY, `rowid` INT,"
      " FOREIGN KEY (`rowid`) REFERENCES `order` (`select`) ON DELETE SET NULL)");
  execute("INSERT INTO \"order\" VALUES (1); INSERT INTO \"a \"\"b\"\".c\" VALUES (1, 1)");
  change(RowOp::remove, "order", "DELETE FROM \"order\" WHERE \"select\" = 1");
  EXPECT_EQ(all("\"a \"\"b\"\".c\""), "1,NULL");
}

TEST_F(CascadesTest, WhatAQuarantinedParentCouldHaveReachedIsTold) {
  create("CREATE TABLE a (id INT PRIMARY KEY)");
  create("CREATE TABLE b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id) ON DELETE CASCADE)");
  create("CREATE TABLE c (id INT PRIMARY KEY, b INT, FOREIGN KEY (b) REFERENCES b (id) ON DELETE SET NULL)");
  create("CREATE TABLE d (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c (id))");
  const std::vector<std::pair<std::string, std::string>> reached = {{"shop", "b"}, {"shop", "c"}};
  EXPECT_EQ(Cascades::reached_from(catalogue_, "shop", "a"), reached);
  EXPECT_TRUE(Cascades::reached_from(catalogue_, "shop", "d").empty());
}

// a → b → c → d, of which only some are held.
class CascadesOutside : public CascadesTest {
 protected:
  void SetUp() override {
    create("CREATE TABLE a (id INT PRIMARY KEY, note INT)");
    create(
        "CREATE TABLE b (id INT PRIMARY KEY, a INT,"
        " FOREIGN KEY (a) REFERENCES a (id) ON DELETE CASCADE ON UPDATE CASCADE)");
    create(
        "CREATE TABLE c (id INT PRIMARY KEY, b INT,"
        " FOREIGN KEY (b) REFERENCES b (id) ON DELETE SET NULL)");
    create("CREATE TABLE d (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c (id) ON DELETE CASCADE)");
    execute("INSERT INTO a VALUES (1, 1), (2, 2); INSERT INTO c VALUES (1, 1); INSERT INTO d VALUES (1, 1)");
  }
  void leave_out(const std::string& table) {
    ReplicaTable& entry = *tables_.find("shop", table);
    execute("DROP TABLE " + table);
    entry.layout = nullptr;
    entry.state = TableState::excluded;
    ASSERT_TRUE(cascades_->reset().has_value());
  }
  std::string blocked() { return cascades_->blocked() ? cascades_->blocked()->table : ""; }
  std::string blocked_by(RowOp op, const std::string& table) {
    auto shape = std::make_shared<Table>();
    shape->schema = "shop";
    shape->name = table;
    RowChange row;
    row.op = op;
    row.table = shape;
    const auto blocked = cascades_->blocked_by_outside(row);
    EXPECT_TRUE(blocked.has_value());
    return *blocked ? (*blocked)->table : "";
  }
};

TEST_F(CascadesOutside, ATableThatIsReachedByWayOfOneLeftOutCannotGoOn) {
  leave_out("b");
  update("a", "note = 7 WHERE id = 1");
  EXPECT_EQ(blocked(), "");
  update("a", "id = 10 WHERE id = 1");  // b's rows follow, and keep what c refers to
  EXPECT_EQ(blocked(), "");
  remove("a", "id = 2");
  ASSERT_EQ(blocked(), "c");
  EXPECT_EQ(cascades_->blocked()->reason,
            "foreign keys cascade into it from shop.a by way of shop.b, which the replica leaves out");
  EXPECT_EQ(cascades_->parents_outside(), (std::set<TableRegistry::Key>{{"shop", "b"}}));
}

TEST_F(CascadesOutside, WithoutARowThatRefersNothingIsReached) {
  leave_out("b");
  execute("UPDATE c SET b = NULL");
  remove("a", "id = 2");
  EXPECT_EQ(blocked(), "");
}

TEST_F(CascadesOutside, RowsOfParentsLeftOutAreLookedAtAtAnyDistance) {
  leave_out("a");
  leave_out("b");
  EXPECT_EQ(cascades_->parents_outside(), (std::set<TableRegistry::Key>{{"shop", "a"}, {"shop", "b"}}));
  EXPECT_TRUE(cascades_->reaches_inward("shop", "a"));
  EXPECT_TRUE(cascades_->reaches_inward("shop", "b"));
  EXPECT_EQ(blocked_by(RowOp::remove, "a"), "c");
  EXPECT_EQ(blocked_by(RowOp::remove, "b"), "c");
  EXPECT_EQ(blocked_by(RowOp::write, "a"), "");
  leave_out("c");
  // What sets c's key to NULL does not remove its rows, and so comes no further.
  EXPECT_EQ(cascades_->parents_outside(), (std::set<TableRegistry::Key>{{"shop", "a"}, {"shop", "b"}, {"shop", "c"}}));
  EXPECT_FALSE(cascades_->reaches_inward("shop", "a"));
  EXPECT_EQ(blocked_by(RowOp::remove, "a"), "");
  EXPECT_EQ(blocked_by(RowOp::remove, "c"), "d");
}

TEST_F(CascadesTest, LettersThatAreOneAcrossAsciiAreFoundWhereverTheyStand) {
  create("CREATE TABLE parent (code VARCHAR(20) PRIMARY KEY) CHARSET utf8mb4 COLLATE utf8mb4_0900_ai_ci");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, code VARCHAR(20), FOREIGN KEY (code) REFERENCES parent (code)"
      " ON DELETE CASCADE ON UPDATE CASCADE) CHARSET utf8mb4 COLLATE utf8mb4_0900_ai_ci");
  execute(
      "INSERT INTO parent VALUES ('Straße'), ('fin'), ('か'), ('x');"
      "INSERT INTO child VALUES (1, 'STRASSE'), (2, 'Straße'), (3, 'strasse '), (4, 'ﬁn'), (5, 'カ'), (6, 'x')");
  remove("parent", "code = 'Straße'");
  EXPECT_EQ(rows("SELECT group_concat(id) FROM child"), "3,4,5,6");
  update("parent", "code = 'FINE' WHERE code = 'fin'");
  EXPECT_EQ(rows("SELECT code FROM child WHERE id = 4"), "FINE");
  remove("parent", "code = 'か'");
  EXPECT_EQ(rows("SELECT group_concat(id) FROM child"), "3,4,6");
}

TEST_F(CascadesTest, ALanguagesLetterOfTwoIsFound) {
  create("CREATE TABLE parent (code VARCHAR(20) PRIMARY KEY) CHARSET latin1 COLLATE latin1_german2_ci");
  create(
      "CREATE TABLE child (id INT PRIMARY KEY, code VARCHAR(20), FOREIGN KEY (code) REFERENCES parent (code)"
      " ON DELETE SET NULL) CHARSET latin1 COLLATE latin1_german2_ci");
  execute("INSERT INTO parent VALUES ('AEPFEL'); INSERT INTO child VALUES (1, 'Äpfel'), (2, 'Apfel'), (3, 'aepfel')");
  remove("parent", "code = 'AEPFEL'");
  EXPECT_EQ(rows("SELECT group_concat(coalesce(code, '-')) FROM child"), "-,Apfel,-");
}

}  // namespace
}  // namespace binferry
