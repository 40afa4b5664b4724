// Secondary indexes of tables that a replica makes while it catches up.
#include "tests/unit/applier/applier_fixture.hpp"

namespace binferry::test {
namespace {

class PendingIndexes : public ApplierTest {
 protected:
  // Up to and with the given transaction, as a run that is asked to end does.
  RunOutcome stop_after(const std::string& log, std::uint64_t transactions) {
    ReplicaRun some = run({log});
    some.most_transactions = transactions;
    return must_run(some);
  }
  std::string indexes() {
    return query(
        "SELECT group_concat(name, ' ') FROM"
        " (SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name)");
  }
};

TEST_F(PendingIndexes, AreMadeWhenTheReplicaHasCaughtUp) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY, n INT NOT NULL, KEY n (n)");
  insert(log, "t", {kInt, kInt}, int_pair(1, 10));
  insert(log, "t", {kInt, kInt}, int_pair(2, 20));
  const std::string path = save(log);
  EXPECT_TRUE(stop_after(path, 1).checkpoint.indexes_pending);
  EXPECT_TRUE(stop_after(path, 1).checkpoint.indexes_pending) << "kept in the replica";
  EXPECT_EQ(indexes(), "NULL");
  EXPECT_FALSE(must_run(run({path})).checkpoint.indexes_pending);
  EXPECT_EQ(indexes(), "shop.t.n");
  EXPECT_EQ(query("SELECT group_concat(id || ':' || n) FROM \"shop.t\" INDEXED BY \"shop.t.n\" WHERE n > 0"),
            "1:10,2:20");
  EXPECT_EQ(query("SELECT checkpoint LIKE '%indexes_pending%' FROM binferry_state"), "0");
}

TEST_F(PendingIndexes, AreNotThoseOfADurableRun) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY, n INT NOT NULL, KEY n (n)");
  insert(log, "t", {kInt, kInt}, int_pair(1, 10));
  ReplicaRun some = run({save(log)});
  some.most_transactions = 1;
  some.durability = Durability::full;
  EXPECT_FALSE(must_run(some).checkpoint.indexes_pending);
  EXPECT_EQ(indexes(), "shop.t.n");
}

TEST_F(PendingIndexes, AreNotThoseThatCascadesNeed) {
  BinlogWriter log;
  log.begin_file();
  create(log, "parent", "id INT NOT NULL PRIMARY KEY, n INT NOT NULL, KEY n (n)");
  create(log, "child",
         "id INT NOT NULL PRIMARY KEY, pid INT NOT NULL, KEY pid (pid),"
         " FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE");
  create(log, "later", "id INT NOT NULL PRIMARY KEY, pid INT NOT NULL, KEY pid (pid)");
  log.ddl(++gno_, "ALTER TABLE later ADD FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE");
  insert(log, "parent", {kInt, kInt}, int_pair(1, 10));
  const std::string path = save(log);
  stop_after(path, 3);
  EXPECT_EQ(indexes(), "shop.child.pid");
  stop_after(path, 1);
  EXPECT_EQ(indexes(), "shop.child.pid shop.later.pid");
  must_run(run({path}));
  EXPECT_EQ(indexes(), "shop.child.pid shop.later.pid shop.parent.n");
}

TEST_F(PendingIndexes, FollowTheStatementsThatChangeTheirTableMeanwhile) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t",
         "id INT NOT NULL PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, KEY a (a), KEY b (b), UNIQUE ab (a, b)");
  log.ddl(++gno_, "ALTER TABLE t DROP KEY a, ADD KEY ba (b, a)");
  log.ddl(++gno_, "ALTER TABLE t RENAME COLUMN b TO c, RENAME TO u");
  create(log, "gone", "id INT NOT NULL PRIMARY KEY, n INT NOT NULL, KEY n (n)");
  log.ddl(++gno_, "DROP TABLE gone");
  const std::string path = save(log);
  must_run(run({path}));
  const std::string made = query(
      "SELECT group_concat(columns, ' ') FROM (SELECT (SELECT group_concat(name, '+') FROM pragma_index_info(i.name)) "
      "AS"
      " columns FROM sqlite_schema i WHERE type = 'index' AND tbl_name = 'shop.u' AND sql IS NOT NULL ORDER BY "
      "columns)");
  EXPECT_EQ(made, "a+c c c+a");
}

TEST_F(PendingIndexes, OfAFrozenTableAreThoseOfTheColumnsThatItHas) {
  BinlogWriter log;
  log.begin_file();
  create(log, "t", "id INT NOT NULL PRIMARY KEY, n INT NOT NULL, KEY n (n)");
  insert(log, "t", {kInt, kInt}, int_pair(1, 10));
  log.ddl(++gno_, "ALTER TABLE t ADD COLUMN d INT NOT NULL DEFAULT (FLOOR(RAND() * 10)), ADD KEY d (d)");
  const std::string path = save(log);
  stop_after(path, 3);
  const RunOutcome outcome = must_run(run({path}));  // whose layout is made of the new definition
  EXPECT_EQ(outcome.quarantined, 1U);
  EXPECT_FALSE(outcome.checkpoint.indexes_pending);
  EXPECT_EQ(indexes(), "shop.t.n");
}

}  // namespace
}  // namespace binferry::test
