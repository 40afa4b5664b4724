#include "binlog/coordinates/uuid.hpp"

#include <gtest/gtest.h>

#include <string>

namespace binferry {
namespace {

constexpr std::string_view kText = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

TEST(Uuid, TheThreeFormsAndBothCasesAreTheSameValue) {
  const auto dashed = Uuid::parse(kText);
  ASSERT_TRUE(dashed);
  EXPECT_EQ(to_hex(dashed->bytes), "3E11FA4771CA11E19E33C80AA9429562");
  for (const std::string_view text : {"{3e11fa47-71ca-11e1-9e33-c80aa9429562}", "3e11fa4771ca11e19e33c80aa9429562",
                                      "3E11FA47-71CA-11E1-9E33-C80AA9429562", "3E11FA4771CA11E19E33C80AA9429562"}) {
    EXPECT_EQ(Uuid::parse(text), *dashed) << text;
  }
  EXPECT_EQ(dashed->text(), kText);
}

TEST(Uuid, EveryOtherTextIsRefused) {
  for (const std::string_view text :
       {"", "3e11fa47", "3e11fa47-71ca-11e1-9e33-c80aa942956", "3e11fa47-71ca-11e1-9e33-c80aa94295620",
        "3e11fa47-71ca-11e1-9e33-c80aa942956g", "3e11fa4-771ca-11e1-9e33-c80aa9429562",
        "3e11fa47071ca-11e1-9e33-c80aa9429562", "{3e11fa4771ca11e19e33c80aa9429562}",
        "{3e11fa47-71ca-11e1-9e33-c80aa9429562", " 3e11fa47-71ca-11e1-9e33-c80aa9429562",
        "3e11fa47-71ca-11e1-9e33-c80aa942956\xFF", "----------------", "(3e11fa47-71ca-11e1-9e33-c80aa9429562)"}) {
    const auto uuid = Uuid::parse(text);
    ASSERT_FALSE(uuid) << text;
    EXPECT_EQ(uuid.error().code, Errc::usage);
    EXPECT_NE(uuid.error().what.find("is not a UUID"), std::string::npos);
  }
}

TEST(Uuid, EveryCharacterOfTheTextCounts) {
  for (std::size_t i = 0; i < kText.size(); ++i) {
    std::string spoiled(kText);
    spoiled[i] = 'x';
    EXPECT_FALSE(Uuid::from_dashed(spoiled)) << spoiled;
  }
  EXPECT_FALSE(Uuid::from_dashed("3e11fa4771ca11e19e33c80aa9429562")) << "only the dashed form";
}

TEST(Uuid, OrderIsThatOfTheBytesAndOfTheText) {
  const Uuid low = *Uuid::parse("0fffffff-ffff-ffff-ffff-ffffffffffff");
  const Uuid high = *Uuid::parse("80000000-0000-0000-0000-000000000000");
  EXPECT_LT(low, high);
  EXPECT_LT(low.text(), high.text());
  EXPECT_LT(Uuid{}, low);
}

TEST(Uuid, FromBytesNeedsSixteen) {
  const std::string raw = "\x3e\x11\xfa\x47\x71\xca\x11\xe1\x9e\x33\xc8\x0a\xa9\x42\x95\x62";
  EXPECT_EQ(Uuid::from_bytes(bytes_of(raw)).text(), kText);
  EXPECT_TRUE(Uuid::from_bytes(bytes_of(raw).first(15)).is_zero());
  EXPECT_TRUE(Uuid::from_bytes({}).is_zero());
  EXPECT_FALSE(Uuid::from_bytes(bytes_of(raw)).is_zero());
}

}  // namespace
}  // namespace binferry
