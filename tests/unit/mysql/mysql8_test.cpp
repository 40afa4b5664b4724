// What is MySQL 8's own in the questions that binferry asks a source: the statements that its versions understand, and
// the snapshot by GTIDs. Its answers come from a script, for no package brings such a server.
#include "binlog/source/mysql/consistent_read.hpp"
#include "binlog/source/mysql/preflight.hpp"
#include "binlog/source/mysql/server_state.hpp"
#include "binlog/source/mysql/source_history.hpp"
#include "tests/unit/mysql/mysql8_source.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace binferry::mysql::test {
namespace {

ConsistentReadOptions quick(std::uint32_t connections = 2) {
  ConsistentReadOptions options;
  options.connections = connections;
  options.tries = 6;
  return options;
}

TEST(Mysql8, IsAskedForItsPositionByTheStatementThatItsVersionKnows) {
  for (const char* const version : {"8.0.40", "8.4.3"}) {
    Mysql8 source(version);
    auto connection = Connection::open(source.server.address());
    ASSERT_TRUE(connection) << connection.error().message();
    const Result<SourceHistory> history = read_source_history(**connection);
    ASSERT_TRUE(history) << version << ": " << history.error().message();
    EXPECT_EQ(history->end, (BinlogPosition{"binlog.000002", 1000}));
    EXPECT_EQ(history->server_uuid, kUuid);
    EXPECT_TRUE(history->has_gtids);
    EXPECT_EQ(history->executed.text(), set_to(10));
    EXPECT_EQ(history->purged.text(), set_to(2));
    EXPECT_EQ(history->files.size(), 2U);
  }
}

TEST(Mysql8, PreflightFindsAReplicaWithOurServerIdAndSemiSyncByItsNewName) {
  for (const char* const version : {"8.0.40", "8.4.3"}) {
    Mysql8 source(version);
    auto connection = Connection::open(source.server.address());
    ASSERT_TRUE(connection) << connection.error().message();
    PreflightOptions options;
    options.server_id = 4711;
    options.semi_sync = true;
    const Result<std::vector<Finding>> findings = preflight(**connection, options);
    ASSERT_TRUE(findings) << findings.error().message();
    ASSERT_EQ(findings->size(), 1U) << findings->back().what;
    EXPECT_NE(findings->front().what.find("another replica uses server id 4711 (there)"), std::string::npos);
    EXPECT_EQ(source.asked("SHOW SLAVE HOSTS"), 0U);
  }
}

TEST(Mysql8, TakesASnapshotByGtidsWithoutAnyLockWhereTheAccountMayNotReload) {
  for (const char* const version : {"8.0.40", "8.4.3"}) {
    Mysql8 source(version);
    const auto read = ConsistentRead::open(source.server.address(), quick());
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ((*read)->gtids().text(), set_to(10));
    EXPECT_EQ((*read)->position(), (BinlogPosition{"binlog.000002", 1000}));
    EXPECT_EQ((*read)->tables().size(), 1U);
    EXPECT_EQ(source.asked("FLUSH TABLES"), 0U);
    EXPECT_EQ(source.asked("LOCK TABLES"), 0U);
    EXPECT_EQ(source.asked("START TRANSACTION WITH CONSISTENT SNAPSHOT"), 2U);
    EXPECT_GT(source.asked("SET show_gipk_in_create_table_and_information_schema = 1"), 0U);
  }
}

// XA RECOVER is refused to an account without XA_RECOVER_ADMIN, in the words of a broken transaction.
TEST(Mysql8, TakesASnapshotWhereTheAccountMayNotSeePreparedTransactions) {
  Mysql8 source;
  const auto read = ConsistentRead::open(source.server.address(), quick());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_GT(source.asked("XA RECOVER"), 0U);
}

TEST(Mysql8, TakesTheGlobalLockByTheFlushTablesPrivilegeToo) {
  Mysql8 source;
  source.may_reload = true;
  source.lock_privilege = "BACKUP_ADMIN,FLUSH_TABLES";
  const auto read = ConsistentRead::open(source.server.address(), quick());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(source.asked("FLUSH TABLES WITH READ LOCK"), 1U);
}

TEST(Mysql8, TakesItAgainWhenSomethingCommittedInBetween) {
  Mysql8 source;
  source.moves = 2;  // the set differs before and after the first snapshot
  const auto read = ConsistentRead::open(source.server.address(), quick());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ((*read)->gtids().text(), set_to(12));
  EXPECT_EQ(source.asked("START TRANSACTION WITH CONSISTENT SNAPSHOT"), 4U);
}

TEST(Mysql8, TakesItAgainWhileATransactionIsBetweenLogAndEngine) {
  Mysql8 source;
  source.moves = 2;
  source.owned = std::string(kUuid) + ":11#77";
  const auto read = ConsistentRead::open(source.server.address(), quick());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_GE(source.asked("START TRANSACTION WITH CONSISTENT SNAPSHOT"), 4U);
}

TEST(Mysql8, NeverGivesAPositionThatMayBeWrong) {
  Mysql8 restless;
  restless.moves = 1'000'000;
  const auto read = ConsistentRead::open(restless.server.address(), quick());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::refused) << read.error().message();
  EXPECT_NE(read.error().hint.find("RELOAD"), std::string::npos) << read.error().hint;

  Mysql8 without_gtids;
  without_gtids.gtid_mode = "OFF";
  const auto refused = ConsistentRead::open(without_gtids.server.address(), quick());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused) << refused.error().message();
}

TEST(Mysql8, HoldsTheGlobalLockOnlyForTheMomentThatTakesThePosition) {
  Mysql8 source;
  source.may_reload = true;
  const auto read = ConsistentRead::open(source.server.address(), quick());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(source.asked("FLUSH TABLES WITH READ LOCK"), 1U);
  const std::vector<std::string> all = source.server.statements();
  const auto locked = std::ranges::find(all, "FLUSH TABLES WITH READ LOCK");
  const auto unlocked = std::find(locked, all.end(), "UNLOCK TABLES");
  ASSERT_NE(unlocked, all.end());
  const std::vector<std::string> between(locked + 1, unlocked);
  EXPECT_EQ(std::ranges::count(between, "START TRANSACTION WITH CONSISTENT SNAPSHOT"), 2);
  EXPECT_EQ(std::ranges::count(between, "SHOW MASTER STATUS"), 1);
  EXPECT_TRUE(std::ranges::none_of(between, [](const std::string& sql) { return sql.starts_with("SHOW CREATE"); }))
      << "definitions are read when nobody waits";
}

}  // namespace
}  // namespace binferry::mysql::test
