#include "binlog/source/log_directory.hpp"

#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::TempDir;
using test::write_file;

std::string names(const Result<std::vector<LogFile>>& logs) {
  if (!logs) return "error: " + logs.error().message();
  std::string text;
  for (const LogFile& log : *logs) text += log.name + " ";
  return text;
}

TEST(LogDirectory, ParsesNamesAndCountsOn) {
  EXPECT_EQ(parse_log_name("mysql-bin.000012")->base, "mysql-bin");
  EXPECT_EQ(parse_log_name("mysql-bin.000012")->number, 12U);
  EXPECT_EQ(parse_log_name("a.b.1000000")->base, "a.b");
  for (const char* other : {"binlog.index", "binlog.~rec~", ".000001", "binlog.00000x", "binlog.", "binlog.12",
                            "binlog.index_crash_safe", "binlog.99999999999999999999999"}) {
    EXPECT_FALSE(parse_log_name(other)) << other;
  }
  EXPECT_EQ(next_log_name("binlog.000009"), "binlog.000010");
  EXPECT_EQ(next_log_name("binlog.999999"), "binlog.1000000");
  EXPECT_EQ(next_log_name("binlog.1000000"), "binlog.1000001");
  EXPECT_EQ(next_log_name("my.host.000009"), "my.host.000010");
  EXPECT_EQ(next_log_name("binlog.18446744073709551615"), "");
  EXPECT_EQ(next_log_name("dump"), "");
}

TEST(LogDirectory, OrdersByNumberBeyondAMillion) {
  const TempDir dir;
  for (const char* name :
       {"binlog.1000000", "binlog.999999", "binlog.999998", "other.txt", "binlog.index_crash_safe"}) {
    write_file(dir / name, "x");
  }
  EXPECT_EQ(names(list_logs(dir.path())), "binlog.999998 binlog.999999 binlog.1000000 ");
}

TEST(LogDirectory, FollowsTheIndexWhereThereIsOne) {
  const TempDir dir;
  for (const char* name : {"binlog.000003", "binlog.000004", "binlog.000005", "relay.000001"})
    write_file(dir / name, "xy");
  // Absolute paths of the server, relative ones, a line still being written.
  write_file(dir / "binlog.index", "/var/lib/mysql/binlog.000003\n./binlog.000004\nbinlog.0000");
  const auto logs = list_logs(dir.path());
  EXPECT_EQ(names(logs), "binlog.000003 binlog.000004 ");
  EXPECT_EQ(logs->front().path, dir / "binlog.000003");
  EXPECT_EQ(logs->front().bytes, 2U);
  EXPECT_EQ(names(list_logs(dir / "binlog.index")), names(logs));
}

TEST(LogDirectory, MissesNoFileThatTheIndexNames) {
  for (const char* gone : {"binlog.000001", "binlog.000002", "binlog.000003"}) {
    const TempDir dir;
    for (const char* name : {"binlog.000001", "binlog.000002", "binlog.000003"}) {
      if (std::string_view(name) != gone) write_file(dir / name, "x");
    }
    write_file(dir / "binlog.index", "./binlog.000001\n./binlog.000002\n./binlog.000003\n");
    const auto logs = list_logs(dir.path());
    ASSERT_FALSE(logs) << gone;
    EXPECT_EQ(logs.error().code, Errc::not_found);
    EXPECT_TRUE(logs.error().what.starts_with(std::string(gone) + " is in the index, but missing ")) << gone;
    EXPECT_FALSE(logs.error().hint.empty());
  }
}

TEST(LogDirectory, OfALiveServerMayMissPurgedFilesAndTheOneThatIsJustBegun) {
  const TempDir dir;
  write_file(dir / "binlog.000003", "x");
  write_file(dir / "binlog.index", "./binlog.000001\n./binlog.000002\n./binlog.000003\n./binlog.000004\n");
  EXPECT_EQ(names(list_logs(dir.path(), {}, IndexRule::live)), "binlog.000003 ");
  EXPECT_FALSE(list_logs(dir.path()));
  write_file(dir / "binlog.index", "./binlog.000003\n./binlog.000004\n./binlog.000005\n");
  EXPECT_EQ(names(list_logs(dir.path(), {}, IndexRule::live)),
            "error: " + dir / "binlog.index" + ": binlog.000004 is in the index, but missing behind binlog.000003");
}

TEST(LogDirectory, NamesTheFileThatIsMissingInTheMiddle) {
  const TempDir dir;
  for (const char* name : {"binlog.000001", "binlog.000002", "binlog.000004"}) write_file(dir / name, "x");
  auto logs = list_logs(dir.path());
  ASSERT_FALSE(logs);
  EXPECT_EQ(logs.error().code, Errc::not_found);
  EXPECT_EQ(logs.error().what, "binlog.000003 is missing between binlog.000002 and binlog.000004");
  write_file(dir / "binlog.index", "./binlog.000001\n./binlog.000002\n./binlog.000003\n./binlog.000004\n");
  logs = list_logs(dir.path());
  ASSERT_FALSE(logs);
  EXPECT_EQ(logs.error().what, "binlog.000003 is in the index, but missing before binlog.000004");
}

TEST(LogDirectory, AsksWhichOfSeveralBasesIsMeant) {
  const TempDir dir;
  for (const char* name : {"binlog.000001", "relay-bin.000001", "relay-bin.000002"}) write_file(dir / name, "x");
  auto logs = list_logs(dir.path());
  ASSERT_FALSE(logs);
  EXPECT_EQ(logs.error().code, Errc::usage);
  EXPECT_NE(logs.error().what.find("binlog, relay-bin"), std::string::npos);
  EXPECT_EQ(names(list_logs(dir.path(), "relay-bin")), "relay-bin.000001 relay-bin.000002 ");
  write_file(dir / "binlog.index", "./binlog.000001\n");
  write_file(dir / "relay-bin.index", "./relay-bin.000001\n./relay-bin.000002\n");
  logs = list_logs(dir.path());
  ASSERT_FALSE(logs);
  EXPECT_NE(logs.error().what.find("binlog.index, relay-bin.index"), std::string::npos);
  EXPECT_EQ(names(list_logs(dir.path(), "relay-bin")), "relay-bin.000001 relay-bin.000002 ");
}

TEST(LogDirectory, IsEmptyBeforeTheFirstLogAndFailsWithoutAFolder) {
  const TempDir dir;
  EXPECT_EQ(names(list_logs(dir.path())), "");
  const auto logs = list_logs(dir / "none");
  ASSERT_FALSE(logs);
  EXPECT_EQ(logs.error().code, Errc::not_found);
}

}  // namespace
}  // namespace binferry
