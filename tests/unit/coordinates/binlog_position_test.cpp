#include "binlog/coordinates/binlog_position.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace binferry {
namespace {

TEST(BinlogPosition, FilesAreOrderedByNumberNotByText) {
  EXPECT_LT((BinlogPosition{"binlog.999999", 4}), (BinlogPosition{"binlog.1000000", 4}));
  EXPECT_LT((BinlogPosition{"binlog.000002", 9}), (BinlogPosition{"binlog.000010", 4}));
  EXPECT_GT((BinlogPosition{"binlog.000002", 5'000'000'000}), (BinlogPosition{"binlog.000002", 705'032'704}));
}

TEST(BinlogPosition, DifferingBasesAreOrderedByTheBase) {
  EXPECT_LT((BinlogPosition{"a.999999", 9}), (BinlogPosition{"b.000001", 4}));
  EXPECT_LT((BinlogPosition{"mysql-bin.000009", 4}), (BinlogPosition{"mysql-bin.new.000001", 4}));
}

TEST(BinlogPosition, OnlyIdenticalNamesAreEqualAndTheOrderIsTotal) {
  std::vector<std::string> names = {
      "binlog.1", "binlog.000001", "binlog", "binlog.index", "binlog.1000000", "binlog.999999",
      "a.000007", "binlog.00002",  "",       ".000001"};
  for (const auto& left : names) {
    for (const auto& right : names) {
      const auto order = compare_log_names(left, right);
      EXPECT_EQ(order == 0, left == right) << left << " " << right;
      EXPECT_EQ(order < 0, compare_log_names(right, left) > 0) << left << " " << right;
      for (const auto& third : names) {
        const bool ascending = order < 0 && compare_log_names(right, third) < 0;
        EXPECT_TRUE(!ascending || compare_log_names(left, third) < 0) << left << " " << right << " " << third;
      }
    }
  }
  EXPECT_TRUE(compare_log_names("binlog", "binlog.000001") < 0);
}

TEST(BinlogPosition, TheNumberIsWhatFollowsTheLastDot) {
  EXPECT_EQ(log_number("binlog.000003"), 3U);
  EXPECT_EQ(log_number("my.host.0010"), 10U);
  EXPECT_EQ(log_number("binlog.18446744073709551615"), ~std::uint64_t{0});
  for (const std::string_view name : {"binlog", "binlog.", "binlog.index", "binlog.00001x", "binlog.-1", "binlog.+1",
                                      "binlog. 1", "", "binlog.18446744073709551616"}) {
    EXPECT_EQ(log_number(name), std::nullopt) << name;
  }
}

TEST(BinlogPosition, TextSplitsAtTheLastColon) {
  const auto plain = BinlogPosition::parse("binlog.000003:1547");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->file, "binlog.000003");
  EXPECT_EQ(plain->offset, 1547U);
  EXPECT_EQ(plain->text(), "binlog.000003:1547");

  const auto odd = BinlogPosition::parse("c:logs:binlog.000003:18446744073709551615");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->file, "c:logs:binlog.000003");
  EXPECT_EQ(odd->offset, ~std::uint64_t{0});
}

TEST(BinlogPosition, AnythingElseIsNotAPosition) {
  for (const std::string_view text :
       {"", ":", "binlog.000003", "binlog.000003:", ":4", "binlog.000003:-4", "binlog.000003:4 ", "binlog.000003: 4",
        "binlog.000003:0x4", "binlog.000003:18446744073709551616"}) {
    const auto position = BinlogPosition::parse(text);
    ASSERT_FALSE(position) << text;
    EXPECT_EQ(position.error().code, Errc::usage);
    EXPECT_EQ(position.error().what, "'" + std::string(text) + "' is not a position");
  }
}

}  // namespace
}  // namespace binferry
