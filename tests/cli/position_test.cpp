// The position command against real logs and replicas, also while a replay writes.
#include "applier/sqlite.hpp"
#include "tests/cli/program.hpp"

#include <chrono>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

const std::string kShop = fixture("mysql-8.0/shop");
const std::string kBank = fixture("mysql-8.0/transactions");
const std::string kServer = "fde9933f-e70c-11f1-82fa-02fc00000001";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void replay(const std::string& logs, const std::string& into, const std::vector<std::string>& options = {}) {
  std::vector<std::string> arguments{"replay", logs, "--into", into};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const Ran ran = run(arguments);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
}

TEST(PositionShow, TellsWhatAReplicaHas) {
  const TempDir dir;
  const std::string replica = dir / "r.db";
  replay(kShop, replica);
  const Ran text = run({"position", "show", replica});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_TRUE(has(text.out, "MySQL 8.0.40, server id 80, " + kServer)) << text.out;
  EXPECT_TRUE(has(text.out, kServer + ":1-76\n")) << text.out;
  EXPECT_TRUE(has(text.out, "2026-11-23T07:12:42.495785Z at the source, ")) << text.out;
  EXPECT_TRUE(has(text.out, "76 transactions, 60 rows")) << text.out;
  const Ran json = run({"position", "show", "--format=json", replica});
  EXPECT_TRUE(json.out.starts_with(
      "{\"kind\":\"replica\",\"source\":{\"version\":\"8.0.40\",\"server_id\":80,\"server_uuid\":\"" + kServer +
      "\"},\"position\":{\"file\":\"binlog.000002\",\"offset\":4},\"gtids\":\"" + kServer +
      ":1-76\",\"time\":\"2026-11-23T07:12:42Z\",\"commit_us\":1795417962495785,"))
      << json.out;
  EXPECT_TRUE(json.out.ends_with(
      "\"transactions\":76,\"rows\":60,\"tables\":12,\"excluded\":0,\"indexes_pending\":false,\"quarantined\":[],"
      "\"in_doubt\":[]}\n"))
      << json.out;
}

TEST(PositionShow, ListsTransactionsInDoubt) {
  const TempDir dir;
  const std::string replica = dir / "r.db";
  replay(kBank, replica, {"--stop-position=3049"});  // between XA PREPARE and XA COMMIT
  EXPECT_TRUE(has(run({"position", "show", replica}).out, "in doubt      XA X'7831',X'',1 at binlog.000001:2501, " +
                                                              kServer + ":8, prepared 2026-11-23T07:12:08Z\n"));
  EXPECT_TRUE(
      has(run({"position", "show", "--format=json", replica}).out,
          "\"in_doubt\":[{\"xid\":\"X'7831',X'',1\",\"position\":{\"file\":\"binlog.000001\",\"offset\":2501}"));
  replay(kBank, replica, {"--stop-position=3219"});
  EXPECT_FALSE(has(run({"position", "show", replica}).out, "in doubt"));
}

TEST(PositionShow, ListsQuarantinedTablesWithTheReason) {
  const TempDir dir;
  const std::string replica = dir / "r.db";
  replay(kShop, replica, {"--stop-position=2349"});
  {
    auto database = Database::open(replica, OpenMode::read_write);
    ASSERT_TRUE(database) << database.error().message();
    ASSERT_TRUE(database->execute("DELETE FROM \"shop.customer\" WHERE id = 1"));
  }
  EXPECT_EQ(run({"replay", kShop, "--into", replica, "--stop-position=3583"}).exit_code, 6);
  const Ran text = run({"position", "show", replica});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_TRUE(has(text.out, "quarantined   shop.customer at binlog.000001:2349, " + kServer + ":8: ")) << text.out;
  const Ran json = run({"position", "show", "--format=json", replica});
  EXPECT_TRUE(has(json.out,
                  "\"quarantined\":[{\"schema\":\"shop\",\"table\":\"customer\",\"position\":{\"file\":"
                  "\"binlog.000001\",\"offset\":2349},\"gtid\":\"" +
                      kServer + ":8\",\"reason\":\""))
      << json.out;
}

