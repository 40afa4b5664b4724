#include "position/locate.hpp"

#include "tests/unit/support/binlog_writer.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::BinlogWriter;
using test::TempDir;
using test::write_file;

constexpr std::uint32_t kStart = 1'700'000'000;
constexpr const char* kServer = "01010101-0101-0101-0101-010101010101:";

// Files 1 … `files` with ten transactions each; transaction n is logged at kStart + 10 n, and each file is begun with
// its first. Transaction n begins at starts[n].
struct Logs {
  TempDir dir;
  std::vector<BinlogPosition> starts{{}};
  std::vector<LogFile> files;

  explicit Logs(std::uint32_t count, BinlogWriter::Options options = {}) {
    for (std::uint32_t file = 1; file <= count; ++file) {
      const std::string name = "binlog." + std::string(6 - std::to_string(file).size(), '0') + std::to_string(file);
      options.timestamp = kStart + 100 * (file - 1) + 10;
      BinlogWriter log(options);
      const std::uint64_t before = 10 * (file - 1);
      log.magic().format_description(file == count);
      if (options.is_mariadb) {
        log.gtid_list(0, options.server_id, before);
      } else if (before == 0) {
        log.previous_gtids();
      } else {
        log.previous_gtids(ByteWriter().u64(1).fill(16, '\1').u64(1).u64(1).u64(before + 1).str());
      }
      for (std::uint32_t i = 1; i <= 10; ++i) {
        log.options().timestamp = kStart + static_cast<std::uint32_t>(10 * (before + i));
        starts.push_back({name, log.position()});
        log.insert_transaction(static_cast<std::uint32_t>(before + i));
      }
      write_file(dir / name, log.str());
    }
    files = *list_logs(dir.path());
  }
};

TEST(Locate, FindsTheFirstTransactionOfAMomentInAnyFile) {
  const Logs logs(7);
  for (std::uint32_t n = 1; n <= 70; ++n) {
    for (const std::uint32_t seconds : {10 * n - 9, 10 * n}) {
      const auto found = locate_time(logs.files, kStart + seconds);
      ASSERT_TRUE(found) << found.error().message();
      EXPECT_EQ(found->position, logs.starts[n]) << n;
      EXPECT_TRUE(found->begins_group);
      EXPECT_EQ(found->timestamp, kStart + 10 * n);
      EXPECT_EQ(text_of(found->gtid), kServer + std::to_string(n));
    }
  }
  EXPECT_EQ(locate_time(logs.files, 1)->position, logs.starts[1]);
}

TEST(Locate, GivesTheEndOfTheLogForAMomentThatIsYetToCome) {
  const Logs logs(2);
  const auto found = locate_time(logs.files, kStart + 10'000);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_FALSE(found->begins_group);
  EXPECT_EQ(found->position, (BinlogPosition{"binlog.000002", test::read_file(logs.dir / "binlog.000002").size()}));
}

TEST(Locate, FindsEveryGtidOfMysqlAndOfMariadb) {
  const Logs mysql(5);
  const Logs mariadb(5, BinlogWriter::mariadb());
  for (std::uint32_t n = 1; n <= 50; ++n) {
    const auto found = locate_gtid(mysql.files, *Gtid::parse(kServer + std::to_string(n)));
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->position, mysql.starts[n]);
    const auto there = locate_gtid(mariadb.files, MariadbGtid{.domain = 0, .server_id = 80, .seq_no = n});
    ASSERT_TRUE(there) << there.error().message();
    EXPECT_EQ(there->position, mariadb.starts[n]);
  }
}

TEST(Locate, TellsPurgedTransactionsFromThoseToCome) {
  Logs logs(4);
  EXPECT_EQ(locate_gtid(logs.files, *Gtid::parse(kServer + std::string("41"))).error().code, Errc::not_found);
  logs.files.erase(logs.files.begin(), logs.files.begin() + 2);
  EXPECT_EQ(locate_gtid(logs.files, *Gtid::parse(kServer + std::string("20"))).error().code, Errc::purged);
  EXPECT_TRUE(locate_gtid(logs.files, *Gtid::parse(kServer + std::string("21"))));
  EXPECT_EQ(locate_gtid({}, *Gtid::parse(kServer + std::string("21"))).error().code, Errc::not_found);
}

TEST(Locate, ReadsOnlyTheHeadsOfOtherFilesAndNothingBehindTheTransaction) {
  const Logs logs(9);
  // Everything behind the head of the others is damaged, and so is what follows the transaction in its own file.
  for (const LogFile& file : logs.files) {
    std::string bytes = test::read_file(file.path);
    const std::size_t keep = file.number == 5 ? logs.starts[46].offset : logs.starts[10 * file.number - 9].offset;
    for (std::size_t i = keep; i < bytes.size(); ++i) bytes[i] = '\x55';
    write_file(file.path, bytes);
  }
  const auto by_gtid = locate_gtid(logs.files, *Gtid::parse(kServer + std::string("45")));
  ASSERT_TRUE(by_gtid) << by_gtid.error().message();
  EXPECT_EQ(by_gtid->position, logs.starts[45]);
  const auto by_time = locate_time(logs.files, kStart + 445);
  ASSERT_TRUE(by_time) << by_time.error().message();
  EXPECT_EQ(by_time->position, logs.starts[45]);
}

}  // namespace
}  // namespace binferry
