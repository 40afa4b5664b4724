// Memory does not grow with a transaction. Measured on an unsanitized build (BINFERRY_RELEASE_BINARY), which reads what
// this test generates from a pipe.
#include "binlog/base/zstd_stream.hpp"
#include "tests/cli/program.hpp"
#include "tests/unit/support/binlog_writer.hpp"

#include <csignal>
#include <cstring>
#include <functional>
#include <random>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace binferry::test {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr std::size_t kTextBytes = 1000;

BinlogWriter::Options without_checksums() {
  BinlogWriter::Options options;
  options.checksums = false;
  return options;
}

// Without checksums and positions one event is as good as the next.
std::string without_position(std::string event) {
  std::memset(event.data() + 13, 0, 4);
  return event;
}

const std::vector<ColumnSpec> kColumns = {{3, {}}, {15, std::string("\xE8\x03", 2)}};

std::string beginning_of_group() {
  BinlogWriter writer(without_checksums());
  return without_position(writer.begin().take()) +
         without_position(writer.table_map(99, "shop", "orders", kColumns).take());
}

// A row event of a megabyte, of letters that compress little.
std::string megabyte_of_rows() {
  std::mt19937_64 random(1);
  std::string rows;
  while (rows.size() < (1 << 20)) {
    std::string text(kTextBytes, '\0');
    for (char& c : text) c = static_cast<char>(' ' + random() % 95);
    rows += ByteWriter().u8(0).u32(static_cast<std::uint32_t>(rows.size())).u16(kTextBytes).text(text).str();
  }
  return without_position(BinlogWriter(without_checksums()).write_rows(99, 2, rows, false).take());
}

std::string end_of_group() {
  return without_position(BinlogWriter(without_checksums()).xid(1).take());
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool write_times(int fd, const std::string& piece, std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) {
    if (!write_all(fd, piece)) return false;
  }
  return true;
}

// The program's peak memory in KiB while it reads what `write` writes.
long peak_kib(std::vector<std::string> arguments, const std::function<bool(int)>& write) {
  std::signal(SIGPIPE, SIG_IGN);
  const TempDir folder;
  const std::string pipe = folder / "pipe";
  EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  arguments.emplace_back("-");
  const pid_t child = start_program(std::getenv("BINFERRY_RELEASE_BINARY"), arguments, folder, pipe, "/dev/null");
  const int fd = ::open(pipe.c_str(), O_WRONLY);
  EXPECT_TRUE(write_all(fd, BinlogWriter(without_checksums()).begin_file(false).gtid(1).take()) && write(fd));
  ::close(fd);
  const Ran ran = finish_program(child, folder);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  return ran.peak_kib;
}

class PayloadMemory : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("BINFERRY_RELEASE_BINARY") == nullptr) {
      GTEST_SKIP() << "BINFERRY_RELEASE_BINARY names no unsanitized build";
    }
  }
};

class TransactionMemory : public PayloadMemory, public testing::WithParamInterface<std::string> {};

INSTANTIATE_TEST_SUITE_P(Inspect, TransactionMemory, testing::Values("--quiet", "--format=json"),
                         [](const auto& format) { return format.param == "--quiet" ? "Quiet" : "Json"; });

TEST_P(TransactionMemory, Of2GiBIsBelow64MiB) {
  const std::string rows = megabyte_of_rows();
  const long peak = peak_kib({"inspect", GetParam()}, [&](int fd) {
    return write_all(fd, beginning_of_group()) && write_times(fd, rows, 2 * kGiB / rows.size() + 1) &&
           write_all(fd, end_of_group());
  });
  RecordProperty("peak_kib", static_cast<int>(peak));
  EXPECT_LT(peak, 64 * 1024);
}

// A log whose only transaction has so many megabytes of rows, which are counted.
bool write_large_log(const std::string& path, int megabytes, std::uint32_t& rows) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  bool good = write_all(fd, BinlogWriter(without_checksums()).begin_file(false).gtid(1).take() + beginning_of_group());
  const std::string text(kTextBytes, 'x');
  std::string event;
  for (int megabyte = 0; good && megabyte < megabytes; ++megabyte) {
    event.clear();
    while (event.size() < (1 << 20)) event += ByteWriter().u8(0).u32(++rows).u16(kTextBytes).text(text).str();
    event = without_position(BinlogWriter(without_checksums()).write_rows(99, 2, event, false).take());
    good = write_all(fd, event);
  }
  good = good && write_all(fd, end_of_group());
  ::close(fd);
  return good;
}

// Into a replica: the budget is 64 MiB over SQLite's own cache of 256 MiB.
TEST_F(PayloadMemory, OfReplayingATransactionOf512MiBIsBelow320MiB) {
  constexpr int kMegabytes = 512;
  constexpr std::uint32_t kRows = kMegabytes * ((1 << 20) / (kTextBytes + 7) + 1);
  const TempDir folder;
  const std::string log = folder / "binlog.000001";
  // In a process of its own: what this one holds when it starts the program would count as the program's peak.
  const pid_t writer = ::fork();
  if (writer == 0) {
    std::uint32_t rows = 0;
    ::_exit(write_large_log(log, kMegabytes, rows) && rows == kRows ? 0 : 1);
  }
  int written = 0;
  ASSERT_EQ(::waitpid(writer, &written, 0), writer);
  ASSERT_EQ(written, 0);
  write_file(folder / "schema.sql",
             "CREATE DATABASE shop; USE shop;"
             "CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, t VARCHAR(1000) CHARACTER SET latin1);");
  const std::string replica = folder / "replica.db";
  const pid_t child = start_program(std::getenv("BINFERRY_RELEASE_BINARY"),
                                    {"replay", log, "--schema-file", folder / "schema.sql", "--into", replica}, folder);
  const Ran ran = finish_program(child, folder);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.err.find(std::to_string(kRows) + " rows"), std::string::npos) << ran.err;
  RecordProperty("peak_kib", static_cast<int>(ran.peak_kib));
  EXPECT_LT(ran.peak_kib, 320 * 1024);
}

// In several zstd frames, as a server writes large transactions.
TEST_F(PayloadMemory, Of1GiBIsBelow64MiB) {
  const std::string rows = megabyte_of_rows();
  const auto compressed = [](const std::string& plain) { return *zstd_compress(bytes_of(plain), 1); };
  const std::string first = compressed(beginning_of_group());
  const std::string middle = compressed(rows);
  const std::string last = compressed(end_of_group());
  const std::uint64_t times = kGiB / rows.size() + 1;
  const std::uint64_t size = first.size() + times * middle.size() + last.size();
  const std::string fields = ByteWriter().pint(2).pint(1).pint(0).pint(1).pint(9).u8(254).u64(size).pint(0).str();
  std::string event = BinlogWriter(without_checksums()).event(EventType::transaction_payload, fields).take();
  const auto event_size = static_cast<std::uint32_t>(event.size() + size);
  std::memcpy(event.data() + 9, &event_size, 4);
  const long peak = peak_kib({"inspect", "--format=json"}, [&](int fd) {
    return write_all(fd, without_position(event)) && write_all(fd, first) && write_times(fd, middle, times) &&
           write_all(fd, last);
  });
  RecordProperty("peak_kib", static_cast<int>(peak));
  EXPECT_LT(peak, 64 * 1024);
}

}  // namespace
}  // namespace binferry::test
