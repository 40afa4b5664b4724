#include "binlog/row/decimal.hpp"

#include "tests/unit/row/row_events.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::from_hex;

std::string text(std::string_view hex, std::uint8_t precision, std::uint8_t scale) {
  std::string out;
  const std::string bytes = from_hex(hex);
  const Status status = append_decimal(bytes_of(bytes), precision, scale, out);
  EXPECT_TRUE(status.has_value()) << status.error().message();
  return out;
}

TEST(Decimal, GroupsOfNineDigitsAndTheSignInTheTopBit) {
  EXPECT_EQ(text("810DFB38D204D2", 14, 4), "1234567890.1234");
  EXPECT_EQ(text("7EF204C72DFB2D", 14, 4), "-1234567890.1234");
  EXPECT_EQ(text("80", 1, 0), "0");
  EXPECT_EQ(text("89", 1, 0), "9");
  EXPECT_EQ(text("76", 1, 0), "-9");
}

TEST(Decimal, SixtyFiveDigitsOfWhichThirtyAreFractions) {
  // Groups: 8, 9, 9, 9 digits, then 9, 9, 9, 3.
  EXPECT_EQ(text("85F5E0FF 3B9AC9FF 3B9AC9FF 3B9AC9FF 3B9AC9FF 3B9AC9FF 3B9AC9FF 03E7", 65, 30),
            "99999999999999999999999999999999999.999999999999999999999999999999");
  EXPECT_EQ(text("7A0A1F00 C4653600 C4653600 C4653600 C4653600 C4653600 C4653600 FC18", 65, 30),
            "-99999999999999999999999999999999999.999999999999999999999999999999");
  EXPECT_EQ(text("7FFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF FFFE", 65, 30),
            "-0.000000000000000000000000000001");
}

TEST(Decimal, AllDigitsBehindThePoint) {
  EXPECT_EQ(text("875BCD15", 9, 9), "0.123456789");
  EXPECT_EQ(text("80000001", 9, 9), "0.000000001");
}

TEST(Decimal, ZeroHasNoSign) {
  EXPECT_EQ(text("8000", 3, 2), "0.00");
  EXPECT_EQ(text("7FFF", 3, 2), "0.00");
}

TEST(Decimal, WhatCannotBeIsAnErrorAndLeavesTheTextAlone) {
  std::string out = "kept";
  const auto fails = [&](std::string_view hex, std::uint8_t precision, std::uint8_t scale) {
    const std::string bytes = from_hex(hex);
    const test::ExactBlock block(bytes);
    const Status status = append_decimal(block.view(), precision, scale, out);
    return !status.has_value() && status.error().code == Errc::corrupt;
  };
  EXPECT_TRUE(fails("", 1, 0));
  EXPECT_TRUE(fails("8000", 1, 0));
  EXPECT_TRUE(fails("80", 0, 0));
  EXPECT_TRUE(fails("80", 2, 3));
  EXPECT_TRUE(fails("80", 66, 0));
  EXPECT_TRUE(fails("8A", 1, 0));        // ten in one digit
  EXPECT_TRUE(fails("FFFFFFFF", 9, 0));  // beyond 999999999
  EXPECT_TRUE(fails("810DFB38D204", 14, 4));
  EXPECT_EQ(out, "kept");
}

}  // namespace
}  // namespace binferry
