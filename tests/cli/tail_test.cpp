#include "tests/cli/program.hpp"
#include "tests/unit/support/binlog_writer.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

namespace binferry::test {
namespace {

using std::chrono::steady_clock;

// True once `condition` holds; sanitized programs on a busy machine are slow, hence the patience.
bool soon(const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(Tail, FromTheStartToTheEndPrintsWhatInspectPrints) {
  const std::string folder = fixture("mysql-8.0/shop");
  const Ran tailed = run({"tail", "--from-start", "--stop-at-end", "--format=json", folder});
  EXPECT_EQ(tailed.exit_code, 0) << tailed.err;
  EXPECT_EQ(tailed.out, run({"inspect", "--format=json", folder}).out);
}

TEST(Tail, AtTheEndOfAFileThereIsNothingYet) {
  const Ran ran = run({"tail", "--stop-at-end", fixture("mysql-8.0/shop/binlog.000001")});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
}

TEST(Tail, BeginsAtAPosition) {
  const std::string log = fixture("mysql-8.0/shop/binlog.000001");
  const Ran ran = run({"tail", "--stop-at-end", "--format=json", "--start-position=855", "--stop-position=1223", log});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(count(ran.out, "\n"), 3U) << ran.out;
}

// Grows byte by byte through a transaction, over a rotation, until a signal ends it.
TEST(Tail, PrintsATransactionWhenItIsWholeAndNotBefore) {
  const TempDir logs;
  const TempDir outputs;
  const std::string first = logs / "binlog.000001";
  BinlogWriter log;
  log.begin_file().insert_transaction(1);
  write_file(first, log.take());
  const pid_t child = start_program(BINFERRY_BINARY, {"tail", "--format=json", logs.path()}, outputs);
  const auto printed = [&] { return count(read_file(outputs / "out"), "\"op\":\"insert\""); };
  // It begins at the end of what is there when it starts; only then may the log grow.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  EXPECT_EQ(printed(), 0U);

  const std::string second = log.insert_transaction(2).take();
  append_file(first, std::string_view(second).substr(0, second.size() - 1));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(printed(), 0U);
  append_file(first, std::string_view(second).substr(second.size() - 1));
  EXPECT_TRUE(soon([&] { return printed() == 1; })) << read_file(outputs / "err");

  append_file(first, log.rotate("binlog.000002").take());
  BinlogWriter next;
  write_file(logs / "binlog.000002", next.begin_file().insert_transaction(3).take());
  EXPECT_TRUE(soon([&] { return printed() == 2; })) << read_file(outputs / "err");

  ::kill(child, SIGTERM);
  const Ran ran = finish_program(child, outputs);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.out.find("\"file\":\"binlog.000002\""), std::string::npos);
}

// Each is printed before the next is written: none waits for a successor, a full buffer or a timer's turn.
TEST(Tail, PrintsEachTransactionOfAGrowingLogByItself) {
  const TempDir logs;
  const TempDir outputs;
  const std::string path = logs / "binlog.000001";
  BinlogWriter log;
  write_file(path, log.begin_file().take());
  const pid_t child = start_program(BINFERRY_BINARY, {"tail", "--from-start", "--format=json", logs.path()}, outputs);
  constexpr std::size_t kTransactions = 60;
  std::size_t printed = 0;
  for (std::size_t i = 1; i <= kTransactions; ++i) {
    append_file(path, log.insert_transaction(static_cast<std::uint32_t>(i), i % 5).take());
    const std::string last = "\"end\":" + std::to_string(log.position()) + ",";
    const bool there = soon([&] { return count(read_file(outputs / "out"), last) == i % 5 + 1; });
    ASSERT_TRUE(there) << "transaction " << i << ": " << read_file(outputs / "err");
    printed += i % 5 + 1;
    ASSERT_EQ(count(read_file(outputs / "out"), "\n"), printed);
  }
  ::kill(child, SIGTERM);
  EXPECT_EQ(finish_program(child, outputs).exit_code, 0);
}

}  // namespace
}  // namespace binferry::test
