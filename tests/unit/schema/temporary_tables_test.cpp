// The statements and flags are those of a MariaDB 10.11 with binlog_format=MIXED.
#include "binlog/schema/temporary_tables.hpp"

#include "tests/unit/schema/support.hpp"

namespace binferry {
namespace {

constexpr std::uint16_t kFlagged = TemporaryTables::kThreadSpecific;

struct TemporaryTablesTest : testing::Test {
  void observe(std::string_view sql, std::uint32_t thread = 5) {
    tables.observe({7, thread}, sql, context.dialect, "d");
  }
  // Whether the statement is about a temporary table and nothing else.
  bool takes(std::string_view sql, std::uint16_t flags = kFlagged, std::uint32_t thread = 5) {
    auto parsed = parse_ddl(sql, context.dialect);
    EXPECT_TRUE(parsed) << sql;
    if (!parsed) return false;
    statement = std::move(*parsed);
    return tables.take({7, thread}, flags, context.dialect, "d", statement);
  }
  DdlContext context = test::mariadb();
  TemporaryTables tables;
  DdlStatement statement;
};

TEST_F(TemporaryTablesTest, HideTheBaseTableOfTheirNameFromTheirSession) {
  observe("create temporary table t (b int, c int)");
  for (const char* sql : {"alter table t add z int", "ALTER TABLE `d`.`t` ADD z INT", "truncate table t",
                          "create index i on t (b)", "drop index i on t"}) {
    EXPECT_TRUE(takes(sql)) << sql;
    EXPECT_FALSE(takes(sql, kFlagged, 6)) << sql << " of another session";
  }
  EXPECT_FALSE(takes("alter table e.t add z int"));
  EXPECT_FALSE(takes("alter table u add z int"));
}

// A routine's earlier statement leaves its flag on later ones, and a session that ended without a word its tables.
TEST_F(TemporaryTablesTest, AreTakenForNeitherByTheFlagAloneNorByTheNameAlone) {
  observe("create temporary table t (b int)");
  EXPECT_FALSE(takes("alter table o add y int", kFlagged));
  EXPECT_FALSE(takes("alter table t add y int", 0));
  EXPECT_FALSE(takes("truncate table t", 0));
}

TEST_F(TemporaryTablesTest, EndWithDropOrTheServer) {
  observe("CREATE OR REPLACE TEMPORARY TABLE IF NOT EXISTS d.t (b int)");
  observe("create temporary table u like t");
  observe("DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`,`u`");
  EXPECT_TRUE(tables.empty());
  observe("create temporary table t (b int)");
  tables.clear();
  EXPECT_FALSE(takes("alter table t add z int"));
  observe("create table t (a int)");
  observe("drop table t");
  observe("create temporary");
  EXPECT_TRUE(tables.empty());
}

TEST_F(TemporaryTablesTest, KeepTheirNewNames) {
  observe("create temporary table t (b int)");
  EXPECT_TRUE(takes("rename table t to t2", 0));  // without the flag: observed
  EXPECT_FALSE(takes("alter table t add z int"));
  EXPECT_TRUE(takes("alter table t2 rename to e.t3"));
  EXPECT_TRUE(takes("alter table e.t3 add z int"));
}

TEST_F(TemporaryTablesTest, LeaveTheRestOfARename) {
  observe("create temporary table t (b int)");
  EXPECT_FALSE(takes("rename table t to t2, base to base2", 0));
  const auto& rename = std::get<RenameTable>(statement);
  ASSERT_EQ(rename.pairs.size(), 1U);
  EXPECT_EQ(rename.pairs.front().from.name, "base");
}

TEST_F(TemporaryTablesTest, OfMySqlAreNotRenamedByRenameTable) {
  context = test::mysql8();
  observe("create temporary table t (b int)");
  EXPECT_FALSE(takes("rename table t to t2"));
}

TEST_F(TemporaryTablesTest, AsAModelAreUnknown) {
  Catalogue catalogue;
  test::run(catalogue, "create table d.t (a int)", context);
  observe("create temporary table t (b int, c int)");
  EXPECT_FALSE(takes("create table lk like t"));
  context.default_database = "d";
  const auto changes = catalogue.apply(statement, context);
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->front().after, nullptr);
  EXPECT_EQ(changes->front().resync_reason, "created LIKE d.t (temporary), which is not known");
}

}  // namespace
}  // namespace binferry
