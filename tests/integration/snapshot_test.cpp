// Replicas made from live servers: a snapshot in the middle of concurrent load, then the log from its position on. The
// oracle is the server's SELECT.
#include "applier/snapshot.hpp"

#include "applier/replay.hpp"
#include "applier/replica.hpp"
#include "binlog/source/multi_file_source.hpp"
#include "binlog/source/mysql/preflight.hpp"
#include "tests/integration/support/replica_check.hpp"
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/skip.hpp"
#include "tests/integration/support/workload.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace binferry::test {
namespace {

mysql::Address address_of(const ServerProcess& server, const std::string& user = "root") {
  mysql::Address address;
  address.host = "127.0.0.1";
  address.port = server.port();
  address.credentials.user = user;
  return address;
}

SnapshotOptions qualified(std::uint32_t connections = 2) {
  SnapshotOptions options;
  options.connections = connections;
  options.replica.qualified_names = true;
  return options;
}

// The logs from the snapshot's file on.
Status follow_to_end(const ServerProcess& server, const std::string& path) {
  Result<std::unique_ptr<Replica>> replica = open_replica(path);
  if (!replica) return propagate(replica);
  const std::string first = (*replica)->checkpoint.position.file;
  replica->reset();
  ReplicaJob job;
  for (const auto& log : server.binlog_files()) {
    if (compare_log_names(log.filename().string(), first) >= 0) job.inputs.push_back(log.string());
  }
  job.into = path;
  Result<JobOutcome> outcome = bring_up(job);
  if (!outcome) return propagate(outcome);
  return {};
}

void expect_equal(const ServerProcess& server, const std::string& path, std::size_t least_compared, bool any_frozen) {
  SqlClient client = server.connect();
  const Result<ReplicaCheck> check = check_replica(path, select_everything(client));
  ASSERT_TRUE(check) << check.error().message();
  EXPECT_EQ(check->differences, "");
  EXPECT_GE(check->compared, least_compared);
  for (const FrozenTable& table : check->frozen) {
    if (!any_frozen) ADD_FAILURE() << table.name << " stands still: " << table.reason;
    EXPECT_FALSE(table.reason.starts_with("binlog.")) << table.name << ": " << table.reason;
  }
  EXPECT_EQ(integrity_of(path), "ok");
}

class Snapshot : public testing::TestWithParam<Flavor> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(GetParam()); }
  [[nodiscard]] static ServerOptions options() {
    ServerOptions options;
    options.flavor = GetParam();
    return options;
  }
  [[nodiscard]] static std::string path_in(const ServerProcess& server, const std::string& name = "R.db") {
    return (server.folder() / name).string();
  }
};

std::string flavor_name(const testing::TestParamInfo<Flavor>& info) {
  return info.param == Flavor::mariadb ? "Mariadb" : "Mysql56";
}
INSTANTIATE_TEST_SUITE_P(Each, Snapshot, testing::Values(Flavor::mariadb, Flavor::mysql56), flavor_name);

TEST_P(Snapshot, OfEveryTypeHoldsWhatTheServerHolds) {
  const ServerProcess server(options());
  const std::uint64_t first = seed_or(3100);
  for (std::uint64_t seed = first; seed < first + 3; ++seed) {
    SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
    WorkloadOptions load;
    load.flavor = GetParam();
    load.seed = seed;
    load.schema = fmt::format("load{}", seed);
    load.tables = 12;
    load.foreign_keys = true;
    Workload workload(load, server.endpoint());
    workload.prepare();
    workload.run(150);
    workload.finish();
    const std::string path = path_in(server, fmt::format("R-{}.db", seed));
    const Status taken = take_snapshot(address_of(server), path, qualified());
    ASSERT_TRUE(taken) << taken.error().message() << "\n" << taken.error().hint;
    expect_equal(server, path, 5, false);
    const Status followed = follow_to_end(server, path);
    ASSERT_TRUE(followed) << followed.error().message();
  }
}

