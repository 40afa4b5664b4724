// A real MariaDB, one hub and its followers, each a process of its own. Tests only.
#pragma once

#include "binlog/coordinates/binlog_position.hpp"
#include "tests/integration/support/program_process.hpp"
#include "tests/integration/support/random.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/sql_client.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace binferry::test {

class HubTest : public testing::Test {
 protected:
  void SetUp() override;

  // A server with these options, a hub of it with those, or both.
  void begin_server(std::vector<std::string> options);
  void begin_hub(const std::vector<std::string>& options);
  void begin(std::vector<std::string> server_options, std::vector<std::string> hub_options);
  [[nodiscard]] std::string path(const std::string& name) const { return (server_->folder() / name).string(); }
  [[nodiscard]] std::string replica(const std::string& name) const { return path(name + ".db"); }
  [[nodiscard]] std::string hub_url() const;
  // A follower NAME into NAME.db, its output in NAME.log.
  std::unique_ptr<Process> join(const std::string& name, std::vector<std::string> options = {});
  // Body of a GET at the hub; empty if it does not answer.
  [[nodiscard]] std::string get(const std::string& path) const;

  // Where the server's log ends now.
  BinlogPosition end_of_log();
  // The replica stands there or behind.
  static bool reaches_now(const std::string& replica, const BinlogPosition& goal);
  // Until it does, or `what` is true; false after a long time.
  static bool reaches(const std::string& replica, const BinlogPosition& goal);
  static bool happens(const std::function<bool()>& what);
  // All of them stand at the end of the log.
  void expect_all_reach(const std::vector<std::string>& names);
  // Cell for cell what the server answers to SELECT. Nobody may be writing to the server or the replica.
  void expect_equal(const std::string& replica);

  void make_tables();
  // Transactions on the tables of make_tables(), by one writer, with a new log file now and then.
  static void put_load(SqlClient& client, Random& random, std::size_t transactions);
  // As many log files at the server, of 60 kB each.
  void fill_logs(int files);

  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Process> hub_;
  std::uint16_t port_ = 0;
};

}  // namespace binferry::test
