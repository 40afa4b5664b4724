// Memory does not grow with a transaction. Measured on an unsanitized build (BINFERRY_RELEASE_BINARY).
#include "tests/cli/program.hpp"
#include "tests/unit/support/binlog_writer.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/stat.h>

namespace binferry::test {
namespace {

// Row events of a megabyte each, all alike: without checksums and positions one is as good as the next.
std::string megabyte_of_rows() {
  BinlogWriter::Options options;
  options.checksums = false;
  BinlogWriter writer(options);
  std::string rows;
  while (rows.size() < 1'000'000) rows += BinlogWriter::int_row(static_cast<std::uint32_t>(rows.size()));
  std::string event = writer.write_rows(99, 1, rows, false).take();
  for (std::size_t i = 13; i < 17; ++i) event[i] = '\0';
  return event;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

TEST(Memory, ATransactionOf2GiBPassesIn64MiB) {
  const char* const program = std::getenv("BINFERRY_RELEASE_BINARY");
  if (program == nullptr) GTEST_SKIP() << "BINFERRY_RELEASE_BINARY names no unsanitized build";
  std::signal(SIGPIPE, SIG_IGN);
  const TempDir folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const pid_t child = start_program(program, {"inspect", "--format=json", "-"}, folder, pipe, "/dev/null");
  const int fd = ::open(pipe.c_str(), O_WRONLY);
  ASSERT_GE(fd, 0);

  BinlogWriter::Options options;
  options.checksums = false;
  BinlogWriter writer(options);
  writer.begin_file(false).gtid(1).begin().table_map(99, "shop", "orders", {ColumnSpec{}});
  bool written = write_all(fd, writer.take());
  const std::string event = megabyte_of_rows();
  std::uint64_t bytes = 0;
  for (; written && bytes < (std::uint64_t{2} << 30); bytes += event.size()) written = write_all(fd, event);
  std::string end = writer.xid(1).take();
  for (std::size_t i = 13; i < 17; ++i) end[i] = '\0';
  written = written && write_all(fd, end);
  ::close(fd);
  const Ran ran = finish_program(child, folder);
  EXPECT_TRUE(written);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_LT(ran.peak_kib, 64 * 1024);
}

}  // namespace
}  // namespace binferry::test
