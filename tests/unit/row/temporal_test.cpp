#include "binlog/row/temporal.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

std::string date(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
  std::string out;
  append_date(year << 9 | month << 5 | day, out);
  return out;
}

std::string time(int sign, std::int64_t hour, std::int64_t minute, std::int64_t second, std::int64_t micros,
                 std::uint8_t fsp) {
  std::string out;
  append_time(sign * (((hour << 12 | minute << 6 | second) << 24) + micros), fsp, out);
  return out;
}

std::string datetime(std::uint64_t year, std::uint64_t month, std::uint64_t day, std::uint64_t clock,
                     std::uint64_t micros, std::uint8_t fsp) {
  std::string out;
  append_datetime(((year * 13 + month) << 22 | day << 17 | clock) << 24 | micros, fsp, out);
  return out;
}

std::string timestamp(std::uint64_t seconds, std::uint64_t micros, std::uint8_t fsp) {
  std::string out;
  append_timestamp(seconds << 24 | micros, fsp, out);
  return out;
}

TEST(Temporal, ZeroAndPartialDatesStayAsTheyAre) {
  EXPECT_EQ(date(0, 0, 0), "0000-00-00");
  EXPECT_EQ(date(2024, 0, 0), "2024-00-00");
  EXPECT_EQ(date(2024, 2, 31), "2024-02-31");
  EXPECT_EQ(date(9999, 12, 31), "9999-12-31");
  EXPECT_EQ(datetime(0, 0, 0, 0, 0, 0), "0000-00-00 00:00:00");
  EXPECT_EQ(datetime(0, 0, 0, 0, 0, 2), "0000-00-00 00:00:00.00");
  EXPECT_EQ(datetime(2024, 0, 0, 0, 0, 0), "2024-00-00 00:00:00");
}

TEST(Temporal, FractionsHaveTheDeclaredDigits) {
  constexpr std::uint64_t kClock = 7 << 12 | 8 << 6 | 9;
  EXPECT_EQ(datetime(2024, 5, 6, kClock, 123456, 6), "2024-05-06 07:08:09.123456");
  EXPECT_EQ(datetime(2024, 5, 6, kClock, 120000, 3), "2024-05-06 07:08:09.120");
  EXPECT_EQ(datetime(2024, 5, 6, kClock, 900000, 1), "2024-05-06 07:08:09.9");
  EXPECT_EQ(datetime(2024, 5, 6, kClock, 1, 6), "2024-05-06 07:08:09.000001");
  EXPECT_EQ(datetime(2024, 5, 6, kClock, 0, 0), "2024-05-06 07:08:09");
}

TEST(Temporal, TimesAreSignedAndLongerThanADay) {
  EXPECT_EQ(time(1, 838, 59, 59, 0, 0), "838:59:59");
  EXPECT_EQ(time(-1, 838, 59, 59, 0, 0), "-838:59:59");
  EXPECT_EQ(time(-1, 838, 59, 58, 999999, 6), "-838:59:58.999999");
  EXPECT_EQ(time(-1, 0, 0, 0, 10000, 2), "-00:00:00.01");
  EXPECT_EQ(time(-1, 1, 2, 3, 456000, 3), "-01:02:03.456");
  EXPECT_EQ(time(1, 0, 0, 0, 0, 4), "00:00:00.0000");
  EXPECT_EQ(time(1, 100, 0, 0, 0, 0), "100:00:00");
}

TEST(Temporal, TimestampsAreUtc) {
  EXPECT_EQ(timestamp(0, 0, 0), "0000-00-00 00:00:00");
  EXPECT_EQ(timestamp(0, 0, 3), "0000-00-00 00:00:00.000");
  EXPECT_EQ(timestamp(1, 1000, 3), "1970-01-01 00:00:01.001");
  EXPECT_EQ(timestamp(951782400, 0, 0), "2000-02-29 00:00:00");
  EXPECT_EQ(timestamp(1709210096, 0, 0), "2024-02-29 12:34:56");
  EXPECT_EQ(timestamp(1735689599, 999999, 6), "2024-12-31 23:59:59.999999");
  EXPECT_EQ(timestamp(2147483647, 0, 0), "2038-01-19 03:14:07");
  EXPECT_EQ(timestamp(4102444800, 0, 0), "2100-01-01 00:00:00");
  EXPECT_EQ(timestamp(4107542400, 0, 0), "2100-03-01 00:00:00");
  EXPECT_EQ(timestamp(4294967295, 0, 0), "2106-02-07 06:28:15");
}

TEST(Temporal, YearsHaveFourDigits) {
  std::string out;
  append_year(0, out);
  append_year(1901, out);
  append_year(2155, out);
  EXPECT_EQ(out, "000019012155");
}

TEST(Temporal, AnyBitsAreTextOfBoundedLength) {
  std::string out;
  append_date(~0ULL, out);
  append_time(INT64_MIN, 255, out);
  append_time(INT64_MAX, 6, out);
  append_datetime(~0ULL, 255, out);
  append_timestamp(~0ULL, 255, out);
  append_year(~0ULL, out);
  EXPECT_LT(out.size(), 140U);
}

}  // namespace
}  // namespace binferry