TEST_P(Snapshot, UnderConcurrentLoadAndTheLogBehindItGiveTheSource) {
  const std::uint64_t first = seed_or(3200);
  for (std::uint64_t seed = first; seed < first + 2; ++seed) {
    SCOPED_TRACE(fmt::format("BINFERRY_SEED={}", seed));
    const ServerProcess server(options());
    WorkloadOptions load;
    load.flavor = GetParam();
    load.seed = seed;
    load.tables = 8;
    load.foreign_keys = true;
    std::atomic<bool> done = false;
    std::string failure;
    std::thread writers([&] {
      try {
        run_writers(load, server.endpoint(), 4, std::chrono::milliseconds(6000));
      } catch (const std::exception& error) {
        failure = error.what();
      }
      done = true;
    });
    std::vector<std::string> paths;
    while (!done && paths.size() < 4) {
      std::this_thread::sleep_for(std::chrono::milliseconds(700));
      const std::string path = path_in(server, fmt::format("R-{}.db", paths.size()));
      const Status taken =
          take_snapshot(address_of(server), path, qualified(static_cast<std::uint32_t>(1 + paths.size() % 3)));
      EXPECT_TRUE(taken) << taken.error().message() << "\n" << taken.error().hint;
      if (!taken) break;
      paths.push_back(path);
    }
    writers.join();
    EXPECT_EQ(failure, "");
    ASSERT_FALSE(paths.empty());
    for (const std::string& path : paths) {
      SCOPED_TRACE(path);
      const Status followed = follow_to_end(server, path);
      ASSERT_TRUE(followed) << followed.error().message() << "\n" << followed.error().hint;
      expect_equal(server, path, 3, true);
      if (HasFailure()) return;
    }
  }
}

TEST_P(Snapshot, ComesAboutThoughTableStatementsNeverPause) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d");
  for (int i = 0; i < 60; ++i) {
    client.execute(fmt::format("CREATE TABLE d.t{0} (id INT PRIMARY KEY); INSERT INTO d.t{0} VALUES ({0})", i));
  }
  std::atomic<bool> ending = false;
  std::thread restless([&] {
    SqlClient own = server.connect();
    while (!ending) own.execute("CREATE TABLE d.x (id INT PRIMARY KEY); DROP TABLE d.x");
  });
  const std::string path = path_in(server);
  const Status taken = take_snapshot(address_of(server), path, qualified(1));
  ending = true;
  restless.join();
  ASSERT_TRUE(taken) << taken.error().message() << "\n" << taken.error().hint;
  const Status followed = follow_to_end(server, path);
  ASSERT_TRUE(followed) << followed.error().message();
  expect_equal(server, path, 60, false);
}

std::vector<std::string> files_beside(const std::string& path) {
  std::vector<std::string> names;
  const std::filesystem::path place(path);
  for (const auto& entry : std::filesystem::directory_iterator(place.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(place.filename().string())) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void fill(SqlClient& client, int rows) {
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY, v LONGBLOB) ENGINE=InnoDB");
  for (int i = 0; i < rows; ++i) {
    client.execute(fmt::format("INSERT INTO d.t VALUES ({}, REPEAT('x', 20000))", i));
  }
}

TEST_P(Snapshot, StoppedInTheMiddleLeavesNothingAndTheNextOneIsWhole) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  fill(client, 200);
  const std::string path = path_in(server);
  SnapshotOptions stopping = qualified(1);
  std::uint64_t rows = 0;
  stopping.on_progress = [&](const SnapshotProgress& progress) { rows = progress.rows; };
  stopping.should_stop = [&] { return rows > 20; };
  const Status stopped = take_snapshot(address_of(server), path, stopping);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::cancelled);
  EXPECT_GT(rows, 20U);
  EXPECT_LT(rows, 200U);
  EXPECT_EQ(files_beside(path), std::vector<std::string>{"R.db.lock"});

  // What a process that was killed leaves behind is no obstacle.
  std::ofstream(path + ".snapshot") << "half a file";
  const Status taken = take_snapshot(address_of(server), path, qualified(1));
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_EQ(files_beside(path), (std::vector<std::string>{"R.db", "R.db.lock"}));
  expect_equal(server, path, 1, false);

  const Status again = take_snapshot(address_of(server), path, qualified(1));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::replica) << "never over a replica";
  expect_equal(server, path, 1, false);
}

