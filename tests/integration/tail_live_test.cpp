// `binferry tail` beside a real server that rotates, dies, comes back and purges: every transaction once, whole, in
// order.
#include "tests/cli/program.hpp"
#include "tests/integration/support/server_process.hpp"
#include "tests/integration/support/skip.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

namespace binferry::test {
namespace {

constexpr int kRowsOfTransaction = 40;

// Inserts transactions of consecutive ids until the server is gone or `transactions` are done.
int insert(const ServerProcess& server, int next, int transactions) {
  try {
    SqlClient client = server.connect();
    for (int done = 0; done < transactions; ++done) {
      std::string sql = "START TRANSACTION";
      for (int i = 0; i < kRowsOfTransaction; ++i) {
        sql += "; INSERT INTO shop.t VALUES (" + std::to_string(next + i) + ", REPEAT('x', 500))";
      }
      client.execute(sql + "; COMMIT");
      next += kRowsOfTransaction;
    }
  } catch (const SqlError&) {
  }
  return next;
}

struct Printed {
  std::vector<std::string> ids;
  std::string trouble;  // a transaction that is not whole
};

Printed printed(const std::string& out) {
  const auto number = [](const std::string& line, std::string_view key) {
    return line.substr(line.find(key) + key.size(),
                       line.find_first_of(",}", line.find(key) + key.size()) - line.find(key) - key.size());
  };
  Printed result;
  std::istringstream lines(out);
  std::size_t row = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("{\"op\":\"insert\"")) continue;
    result.ids.push_back(number(line, "\"after\":{\"id\":"));
    if (number(line, "\"row\":") != std::to_string(row % kRowsOfTransaction)) result.trouble = line;
    if (number(line, "\"rows\":") != std::to_string(kRowsOfTransaction)) result.trouble = line;
    ++row;
  }
  if (row % kRowsOfTransaction != 0) result.trouble = "the last transaction is not whole";
  return result;
}

class TailLive : public testing::TestWithParam<Flavor> {
 protected:
  void SetUp() override { BINFERRY_NEEDS_SERVER(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Each, TailLive, testing::Values(Flavor::mariadb, Flavor::mysql56), [](const auto& which) {
  return std::string(which.param == Flavor::mariadb ? "Mariadb" : "Mysql56");
});

TEST_P(TailLive, PrintsEveryTransactionOnceThroughRotationsCrashesAndPurges) {
  ServerOptions options;
  options.flavor = GetParam();
  options.durable = true;
  ServerProcess server(options);
  server.connect().execute("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, pad VARCHAR(500))");
  const TempDir outputs;
  const pid_t tail = start_program(BINFERRY_BINARY,
                                   {"tail", "--from-start", "--format=json", server.binlog_folder().string()}, outputs);
  const auto wait_for = [&](int id) {
    const std::string last = "\"after\":{\"id\":" + std::to_string(id) + ",";
    for (int i = 0; i < 1200 && ::kill(tail, 0) == 0; ++i) {
      if (read_file(outputs / "out").find(last) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  };

  int next = insert(server, 1, 10);
  server.connect().execute("FLUSH BINARY LOGS");
  next = insert(server, next, 5);
  EXPECT_TRUE(wait_for(next - 1)) << read_file(outputs / "err");

  for (int crash = 0; crash < 2; ++crash) {
    std::thread writer([&] { insert(server, next, 1'000'000); });
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    server.kill_hard();
    writer.join();
    server.start();
    next = std::stoi(server.connect().scalar("SELECT MAX(id) FROM shop.t")) + 1;
    next = insert(server, next, 3);
    EXPECT_TRUE(wait_for(next - 1)) << read_file(outputs / "err");
  }

  SqlClient client = server.connect();
  client.execute("FLUSH BINARY LOGS");
  next = insert(server, next, 2);
  EXPECT_TRUE(wait_for(next - 1)) << read_file(outputs / "err");
  client.execute("PURGE BINARY LOGS TO '" + server.binlog_files().back().filename().string() + "'");
  EXPECT_EQ(server.binlog_files().size(), 1U);
  next = insert(server, next, 2);
  server.restart();
  next = insert(server, next, 2);
  EXPECT_TRUE(wait_for(next - 1)) << read_file(outputs / "err");

  ::kill(tail, SIGTERM);
  const Ran ran = finish_program(tail, outputs);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  const Printed what = printed(ran.out);
  EXPECT_EQ(what.trouble, "");
  std::vector<std::string> stored;
  for (const SqlRow& row : server.connect().query("SELECT id FROM shop.t ORDER BY id").rows) stored.push_back(*row[0]);
  EXPECT_EQ(what.ids, stored);
}

}  // namespace
}  // namespace binferry::test
