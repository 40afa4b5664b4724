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

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

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

TEST_P(Snapshot, InTheMiddleOfConcurrentLoadAndTheLogBehindItGiveTheSource) {
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
      const Status taken = take_snapshot(address_of(server), path, qualified(static_cast<std::uint32_t>(1 + paths.size() % 3)));
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

}  // namespace
}  // namespace binferry::test