TEST(PositionShow, RefusesWhatIsNoReplica) {
  const TempDir dir;
  const std::string other = dir / "other.db";
  {
    auto database = Database::open(other, OpenMode::create);
    ASSERT_TRUE(database && database->execute("CREATE TABLE t (a)"));
  }
  const Ran ran = run({"position", "show", other});
  EXPECT_EQ(ran.exit_code, 5);
  EXPECT_TRUE(has(ran.err, "is no replica")) << ran.err;
  EXPECT_EQ(run({"position", "show", dir / "none"}).exit_code, 1);
  write_file(dir / "text", "no log at all");
  EXPECT_EQ(run({"position", "show", dir / "text"}).exit_code, 3);
}

TEST(PositionLocate, FindsTransactionsAndMoments) {
  EXPECT_EQ(run({"position", "locate", kShop, "--gtid", kServer + ":9"}).out, "binlog.000001:2738\n");
  EXPECT_EQ(run({"position", "locate", kShop, "--format=json", "--gtid", kServer + ":9"}).out,
            "{\"file\":\"binlog.000001\",\"offset\":2738,\"gtid\":\"" + kServer +
                ":9\",\"time\":\"2026-11-23T07:12:42Z\"}\n");
  EXPECT_EQ(run({"position", "locate", kShop, "--datetime=2026-11-23"}).out, "binlog.000001:157\n");
  EXPECT_EQ(run({"position", "locate", kShop, "--format=json", "--datetime=2030-01-01"}).out,
            "{\"file\":\"binlog.000001\",\"offset\":21855,\"gtid\":null,\"time\":null}\n");
  // An offset that is found is one from which the log can be read.
  EXPECT_EQ(run({"inspect", kShop, "--start-position=2738", "--quiet"}).exit_code, 0);
  EXPECT_EQ(run({"position", "locate", kShop, "--gtid", kServer + ":900"}).exit_code, 1);
  EXPECT_EQ(run({"position", "locate", kShop}).exit_code, 2);
  EXPECT_EQ(run({"position", "locate", kShop, "--gtid=0-1-1", "--datetime=2030-01-01"}).exit_code, 2);
}

TEST(PositionLocate, CrossesFilesOfMariadb) {
  const std::string logs = fixture("mariadb-10.11/transactions");
  const Ran last = run({"position", "locate", logs, "--gtid=0-1-84"});
  EXPECT_TRUE(last.out.starts_with("binlog.000002:")) << last.out << last.err;
  const Ran first = run({"position", "locate", logs, "--gtid=0-1-1"});
  EXPECT_EQ(first.out, "binlog.000001:325\n") << first.err;
}

TEST(PositionCompare, TellsAReplicaFromItsSourceByExitCode) {
  const TempDir dir;
  replay(kBank, dir / "behind.db", {"--stop-position=12000"});
  replay(kBank, dir / "whole.db");
  const Ran equal = run({"position", "compare", dir / "whole.db", kBank});
  EXPECT_EQ(equal.out, "equal\n") << equal.err;
  EXPECT_EQ(equal.exit_code, 0);
  const Ran behind = run({"position", "compare", dir / "behind.db", dir / "whole.db"});
  EXPECT_EQ(behind.out, "behind by 10 transactions: " + kServer + ":37-46\n") << behind.err;
  EXPECT_EQ(behind.exit_code, 6);
  const Ran ahead = run({"position", "compare", "--format=json", dir / "whole.db", kServer + ":1-45"});
  EXPECT_EQ(ahead.out, "{\"relation\":\"ahead\",\"by\":\"gtids\",\"only_a\":\"" + kServer +
                           ":46\",\"only_b\":\"\",\"transactions_a\":1,\"transactions_b\":0}\n");
  const Ran diverged = run({"position", "compare", kServer + ":1-5", kServer + ":1-3:7"});
  EXPECT_EQ(diverged.out,
            "diverged\nonly A: 2 transactions: " + kServer + ":4-5\nonly B: 1 transaction: " + kServer + ":7\n")
      << diverged.err;
  EXPECT_EQ(diverged.exit_code, 6);
  EXPECT_EQ(run({"position", "compare", dir / "whole.db", "nothing there"}).exit_code, 1);
}

TEST(PositionCompare, GoesByPositionWithoutGtids) {
  const TempDir dir;
  const std::string logs = fixture("mysql-5.6/transactions");
  replay(logs, dir / "behind.db", {"--stop-position=50000"});
  replay(logs, dir / "whole.db");
  const Ran equal = run({"position", "compare", dir / "whole.db", logs});
  EXPECT_EQ(equal.out, "equal\n") << equal.err;
  const Ran behind = run({"position", "compare", dir / "behind.db", logs});
  EXPECT_TRUE(behind.out.starts_with("behind by ")) << behind.out << behind.err;
  EXPECT_EQ(behind.exit_code, 6);
  // A set of GTIDs says nothing about a position.
  EXPECT_EQ(run({"position", "compare", dir / "whole.db", kServer + ":1-5"}).exit_code, 4);
}

