#include "binlog/source/mysql/address.hpp"

#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace binferry::mysql::test {
namespace {

TEST(Address, ReadsEveryPart) {
  const Result<Address> address =
      load_address("mysql://re%40pl@db.example:3307/shop,a%2Cb?ssl-mode=verify-identity&ssl-ca=/ca%20s.pem", {});
  ASSERT_TRUE(address) << address.error().message();
  EXPECT_EQ(address->credentials.user, "re@pl");
  EXPECT_EQ(address->host, "db.example");
  EXPECT_EQ(address->port, 3307);
  EXPECT_EQ(address->schemas, (std::vector<std::string>{"shop", "a,b"}));
  EXPECT_EQ(address->credentials.ssl_mode, SslMode::verify_identity);
  EXPECT_EQ(address->ssl_ca, "/ca s.pem");
  EXPECT_EQ(address->text(), "mysql://re@pl@db.example:3307");
}

TEST(Address, HasDefaultsAndTakesIpv6AndSockets) {
  EXPECT_EQ(load_address("mysql://", {})->text(), "mysql://localhost:3306");
  EXPECT_EQ(load_address("mysql://[::1]:13/x", {})->text(), "mysql://[::1]:13");
  const Result<Address> socket = load_address("mysql://root@%2Frun%2Fmysqld.sock/x", {});
  EXPECT_EQ(socket->socket, "/run/mysqld.sock");
  EXPECT_TRUE(socket->credentials.is_local);
  EXPECT_EQ(load_address("mysql://h?ssl-ca=/c", {})->credentials.ssl_mode, SslMode::verify_ca);
}

TEST(Address, WhatIsWrongIsAUsageError) {
  for (const char* const text :
       {"http://h", "mysql://h:0", "mysql://h:65536", "mysql://h:1x", "mysql://h?ssl-mode=maybe",
        "mysql://h?colour=red", "mysql://[::1", "mysql://[::1]3306", "mysql://h/%zz", "mysql://h/%4", "mysql://h/%00",
        "mysql://h/a,,b", "mysql://h?connect-timeout=0", "mysql://h?get-server-public-key=perhaps"}) {
    const Result<Address> address = load_address(text, {});
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, Errc::usage) << text;
  }
}

TEST(Address, APasswordInTheAddressIsRefusedAndNotRepeated) {
  for (const char* const text : {"mysql://u:hunter2@h", "mysql://u@h?password=hunter2"}) {
    const Result<Address> address = load_address(text, {});
    ASSERT_FALSE(address);
    EXPECT_EQ(address.error().code, Errc::usage);
    EXPECT_EQ((address.error().what + address.error().hint).find("hunter2"), std::string::npos);
  }
}

TEST(OptionFile, KnowsGroupsQuotesEscapesAndComments) {
  const Result<OptionValues> options = parse_option_file(
      "user=nobody\n[client]\n user = repl \r\n# a comment\npassword=\"a#b\\tc\"\nssl_mode=required # why\n"
      "!includedir /etc/x\n[mysqld]\nport=1\n[binferry]\nport=3308\nssl-verify\nloose-host=h\n",
      {"client", "binferry"});
  ASSERT_TRUE(options);
  EXPECT_EQ(*options, (OptionValues{{"user", "repl"},
                                    {"password", "a#b\tc"},
                                    {"ssl-mode", "required"},
                                    {"port", "3308"},
                                    {"ssl-verify", ""},
                                    {"host", "h"}}));
  EXPECT_EQ(parse_option_file("\n[client", {"client"}).error().code, Errc::usage);
}

TEST(Address, TheAddressWinsOverTheFileAndTheEnvironmentOverThePassword) {
  const binferry::test::TempDir home;
  binferry::test::write_file(home / ".my.cnf", "[client]\nuser=u\npassword=filed\nhost=file\nport=9\nsocket=/s\n");
  Result<Address> address = load_address("mysql://me@there", {.home = home.path()});
  ASSERT_TRUE(address);
  EXPECT_EQ(address->text(), "mysql://me@there:9");
  EXPECT_EQ(address->credentials.password.reveal(), "filed");
  address = load_address("mysql://", {.home = home.path(), .password = Secret("asked")});
  EXPECT_EQ(address->text(), "mysql://u@/s");
  EXPECT_EQ(address->credentials.password.reveal(), "asked");
  EXPECT_EQ(load_address("mysql://h", {.home = home / "none"})->port, 3306);
  EXPECT_EQ(load_address("mysql://h", {.defaults_file = home / "none"}).error().code, Errc::not_found);
}

TEST(Secret, WipesWhatItWasMadeFrom) {
  std::string text = "a password that is longer than a short string";
  Secret secret(std::move(text));
  // NOLINTNEXTLINE(bugprone-use-after-move): the state of the source is what is tested
  EXPECT_TRUE(text.empty());
  Secret copy = secret;
  Secret moved = std::move(secret);
  EXPECT_EQ(copy.reveal(), moved.reveal());
  EXPECT_NE(copy.reveal().data(), moved.reveal().data());
  EXPECT_TRUE(Secret().empty());
}

}  // namespace
}  // namespace binferry::mysql::test
