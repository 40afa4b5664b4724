#include "binlog/source/mysql/server_error.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace binferry::mysql::test {
namespace {

Errc code_of(std::uint16_t number, std::string text) {
  return to_error({number, "HY000", std::move(text)}, "the binary log").code;
}

TEST(ServerError, ReadsThePacketWithAndWithoutAState) {
  const ServerError with = parse_server_error(bytes_of(std::string_view("\xFF\x15\x04#28000Access denied")));
  EXPECT_EQ(with.code, 1045);
  EXPECT_EQ(with.state, "28000");
  EXPECT_EQ(with.message, "Access denied");
  const ServerError without = parse_server_error(bytes_of(std::string_view("\xFF\x6A\x04Host 'x' is not allowed")));
  EXPECT_EQ(without.code, 1130);
  EXPECT_EQ(without.message, "Host 'x' is not allowed");
  EXPECT_EQ(parse_server_error(bytes_of(std::string_view("\xFF\x6A"))).message, "");
}

// The texts are those of MySQL 5.6 to 8.4 and MariaDB 10.11.
TEST(ServerError, TellsTheMeaningsOfADumpErrorApart) {
  EXPECT_EQ(code_of(1236, "Could not find first log file name in binary log index file"), Errc::purged);
  EXPECT_EQ(code_of(1236,
                    "Cannot replicate because the source purged required binary logs. Replicate the missing "
                    "transactions from elsewhere"),
            Errc::purged);
  EXPECT_EQ(code_of(1236,
                    "Could not find GTID state requested by slave in any binlog files. Probably the slave state is "
                    "too old and required binlog files have been purged."),
            Errc::purged);
  EXPECT_EQ(code_of(1236,
                    "Slave has more GTIDs than the master has, using the master's SERVER_UUID. This may indicate "
                    "that the end of the binary log was truncated or that the last binary log file was lost"),
            Errc::diverged);
  EXPECT_EQ(code_of(1236,
                    "Error: connecting slave requested to start from GTID 0-1-9, which is not in the master's "
                    "binlog"),
            Errc::diverged);
  EXPECT_EQ(code_of(1236, "Client requested master to start replication from impossible position"), Errc::diverged);
  EXPECT_EQ(code_of(1236, "Client requested source to start replication from position > file size"), Errc::diverged);
  EXPECT_EQ(code_of(1236, "A slave with the same server_uuid/server_id as this slave has connected to the master"),
            Errc::refused);
  EXPECT_EQ(code_of(1236, "bogus data in log event; the first event 'x' at 5"), Errc::corrupt);
  EXPECT_EQ(code_of(1236, "log event entry exceeded max_allowed_packet; Increase max_allowed_packet on master"),
            Errc::corrupt);
  EXPECT_EQ(code_of(1236, "Slave can not handle replication events with the checksum that master is configured to log"),
            Errc::internal);
  EXPECT_EQ(code_of(1236, "Cannot replicate anonymous transaction when AUTO_POSITION = 1"), Errc::refused);
  EXPECT_EQ(code_of(1236, "something nobody has seen"), Errc::refused);
}

TEST(ServerError, SaysWhatToDoWhereMySql8Refuses) {
  const auto hint_of = [](std::uint16_t number, std::string text) {
    return to_error({number, "HY000", std::move(text)}, "the login").hint;
  };
  EXPECT_NE(hint_of(3159, "Connections using insecure transport are prohibited while --require_secure_transport=ON.")
                .find("--ssl-mode=required"),
            std::string::npos);
  EXPECT_NE(hint_of(1236,
                    "Found old binary log without GTIDs while looking for the oldest binary log that contains "
                    "any GTID that is not in the given gtid set")
                .find("start by file and offset"),
            std::string::npos);
}

TEST(ServerError, OnlyWhatMayPassByItselfIsTriedAgain) {
  for (const std::uint16_t number :
       std::vector<std::uint16_t>{1053, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 1317, 1040}) {
    EXPECT_TRUE(is_retryable(code_of(number, ""))) << number;
  }
  for (const std::uint16_t number : std::vector<std::uint16_t>{1045, 1227, 1130, 1862, 1047, 1236, 1789, 1885, 9999}) {
    EXPECT_FALSE(is_retryable(code_of(number, ""))) << number;
  }
}

}  // namespace
}  // namespace binferry::mysql::test
