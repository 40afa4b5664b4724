#include "position/stored_history.hpp"

#include "tests/unit/support/binlog_writer.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::BinlogWriter;
using test::TempDir;

constexpr const char* kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
constexpr const char* kOtherUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429563";

// A MySQL server without GTIDs, whose log reaches further than that of any store here.
mysql::SourceHistory server(const std::string& uuid, std::uint32_t id = 80) {
  mysql::SourceHistory history;
  history.version = "8.0.40";
  history.server_uuid = uuid;
  history.server_id = id;
  history.files = {{"binlog.000001", 1'000'000}};
  history.end = {"binlog.000001", 1'000'000};
  return history;
}

TEST(StoredHistory, KnowsItsServerByTheUuidOverRestartsOfTheHub) {
  const TempDir dir;
  {
    Result<StoredHistory> history = StoredHistory::load(dir.path());
    ASSERT_TRUE(history) << history.error().message();
    ASSERT_TRUE(history->prove(server(kUuid), {}));
  }
  BinlogWriter log;
  test::write_file(dir / "binlog.000001", log.begin_file().insert_transaction(1).str());
  const BinlogPosition end{"binlog.000001", log.position()};
  Result<StoredHistory> history = StoredHistory::load(dir.path());
  ASSERT_TRUE(history) << history.error().message();
  EXPECT_TRUE(history->prove(server(kUuid), end));
  EXPECT_TRUE(history->prove(server(kUuid, 81), end)) << "a server may be given another id";
  const Status other = history->prove(server(kOtherUuid), end);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::wrong_source);
  EXPECT_NE(other.error().what.find(kOtherUuid), std::string::npos) << other.error().what;
  EXPECT_NE(other.error().hint.find("--store"), std::string::npos) << other.error().hint;
}

TEST(StoredHistory, AStoreThatNoHubHasNoticedAUuidForGoesByTheServersId) {
  const TempDir dir;
  BinlogWriter log;
  test::write_file(dir / "binlog.000001", log.begin_file().insert_transaction(1).str());
  const BinlogPosition end{"binlog.000001", log.position()};
  Result<StoredHistory> history = StoredHistory::load(dir.path());
  ASSERT_TRUE(history) << history.error().message();
  EXPECT_EQ(history->prove(server(kUuid, 81), end).error().code, Errc::wrong_source);
  EXPECT_TRUE(history->prove(server(kUuid), end));
  EXPECT_FALSE(history->prove(server(kOtherUuid), end)) << "from then on it is that server's";
}

}  // namespace
}  // namespace binferry
