// A snapshot of what MySQL 8 alone has: a generated invisible primary key, which SHOW CREATE TABLE tells and `SELECT *`
// leaves out.
#include "applier/snapshot.hpp"
#include "tests/unit/mysql/mysql8_source.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

TEST(Mysql8Snapshot, HoldsTheGeneratedInvisiblePrimaryKey) {
  mysql::test::Mysql8 source;
  const test::TempDir folder;
  SnapshotOptions options;
  options.replica.qualified_names = true;
  const Status taken = take_snapshot(source.server.address(), folder / "r.db", options);
  ASSERT_TRUE(taken) << taken.error().message();
  Result<Database> database = Database::open(folder / "r.db", OpenMode::read_only);
  ASSERT_TRUE(database) << database.error().message();
  EXPECT_EQ(database->query_text("SELECT group_concat(my_row_id || '=' || id) FROM \"shop.orders\"").value(),
            "1=70,2=80");
  EXPECT_EQ(database->query_text("SELECT name FROM pragma_table_info('shop.orders') WHERE pk = 1").value(),
            "my_row_id");
}

// `CET` is several zones' name, and does not tell whether it is summer.
TEST(Mysql8Snapshot, KeepsTheSourcesTimeZoneWhereItsNameTellsTheOffset) {
  for (const std::string zone : {"UTC", "CET"}) {
    mysql::test::Mysql8 source;
    source.system_time_zone = zone;
    const test::TempDir folder;
    const Status taken = take_snapshot(source.server.address(), folder / "r.db", {});
    ASSERT_TRUE(taken) << taken.error().message();
    Result<std::unique_ptr<Replica>> replica = Replica::open(folder / "r.db", {});
    ASSERT_TRUE(replica) << replica.error().message();
    EXPECT_EQ((*replica)->options().system_time_zone, zone == "UTC" ? "UTC" : "");
  }
}

}  // namespace
}  // namespace binferry
