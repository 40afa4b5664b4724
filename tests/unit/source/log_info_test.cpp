#include "binlog/source/log_info.hpp"

#include "tests/unit/support/binlog_writer.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::BinlogWriter;
using test::TempDir;
using test::write_file;

TEST(LogInfo, TellsWhenAndAfterWhichGtidsAFileBegan) {
  const TempDir dir;
  BinlogWriter log;
  // 01010101-…:1-5
  const std::string set = ByteWriter().u64(1).fill(16, '\1').u64(1).u64(1).u64(6).str();
  log.magic().format_description(true, 123).previous_gtids(set).insert_transaction(6);
  write_file(dir / "binlog.000002", log.str().substr(0, log.str().size() - 3));
  const auto info = read_log_info(dir / "binlog.000002");
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->timestamp, 1'700'000'000U);
  EXPECT_EQ(info->server_id, 80U);
  EXPECT_EQ(info->format.created, 123U);
  EXPECT_TRUE(info->in_use);
  EXPECT_TRUE(info->has_gtids_before);
  EXPECT_EQ(info->gtids_before.text(), "01010101-0101-0101-0101-010101010101:1-5");
}

TEST(LogInfo, ReadsTheListOfAMariadbServer) {
  const TempDir dir;
  BinlogWriter log(BinlogWriter::mariadb());
  log.magic().format_description(false).gtid_list(0, 71, 40).insert_transaction(41);
  write_file(dir / "mb.000002", log.str());
  const auto info = read_log_info(dir / "mb.000002");
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->format.kind, ServerKind::mariadb);
  EXPECT_FALSE(info->in_use);
  EXPECT_EQ(info->gtids_before.text(), "0-71-40");
}

TEST(LogInfo, IsEmptyForAFileThatHasJustBeenMade) {
  const TempDir dir;
  write_file(dir / "binlog.000002", BinlogWriter().magic().str());
  const auto info = read_log_info(dir / "binlog.000002");
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_FALSE(info->has_gtids_before);
  write_file(dir / "text.000001", "no log at all");
  EXPECT_FALSE(read_log_info(dir / "text.000001"));
}

}  // namespace
}  // namespace binferry
