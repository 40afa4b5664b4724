// The replay command as a user calls it: each option, the summary, what it refuses.
#include "applier/sqlite.hpp"
#include "cli/progress.hpp"
#include "tests/cli/program.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <pty.h>

namespace binferry::test {
namespace {

const std::string kShop = fixture("mysql-8.0/shop");
const std::string kBank = fixture("mysql-8.0/transactions");
const std::string kMariadbBank = fixture("mariadb-10.11/transactions");
const std::string kServer = "fde9933f-e70c-11f1-82fa-02fc00000001";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Ran replay(const std::string& logs, const std::string& into, const std::vector<std::string>& options = {}) {
  std::vector<std::string> arguments{"replay", logs, "--into", into};
  arguments.insert(arguments.end(), options.begin(), options.end());
  Ran ran = run(arguments);
  if (std::filesystem::exists(into)) {
    Result<Database> database = Database::open(into, OpenMode::read_only);
    EXPECT_EQ(database ? **database->query_text("PRAGMA integrity_check") : database.error().message(), "ok");
  }
  return ran;
}

// The first value; "NULL" for none, or the error.
std::string ask(const std::string& replica, const std::string& sql) {
  Result<Database> database = Database::open(replica, OpenMode::read_only);
  if (!database) return database.error().message();
  Result<std::optional<std::string>> answer = database->query_text(sql);
  return answer ? answer->value_or("NULL") : answer.error().message();
}

std::string tables_of(const std::string& replica) {
  return ask(replica,
             "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema WHERE type = 'table'"
             " AND name NOT GLOB 'binferry_*' ORDER BY name)");
}

TEST(Replay, OneSchemaGivesPlainNamesAndSeveralQualifiedOnes) {
  const TempDir dir;
  EXPECT_EQ(replay(kBank, dir / "one.db", {"--schema", "bank"}).exit_code, 0);
  EXPECT_TRUE(has(tables_of(dir / "one.db"), "acct")) << tables_of(dir / "one.db");
  EXPECT_FALSE(has(tables_of(dir / "one.db"), "bank."));
  EXPECT_EQ(replay(kBank, dir / "two.db", {"--schema", "bank", "--schema", "shop"}).exit_code, 0);
  EXPECT_TRUE(has(tables_of(dir / "two.db"), "bank.acct"));
  EXPECT_EQ(replay(kBank, dir / "pattern.db", {"--schema", "b*k"}).exit_code, 0);
  EXPECT_TRUE(has(tables_of(dir / "pattern.db"), "bank.acct"));
  EXPECT_EQ(replay(kBank, dir / "other.db", {"--schema", "shop"}).exit_code, 0);
  EXPECT_EQ(tables_of(dir / "other.db"), "NULL");
}

TEST(Replay, OnlyTheTablesThatWereChosenAreHeld) {
  const TempDir dir;
  EXPECT_EQ(replay(kBank, dir / "r.db", {"--table", "a*", "--table", "bank.log"}).exit_code, 0);
  EXPECT_EQ(tables_of(dir / "r.db"), "bank.acct bank.log");
  // What a replica holds was decided when it was made.
  const Ran other = replay(kBank, dir / "r.db", {"--table", "parent"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_TRUE(has(other.err, "the replica was made with --table a*, bank.log")) << other.err;
}

TEST(Replay, ANewReplicaBeginsAtAPositionWithTheTablesOfASchemaFile) {
  const TempDir dir;
  write_file(dir / "dump.sql",
             "-- Server version\t8.0.40\n"
             "CREATE DATABASE `bank`; USE `bank`;\n"
             "CREATE TABLE `acct` (`id` int NOT NULL, `bal` decimal(12,2) DEFAULT NULL, PRIMARY KEY (`id`));\n");
  const std::string log = kBank + "/binlog.000001";
  const std::string replica = dir / "r.db";
  const Ran made =
      replay(log, replica,
             {"--start-position=855", "--schema-file", dir / "dump.sql", "--stop-position=1176", "--schema=bank"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(ask(replica, "SELECT group_concat(id || '=' || bal) FROM acct"), "1=100.00,2=100.00,3=100.00");
  const Ran again = replay(log, replica, {"--start-position=855"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_TRUE(has(again.err, "--start-position is for a new replica; this one stands at binlog.000001:1176"))
      << again.err;
  const Ran schema = replay(log, replica, {"--schema-file", dir / "dump.sql"});
  EXPECT_EQ(schema.exit_code, 2);
  EXPECT_TRUE(has(schema.err, "--schema-file is for a new replica")) << schema.err;
}

TEST(Replay, StopsInFrontOfAPositionAndGoesOnFromThere) {
  const TempDir dir;
  const std::string replica = dir / "r.db";
  const Ran first = replay(kBank, replica, {"--stop-position=1621"});
  EXPECT_EQ(first.exit_code, 0);
  EXPECT_TRUE(has(first.err, "4 transactions applied with 3 rows in ")) << first.err;
  EXPECT_TRUE(has(first.err, "; the replica stands at binlog.000001:1176, GTIDs " + kServer + ":1-4\n")) << first.err;
  const Ran second = replay(kBank, replica, {"--stop-position=1622"});
  EXPECT_TRUE(has(second.err, "1 transaction applied with 2 rows in ")) << second.err;
  EXPECT_EQ(ask(replica, "SELECT bal FROM \"bank.acct\" WHERE id = 1"), "90.00");
}

TEST(Replay, StopsAtTheFirstTransactionOfAMoment) {
  const TempDir dir;
  const Ran before = replay(kBank, dir / "before.db", {"--stop-datetime=2026-11-23T07:12:08Z"});
  EXPECT_EQ(before.exit_code, 0);
  EXPECT_TRUE(has(before.err, "nothing new; ")) << before.err;
  const Ran after = replay(kBank, dir / "after.db", {"--stop-datetime=2026-11-23T07:12:09Z"});
  EXPECT_TRUE(has(after.err, "transactions applied with ")) << after.err;
  EXPECT_FALSE(has(after.err, "nothing new")) << after.err;
}

TEST(Replay, GtidsChooseTransactionsAndThePositionMovesOverTheOthers) {
  const TempDir dir;
  const std::string replica = dir / "r.db";
  // 4 makes three rows; 5 and 6 update them.
  const Ran without = replay(kBank, replica, {"--exclude-gtids=" + kServer + ":5-6", "--stop-position=2152"});
  EXPECT_EQ(without.exit_code, 0) << without.err;
  EXPECT_TRUE(has(without.err, ", 2 left out; the replica stands at binlog.000001:2152")) << without.err;
  EXPECT_EQ(ask(replica, "SELECT group_concat(bal) FROM \"bank.acct\""), "100.00,100.00,100.00");
  const Ran only = replay(kBank, dir / "only.db", {"--include-gtids=" + kServer + ":1-4"});
  EXPECT_EQ(only.exit_code, 0) << only.err;
  EXPECT_EQ(ask(dir / "only.db", "SELECT count(*) FROM \"bank.acct\""), "3");
}

TEST(Replay, TheSizeOfABatchChangesNothing) {
  const TempDir dir;
  for (const char* const batch : {"--batch=1", "--batch=7", "--batch=100000"}) {
    const std::string replica = dir / batch;
    EXPECT_EQ(replay(kShop, replica, {batch, "--durable"}).exit_code, 0);
    EXPECT_EQ(ask(replica, "SELECT group_concat(id || email || coalesce(full_name, '-')) FROM \"shop.customer\""),
              ask(dir / "--batch=1",
                  "SELECT group_concat(id || email || coalesce(full_name, '-')) FROM"
                  " \"shop.customer\""));
  }
  EXPECT_EQ(replay(kShop, dir / "r.db", {"--batch=0"}).exit_code, 2);
}

TEST(Replay, TheSecondTimeThereIsNothingNew) {
  const TempDir dir;
  const std::string replica = dir / "r.db";
  EXPECT_EQ(replay(kShop, replica).exit_code, 0);
  const std::string before = ask(replica, "SELECT checkpoint FROM binferry_state");
  const Ran again = replay(kShop, replica);
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, "");
  EXPECT_EQ(again.err, "binferry: nothing new; the replica stands at binlog.000002:4, GTIDs " + kServer + ":1-76\n");
  EXPECT_EQ(ask(replica, "SELECT checkpoint FROM binferry_state"), before);
}

TEST(Replay, TheLogsOfAnotherServerAreRefusedWhereverTheReplicaStands) {
  const TempDir dir;
  const std::string replica = dir / "r.db";
  EXPECT_EQ(replay(kShop, replica, {"--stop-position=1223"}).exit_code, 0);
  const Ran inside = replay(fixture("mysql-5.6/gtid"), replica);
  EXPECT_EQ(inside.exit_code, 4) << inside.err;
  EXPECT_EQ(replay(kShop, replica).exit_code, 0);  // to binlog.000002:4, which is not there yet
  const Ran other = replay(fixture("mysql-5.6/gtid"), replica);
  EXPECT_EQ(other.exit_code, 4) << other.err;
  // The same server after its log was reset: by name and server it would do.
  const Ran reset = replay(kBank, replica);
  EXPECT_EQ(reset.exit_code, 4) << reset.err;
  EXPECT_TRUE(has(reset.err, "it was begun at another time")) << reset.err;
}

TEST(Replay, AGapIsRefusedWithWhatIsMissing) {
  const TempDir dir;
  const std::string replica = dir / "r.db";
  EXPECT_EQ(replay(kMariadbBank, replica, {"--include-gtids=0-1-1000", "--stop-position=100"}).exit_code, 0);
  std::filesystem::remove(replica);
  EXPECT_EQ(replay(kMariadbBank + "/binlog.000001", replica, {"--stop-position=1156"}).exit_code, 0);
  const Ran gap = replay(kMariadbBank + "/binlog.000002", replica);
  EXPECT_EQ(gap.exit_code, 4) << gap.err;
  EXPECT_TRUE(has(gap.err,
                  "the replica stands at binlog.000001:1156, and the first file after it that was given is "
                  "binlog.000002: what is between is missing"))
      << gap.err;
  EXPECT_TRUE(has(gap.err, "hint: give binlog.000001 and the files after it")) << gap.err;
}

TEST(Replay, AFrozenTableEndsItWith6AndStrictStopsInstead) {
  const TempDir dir;
  const std::string replica = dir / "r.db";
  EXPECT_EQ(replay(kBank, replica, {"--stop-position=1176"}).exit_code, 0);
  {
    auto database = Database::open(replica, OpenMode::read_write);
    ASSERT_TRUE(database->execute("DELETE FROM \"bank.acct\" WHERE id = 1"));
  }
  const Ran strict = replay(kBank, replica, {"--strict"});
  EXPECT_EQ(strict.exit_code, 5) << strict.err;
  EXPECT_TRUE(has(strict.err, "binlog.000001:1")) << strict.err;
  const Ran lenient = replay(kBank, replica);
  EXPECT_EQ(lenient.exit_code, 6) << lenient.err;
  EXPECT_TRUE(has(lenient.err, "table bank.acct stands still since binlog.000001:1176: ")) << lenient.err;
  EXPECT_EQ(ask(replica, "SELECT count(*) FROM \"bank.log\""), "1");
}

TEST(Replay, NamesWithoutCaseAreInLowerCase) {
  const TempDir dir;
  EXPECT_EQ(replay(kBank, dir / "r.db", {"--lower-case-table-names=1", "--schema=BANK", "--table=Acct"}).exit_code, 0);
  EXPECT_EQ(tables_of(dir / "r.db"), "acct");
  EXPECT_EQ(replay(kShop, dir / "r2.db", {"--lower-case-table-names=3"}).exit_code, 2);
}

TEST(Replay, TheSystemsTimeZoneIsAnOffset) {
  const TempDir dir;
  EXPECT_EQ(replay(kShop, dir / "r.db", {"--system-time-zone=+02:00"}).exit_code, 0);
  EXPECT_EQ(ask(dir / "r.db", "SELECT options ->> 'system_time_zone' FROM binferry_state"), "+02:00");
  const Ran ran = replay(kShop, dir / "r2.db", {"--system-time-zone=CEST"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(has(ran.err, "`CEST` is neither UTC nor an offset like +02:00")) << ran.err;
}

// Standard error is a terminal while it lives.
class Terminal {
 public:
  Terminal() : saved_(::dup(2)) {
    EXPECT_EQ(::openpty(&master_, &slave_, nullptr, nullptr, nullptr), 0);
    ::dup2(slave_, 2);
  }
  ~Terminal() {
    ::dup2(saved_, 2);
    for (const int fd : {saved_, master_, slave_}) ::close(fd);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  std::string read() const {
    char text[4096];
    const ssize_t size = ::read(master_, text, sizeof text);
    return {text, size > 0 ? static_cast<std::size_t>(size) : 0};
  }

 private:
  int saved_;
  int master_ = -1;
  int slave_ = -1;
};

TEST(ProgressLine, TellsBytesRowsAndTheTimeThatIsLeft) {
  const Terminal terminal;
  cli::Progress progress(8'000'000);
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  progress.update(2'000'000, 1000);
  const std::string line = terminal.read();
  EXPECT_TRUE(has(line, " 25%  2.0 of 8.0 MB  ")) << line;
  EXPECT_TRUE(has(line, " rows/s  0:0")) << line;
  EXPECT_TRUE(has(line, " left")) << line;
  progress.clear();
  EXPECT_EQ(terminal.read(), "\r\x1b[K");
}

}  // namespace
}  // namespace binferry::test