TEST_P(Snapshot, BreaksOffWithItsServerAndLeavesNothing) {
  ServerProcess server(options());
  {
    SqlClient client = server.connect();
    fill(client, 200);
  }
  const std::string path = path_in(server);
  SnapshotOptions breaking = qualified(2);
  breaking.queue_bytes = 1;  // or everything would have been read before
  bool killed = false;
  breaking.on_progress = [&](const SnapshotProgress& progress) {
    if (progress.rows > 20 && !killed) server.kill_hard();
    killed = killed || progress.rows > 20;
  };
  const Status broken = take_snapshot(address_of(server), path, breaking);
  if (!broken) {
    EXPECT_EQ(broken.error().code, Errc::connection) << broken.error().message();
    EXPECT_EQ(files_beside(path), std::vector<std::string>{"R.db.lock"});
  }
  EXPECT_TRUE(killed);
}

TEST_P(Snapshot, KeepsToTheChosenTablesAndTellsItsSource) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute(
      "CREATE DATABASE a; CREATE DATABASE b DEFAULT CHARACTER SET latin2; CREATE TABLE a.t(id INT PRIMARY KEY) "
      "ENGINE=InnoDB; CREATE TABLE a.u LIKE a.t; CREATE TABLE b.t LIKE a.t; INSERT INTO a.t VALUES (1), (2)");
  SnapshotOptions chosen;
  chosen.schemas = {"a"};
  chosen.tables = {"t"};
  chosen.now_us = [] { return std::uint64_t{77}; };
  const std::string path = path_in(server);
  const Status taken = take_snapshot(address_of(server), path, chosen);
  ASSERT_TRUE(taken) << taken.error().message();
  Result<std::unique_ptr<Replica>> replica = Replica::open(path, {});
  ASSERT_TRUE(replica) << replica.error().message();
  EXPECT_FALSE((*replica)->is_new());
  EXPECT_EQ((*replica)->options().schemas, std::vector<std::string>{"a"});
  EXPECT_EQ((*replica)->tables.all().size(), 1U);
  EXPECT_EQ((*replica)->database().query_text("SELECT sum(id) FROM t").value(), "3");
  const Checkpoint& checkpoint = (*replica)->checkpoint;
  EXPECT_EQ(checkpoint.position.file, client.query("SHOW MASTER STATUS").rows.at(0).at(0));
  EXPECT_EQ(std::to_string(checkpoint.position.offset), client.query("SHOW MASTER STATUS").rows.at(0).at(1));
  EXPECT_EQ(checkpoint.source.version, client.scalar("SELECT VERSION()"));
  EXPECT_EQ(checkpoint.source.server_id, 1U);
  EXPECT_EQ(checkpoint.applied_at_us, 77U);
  if (GetParam() == Flavor::mysql56) {
    EXPECT_EQ(checkpoint.source.server_uuid, client.scalar("SELECT @@server_uuid"));
  } else {
    EXPECT_EQ(checkpoint.gtids.text(), client.scalar("SELECT @@gtid_binlog_pos"));
  }
}

