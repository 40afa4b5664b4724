#include "binlog/ship/hub_tokens.hpp"

#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace binferry {
namespace {

using test::TempDir;

constexpr std::string_view kText =
    "# who may do what\n"
    "page   read   0123456789abcdef\n"
    "\n"
    "report follow 0123456789abcdef0123456789abcdef\t# in the cellar\r\n"
    "boss admin ABCDEFGHIJKLMNOP_-";

TEST(HubTokensTest, KnowsTheTokensOfItsFileAndNoOthers) {
  const auto tokens = HubTokens::parse(kText, "tokens");
  ASSERT_TRUE(tokens) << tokens.error().message();
  ASSERT_NE(tokens->find("0123456789abcdef"), nullptr);
  EXPECT_EQ(tokens->find("0123456789abcdef")->access, HttpAccess::read);
  EXPECT_EQ(tokens->find("0123456789abcdef0123456789abcdef")->name, "report");
  EXPECT_EQ(tokens->find("ABCDEFGHIJKLMNOP_-")->access, HttpAccess::admin);
  for (const char* other : {"", "0123456789abcde", "0123456789abcdeF", "page", "0123456789abcdef "}) {
    EXPECT_EQ(tokens->find(other), nullptr) << other;
  }
}

TEST(HubTokensTest, NamesTheLineThatIsWrongAndNeverWhatItSays) {
  for (const char* line : {"page read short", "page write 0123456789abcdef", "0123456789abcdef", "page read",
                           "page read 0123456789abcdef more", "page read 0123456789abcde/"}) {
    const auto tokens = HubTokens::parse("\n" + std::string(line) + "\n", "tokens");
    ASSERT_FALSE(tokens) << line;
    EXPECT_EQ(tokens.error().code, Errc::usage) << line;
    EXPECT_EQ(tokens.error().where, "tokens:2") << line;
    EXPECT_EQ(tokens.error().message().find("0123456789"), std::string::npos) << tokens.error().message();
  }
  EXPECT_FALSE(HubTokens::parse("# nobody\n", "tokens"));
}

TEST(HubTokensTest, RefusesAFileThatOthersMayUse) {
  const TempDir dir;
  const std::string path = dir / "tokens";
  test::write_file(path, std::string(kText));
  for (const mode_t mode : {0640U, 0604U, 0620U, 0644U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto tokens = HubTokens::load(path);
    ASSERT_FALSE(tokens) << mode;
    EXPECT_EQ(tokens.error().code, Errc::usage);
    EXPECT_EQ(tokens.error().hint, "chmod 600 " + path);
  }
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_TRUE(HubTokens::load(path));
  EXPECT_EQ(HubTokens::load(dir / "none").error().code, Errc::io);
  EXPECT_EQ(HubTokens::load(dir.path()).error().code, Errc::usage);
}

}  // namespace
}  // namespace binferry
