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

HttpRequest with(const std::string& name, const std::string& value) {
  HttpRequest request;
  request.headers = {{name, value}};
  return request;
}

TEST(HubHttpTest, ATokenIsShownInAHeaderOrAsASubprotocol) {
  EXPECT_EQ(token_of(with("Authorization", "BEARER abc")), "abc");
  EXPECT_EQ(token_of(with("Sec-WebSocket-Protocol", "binferry.live.v1,\tbinferry.token.a.b , x")), "a.b");
  for (const char* other : {"Basic abc", "Bearer ", "Bearer", ""})
    EXPECT_EQ(token_of(with("Authorization", other)), "");
  EXPECT_EQ(token_of(HttpRequest{}), "");
}

TEST(HubHttpTest, ASubprotocolIsAskedForByItsWholeName) {
  EXPECT_TRUE(asks_for(with("Sec-WebSocket-Protocol", "a, binferry.v1 ,b"), "binferry.v1"));
  for (const char* other : {"binferry.v10", "a.binferry.v1", "binferry.v", ",", " , ", ""}) {
    EXPECT_FALSE(asks_for(with("Sec-WebSocket-Protocol", other), "binferry.v1")) << other;
  }
}

TEST(HubHttpTest, OnlyAddressesAndLocalhostAreCertainToNameThisMachine) {
  for (const char* host :
       {"localhost", "LOCALHOST:7070", "127.0.0.1:7070", "[::1]:7070", "[::1]", "[fe80::1%eth0]:1"}) {
    EXPECT_TRUE(names_this_machine(with("Host", host))) << host;
  }
  for (const char* host : {"evil.example", "localhost.evil.example:1", "", "[", "[]", "[localhost]", ":7070", "[::1"}) {
    EXPECT_FALSE(names_this_machine(with("Host", host))) << host;
  }
}

TEST(HubHttpTest, APageIsTheHubsOwnIfItsOriginIsWhatItAsks) {
  HttpRequest request;
  request.headers = {{"Host", "localhost:7070"}, {"Origin", "http://localhost:7070"}};
  EXPECT_TRUE(is_of_own_page(request));
  request.headers[1].second = "http://localhost:7071";
  EXPECT_FALSE(is_of_own_page(request));
  request.headers[1].second = "null";
  EXPECT_FALSE(is_of_own_page(request));
  EXPECT_FALSE(is_of_own_page(with("Host", "localhost:7070")));
}

}  // namespace
}  // namespace binferry
