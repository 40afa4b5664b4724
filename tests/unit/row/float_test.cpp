#include "binlog/row/float_text.hpp"

#include "binlog/row/table.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace binferry {
namespace {

std::string text(double value, std::uint8_t decimals = Column::kNoDecimals) {
  std::string out;
  append_double(value, decimals, out);
  return out;
}

std::string text_f(float value, std::uint8_t decimals = Column::kNoDecimals) {
  std::string out;
  append_float(value, decimals, out);
  return out;
}

std::string json(double value) {
  std::string out;
  append_json_double(value, out);
  return out;
}

// The expected texts are those of MySQL 5.6.24 and MariaDB 10.11.
TEST(FloatText, DoublesPrintAsTheServerPrintsThem) {
  EXPECT_EQ(text(0), "0");
  EXPECT_EQ(text(-0.0), "-0");
  EXPECT_EQ(text(1.1), "1.1");
  EXPECT_EQ(text(100), "100");
  EXPECT_EQ(text(1e14), "100000000000000");
  EXPECT_EQ(text(1e15), "1e15");
  EXPECT_EQ(text(123456789012345), "123456789012345");
  EXPECT_EQ(text(1234567890123456), "1.234567890123456e15");
  EXPECT_EQ(text(123456789012345.5), "123456789012345.5");
  EXPECT_EQ(text(9007199254740993.0), "9.007199254740992e15");
  EXPECT_EQ(text(0.00001), "0.00001");
  EXPECT_EQ(text(1.5e-7), "0.00000015");
  EXPECT_EQ(text(1e-15), "0.000000000000001");
  EXPECT_EQ(text(1e-16), "1e-16");
  EXPECT_EQ(text(5e-324), "5e-324");
  EXPECT_EQ(text(2.2250738585072014e-308), "2.2250738585072014e-308");
  EXPECT_EQ(text(-std::numeric_limits<double>::max()), "-1.7976931348623157e308");
}

TEST(FloatText, FloatsAreTheShortestTextOfTheFloat32) {
  EXPECT_EQ(text_f(1.1F), "1.1");
  EXPECT_EQ(text_f(16777216.0F), "16777216");
  EXPECT_EQ(text_f(3.4e38F), "3.4e38");
  EXPECT_EQ(text_f(-1e-30F), "-1e-30");
  EXPECT_EQ(text_f(0.1F), "0.1");
}

TEST(FloatText, FixedDecimalsRoundAndFill) {
  EXPECT_EQ(text(1e6, 3), "1000000.000");
  EXPECT_EQ(text(0, 3), "0.000");
  EXPECT_EQ(text(-0.001, 3), "-0.001");
  EXPECT_EQ(text(1234567.891, 3), "1234567.891");
  EXPECT_EQ(text(2.5, 0), "2");
  EXPECT_EQ(text(1e23, 0), "100000000000000000000000");
  EXPECT_EQ(text_f(1234.567F, 3), "1234.567");
  EXPECT_EQ(text(std::numeric_limits<double>::max(), 30).size(), 309U + 1 + 30);
}

TEST(FloatText, JsonKeepsThePointOfWholeNumbers) {
  EXPECT_EQ(json(1), "1.0");
  EXPECT_EQ(json(-0.0), "-0.0");
  EXPECT_EQ(json(1e14), "100000000000000.0");
  EXPECT_EQ(json(1e20), "1e20");
  EXPECT_EQ(json(1.5), "1.5");
  EXPECT_EQ(json(1e-7), "0.0000001");
}

TEST(FloatText, WhatNoServerStoresStillPrints) {
  EXPECT_EQ(text(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity(), 3), "-inf");
  EXPECT_EQ(text(std::nan("")), "nan");
  EXPECT_EQ(text_f(std::nanf(""), 2), "nan");
}

}  // namespace
}  // namespace binferry
