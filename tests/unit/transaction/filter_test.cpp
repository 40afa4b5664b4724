#include "binlog/filter.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

TEST(Pattern, StarStandsForAnyRunAndQuestionMarkForOneCharacter) {
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("shop*", "shop"));
  EXPECT_TRUE(matches_pattern("*_log", "order_log"));
  EXPECT_TRUE(matches_pattern("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(matches_pattern("t?", "t1"));
  EXPECT_FALSE(matches_pattern("t?", "t"));
  EXPECT_FALSE(matches_pattern("shop", "Shop"));
  EXPECT_FALSE(matches_pattern("a*b", "a-c"));
}

TEST(TransactionFilter, TablesMatchByNameOrQualifiedName) {
  TransactionFilter filter;
  filter.databases = {"shop*"};
  filter.tables = {"orders", "shop2.item*"};
  EXPECT_TRUE(filter.wants("shop1", "orders"));
  EXPECT_TRUE(filter.wants("shop2", "items"));
  EXPECT_FALSE(filter.wants("shop1", "items"));
  EXPECT_FALSE(filter.wants("bank", "orders"));
}

Transaction at(std::uint64_t offset, std::uint64_t end, std::uint32_t timestamp) {
  Transaction transaction{Limits{}};
  transaction.file = "binlog.000001";
  transaction.offset = offset;
  transaction.end = end;
  transaction.timestamp = timestamp;
  transaction.server_id = 7;
  transaction.gtid = MariadbGtid{0, 1, 10};
  return transaction;
}

TEST(TransactionFilter, StopsBeforeATransactionThatEndsBehindTheStopPosition) {
  TransactionFilter filter;
  filter.stop_position = 500;
  EXPECT_EQ(filter.judge(at(4, 500, 1)).verdict, TransactionFilter::Verdict::deliver);
  EXPECT_EQ(filter.judge(at(400, 501, 1)).verdict, TransactionFilter::Verdict::stop);
  filter.stop_file = "binlog.000002";
  EXPECT_EQ(filter.judge(at(400, 501, 1)).verdict, TransactionFilter::Verdict::deliver);
}

TEST(TransactionFilter, SkipsWhatBeganBeforeTheStartAndStopsAtTheStopTime) {
  TransactionFilter filter;
  filter.start_datetime = 100;
  filter.stop_datetime = 200;
  EXPECT_EQ(filter.judge(at(4, 5, 99)).rule, "start-datetime");
  EXPECT_EQ(filter.judge(at(4, 5, 100)).verdict, TransactionFilter::Verdict::deliver);
  EXPECT_EQ(filter.judge(at(4, 5, 200)).verdict, TransactionFilter::Verdict::stop);
}

TEST(TransactionFilter, NamesTheRuleThatSkipped) {
  TransactionFilter filter;
  filter.server_ids = {8};
  EXPECT_EQ(filter.judge(at(4, 5, 1)).rule, "server-id");
  filter.server_ids.clear();
  filter.exclude_gtids = *AnyGtidSet::parse("0-1-10");
  EXPECT_EQ(filter.judge(at(4, 5, 1)).rule, "exclude-gtids");
  filter.exclude_gtids = *AnyGtidSet::parse("0-1-9");
  filter.include_gtids = *AnyGtidSet::parse("1-1-9");
  EXPECT_EQ(filter.judge(at(4, 5, 1)).rule, "include-gtids");
}

}  // namespace
}  // namespace binferry