TEST_P(Snapshot, NeedsNoMoreThanItSaysAndNamesWhatIsMissing) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (7)");
  client.execute("CREATE USER poor@'127.0.0.1'; GRANT SELECT ON d.* TO poor@'127.0.0.1'");
  client.execute("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO poor@'127.0.0.1'");
  const std::string path = path_in(server);
  const Status poor = take_snapshot(address_of(server, "poor"), path, qualified(2));
  if (GetParam() == Flavor::mariadb) {
    ASSERT_TRUE(poor) << poor.error().message();  // needs no lock
  } else {
    ASSERT_FALSE(poor);
    EXPECT_EQ(poor.error().code, Errc::refused);
    EXPECT_NE(poor.error().hint.find("RELOAD"), std::string::npos) << poor.error().hint;
    EXPECT_EQ(files_beside(path), std::vector<std::string>{"R.db.lock"});
    client.execute("GRANT LOCK TABLES ON d.* TO poor@'127.0.0.1'");
    const Status locking = take_snapshot(address_of(server, "poor"), path, qualified(2));
    ASSERT_TRUE(locking) << locking.error().message();
  }
  expect_equal(server, path, 1, false);

  client.execute("CREATE TABLE d.m(id INT PRIMARY KEY) ENGINE=MyISAM; REVOKE SELECT ON d.* FROM poor@'127.0.0.1'");
  const Status blind = take_snapshot(address_of(server, "poor"), path_in(server, "S.db"), qualified(2));
  EXPECT_TRUE(blind || blind.error().code == Errc::refused) << blind.error().message();
}

TEST_P(Snapshot, OfTablesWithoutTransactionsWaitsForTheirWriters) {
  const ServerProcess server(options());
  SqlClient client = server.connect();
  client.execute("CREATE DATABASE d; CREATE TABLE d.m(id INT PRIMARY KEY) ENGINE=MyISAM");
  std::atomic<bool> done = false;
  std::thread writer([&] {
    SqlClient other = server.connect();
    for (int i = 0; i < 3000 && !done; ++i) other.execute(fmt::format("INSERT INTO d.m VALUES ({})", i));
  });
  std::vector<std::string> paths;
  for (int i = 0; i < 5; ++i) {
    paths.push_back(path_in(server, fmt::format("R-{}.db", i)));
    const Status taken = take_snapshot(address_of(server), paths.back(), qualified(2));
    EXPECT_TRUE(taken) << taken.error().message();
  }
  done = true;
  writer.join();
  for (const std::string& path : paths) {
    const Status followed = follow_to_end(server, path);
    ASSERT_TRUE(followed) << followed.error().message();
    expect_equal(server, path, 1, false);
  }
}

// SHOW CREATE TABLE prints each of these characters as a `?`.
TEST_P(Snapshot, LearnsLabelsAndDefaultsBeyondUtf8mb3AndSetsATableAsideThatBringsAnotherLabel) {
  for (const std::string& metadata : {std::string(), std::string("FULL")}) {
    if (!metadata.empty() && GetParam() == Flavor::mysql56) continue;
    SCOPED_TRACE("metadata " + metadata);
    ServerOptions wanted = options();
    wanted.row_metadata = metadata;
    wanted.row_image = "MINIMAL";  // which leaves defaults to be known
    const ServerProcess server(wanted);
    SqlClient client = server.connect();
    client.execute("CREATE DATABASE d CHARACTER SET utf8mb4; USE d");
    for (const auto& [table, engine] : {std::pair("known", "MyISAM"), std::pair("later", "InnoDB")}) {
      client.execute(fmt::format(
          "CREATE TABLE {} (id INT PRIMARY KEY, e ENUM('a?', '😀', '日本', 'x😀y', '𝄞z') DEFAULT '😀', "
          "s SET('😀', 'b', '😂?') DEFAULT NULL, u ENUM('😀', 'z') CHARACTER SET utf16, "
          "l ENUM('ä', '?') CHARACTER SET latin1, n VARCHAR(9) NOT NULL DEFAULT '😂?') ENGINE={};"
          "INSERT INTO {} (id, e, s, u, l) VALUES (1, '😀', '😀,b,😂?', '😀', 'ä'), (2, 'x😀y', 'b', 'z', NULL), "
          "(3, 'a?', '😀', NULL, NULL), (4, NULL, '', NULL, NULL)",
          table, engine, table));
    }
    const std::string path = path_in(server);
    const Status taken = take_snapshot(address_of(server), path, qualified());
    ASSERT_TRUE(taken) << taken.error().message();
    expect_equal(server, path, 2, false);
    client.execute(
        "INSERT INTO known (id) VALUES (7); INSERT INTO later (id) VALUES (7);"
        "INSERT INTO known VALUES (5, 'x😀y', '😂?', '😀', '?', '?'), (6, '日本', '😀', 'z', 'ä', '𝄞');"
        "UPDATE known SET e = '😀' WHERE id = 3; UPDATE later SET s = 'b' WHERE id = 1;"
        "INSERT INTO later VALUES (5, '𝄞z', NULL, NULL, NULL, '')");
    const Status followed = follow_to_end(server, path);
    ASSERT_TRUE(followed) << followed.error().message();
    const Result<ReplicaCheck> check = check_replica(path, select_everything(client));
    ASSERT_TRUE(check) << check.error().message();
    EXPECT_EQ(check->differences, "");
    if (!metadata.empty()) {
      EXPECT_TRUE(check->frozen.empty()) << check->frozen.front().reason;  // the log itself has the labels
      continue;
    }
    EXPECT_EQ(check->compared, 1U);
    for (const FrozenTable& table : check->frozen) EXPECT_EQ(table.name, "d.later") << table.reason;
    ASSERT_EQ(check->frozen.size(), 1U);
    EXPECT_NE(check->frozen[0].reason.find("column e: a label with a character that the source's CREATE TABLE"),
              std::string::npos)
        << check->frozen[0].reason;
  }
}

