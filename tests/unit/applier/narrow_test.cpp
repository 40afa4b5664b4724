#include "applier/narrow.hpp"

#include "tests/support/source_dir.hpp"
#include "tests/unit/applier/support.hpp"

#include <cctype>

namespace binferry::test {
namespace {

std::string fixture(const std::string& name) {
  return std::string(source_dir()) + "/fixtures/" + name;
}

// Everything a replica holds, without what only tells how it came about.
std::string contents_of(const std::string& path) {
  Result<Database> database = Database::open(path, OpenMode::read_only);
  EXPECT_TRUE(database);
  std::string all;
  std::vector<std::string> names;
  Result<SqliteStatement> tables = database->prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'binferry_%' AND name NOT LIKE 'sqlite_%' "
      "ORDER BY name");
  EXPECT_TRUE(tables);
  while (tables->step().value_or(false)) names.emplace_back(tables->text(0));
  for (const std::string& name : names) {
    Result<SqliteStatement> columns = database->prepare("SELECT name FROM pragma_table_info(" + quote_text(name) + ")");
    std::string list;
    while (columns->step().value_or(false)) {
      list += (list.empty() ? "quote(" : " || '|' || quote(") + quote_identifier(columns->text(0)) + ")";
    }
    Result<SqliteStatement> rows =
        database->prepare("SELECT " + list + " AS r FROM " + quote_identifier(name) + " ORDER BY r");
    EXPECT_TRUE(rows) << name;
    all += name + "\n";
    while (rows && rows->step().value_or(false)) all += "  " + std::string(rows->text(0)) + "\n";
  }
  return all;
}

Status narrow(const std::string& path, const ReplicaOptions& options) {
  Result<std::unique_ptr<Replica>> replica = Replica::open(path, {});
  if (!replica) return propagate(replica);
  return narrow_replica(**replica, options);
}

class Narrow : public testing::TestWithParam<std::string> {};

// From the first half of a log on, both go on with the second half.
TEST_P(Narrow, AReplicaThatIsNarrowedGoesOnAsOneThatWasMadeSo) {
  const TempDir dir;
  ReplicaOptions wanted;
  wanted.schemas = {"shop"};
  if (GetParam().ends_with("shop")) wanted.tables = {"o*"};
  ReplicaRun all{.inputs = {fixture(GetParam())}, .into = dir / "all.db"};
  ReplicaRun made{.inputs = all.inputs, .into = dir / "made.db"};
  made.replica = wanted;
  made.applier.filter.databases = wanted.schemas;
  made.applier.filter.tables = wanted.tables;
  all.most_transactions = 8;
  ASSERT_TRUE(run_replica(all));
  const Status narrowed = narrow(all.into, wanted);
  ASSERT_TRUE(narrowed) << narrowed.error().message();
  all.most_transactions.reset();
  all.applier.filter = made.applier.filter;
  const auto one = run_replica(all);
  ASSERT_TRUE(one) << one.error().message();
  const auto other = run_replica(made);
  ASSERT_TRUE(other) << other.error().message();
  EXPECT_EQ(one->checkpoint.position, other->checkpoint.position);
  EXPECT_EQ(contents_of(all.into), contents_of(made.into));
  EXPECT_EQ(integrity_of(all.into), "ok");
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Narrow, testing::Values("mysql-8.0/shop", "mariadb-10.11/shop", "mariadb-10.11/ddl"),
                         [](const auto& name) {
                           std::string text = name.param;
                           std::ranges::replace_if(text, [](char c) { return std::isalnum(c) == 0; }, '_');
                           return text;
                         });

TEST(NarrowReplica, RefusesAReplicaThatHoldsLessThanIsWanted) {
  const TempDir dir;
  ReplicaRun run{.inputs = {fixture("mysql-8.0/shop")}, .into = dir / "r.db"};
  run.replica.schemas = {"shop"};
  ASSERT_TRUE(run_replica(run));
  const Status narrowed = narrow(run.into, {});
  ASSERT_FALSE(narrowed);
  EXPECT_EQ(narrowed.error().code, Errc::usage);
}

}  // namespace
}  // namespace binferry::test