TEST(PositionWait, ReturnsAsSoonAsAFollowingReplayHasIt) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "logs");
  const std::string log = read_file(kBank + "/binlog.000001");
  write_file(dir / "logs/binlog.000001", log.substr(0, 5000));
  const TempDir output;
  const TempDir wait_output;
  const pid_t waits =
      start_program(BINFERRY_BINARY,
                    {"position", "wait", dir / "r.db", "--gtid-set", kServer + ":1-46", "--timeout=60s"}, wait_output);
  const pid_t follows =
      start_program(BINFERRY_BINARY, {"replay", dir / "logs", "--into", dir / "r.db", "--follow"}, output);
  const Ran soon = run({"position", "wait", dir / "r.db", "--gtid-set", kServer + ":1-8", "--timeout=60s"});
  EXPECT_EQ(soon.exit_code, 0) << soon.err;
  EXPECT_EQ(soon.err, "");
  const Ran shown = run({"position", "show", dir / "r.db"});  // beside the writer
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  const Ran late = run({"position", "wait", dir / "r.db", "--gtid-set", kServer + ":1-46", "--timeout=100ms"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_TRUE(has(late.err, "not reached in time; it has binlog.000001:")) << late.err;
  append_file(dir / "logs/binlog.000001", log.substr(5000));
  EXPECT_EQ(finish_program(waits, wait_output).exit_code, 0);
  const Ran json = run({"position", "wait", dir / "r.db", "--format=json", "--position=binlog.000001:12000"});
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_TRUE(json.out.starts_with("{\"reached\":true,\"checkpoint\":{")) << json.out;
  ::kill(follows, SIGTERM);
  EXPECT_EQ(finish_program(follows, output).exit_code, 0);
}

TEST(PositionWait, RefusesWhatNeverComes) {
  const TempDir dir;
  replay(kShop, dir / "r.db");
  EXPECT_EQ(run({"position", "wait", dir / "r.db", "--position=other.000001:4"}).exit_code, 4);
  EXPECT_EQ(run({"position", "wait", dir / "r.db", "--gtid-set=0-1-5"}).exit_code, 4);
  EXPECT_EQ(run({"position", "wait", dir / "r.db"}).exit_code, 2);
  EXPECT_EQ(run({"position", "wait", dir / "r.db", "--position=b.000001:4", "--timeout=soon"}).exit_code, 2);
  const Ran missing = run({"position", "wait", dir / "none.db", "--position=b.000001:4", "--timeout=50ms"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_TRUE(has(missing.err, "there is no such replica")) << missing.err;
}

TEST(PositionGtid, CalculatesWithSetsOfBothServers) {
  const std::string a = kServer + ":1-10:tag:1-5";
  const std::string b = kServer + ":5-20:tag:4-6";
  const auto gtid = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"position", "gtid"});
    return run(arguments);
  };
  EXPECT_EQ(gtid({"union", a, b}).out, kServer + ":1-20:tag:1-6\n");
  EXPECT_EQ(gtid({"subtract", a, b}).out, kServer + ":1-4:tag:1-3\n");
  EXPECT_EQ(gtid({"intersect", a, b}).out, kServer + ":5-10:tag:4-5\n");
  EXPECT_EQ(gtid({"count", a, b}).out, "26\n");
  EXPECT_EQ(gtid({"union", "--format=json", "0-1-5", "0-2-7,3-1-1"}).out, "{\"gtids\":\"0-2-7,3-1-1\",\"count\":8}\n");
  EXPECT_EQ(gtid({"contains", a, kServer + ":2-3"}).exit_code, 0);
  const Ran lacks = gtid({"contains", a, b});
  EXPECT_EQ(lacks.exit_code, 6);
  EXPECT_EQ(lacks.out, "lacks " + kServer + ":11-20:tag:6\n");
  EXPECT_EQ(gtid({"contains", "--format=json", "0-1-5", "0-1-6"}).out, "{\"contains\":false,\"missing\":\"0-1-6\"}\n");
  EXPECT_EQ(gtid({"union", a, "0-1-5"}).exit_code, 4);
  EXPECT_EQ(gtid({"count", "nonsense"}).exit_code, 2);
}

}  // namespace
}  // namespace binferry::test