TEST_P(Snapshot, PreflightNamesWhatIsWrongWithAServer) {
  ServerOptions bad = options();
  bad.binlog_format = "STATEMENT";
  bad.row_image = "MINIMAL";
  const ServerProcess server(bad);
  SqlClient client = server.connect();
  client.execute(
      "CREATE DATABASE d; CREATE TABLE d.p(id INT PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE d.c(p INT, FOREIGN KEY (p) "
      "REFERENCES d.p(id) ON DELETE CASCADE) ENGINE=InnoDB; CREATE TABLE d.m(id INT PRIMARY KEY) ENGINE=MyISAM");
  client.execute(
      "CREATE USER poor@'127.0.0.1'; GRANT SELECT ON d.* TO poor@'127.0.0.1'; SET GLOBAL expire_logs_days=0");
  const auto findings_of = [&](const std::string& user, std::uint32_t server_id) {
    Result<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::open(address_of(server, user));
    if (!connection) {
      ADD_FAILURE() << connection.error().message();
      return std::string();
    }
    mysql::PreflightOptions asked;
    asked.server_id = server_id;
    asked.needs_snapshot = true;
    Result<std::vector<mysql::Finding>> findings = mysql::preflight(**connection, asked);
    if (!findings) {
      ADD_FAILURE() << findings.error().message();
      return std::string();
    }
    std::string text;
    for (const mysql::Finding& finding : *findings) {
      text += (finding.severity == mysql::Finding::Severity::problem ? "! " : "- ") + finding.what + " => " +
              finding.mend + "\n";
    }
    return text;
  };
  const std::string root = findings_of("root", 1);
  for (const std::string_view wanted :
       {"! binlog_format is STATEMENT", "- binlog_row_image is MINIMAL", "! the server's own server_id is 1", "d.c",
        "d.m (MyISAM)", "foreign keys that cascade"}) {
    EXPECT_NE(root.find(wanted), std::string::npos) << wanted << "\n" << root;
  }
  EXPECT_EQ(root.find("the account lacks"), std::string::npos) << root;
  const std::string poor = findings_of("poor", 4711);
  for (const std::string_view wanted : {"REPLICATION SLAVE ON *.* TO 'poor'@'127.0.0.1'", "LOCK TABLES"}) {
    EXPECT_NE(poor.find(wanted), std::string::npos) << wanted << "\n" << poor;
  }
  EXPECT_EQ(poor.find("lacks SELECT"), std::string::npos) << poor;
}

}  // namespace
}  // namespace binferry::test
