#include "position/log_extent.hpp"

#include "tests/unit/support/binlog_writer.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::BinlogWriter;
using test::TempDir;
using test::write_file;

constexpr const char* kServer = "01010101-0101-0101-0101-010101010101:";

std::string gtids_up_to(std::uint64_t last) {
  return ByteWriter().u64(1).fill(16, '\1').u64(1).u64(1).u64(last + 1).str();
}

TEST(LogExtent, ReachesFromTheOldestTransactionToTheNewest) {
  const TempDir dir;
  BinlogWriter first;
  first.magic().format_description(false).previous_gtids(gtids_up_to(5));
  const std::uint64_t begin = first.position();
  write_file(dir / "binlog.000002", first.insert_transaction(6).rotate("binlog.000003").str());
  BinlogWriter second({.timestamp = 1'700'000'500});
  second.magic().format_description(true).previous_gtids(gtids_up_to(6)).insert_transaction(7).insert_transaction(8);
  write_file(dir / "binlog.000003", second.str());

  const auto extent = read_log_extent(*list_logs(dir.path()));
  ASSERT_TRUE(extent) << extent.error().message();
  EXPECT_EQ(extent->files, 2U);
  EXPECT_EQ(extent->bytes, first.str().size() + second.str().size());
  EXPECT_EQ(extent->first, (BinlogPosition{"binlog.000002", begin}));
  EXPECT_EQ(extent->last, (BinlogPosition{"binlog.000003", second.position()}));
  EXPECT_EQ(extent->began, 1'700'000'000U);
  EXPECT_EQ(extent->ended, 1'700'000'500U);
  EXPECT_EQ(extent->gtids_before.text(), std::string(kServer) + "1-5");
  EXPECT_EQ(extent->gtids.text(), std::string(kServer) + "1-8");
  EXPECT_TRUE(extent->in_use);
  EXPECT_EQ(extent->unfinished_bytes, 0U);
  EXPECT_EQ(extent->server_id, 80U);
  EXPECT_EQ(extent->format.server_version, "8.0.40");
}

TEST(LogExtent, EndsAtTheTransactionBeforeFilesThatAreYetEmpty) {
  const TempDir dir;
  BinlogWriter first;
  first.begin_file(false).insert_transaction(1);
  const std::uint64_t end = first.position();
  write_file(dir / "binlog.000001", first.rotate("binlog.000002").str());
  BinlogWriter second;
  write_file(dir / "binlog.000002", second.magic().format_description(true).previous_gtids(gtids_up_to(1)).str());
  const auto extent = read_log_extent(*list_logs(dir.path()));
  ASSERT_TRUE(extent) << extent.error().message();
  EXPECT_EQ(extent->last, (BinlogPosition{"binlog.000001", end}));
  EXPECT_EQ(extent->end, (BinlogPosition{"binlog.000002", second.position()}));
  EXPECT_EQ(extent->gtids.text(), std::string(kServer) + "1");
  EXPECT_TRUE(extent->gtids_before.empty());
}

TEST(LogExtent, OfAClosedFileGoesOnInTheNextOne) {
  const TempDir dir;
  write_file(dir / "binlog.000001",
             BinlogWriter().begin_file(false).insert_transaction(1).rotate("binlog.000002").str());
  EXPECT_EQ(read_log_extent(*list_logs(dir.path()))->end, (BinlogPosition{"binlog.000002", 4}));
}

TEST(LogExtent, LeavesOutWhatIsNotWhole) {
  const TempDir dir;
  BinlogWriter log(BinlogWriter::mariadb());
  log.begin_file(true).insert_transaction(1);
  const std::uint64_t end = log.position();
  log.insert_transaction(2);
  write_file(dir / "binlog.000001", log.str().substr(0, log.str().size() - 7));
  const auto extent = read_log_extent(*list_logs(dir.path()));
  ASSERT_TRUE(extent) << extent.error().message();
  EXPECT_EQ(extent->last.offset, end);
  EXPECT_EQ(extent->end, extent->last);
  EXPECT_EQ(extent->gtids.text(), "0-80-1");
  EXPECT_EQ(extent->unfinished_bytes, log.str().size() - 7 - end);
}

TEST(LogExtent, OfALogWithoutTransactionsIsOnePlace) {
  const TempDir dir;
  BinlogWriter log;
  write_file(dir / "binlog.000001", log.begin_file().str());
  const auto extent = read_log_extent(*list_logs(dir.path()));
  ASSERT_TRUE(extent) << extent.error().message();
  EXPECT_EQ(extent->first, (BinlogPosition{"binlog.000001", log.position()}));
  EXPECT_EQ(extent->last, extent->first);
  EXPECT_FALSE(extent->began);
  EXPECT_EQ(read_log_extent({}).error().code, Errc::not_found);
}

}  // namespace
}  // namespace binferry
