#include "cli/datetime.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace binferry::cli {
namespace {

TEST(Datetime, IsLocalTimeUnlessItSaysOtherwise) {
  ::setenv("TZ", "EST5", 1);
  ::tzset();
  EXPECT_EQ(parse_datetime("2026-11-23 07:12:42"), 1795417962U + 5 * 3600);
  EXPECT_EQ(parse_datetime("2026-11-23 07:12:42Z"), 1795417962U);
  EXPECT_EQ(parse_datetime("2026-11-23T07:12:42+00:00"), 1795417962U);
  EXPECT_EQ(parse_datetime("2026-11-23T09:42:42+02:30"), 1795417962U);
  EXPECT_EQ(parse_datetime("2026-11-23T00:12:42-07:00"), 1795417962U);
  EXPECT_EQ(parse_datetime("1970-01-01T00:00:00Z"), 0U);
  EXPECT_EQ(parse_datetime("2106-02-07T06:28:15Z"), 4294967295U);
}

TEST(Datetime, RefusesWhatIsNoTime) {
  for (const char* text : {"", "now", "2026-02-30", "2026-13-01", "2026-11-23 24:00:00", "2026-11-23 07:12",
                           "2026-11-23 07:12:42 ", "2026-11-23 07:12:42.5", "26-11-23", "+026-11-23",
                           "1969-12-31T23:59:59Z", "2106-02-07T06:28:16Z", "2026-11-23Z+01:00"}) {
    const Result<std::uint32_t> parsed = parse_datetime(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::usage);
  }
}

}  // namespace
}  // namespace binferry::cli
