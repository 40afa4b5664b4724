#include "binlog/ship/hub_http.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

TEST(HubHttpTest, TakesATargetApart) {
  const auto request = parse_http_target("/v1/wait?gtid_set=a%3A1-5,b%3a2&empty=&bare&x=1+2");
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->path, "/v1/wait");
  ASSERT_NE(request->parameter("gtid_set"), nullptr);
  EXPECT_EQ(*request->parameter("gtid_set"), "a:1-5,b:2");
  EXPECT_EQ(*request->parameter("empty"), "");
  EXPECT_EQ(*request->parameter("bare"), "");
  EXPECT_EQ(*request->parameter("x"), "1 2");
  EXPECT_EQ(request->parameter("y"), nullptr);
}

TEST(HubHttpTest, RefusesTargetsThatAreNone) {
  for (const char* target : {"", "*", "http://hub/", "/a?b=%", "/a?b=%4", "/a?b=%4g", "/a?%zz=1"}) {
    const auto request = parse_http_target(target);
    ASSERT_FALSE(request) << target;
    EXPECT_EQ(request.error().code, Errc::protocol) << target;
  }
}

TEST(HubHttpTest, NamesOfHeadersHaveNoCase) {
  HttpRequest request;
  request.headers = {{"Range", "bytes=5-"}};
  ASSERT_NE(request.header("rANGE"), nullptr);
  EXPECT_EQ(*request.header("range"), "bytes=5-");
  EXPECT_EQ(request.header("if-range"), nullptr);
}

}  // namespace
}  // namespace binferry
